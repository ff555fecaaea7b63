//! Which recordings go: those kept for longer than their owner wants, and the
//! oldest of a camera whose recordings take more room than they may.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::ids::{CameraName, RecordingId};

/// A recording that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub recording: RecordingId,
    /// Its camera.
    pub camera: CameraName,
    /// When it ended, by the wall clock.
    pub ended_at: Timestamp,
    /// The size of its sealed files.
    pub bytes: u64,
}

/// How long and how much is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// No recording for longer than this.
    pub keep_for: Duration,
    /// No more than this of one camera.
    pub bytes_per_camera: u64,
}

impl Default for Rules {
    /// Thirty days, and 20 GB of each camera.
    fn default() -> Self {
        Self { keep_for: Duration::from_secs(30 * 24 * 3600), bytes_per_camera: 20_000_000_000 }
    }
}

/// Returns the recordings that go, the oldest first.
#[must_use]
pub fn plan(kept: &[Kept], rules: &Rules, now: Timestamp) -> Vec<RecordingId> {
    let mut newest_first: Vec<&Kept> = kept.iter().collect();
    newest_first.sort_by_key(|one| std::cmp::Reverse((one.ended_at, one.recording)));
    let mut used: BTreeMap<&CameraName, u64> = BTreeMap::new();
    let mut going: Vec<RecordingId> = Vec::new();
    for one in newest_first {
        let used = used.entry(&one.camera).or_default();
        *used = used.saturating_add(one.bytes);
        if *used > rules.bytes_per_camera || is_too_old(one, rules, now) {
            going.push(one.recording);
        }
    }
    going.reverse();
    going
}

fn is_too_old(one: &Kept, rules: &Rules, now: Timestamp) -> bool {
    let keep_for = SignedDuration::try_from(rules.keep_for).unwrap_or(SignedDuration::MAX);
    now.duration_since(one.ended_at) > keep_for
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(number: u64, camera: u8, age_s: i64, bytes: u64) -> Kept {
        Kept {
            recording: RecordingId(number),
            camera: CameraName::parse(&format!("camera {camera}")).unwrap(),
            ended_at: Timestamp::from_second(1_000_000 - age_s).unwrap(),
            bytes,
        }
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_000_000).unwrap()
    }

    const RULES: Rules = Rules { keep_for: Duration::from_secs(100), bytes_per_camera: 10 };

    #[test]
    fn what_is_too_old_goes() {
        let all = [kept(1, 1, 101, 1), kept(2, 1, 100, 1)];
        assert_eq!(plan(&all, &RULES, now()), [RecordingId(1)]);
    }

    #[test]
    fn the_oldest_of_a_camera_go_until_the_rest_fits() {
        let all = [kept(1, 1, 30, 5), kept(2, 1, 20, 5), kept(3, 1, 10, 5), kept(4, 2, 90, 9)];
        assert_eq!(plan(&all, &RULES, now()), [RecordingId(1)]);
    }

    proptest! {
        #[test]
        fn what_stays_fits_and_is_young_enough(
            all in proptest::collection::vec((0u8..3, 0i64..200, 0u64..8), 0..30),
        ) {
            let all: Vec<Kept> = (1..).zip(all).map(|(n, (c, age, b))| kept(n, c, age, b)).collect();
            let going = plan(&all, &RULES, now());
            for camera in 0..3 {
                let name = CameraName::parse(&format!("camera {camera}")).unwrap();
                let stays = all.iter().filter(|k| k.camera == name && !going.contains(&k.recording));
                let (mut bytes, mut young) = (0, true);
                for one in stays {
                    bytes += one.bytes;
                    young &= !is_too_old(one, &RULES, now());
                }
                prop_assert!(young && bytes <= RULES.bytes_per_camera);
            }
        }
    }
}
