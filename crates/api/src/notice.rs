//! What a client hears while it listens: one JSON object per line.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entry::EntryView;
use crate::event::Alarm;
use crate::id::{DoorName, EntryId};
use crate::log::LogLine;
use crate::status::DoorStatus;

/// Something the people of the house are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// When, by the wall clock.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub news: News,
}

/// What is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The listener was too slow; so many notices were left out.
    Missed {
        /// How many.
        notices: u64,
    },
}
