//! Which tries were heard already.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use doorward_core::time::HubTime;

use crate::digits::Digits;

/// For how long a try is the same try when it is heard again. A person needs
/// longer to be refused, wonder, and type the same digits under the same
/// number; a message that is delivered twice arrives within it.
pub const REPEAT_WINDOW: Duration = Duration::from_secs(30);

/// How many tries one device can have made in [`REPEAT_WINDOW`] and have all
/// of them remembered. Nobody types that fast; a device that floods loses only
/// the memory of its own tries.
const MOST_REMEMBERED: usize = 64;

/// The recent tries of one device.
///
/// Digits are compared through a hash under a random key that never leaves the
/// process and is forgotten within [`REPEAT_WINDOW`], so that no code outlives
/// the message that brought it.
pub(crate) struct RecentTries {
    key: RandomState,
    tries: VecDeque<Try>,
}

struct Try {
    heard: HubTime,
    number: Option<u64>,
    fingerprint: u64,
}

impl RecentTries {
    pub(crate) fn new() -> Self {
        Self { key: RandomState::new(), tries: VecDeque::new() }
    }

    /// Tells whether a try is heard for the first time, and remembers it.
    /// The number alone would not do: a device that starts again counts from
    /// the beginning, and Zigbee's numbers have eight bits.
    pub(crate) fn is_first(&mut self, number: Option<u64>, digits: &Digits, now: HubTime) -> bool {
        self.forget_before(now);
        let fingerprint = self.key.hash_one(digits.expose_bytes());
        let known = |earlier: &Try| earlier.number == number && earlier.fingerprint == fingerprint;
        if self.tries.iter().any(known) {
            return false;
        }
        if self.tries.len() == MOST_REMEMBERED {
            self.tries.pop_front();
        }
        self.tries.push_back(Try { heard: now, number, fingerprint });
        true
    }

    fn forget_before(&mut self, now: HubTime) {
        self.tries.retain(|earlier| now.since(earlier.heard) < REPEAT_WINDOW);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Digits {
        serde_json::from_value(text.into()).unwrap()
    }

    fn at(seconds: u64) -> HubTime {
        HubTime::from_millis(seconds * 1000)
    }

    #[test]
    fn the_same_number_and_digits_are_one_try_for_thirty_seconds() {
        let mut tries = RecentTries::new();
        assert!(tries.is_first(Some(7), &digits("48210573"), at(0)));
        assert!(!tries.is_first(Some(7), &digits("48210573"), at(29)));
        assert!(tries.is_first(Some(7), &digits("48210573"), at(30)));
    }

    #[test]
    fn another_number_or_other_digits_are_another_try() {
        let mut tries = RecentTries::new();
        assert!(tries.is_first(Some(7), &digits("48210573"), at(0)));
        assert!(tries.is_first(Some(8), &digits("48210573"), at(0)));
        assert!(tries.is_first(Some(7), &digits("11112222"), at(0)));
        assert!(tries.is_first(None, &digits("48210573"), at(0)));
    }

    #[test]
    fn a_flood_does_not_grow_the_memory() {
        let mut tries = RecentTries::new();
        for number in 0..10_000 {
            assert!(tries.is_first(Some(number), &digits("1"), at(0)));
        }
        assert_eq!(tries.tries.len(), MOST_REMEMBERED);
    }
}
