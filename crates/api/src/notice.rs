//! What a client hears while it listens: one JSON object per line.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::entry::EntryView;
use crate::event::{Alarm, Attempt, Victim};
use crate::id::{DeviceName, DoorName, EntryId};
use crate::log::LogLine;
use crate::status::DoorStatus;

/// Something the people of the house are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// When, by the wall clock.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub news: News,
}

/// A notice with its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NumberedNotice {
    /// Its number. Later notices have higher ones, over restarts too; there are gaps. Of
    /// [`News::Missed`] it is the last number that was missed.
    pub seq: u64,
    /// The notice.
    #[serde(flatten)]
    pub notice: Notice,
}

/// The first thing that a client says on the socket of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// The last number that it has heard; `null` to hear only what comes from here on.
    pub after: Option<u64>,
}

/// What a client says on the socket of notices after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledge {
    /// Everything up to this number was seen by a person.
    pub ack: u64,
}

/// What is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum News {
    /// A line was added to the log; it is on the disk.
    Logged {
        /// The line.
        line: LogLine,
    },
    /// A visit waits for the owner's leave.
    ApprovalWanted {
        /// The door.
        door: DoorName,
        /// The entry.
        entry: EntryId,
    },
    /// An entry went on, or ended.
    EntryChanged {
        /// The entry.
        entry: EntryView,
    },
    /// A door's bolt, contact or lock changed.
    DoorChanged {
        /// The door.
        door: DoorStatus,
    },
    /// A door was unlocked for somebody who typed a code. Only the list of what a device
    /// has not seen tells it so; whoever listens hears of the line in the log.
    Arrived {
        /// The door.
        door: DoorName,
        /// The entry.
        entry: EntryId,
    },
    /// Somebody rang.
    Bell {
        /// The door.
        door: DoorName,
    },
    /// Something that somebody must look at.
    Alarm {
        /// The door, if it is about one.
        door: Option<DoorName>,
        /// The entry, if it is about one.
        entry: Option<EntryId>,
        /// What.
        alarm: Alarm,
    },
    /// A device tried what it may not; at most once an hour for each device.
    Trespass {
        /// The device.
        device: DeviceName,
        /// What it tried.
        attempt: Attempt,
        /// What it aimed at.
        victim: Victim,
    },
    /// A device's certificate ends soon; once a day for each device.
    CertificateEnds {
        /// The device.
        device: DeviceName,
        /// When its certificate ends.
        until: Timestamp,
    },
    /// The listener was too slow; so many notices were left out.
    Missed {
        /// How many.
        notices: u64,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::code::CodeKind;
    use crate::entry::{Actor, Outcome, Reason};
    use crate::event::LogEvent;
    use crate::id::CodeId;
    use crate::status::ClockTrust;

    #[test]
    fn a_line_of_the_log_is_one_flat_object() {
        let at: Timestamp = "2026-11-22T10:00:05.25Z".parse().unwrap();
        let label = Some("DHL 0034".to_owned());
        let by = Actor::Code { code: CodeId(12), kind: Some(CodeKind::Delivery), label };
        let event =
            LogEvent::UnlockGranted { entry: EntryId(17), door: DoorName::from("front"), by };
        let line =
            LogLine { index: 3, at, hub_ms: 99, clock: ClockTrust::Trusted, asked_by: None, event };
        let notice = Notice { at, news: News::Logged { line } };
        let expected = json!({
            "at": "2026-11-22T10:00:05.25Z",
            "news": "logged",
            "line": {
                "index": 3,
                "at": "2026-11-22T10:00:05.25Z",
                "hub_ms": 99,
                "clock": "trusted",
                "event": "unlock_granted",
                "entry": 17,
                "door": "front",
                "by": { "who": "code", "code": 12, "kind": "delivery", "label": "DHL 0034" },
            },
        });
        assert_eq!(serde_json::to_value(&notice).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Notice>(expected).unwrap(), notice);
    }

    #[test]
    fn an_outcome_says_its_reason() {
        let outcome = Outcome::Denied { reason: Reason::CameraFrozen };
        let expected = json!({ "result": "denied", "reason": "camera_frozen" });
        assert_eq!(serde_json::to_value(outcome).unwrap(), expected);
    }
}
