//! How many notifications there are.
//!
//! Guarantees that whatever tells without end, a bell that sticks or a hub elsewhere that means ill, neither
//! buries the desktop nor keeps an alarm from being told. What is left out is counted, and is still the
//! icon's last event.

use std::time::{Duration, Instant};

use super::Weight;

/// How many may be told at once, and how soon one more after those.
#[derive(Debug, Clone, Copy)]
struct Measure {
    most: u32,
    every: Duration,
}

const PLAIN: Measure = Measure { most: 8, every: Duration::from_secs(15) };

/// A power cut silences all locks of a house at once, and each is told.
const HEAVY: Measure = Measure { most: 32, every: Duration::from_secs(2) };

/// No fewer may wait until the desktop has shown them.
pub(crate) const MOST_AT_ONCE: usize = (PLAIN.most + HEAVY.most) as usize;

/// What has been told lately. Each weight has its own measure.
#[derive(Debug)]
pub(super) struct Pace {
    plain: Purse,
    heavy: Purse,
}

impl Pace {
    /// Nothing has been told yet.
    pub(super) fn at(now: Instant) -> Self {
        let purse = |measure: Measure| Purse { measure, left: measure.most, since: now, rest: 0 };
        Self { plain: purse(PLAIN), heavy: purse(HEAVY) }
    }

    /// Whether one more may be told, which then counts.
    pub(super) fn allows(&mut self, weight: Weight, now: Instant) -> bool {
        self.purse(weight).spends(now)
    }

    /// Takes down that some were not told.
    pub(super) fn leaves_out(&mut self, weight: Weight, number: u32) {
        let purse = self.purse(weight);
        purse.rest = purse.rest.saturating_add(number);
    }

    /// When the number of those that were left out may be told, if there are any.
    pub(super) fn due(&self) -> Option<Instant> {
        [&self.plain, &self.heavy].into_iter().filter_map(Purse::due).min()
    }

    /// How many were left out of one weight, if that may be told; it is not told again.
    pub(super) fn takes_rest(&mut self, now: Instant) -> Option<(Weight, u32)> {
        [Weight::Heavy, Weight::Plain].into_iter().find_map(|weight| {
            let purse = self.purse(weight);
            let tells = purse.rest > 0 && purse.spends(now);
            tells.then(|| (weight, std::mem::take(&mut purse.rest)))
        })
    }

    /// Counts from nothing again.
    pub(super) fn forgets_rest(&mut self) {
        (self.plain.rest, self.heavy.rest) = (0, 0);
    }

    fn purse(&mut self, weight: Weight) -> &mut Purse {
        match weight {
            Weight::Plain => &mut self.plain,
            Weight::Heavy => &mut self.heavy,
        }
    }
}

#[derive(Debug)]
struct Purse {
    measure: Measure,
    left: u32,
    since: Instant,
    /// How many were left out.
    rest: u32,
}

impl Purse {
    fn due(&self) -> Option<Instant> {
        let wait = if self.left > 0 { Duration::ZERO } else { self.measure.every };
        (self.rest > 0).then(|| self.since + wait)
    }

    fn spends(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.since);
        let earned = passed.as_nanos() / self.measure.every.as_nanos();
        if earned > 0 {
            let earned = u32::try_from(earned).unwrap_or(u32::MAX);
            self.left = self.left.saturating_add(earned).min(self.measure.most);
            self.since = now;
        }
        let left = self.left.checked_sub(1);
        self.left = left.unwrap_or_default();
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_without_end_is_told_now_and_then() {
        let start = Instant::now();
        let mut pace = Pace::at(start);
        let within = |pace: &mut Pace, seconds: u32| {
            let times = (0..seconds * 100).map(|n| start + Duration::from_millis(10) * n);
            times.filter(|now| pace.allows(Weight::Plain, *now)).count()
        };
        assert_eq!(within(&mut pace, 1), 8);
        assert_eq!(within(&mut pace, 61), 4, "one in a quarter of a minute");
        assert!(pace.allows(Weight::Heavy, start), "an alarm has a measure of its own");
        let later = start + Duration::from_secs(86_400);
        let after_a_day = (0..100).filter(|_| pace.allows(Weight::Plain, later)).count();
        assert_eq!(after_a_day, 8, "silence earns no more than there was at first");
    }
}
