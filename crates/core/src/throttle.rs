//! Wrong tries: how many a keypad has seen, and what follows.
//!
//! The law, on hub time. Per keypad, five wrong tries are free; from the sixth
//! on the keypad takes no code for 30 s, doubling to 1 h. One failure is
//! forgiven for each 24 h without one. A good code changes nothing: an ex-guest
//! must not refill his budget with his own code.
//!
//! Per door, over all its keypads: each wrong try costs as many points as there
//! were codes it could have hit. Where a day's points would not bear another
//! try at the codes of the moment, or after ten wrong tries in a day, couriers'
//! and guests' codes rest for 24 h, or until the owner re-arms; at twenty wrong
//! tries over all doors, they rest on all of them. The emergency code never
//! rests. While the others do, the keypads of a door share one delay, so that
//! many keypads are no better than one.
//!
//! Source: NIST SP 800-63B 5.2.2 for throttling by count; the odds are in
//! `docs/security.md`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::CodeId;
use crate::time::HubTime;

/// What the store keeps of a keypad's wrong tries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThrottleRecord {
    /// The wrong tries of the last 24 h; the newest forty are kept, which is more
    /// than a keypad hears in that time.
    pub recent: Vec<WrongTry>,
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
    /// The last try that opened, so that a keypad which sends it again is known
    /// for what it does, over a restart too.
    #[serde(default)]
    pub opened: Option<OpenedBy>,
}

/// A try that opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedBy {
    /// The keypad's own number for it.
    pub transaction: u64,
    /// The code.
    pub code: CodeId,
    /// When it was let in.
    pub at: HubTime,
}

/// For how long the same number with the same code is the same try.
pub const SAME_TRY: Duration = Duration::from_secs(60);

/// A wrong try, and what it could have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongTry {
    /// When it was heard.
    pub at: HubTime,
    /// How many codes would have opened the door at that moment.
    pub points: u32,
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
/// Wrong tries in a day at which a door's courier and guest codes rest.
pub const SUSPEND_AT: usize = 10;
/// The same over all doors of the hub.
pub const SUSPEND_HUB_AT: usize = 20;
/// The points that a day's wrong tries at a door may cost: three tries at nine
/// codes. The mint makes 93,485,766 different codes; 27 points a day, 366 days
/// of them, are 1.06e-4 of that.
pub const POINTS_A_DAY: u32 = 27;

/// How many wrong tries are kept.
const KEPT: usize = 40;

impl ThrottleRecord {
    /// Says whether a try is the one that opened a moment ago, sent again.
    #[must_use]
    pub fn has_opened(&self, transaction: u64, code: CodeId, now: HubTime) -> bool {
        self.opened.is_some_and(|opened| {
            opened.transaction == transaction
                && opened.code == code
                && now.since(opened.at) < SAME_TRY
        })
    }

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
        self.today(now).count()
    }

    /// Returns the points that the wrong tries of the last 24 h cost.
    #[must_use]
    pub fn points_today(&self, now: HubTime) -> u32 {
        self.today(now).fold(0, |sum, wrong| sum.saturating_add(wrong.points))
    }

    fn today(&self, now: HubTime) -> impl Iterator<Item = &WrongTry> {
        self.recent.iter().filter(move |wrong| now.since(wrong.at) < DAY)
    }

    /// Returns the failures that are not forgiven at this moment: one goes for
    /// each whole day since the last was counted.
    pub(crate) fn unforgiven(&self, now: HubTime) -> u32 {
        let days = now.since(self.failures_at).as_secs() / DAY.as_secs();
        self.failures.saturating_sub(u32::try_from(days).unwrap_or(u32::MAX))
    }

    /// Counts a try that came while the keypad did not listen.
    pub(crate) fn count_unheard(&mut self) {
        self.unheard = self.unheard.saturating_add(1);
    }

    /// Counts a wrong try after so many failures, and sets the delay that
    /// follows from it.
    pub(crate) fn count_wrong(&mut self, now: HubTime, points: u32, failures_before: u32) {
        self.unheard = 0;
        self.failures = failures_before.saturating_add(1);
        self.failures_at = now;
        self.recent.retain(|wrong| now.since(wrong.at) < DAY);
        self.recent.push(WrongTry { at: now, points });
        let surplus = self.recent.len().saturating_sub(KEPT);
        self.recent.drain(..surplus);
        if let Some(delay) = delay_after(self.failures) {
            self.locked_until = now + delay;
        }
    }

    /// Falls silent together with another keypad of the same door.
    pub(crate) fn share_delay(&mut self, other: &Self) {
        self.unheard = 0;
        self.failures = other.failures;
        self.failures_at = other.failures_at;
        self.locked_until = self.locked_until.max(other.locked_until);
    }

    /// Lets couriers' and guests' codes rest for a day.
    pub(crate) fn suspend(&mut self, now: HubTime) {
        self.suspended_until = now + DAY;
    }

    /// Begins anew, on the owner's word.
    pub(crate) fn rearm(&mut self, now: HubTime) {
        let (unheard, opened) = (self.unheard, self.opened);
        *self = Self { failures_at: now, unheard, opened, ..Self::default() };
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

    fn count(record: &mut ThrottleRecord, now: HubTime) {
        record.count_wrong(now, 2, record.unforgiven(now));
    }

    fn after_wrong(tries: u32) -> ThrottleRecord {
        let mut record = ThrottleRecord::default();
        for _ in 0..tries {
            count(&mut record, START);
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
        count(&mut record, START + DAY);
        assert_eq!(record.failures, 7);
        count(&mut record, START + DAY * 4);
        assert_eq!(record.failures, 5);
    }

    #[test]
    fn tries_of_yesterday_do_not_count_today() {
        let record = after_wrong(4);
        assert_eq!((record.wrong_today(START), record.points_today(START)), (4, 8));
        assert_eq!((record.wrong_today(START + DAY), record.points_today(START + DAY)), (0, 0));
    }

    #[test]
    fn no_try_of_a_day_is_dropped_before_the_day_is_over() {
        let (mut record, mut now) = (ThrottleRecord::default(), START);
        let mut heard = 0;
        while now < START + DAY {
            count(&mut record, now);
            heard += 1;
            now = now.max(record.locked_until);
        }
        assert_eq!(record.recent.len(), heard);
        assert!(heard < KEPT, "{heard}");
    }
}
