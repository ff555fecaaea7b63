//! The seconds before anybody asked: whole groups of pictures, in memory only.
//!
//! Guarantees: what it hands out starts with a keyframe; it never holds more
//! than its bound in bytes, nor anything older than its bound in time. Nothing
//! in here is ever written to a disk unless a recording starts.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::media::{Fragment, PictureKind, Ticks};

/// How much of the past is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreRollBounds {
    /// How much of the past a recording wants, in milliseconds.
    pub wanted_ms: u64,
    /// The most sample bytes.
    pub bytes: usize,
    /// The oldest picture ever kept, in milliseconds. It exceeds `wanted_ms`
    /// because a group is useless without its keyframe.
    pub oldest_ms: u64,
}

impl Default for PreRollBounds {
    /// 5 s within 16 MiB, and never older than 30 s.
    fn default() -> Self {
        Self { wanted_ms: 5_000, bytes: 16 << 20, oldest_ms: 30_000 }
    }
}

/// One camera's pre-roll.
#[derive(Debug)]
pub struct PreRoll {
    bounds: PreRollBounds,
    fragments: VecDeque<Arc<Fragment>>,
    bytes: usize,
}

impl PreRoll {
    /// Starts empty.
    #[must_use]
    pub fn new(bounds: PreRollBounds) -> Self {
        Self { bounds, fragments: VecDeque::new(), bytes: 0 }
    }

    /// Takes in the newest fragment and drops what is no longer wanted.
    pub fn push(&mut self, fragment: Arc<Fragment>) {
        if self.fragments.is_empty() && fragment.opening() == PictureKind::Dependent {
            return;
        }
        let now = fragment.ends;
        self.bytes += fragment.payload_bytes();
        self.fragments.push_back(fragment);
        while self.oldest_group_is_unwanted(now) {
            self.drop_oldest_group();
        }
    }

    /// Returns what a recording that starts now begins with, oldest first.
    pub fn fragments(&self) -> impl Iterator<Item = &Arc<Fragment>> {
        self.fragments.iter()
    }

    /// Returns the bytes held.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        self.bytes
    }

    fn oldest_group_is_unwanted(&self, now: Ticks) -> bool {
        let Some(oldest) = self.fragments.front() else { return false };
        let age_of_next = self.second_group().map(|next| now.ms_since(next.starts));
        self.bytes > self.bounds.bytes
            || now.ms_since(oldest.starts) > self.bounds.oldest_ms
            || age_of_next.is_some_and(|age| age >= self.bounds.wanted_ms)
    }

    fn second_group(&self) -> Option<&Arc<Fragment>> {
        self.fragments.iter().skip(1).find(|fragment| fragment.opening() == PictureKind::Keyframe)
    }

    /// Drops a group with everything that cannot be decoded without it.
    fn drop_oldest_group(&mut self) {
        loop {
            if let Some(dropped) = self.fragments.pop_front() {
                self.bytes = self.bytes.saturating_sub(dropped.payload_bytes());
            }
            match self.fragments.front().map(|next| next.opening()) {
                Some(PictureKind::Dependent) => {}
                Some(PictureKind::Keyframe) | None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::testing::{picture, stream_parameters};

    fn fragment(kind: PictureKind, from_ms: u64, to_ms: u64, bytes: usize) -> Arc<Fragment> {
        Arc::new(Fragment {
            parameters: Arc::new(stream_parameters(640)),
            video: vec![picture(kind, from_ms, bytes)],
            audio: Vec::new(),
            starts: Ticks(0).plus_ms(from_ms),
            ends: Ticks(0).plus_ms(to_ms),
            starts_at: Timestamp::UNIX_EPOCH,
        })
    }

    fn starts(ring: &PreRoll) -> Vec<u64> {
        ring.fragments().map(|fragment| fragment.starts.ms_since(Ticks(0))).collect()
    }

    #[test]
    fn the_ring_keeps_whole_groups_that_cover_the_wanted_time() {
        let mut ring = PreRoll::new(PreRollBounds::default());
        for second in (0..20_000).step_by(2_000) {
            ring.push(fragment(PictureKind::Keyframe, second, second + 2_000, 100));
        }
        assert_eq!(starts(&ring), [14_000, 16_000, 18_000]);
        assert_eq!(ring.payload_bytes(), 300);
    }

    #[test]
    fn bytes_bound_the_ring_even_within_the_wanted_time() {
        let bounds = PreRollBounds { bytes: 250, ..PreRollBounds::default() };
        let mut ring = PreRoll::new(bounds);
        for ms in [0, 100, 200, 300] {
            ring.push(fragment(PictureKind::Keyframe, ms, ms + 100, 100));
        }
        assert_eq!(starts(&ring), [200, 300]);
    }

    #[test]
    fn a_group_cut_at_a_bound_goes_with_its_keyframe() {
        let mut ring = PreRoll::new(PreRollBounds::default());
        ring.push(fragment(PictureKind::Dependent, 0, 10, 10));
        assert_eq!(starts(&ring), [0; 0], "nothing decodes without a keyframe");
        ring.push(fragment(PictureKind::Keyframe, 0, 10_000, 10));
        ring.push(fragment(PictureKind::Dependent, 10_000, 20_000, 10));
        assert_eq!(starts(&ring), [0, 10_000]);
        ring.push(fragment(PictureKind::Dependent, 20_000, 31_000, 10));
        assert_eq!(starts(&ring), [0; 0]);
        assert_eq!(ring.payload_bytes(), 0);
    }
}
