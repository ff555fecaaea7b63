//! When each picture is decoded, told as it comes.
//!
//! RTP tells when a picture is shown. Where pictures come in the order in which they are
//! shown, that is when they are decoded, too. A camera that sends B-frames sends a picture
//! before others that are shown before it; a player that is told that time went back
//! throws away everything up to the next keyframe. Such pictures are decoded one after the
//! other, each for as long as a picture of the last group lasted on average: nobody knows
//! yet what follows. In the first group the nearest two pictures tell how long that is. A
//! keyframe starts anew at its own time, since all that comes before it is shown before it.

use std::collections::VecDeque;

use crate::media::{PictureKind, Ticks, VideoSample};

/// How long a picture is shown until others tell: 1/30 s.
const USUAL_PICTURE: i64 = 3_000;

/// A longer pause than this, in ticks, is a gap and says nothing of the next picture.
const LONGEST_PICTURE: i64 = 90_000;

/// How many pictures too far a guess may go without a step back.
const A_LITTLE: i64 = 4;

/// Among so many pictures is the one that is shown next to another: more than any camera
/// sends out of order.
const NEIGHBOURS: usize = 16;

/// When a picture is decoded, and how long after it the next one probably is, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) at: Ticks,
    pub(super) lasts: i64,
}

/// A group of pictures as far as it has come.
#[derive(Debug, Clone, Copy)]
struct Group {
    starts: Ticks,
    pictures: i64,
    order: Order,
}

/// In which order pictures come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    AsShown,
    Another,
}

/// How it is known for how long a picture is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// By those that have come so far.
    Guessed,
    /// By a whole group.
    Measured,
}

/// One watcher's clock of decoding.
#[derive(Debug)]
pub(super) struct DecodingClock {
    group: Option<Group>,
    last: Ticks,
    lasts: i64,
    pace: Pace,
    /// When the newest pictures of the group are shown.
    shown: VecDeque<i64>,
}

impl DecodingClock {
    pub(super) fn new() -> Self {
        let shown = VecDeque::with_capacity(NEIGHBOURS);
        Self { group: None, last: Ticks(0), lasts: USUAL_PICTURE, pace: Pace::Guessed, shown }
    }

    /// Forgets where it was; what follows must be a keyframe.
    pub(super) fn interrupted(&mut self) {
        self.group = None;
    }

    /// Says whether pictures can follow that are no keyframes.
    pub(super) fn runs(&self) -> bool {
        self.group.is_some()
    }

    /// Takes in pictures that are decoded together, from a keyframe on; returns how long
    /// the last one probably lasts.
    pub(super) fn skip(&mut self, pictures: &[VideoSample]) -> i64 {
        for picture in pictures {
            self.place(picture);
        }
        if let Some(last) = pictures.iter().map(|picture| picture.shown_at).max() {
            self.last = last;
        }
        self.lasts
    }

    /// Takes in the next picture.
    pub(super) fn place(&mut self, picture: &VideoSample) -> Decoded {
        let shown = picture.shown_at;
        let before = self.group;
        let mut group = match (before, picture.kind) {
            (Some(group), PictureKind::Dependent) => group,
            (Some(group), PictureKind::Keyframe) => self.next_group(group, shown),
            (None, PictureKind::Dependent | PictureKind::Keyframe) => {
                Group { starts: shown, pictures: 0, order: Order::AsShown }
            }
        };
        let since = shown.0.saturating_sub(self.last.0);
        if group.order == Order::AsShown && group.pictures > 0 && since <= 0 {
            group.order = Order::Another;
        }
        self.compare(shown, group);
        let at = match group.order {
            Order::Another if group.pictures > 0 => self.in_turn(group),
            Order::AsShown if before.is_some() => {
                self.learn(since);
                shown
            }
            // What was guessed of the group before may have gone a little too far; if it went
            // further, a keyframe is where a player takes a step back.
            Order::Another if since <= 0 && since > self.lasts.saturating_mul(-A_LITTLE) => {
                Ticks(self.last.0.saturating_add(1))
            }
            Order::AsShown | Order::Another => shown,
        };
        group.pictures += 1;
        (self.group, self.last) = (Some(group), at);
        Decoded { at, lasts: self.lasts }
    }

    /// Returns when the next picture's turn is. What was decoded too early, before anybody
    /// knew of the order, is waited for in small steps, so that the keyframe is in time.
    fn in_turn(&self, group: Group) -> Ticks {
        let turn = group.starts.0.saturating_add(self.lasts.saturating_mul(group.pictures));
        Ticks(turn.max(self.last.0.saturating_add((self.lasts / 4).max(1))))
    }

    /// Compares a picture of a group with those before it: as long as nobody has measured a
    /// whole group, a picture lasts no longer than until its neighbour.
    fn compare(&mut self, shown: Ticks, group: Group) {
        if group.pictures == 0 {
            self.shown.clear();
        }
        let gaps = self.shown.iter().map(|other| shown.0.abs_diff(*other)).filter(|gap| *gap > 0);
        let nearest = gaps.min().and_then(|gap| i64::try_from(gap).ok());
        if let (Order::Another, Pace::Guessed, Some(gap)) = (group.order, self.pace, nearest) {
            self.learn(gap.min(self.lasts));
        }
        if self.shown.len() == NEIGHBOURS {
            self.shown.pop_front();
        }
        self.shown.push_back(shown.0);
    }

    /// A group most likely comes in the order of the one before it.
    fn next_group(&mut self, before: Group, starts: Ticks) -> Group {
        if before.order == Order::Another {
            self.learn(starts.0.saturating_sub(before.starts.0) / before.pictures.max(1));
            self.pace = Pace::Measured;
        }
        Group { starts, pictures: 0, order: before.order }
    }

    fn learn(&mut self, lasts: i64) {
        if (1..=LONGEST_PICTURE).contains(&lasts) {
            self.lasts = lasts;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::picture;

    /// Takes pictures in, in frames of 40 ms from 0; returns when each is decoded, in frames.
    fn decoded(clock: &mut DecodingClock, shown: &[(PictureKind, u64)]) -> Vec<(f64, f64)> {
        let frames = |ticks: i64| f64::from(i32::try_from(ticks).unwrap()) / 3_600.0;
        let place = |(kind, frame): &(PictureKind, u64)| {
            let Decoded { at, lasts } = clock.place(&picture(*kind, frame * 40, 10));
            (frames(at.0), frames(lasts))
        };
        shown.iter().map(place).collect()
    }

    fn group(shown: &[u64]) -> Vec<(PictureKind, u64)> {
        let kind = |place| if place == 0 { PictureKind::Keyframe } else { PictureKind::Dependent };
        shown.iter().enumerate().map(|(place, frame)| (kind(place), *frame)).collect()
    }

    #[test]
    fn pictures_in_the_order_in_which_they_are_shown_are_decoded_when_they_are_shown() {
        let mut clock = DecodingClock::new();
        let shown = group(&[10, 11, 13, 14]);
        let at: Vec<f64> = decoded(&mut clock, &shown).iter().map(|(at, _)| *at).collect();
        assert_eq!(at, [10.0, 11.0, 13.0, 14.0]);
    }

    #[test]
    fn time_never_goes_back_for_b_frames_within_a_group_and_is_right_again_at_a_keyframe() {
        let mut clock = DecodingClock::new();
        decoded(&mut clock, &group(&[0, 3, 1, 2, 6, 4, 5]));
        let second = decoded(&mut clock, &group(&[7, 10, 8, 9]));
        assert_eq!(second, [(7.0, 1.0), (8.0, 1.0), (9.0, 1.0), (10.0, 1.0)]);
    }

    #[test]
    fn what_a_watcher_begins_with_tells_how_long_pictures_last() {
        let mut clock = DecodingClock::new();
        let begun = group(&[0, 3, 1, 2, 6]).into_iter().map(|(kind, at)| picture(kind, at * 40, 9));
        let lasts = clock.skip(&begun.collect::<Vec<_>>());
        assert_eq!(lasts, 3_600);
        let more: Vec<_> = [4, 5].map(|at| (PictureKind::Dependent, at)).to_vec();
        assert_eq!(decoded(&mut clock, &more), [(6.25, 1.0), (6.5, 1.0)]);
        assert_eq!(decoded(&mut clock, &group(&[7])), [(7.0, 1.0)]);
    }

    #[test]
    fn a_keyframe_that_comes_a_little_early_takes_no_step_back() {
        let mut clock = DecodingClock::new();
        decoded(&mut clock, &group(&[0, 3, 1, 2]));
        decoded(&mut clock, &group(&[4, 7, 5, 6]));
        let early = clock.place(&picture(PictureKind::Keyframe, 7 * 40 - 4, 9));
        assert_eq!(early.at.0, 7 * 3_600 + 1);
    }

    #[test]
    fn a_watcher_who_begins_anywhere_in_a_group_finds_the_next_keyframe_in_time() {
        let shown = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11, 14, 13];
        for begun in 0..shown.len() {
            let mut clock = DecodingClock::new();
            let mut before = group(&shown);
            let after = before.split_off(begun);
            let before = before.into_iter().map(|(kind, at)| picture(kind, at * 40, 9));
            clock.skip(&before.collect::<Vec<_>>());
            let mut at = decoded(&mut clock, &after);
            at.extend(decoded(&mut clock, &group(&[15])));
            assert!(at.is_sorted_by(|(one, _), (next, _)| one < next), "{begun}: {at:?}");
            assert_eq!(at.last(), Some(&(15.0, 1.0)), "{begun}");
        }
    }

    #[test]
    fn a_gap_says_nothing_of_how_long_a_picture_lasts() {
        let mut clock = DecodingClock::new();
        decoded(&mut clock, &group(&[0, 1]));
        assert_eq!(decoded(&mut clock, &group(&[500])), [(500.0, 1.0)]);
        clock.interrupted();
        assert!(!clock.runs());
        assert_eq!(decoded(&mut clock, &group(&[510])), [(510.0, 1.0)]);
    }
}
