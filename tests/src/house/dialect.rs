//! The devices' side of Doorward's own dialect: topics and JSON, as `docs/mqtt.md` gives them.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::door::{Bolt, Leaf, Turn};

/// How many commands' ids a lock remembers. A real one has little memory, too.
const REMEMBERED_IDS: usize = 64;

/// `doorward/<device>/lock/state`
#[derive(Debug, Serialize)]
pub(crate) struct LockState {
    pub(crate) bolt: Bolt,
    pub(crate) seq: u64,
}

/// `doorward/<device>/lock/set`
#[derive(Debug, Deserialize)]
struct LockSet {
    bolt: Turn,
    id: String,
    expires: Timestamp,
}

/// `doorward/<device>/contact/state`
#[derive(Debug, Serialize)]
pub(crate) struct ContactState {
    pub(crate) contact: Leaf,
    pub(crate) seq: u64,
}

/// `doorward/<device>/keypad/entry`; without `Debug`, for it holds a code.
#[derive(Serialize)]
pub(crate) struct KeypadEntry<'a> {
    pub(crate) code: &'a str,
    pub(crate) seq: u64,
}

/// `doorward/<device>/bell/pressed`
#[derive(Debug, Serialize)]
pub(crate) struct BellPressed {
    pub(crate) seq: u64,
}

/// `doorward/<device>/keypad/answer`
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum KeypadAnswer {
    /// To one typed code.
    Verdict { seq: u64, answer: Verdict },
    /// To be shown or sounded while the door is open.
    Countdown { countdown_s: u64 },
}

/// What a keypad is told of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The door unlocks.
    Accepted,
    /// It does not, for whatever reason.
    Refused,
}

/// Why a lock does not do as told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unheeded {
    /// Its time has passed.
    Expired,
    /// It was carried out already.
    Repeated,
    /// It is not what the dialect says.
    Malformed,
}

/// The lock's judgement of commands.
#[derive(Debug, Default)]
pub(crate) struct CommandGate {
    ids: VecDeque<String>,
}

impl CommandGate {
    /// Decides whether to carry out a command, and remembers its id.
    pub(crate) fn admit(&mut self, payload: &[u8], now: Timestamp) -> Result<Turn, Unheeded> {
        let set: LockSet = serde_json::from_slice(payload).map_err(|_| Unheeded::Malformed)?;
        if set.expires <= now {
            return Err(Unheeded::Expired);
        }
        if self.ids.contains(&set.id) {
            return Err(Unheeded::Repeated);
        }
        if self.ids.len() == REMEMBERED_IDS {
            self.ids.pop_front();
        }
        self.ids.push_back(set.id);
        Ok(set.bolt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "2026-11-22T12:00:00Z";
    const COMMAND: &[u8] = br#"{"bolt":"retract","id":"a1","expires":"2026-11-22T12:00:05Z"}"#;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn a_command_is_carried_out_once() {
        let mut gate = CommandGate::default();
        assert_eq!(gate.admit(COMMAND, at(NOON)), Ok(Turn::Retract));
        assert_eq!(gate.admit(COMMAND, at(NOON)), Err(Unheeded::Repeated));
    }

    #[test]
    fn a_late_command_is_refused() {
        let late = at("2026-11-22T12:00:05Z");
        assert_eq!(CommandGate::default().admit(COMMAND, late), Err(Unheeded::Expired));
    }

    #[test]
    fn a_command_without_expiry_is_refused() {
        let eternal = br#"{"bolt":"retract","id":"a1"}"#;
        assert_eq!(CommandGate::default().admit(eternal, at(NOON)), Err(Unheeded::Malformed));
    }

    #[test]
    fn both_kinds_of_answer_are_read() {
        let verdict = serde_json::from_str(r#"{"seq":7,"answer":"accepted"}"#).unwrap();
        assert!(matches!(verdict, KeypadAnswer::Verdict { seq: 7, answer: Verdict::Accepted }));
        let countdown = serde_json::from_str(r#"{"countdown_s":60}"#).unwrap();
        assert!(matches!(countdown, KeypadAnswer::Countdown { countdown_s: 60 }));
    }
}
