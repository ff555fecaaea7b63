//! From a camera's own clock to one time line that only goes forward.
//!
//! RTP times start anywhere, restart with every connection, drift, and on poor
//! cameras leap. Here they are put on the line of [`Ticks`] that one camera
//! keeps as long as it is configured. Guarantees: a fresh connection never
//! starts before the end of the one before; a leap of more than ten seconds,
//! either way, is taken for a restart and tied to the moment of arrival.

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
    last: Ticks,
}

impl Timeline {
    /// Starts a line at `now`.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { began: now, offset: None, last: Ticks(0) }
    }

    /// Forgets the stream's clock, because a fresh connection brings another.
    pub fn reconnected(&mut self) {
        self.offset = None;
    }

    /// Places a picture that the stream shows at `elapsed` of its own clock,
    /// running at `clock_rate` per second, and that arrived at `now`.
    pub fn place_picture(&mut self, elapsed: i64, clock_rate: u32, now: Instant) -> Ticks {
        let own = rescale(elapsed, clock_rate);
        let believed = self.offset.map(|offset| own.saturating_add(offset)).filter(|at| {
            at.saturating_sub(self.last.0).unsigned_abs() <= LONGEST_STEP.unsigned_abs()
        });
        let at = believed.unwrap_or_else(|| {
            let at = self.at_arrival(now);
            self.offset = Some(at.saturating_sub(own));
            at
        });
        self.last = Ticks(self.last.0.max(at));
        Ticks(at)
    }

    /// Places a piece of sound, if the line of the pictures is known.
    #[must_use]
    pub fn place_sound(&self, elapsed: i64, clock_rate: u32) -> Option<Ticks> {
        self.offset.map(|offset| Ticks(rescale(elapsed, clock_rate).saturating_add(offset)))
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
}
