//! Which of two states was said later.

use doorward_core::time::HubTime;

use crate::tries::REPEAT_WINDOW;

/// The newest number that a device gave to a state.
///
/// A message that is delivered again after a newer one would put an old state
/// in place of the current one, "thrown" among them, so lower numbers are
/// passed over. Only for [`REPEAT_WINDOW`], and not beyond the device's next
/// `status`: a device that lost count must not go unheard.
#[derive(Default)]
pub(crate) struct Sequence {
    newest: Option<(u64, HubTime)>,
}

impl Sequence {
    /// Tells whether a state is as new as the newest, and remembers it. A
    /// state without a number always is.
    pub(crate) fn is_current(&mut self, seq: Option<u64>, now: HubTime) -> bool {
        let Some(seq) = seq else { return true };
        let is_old = |(newest, heard)| seq < newest && now.since(heard) < REPEAT_WINDOW;
        if self.newest.is_some_and(is_old) {
            return false;
        }
        self.newest = Some((seq, now));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> HubTime {
        HubTime::from_millis(seconds * 1000)
    }

    #[test]
    fn an_older_state_does_not_replace_a_newer_one() {
        let mut states = Sequence::default();
        assert!(states.is_current(Some(8), at(0)));
        assert!(!states.is_current(Some(7), at(1)));
        assert!(states.is_current(Some(8), at(2)), "the same report again");
        assert!(states.is_current(Some(9), at(3)));
    }

    #[test]
    fn a_device_that_lost_count_is_heard_again() {
        let mut states = Sequence::default();
        assert!(states.is_current(Some(1000), at(0)));
        assert!(!states.is_current(Some(1), at(29)));
        assert!(states.is_current(Some(1), at(30)));
        assert!(states.is_current(Some(2), at(31)));
    }

    #[test]
    fn a_state_without_a_number_counts() {
        let mut states = Sequence::default();
        assert!(states.is_current(Some(8), at(0)));
        assert!(states.is_current(None, at(1)));
    }
}
