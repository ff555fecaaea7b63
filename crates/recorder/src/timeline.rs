//! From a camera's own clock to one time line that only goes forward.
//!
//! RTP times start anywhere, restart with every connection, drift, and on poor
//! cameras leap. Here they are put on the line of [`Ticks`] that one camera
//! keeps as long as it is configured. Guarantees: a fresh connection never
//! starts before the end of the one before; a leap of more than ten seconds,
//! either way, is taken for a restart and tied to the moment of arrival; sound is
//! never further than that from the newest picture.

use std::time::Instant;

use crate::media::{TICKS_PER_SECOND, Ticks};

/// A step in a camera's clock beyond which it is not believed, in ticks.
const LONGEST_STEP: i64 = 10 * TICKS_PER_SECOND;

/// One camera's time line.
#[derive(Debug)]
pub struct Timeline {
    began: Instant,
    /// What to add to the stream's own time; unset until its first picture.
    offset: Option<i64>,
    /// The same for sound that left the pictures' clock; unset while both go by one.
    sound_offset: Option<i64>,
    last: Ticks,
}

impl Timeline {
    /// Starts a line at `now`.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { began: now, offset: None, sound_offset: None, last: Ticks(0) }
    }

    /// Forgets the stream's clock, because a fresh connection brings another.
    pub fn reconnected(&mut self) {
        self.offset = None;
        self.sound_offset = None;
    }

    /// Places a picture that the stream shows at `elapsed` of its own clock,
    /// running at `clock_rate` per second, and that arrived at `now`.
    pub fn place_picture(&mut self, elapsed: i64, clock_rate: u32, now: Instant) -> Ticks {
        let own = rescale(elapsed, clock_rate);
        let believed = self.offset.and_then(|offset| self.believe(own, offset));
        let at = believed.unwrap_or_else(|| {
            let at = self.at_arrival(now);
            self.offset = Some(at.saturating_sub(own));
            self.sound_offset = None;
            at
        });
        self.last = Ticks(self.last.0.max(at));
        Ticks(at)
    }

    /// Places a piece of sound, if the line of the pictures is known.
    ///
    /// Sound goes by the pictures' tie, which keeps the two together. Where that puts it too
    /// far from the newest picture, one of the two clocks has leapt, and the sound is tied to
    /// the newest picture: a camera sends together what belongs together. Dropping it instead
    /// would cost a camera whose clocks disagree all of its sound. Once tied anew it stays so,
    /// rather than go to and fro at the bound, until either clock leaps again.
    pub fn place_sound(&mut self, elapsed: i64, clock_rate: u32) -> Option<Ticks> {
        let shared = self.offset?;
        let own = rescale(elapsed, clock_rate);
        let held = self.sound_offset.unwrap_or(shared);
        if let Some(at) = self.believe(own, held) {
            return Some(Ticks(at));
        }
        let returned = self.believe(own, shared);
        let at = returned.unwrap_or(self.last.0);
        self.sound_offset = returned.is_none().then(|| at.saturating_sub(own));
        Some(Ticks(at))
    }

    /// Returns where an offset puts a moment, unless that is too far from the newest picture.
    fn believe(&self, own: i64, offset: i64) -> Option<i64> {
        let at = own.saturating_add(offset);
        let step = at.saturating_sub(self.last.0).unsigned_abs();
        (step <= LONGEST_STEP.unsigned_abs()).then_some(at)
    }

    fn at_arrival(&self, now: Instant) -> i64 {
        let since = now.saturating_duration_since(self.began).as_millis();
        let ms = u64::try_from(since).unwrap_or(u64::MAX);
        Ticks(0).plus_ms(ms).0.max(self.last.0.saturating_add(1))
    }
}

fn rescale(elapsed: i64, clock_rate: u32) -> i64 {
    let scaled = i128::from(elapsed) * i128::from(TICKS_PER_SECOND) / i128::from(clock_rate.max(1));
    i64::try_from(scaled).unwrap_or(if elapsed < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reconnection_continues_after_the_last_picture() {
        let start = Instant::now();
        let mut line = Timeline::new(start);
        let before = line.place_picture(900_000, 90_000, start);
        line.reconnected();
        let after = line.place_picture(5, 90_000, start + Duration::from_secs(4));
        assert_eq!(after.ms_since(before), 3_999, "the gap is as long as it really was");
    }

    #[test]
    fn a_leap_of_the_cameras_clock_is_not_believed() {
        let start = Instant::now();
        let mut line = Timeline::new(start);
        let first = line.place_picture(0, 90_000, start);
        let leap = line.place_picture(1 << 40, 90_000, start + Duration::from_millis(40));
        assert_eq!(leap.ms_since(first), 39);
        let back = line.place_picture(-(1 << 40), 90_000, start + Duration::from_millis(80));
        assert!(back > leap);
    }

    #[test]
    fn sound_follows_the_pictures_line() {
        let start = Instant::now();
        let mut line = Timeline::new(start);
        assert_eq!(line.place_sound(0, 48_000), None);
        let picture = line.place_picture(90_000, 90_000, start);
        assert_eq!(line.place_sound(48_000, 48_000), Some(picture));
    }

    /// A line whose first picture is a second into its clock.
    fn line() -> (Timeline, Instant, Ticks) {
        let start = Instant::now();
        let mut line = Timeline::new(start);
        let picture = line.place_picture(90_000, 90_000, start);
        (line, start, picture)
    }

    #[test]
    fn sound_whose_clock_leaps_goes_on_beside_the_pictures() {
        let (mut line, _, picture) = line();
        for leap in [1_i64 << 40, -(1 << 40), i64::MAX, i64::MIN] {
            assert_eq!(line.place_sound(leap, 48_000), Some(picture), "{leap}");
        }
        let far = 48_000 << 20;
        line.place_sound(far, 48_000).unwrap();
        let next = line.place_sound(far + 4_800, 48_000).unwrap();
        assert_eq!(next.ms_since(picture), 100, "it is tied once and then goes by its clock");
        assert_eq!(line.place_sound(48_000, 48_000), Some(picture), "its clock leapt back");
    }

    #[test]
    fn sound_stays_with_pictures_whose_clock_leaps_with_it_or_without_it() {
        let (mut line, start, _) = line();
        let later = start + Duration::from_millis(40);
        let picture = line.place_picture(1 << 40, 90_000, later);
        let alone = line.place_sound(48_000, 48_000).unwrap();
        assert_eq!(alone, picture);
        let second = 48_000 + 48_000;
        assert_eq!(line.place_sound(second, 48_000).unwrap().ms_since(picture), 1_000);
        let with_it = line.place_sound(1 << 40, 90_000).unwrap();
        assert_eq!(with_it, picture, "the clock is one again");
    }

    #[test]
    fn sound_that_drifts_off_is_tied_anew_and_does_not_go_to_and_fro() {
        let (mut line, start, _) = line();
        let heard: Vec<Ticks> = (1..300_i64)
            .map(|second| {
                let now = start + Duration::from_secs(second.unsigned_abs());
                line.place_picture(90_000 * (second + 1), 90_000, now);
                line.place_sound(50_000 * (second + 1), 48_000).unwrap()
            })
            .collect();
        assert_eq!(heard.windows(2).filter(|pair| pair[1] <= pair[0]).count(), 1);
    }

    proptest! {
        #[test]
        fn sound_is_never_far_from_the_newest_picture(
            told in proptest::collection::vec((any::<bool>(), any::<i64>(), 1_u32..200_000), 1..60),
        ) {
            let (mut line, start, mut newest) = line();
            for (is_picture, elapsed, clock_rate) in told {
                if is_picture {
                    newest = newest.max(line.place_picture(elapsed, clock_rate, start));
                } else {
                    let at = line.place_sound(elapsed, clock_rate).unwrap();
                    prop_assert!(at.0.abs_diff(newest.0) <= LONGEST_STEP.unsigned_abs());
                }
            }
        }
    }
}
