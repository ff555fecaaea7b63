//! Whether the wall clock can be believed.
//!
//! There is no time server to ask. The hub holds the wall clock against hub
//! time: while both have advanced alike since it was last stood for, it is
//! trusted, and the highest wall time seen then is a mark below which time never
//! runs. Straying by more than five minutes, in one step or in many, ends the
//! trust until the owner stands for the time. What has expired by then
//! has a tombstone and stays expired whatever the owner says.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::batch::ClockMark;
use crate::event::ClockTrust;
use crate::time::Now;

/// How far the wall clock may stray from hub time.
pub(crate) const LARGEST_STEP: Duration = Duration::from_secs(300);

/// How much further for each hour since it was last stood for: crystals differ
/// by less than 200 parts in a million.
const DRIFT_PER_HOUR: Duration = Duration::from_millis(720);

/// The hub's opinion of the wall clock.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    mark: ClockMark,
    seen: Now,
    /// When the wall clock was last stood for: by the owner, or by the last run.
    anchor: Now,
}

impl Clock {
    /// Goes on from the mark of the last run, or begins with the first look.
    pub(crate) fn resume(mark: Option<ClockMark>, now: Now) -> Self {
        match mark {
            Some(mark) => Self { mark, seen: mark.at, anchor: mark.at },
            None => Self {
                mark: ClockMark { at: now, trust: ClockTrust::Trusted },
                seen: now,
                anchor: now,
            },
        }
    }

    /// Looks at both clocks. Returns the step, in seconds, if the wall clock
    /// has just lost its trust.
    pub(crate) fn observe(&mut self, now: Now) -> Option<i64> {
        let strayed = self.strayed_until(now);
        self.seen = now;
        self.mark.at.mono = now.mono;
        let too_far = strayed.unsigned_abs() > LARGEST_STEP + self.drift_until(now);
        match self.mark.trust {
            ClockTrust::Trusted if too_far => {
                self.mark.trust = ClockTrust::Untrusted;
                return Some(strayed.as_secs());
            }
            ClockTrust::Trusted => self.mark.at.wall = self.mark.at.wall.max(now.wall),
            ClockTrust::Untrusted => {}
        }
        None
    }

    /// Takes the owner's word for the wall clock.
    pub(crate) fn confirm(&mut self, now: Now) {
        self.seen = now;
        self.anchor = now;
        self.mark = ClockMark { at: now, trust: ClockTrust::Trusted };
    }

    /// Returns the wall time, never below the mark.
    pub(crate) fn wall(&self) -> Timestamp {
        self.seen.wall.max(self.mark.at.wall)
    }

    pub(crate) fn mark(&self) -> ClockMark {
        self.mark
    }

    pub(crate) fn trust(&self) -> ClockTrust {
        self.mark.trust
    }

    fn drift_until(&self, now: Now) -> Duration {
        let hours = now.mono.since(self.anchor.mono).as_secs() / 3600;
        DRIFT_PER_HOUR.saturating_mul(u32::try_from(hours).unwrap_or(u32::MAX))
    }

    fn strayed_until(&self, now: Now) -> SignedDuration {
        let by_wall = now.wall.duration_since(self.anchor.wall);
        let by_hub = now.mono.since(self.anchor.mono);
        by_wall.saturating_sub(SignedDuration::try_from(by_hub).unwrap_or(SignedDuration::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HubTime;

    fn at(wall_s: i64, mono_s: u64) -> Now {
        Now {
            wall: Timestamp::from_second(wall_s).unwrap(),
            mono: HubTime::from_millis(mono_s * 1000),
        }
    }

    #[test]
    fn clocks_that_run_alike_are_trusted() {
        let mut clock = Clock::resume(None, at(1000, 0));
        assert_eq!(clock.observe(at(5000, 4000)), None);
        assert_eq!(clock.trust(), ClockTrust::Trusted);
        assert_eq!(clock.wall(), at(5000, 0).wall);
    }

    #[test]
    fn a_step_either_way_ends_the_trust_once() {
        for wall in [400, 1601] {
            let mut clock = Clock::resume(None, at(1000, 0));
            assert_eq!(clock.observe(at(wall, 1)), Some(wall - 1001));
            assert_eq!(clock.trust(), ClockTrust::Untrusted);
            assert_eq!(clock.observe(at(wall + 1, 2)), None);
        }
    }

    #[test]
    fn many_small_steps_are_a_large_one() {
        let mut clock = Clock::resume(None, at(1000, 0));
        let steps = (1..=10).filter_map(|n| clock.observe(at(1000 + 100 * n, 1)));
        assert_eq!(steps.count(), 1);
        assert_eq!(clock.trust(), ClockTrust::Untrusted);
    }

    #[test]
    fn a_crystal_that_is_a_little_fast_keeps_the_trust_for_years() {
        let mut clock = Clock::resume(None, at(0, 0));
        for day in 1..=1000 {
            let (wall, mono) = (day * 86_410, u64::try_from(day).unwrap() * 86_400);
            assert_eq!(clock.observe(at(wall, mono)), None, "day {day}");
        }
    }

    #[test]
    fn wall_time_never_runs_below_the_mark() {
        let mut clock = Clock::resume(None, at(1000, 0));
        clock.observe(at(900, 1));
        assert_eq!(clock.wall(), at(1000, 0).wall);
        clock.observe(at(-5000, 2));
        assert_eq!(clock.wall(), at(1000, 0).wall);
    }

    #[test]
    fn a_restart_with_the_clock_set_back_is_a_step() {
        let mark = ClockMark { at: at(10_000, 500), trust: ClockTrust::Trusted };
        let mut clock = Clock::resume(Some(mark), at(2000, 500));
        assert!(clock.observe(at(2000, 500)).is_some());
        assert_eq!(clock.wall(), at(10_000, 0).wall);
    }

    #[test]
    fn the_owner_can_stand_for_an_earlier_time() {
        let mut clock = Clock::resume(None, at(10_000, 0));
        clock.observe(at(2000, 1));
        clock.confirm(at(2000, 2));
        assert_eq!(clock.trust(), ClockTrust::Trusted);
        assert_eq!(clock.wall(), at(2000, 0).wall);
    }
}
