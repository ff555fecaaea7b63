//! Wrong tries: how many a keypad has seen, and what follows.
//!
//! The law, per keypad, on hub time: five wrong tries are free; from the sixth
//! on the keypad takes no code for 30 s, doubling to 1 h. One failure is
//! forgiven for each 24 h without one. A good code changes nothing: an ex-guest
//! must not refill his budget with his own code. At ten wrong tries within 24 h
//! couriers' and guests' codes rest on that keypad for 24 h, or until the owner
//! re-arms it; at twenty over all keypads, on all of them.
//!
//! Source: NIST SP 800-63B 5.2.2 for throttling by count; the odds are in
//! `docs/security.md`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::HubTime;

/// What the store keeps of a keypad's wrong tries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThrottleRecord {
    /// When wrong tries happened within the last 24 h; the newest twenty are kept.
    pub recent: Vec<HubTime>,
    /// Failures that have not been forgiven.
    pub failures: u32,
    /// When the last failure was counted or forgiven.
    pub failures_at: HubTime,
    /// Until when the keypad takes no code.
    pub locked_until: HubTime,
    /// Until when couriers' and guests' codes rest.
    pub suspended_until: HubTime,
    /// Tries that came while the keypad was locked out; they were not looked at.
    pub unheard: u64,
}

/// Wrong tries without a delay.
pub const FREE_TRIES: u32 = 5;
/// The first delay; each further failure doubles it.
pub const FIRST_DELAY: Duration = Duration::from_secs(30);
/// The longest delay.
pub const LONGEST_DELAY: Duration = Duration::from_secs(3600);
/// For how long a try counts, a failure stays, a suspension lasts.
pub const DAY: Duration = Duration::from_secs(24 * 3600);
/// Wrong tries in a day at which the owner is told.
pub const ALERT_AT: usize = 5;
/// Wrong tries in a day at which a keypad's courier and guest codes rest.
pub const SUSPEND_AT: usize = 10;
/// The same over all keypads of the hub.
pub const SUSPEND_HUB_AT: usize = 20;

impl ThrottleRecord {
    /// Says whether the keypad takes codes at this moment.
    #[must_use]
    pub fn listens(&self, now: HubTime) -> bool {
        now >= self.locked_until
    }

    /// Says whether couriers' and guests' codes rest at this moment.
    #[must_use]
    pub fn suspends(&self, now: HubTime) -> bool {
        now < self.suspended_until
    }

    /// Returns the wrong tries of the last 24 h.
    #[must_use]
    pub fn wrong_today(&self, now: HubTime) -> usize {
        self.recent.iter().filter(|at| now.since(**at) < DAY).count()
    }

    /// Counts a try that came while the keypad did not listen.
    pub(crate) fn count_unheard(&mut self) {
        self.unheard = self.unheard.saturating_add(1);
    }

    /// Counts a wrong try and sets the delay that follows from it.
    pub(crate) fn count_wrong(&mut self, now: HubTime) {
        self.forgive(now);
        self.failures = self.failures.saturating_add(1);
        self.failures_at = now;
        self.recent.retain(|at| now.since(*at) < DAY);
        self.recent.push(now);
        let surplus = self.recent.len().saturating_sub(SUSPEND_HUB_AT);
        self.recent.drain(..surplus);
        if let Some(delay) = delay_after(self.failures) {
            self.locked_until = now + delay;
        }
    }

    /// Lets couriers' and guests' codes rest for a day.
    pub(crate) fn suspend(&mut self, now: HubTime) {
        self.suspended_until = now + DAY;
    }

    /// Begins anew, on the owner's word.
    pub(crate) fn rearm(&mut self, now: HubTime) {
        let unheard = self.unheard;
        *self = Self { failures_at: now, unheard, ..Self::default() };
    }

    /// Takes away one failure for each whole day since the last was counted or
    /// forgiven.
    fn forgive(&mut self, now: HubTime) {
        let days = now.since(self.failures_at).as_secs() / DAY.as_secs();
        self.failures = self.failures.saturating_sub(u32::try_from(days).unwrap_or(u32::MAX));
    }
}

/// Returns the delay after this many unforgiven failures.
fn delay_after(failures: u32) -> Option<Duration> {
    let doublings = failures.checked_sub(FREE_TRIES + 1)?;
    let factor = 1u32.checked_shl(doublings).unwrap_or(u32::MAX);
    Some(FIRST_DELAY.saturating_mul(factor).min(LONGEST_DELAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: HubTime = HubTime::from_millis(0);

    fn after_wrong(tries: u32) -> ThrottleRecord {
        let mut record = ThrottleRecord::default();
        for _ in 0..tries {
            record.count_wrong(START);
        }
        record
    }

    #[test]
    fn five_tries_are_free_and_then_the_delay_doubles_to_an_hour() {
        let delays: Vec<u64> =
            (1..=15).map(|tries| after_wrong(tries).locked_until.since(START).as_secs()).collect();
        let expected = [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600];
        assert_eq!(delays, expected);
    }

    #[test]
    fn a_day_without_failures_forgives_one() {
        let mut record = after_wrong(7);
        record.count_wrong(START + DAY);
        assert_eq!(record.failures, 7);
        record.count_wrong(START + DAY * 4);
        assert_eq!(record.failures, 5);
    }

    #[test]
    fn tries_of_yesterday_do_not_count_today() {
        let record = after_wrong(4);
        assert_eq!(record.wrong_today(START), 4);
        assert_eq!(record.wrong_today(START + DAY), 0);
    }

    /// S10: an attacker who tries at every moment at which the keypad listens,
    /// for a year, with every alert ignored.
    #[test]
    fn a_year_of_guessing_at_courier_codes_stays_under_the_promise() {
        let year = START + DAY * 365;
        let (mut record, mut now, mut heard) = (ThrottleRecord::default(), START, 0u32);
        while now < year {
            if !record.suspends(now) {
                heard += 1;
            }
            record.count_wrong(now);
            if record.wrong_today(now) >= SUSPEND_AT && !record.suspends(now) {
                record.suspend(now);
            }
            now = record.locked_until.max(now + Duration::from_secs(3));
        }
        let live_codes = 3.0;
        let odds = 1.0 - (1.0 - live_codes / 1e8_f64).powi(i32::try_from(heard).unwrap());
        assert!(odds <= 1.1e-4, "{heard} tries, odds {odds:e}");
    }
}
