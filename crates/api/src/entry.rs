//! Entries: visits, how far they got, and their stories.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::code::CodeKind;
use crate::id::{CodeId, DeviceName, DoorName, EntryId, PairedDeviceId, PersonId, RecordingId};

/// Which entries to list; newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryQuery {
    /// Only entries through this door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub door: Option<DoorName>,
    /// Only entries with a lower number than this one: the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<EntryId>,
    /// At most so many; the hub may answer fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// An entry in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntryView {
    /// Its number.
    pub id: EntryId,
    /// The door.
    pub door: DoorName,
    /// Who came.
    pub by: Actor,
    /// When the code was typed, or the owner asked.
    pub opened_at: Timestamp,
    /// When it was over, if it is.
    pub closed_at: Option<Timestamp>,
    /// How far it got.
    pub stage: Stage,
    /// How it ended, if it has.
    pub outcome: Option<Outcome>,
    /// Its recording, if it has one.
    pub recording: Option<RecordingId>,
}

/// Who asked for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum Actor {
    /// Whoever typed this code.
    Code {
        /// The code.
        code: CodeId,
        /// What kind of code it is, if the hub still knows.
        kind: Option<CodeKind>,
        /// What the owner calls it: the carrier and reference, or the guest's name.
        label: Option<String>,
    },
    /// The owner, at the hub's own machine.
    LocalOwner,
    /// A person, on a device of theirs.
    Person {
        /// Who.
        person: PersonId,
        /// What the household calls them, if it still does.
        name: Option<String>,
        /// On which device.
        device: PairedDeviceId,
        /// What they call it, if its pairing is still known.
        device_name: Option<String>,
    },
    /// This device, by the owner's leave.
    Device {
        /// The device.
        device: DeviceName,
    },
    /// The hub itself, as its rules say.
    Hub,
}

/// How far an entry got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waits for the camera and, if the policy asks, for the owner.
    Arming,
    /// Waits for the lock to report its bolt retracted.
    Unlocking,
    /// Waits for the door to open.
    Unlocked,
    /// Waits for the door to close.
    Open,
    /// Waits for the lock to report its bolt thrown.
    Relocking,
    /// The bolt is stuck.
    Jammed,
    /// Nobody knows where the bolt is, or whether the door is closed.
    Unknown,
    /// Locked, by the lock's own report.
    Secured,
}

/// How an entry ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    /// Opened, closed, locked.
    Completed,
    /// Unlocked and locked again; the door was never opened.
    NotEntered,
    /// Never unlocked.
    Denied {
        /// Why.
        reason: Reason,
    },
}

/// Why a code or an entry was refused. The keypad never hears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No code has these digits.
    WrongCode,
    /// Not eight digits.
    Malformed,
    /// It has opened as often as it may.
    Spent,
    /// Its time is over.
    Expired,
    /// The owner took it back.
    Cancelled,
    /// The owner paused it.
    Paused,
    /// Its time has not come.
    TooEarly,
    /// Not at this day or hour.
    OutsideSchedule,
    /// A good code, at the wrong door.
    WrongDoor,
    /// The keypad belongs to no door.
    NoDoor,
    /// The keypad is locked out after wrong tries.
    Throttled,
    /// Couriers' and guests' codes rest after wrong tries.
    Suspended,
    /// The wall clock jumped and nobody has confirmed it.
    ClockUntrusted,
    /// Another entry is in progress at this door.
    DoorBusy,
    /// The door is open already.
    DoorOpen,
    /// The door requires recording and has no camera.
    NoCamera,
    /// The camera could not be reached or sends no pictures.
    CameraUnavailable,
    /// The camera's pictures do not change.
    CameraFrozen,
    /// The camera refuses the hub's credentials.
    CameraRefused,
    /// The picture could not be judged in time.
    CameraUnjudged,
    /// The owner did not approve in time.
    NotApproved,
    /// The owner stopped the visit.
    Blocked,
    /// The decision could not be written down.
    NotRecorded,
    /// The lock could not be reached.
    LockUnreachable,
    /// The hub stopped before it was decided.
    Interrupted,
}
