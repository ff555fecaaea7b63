//! An entry: one visit through one door.

use serde::{Deserialize, Serialize};

use crate::ids::{
    CodeId, DeviceName, DoorId, EntryId, HouseholdId, PairedDeviceId, PersonId, RecordingId,
};
use crate::time::Now;

/// Who asked for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Whoever typed this code.
    Code(CodeId),
    /// The owner, at the hub's own machine.
    LocalOwner,
    /// A person, on a device of theirs.
    Person {
        /// Who.
        person: PersonId,
        /// On which device.
        device: PairedDeviceId,
    },
    /// This device, by the owner's leave.
    Device(DeviceName),
    /// The hub itself, as its rules say.
    Hub,
}

/// An entry as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRecord {
    /// Its number.
    pub id: EntryId,
    /// The door.
    pub door: DoorId,
    /// The household whose code opened it; its recording is sealed to it alone.
    pub household: HouseholdId,
    /// Who came.
    pub by: Actor,
    /// When the code was typed.
    pub opened_at: Now,
    /// How far it got.
    pub stage: Stage,
    /// Whether the door was opened in it.
    pub entered: Entered,
    /// Its recording, if it has one.
    pub recording: Option<RecordingId>,
    /// How it ended, once it has.
    pub outcome: Option<Outcome>,
}

/// How far an entry got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Locked, by the lock's own report; the camera runs on a little.
    Secured,
}

/// Whether the door was opened in an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entered {
    /// Not so far.
    No,
    /// The contact said so.
    Yes,
}

impl Entered {
    /// Returns how an entry ends that was let in and whose door is locked again.
    pub(crate) const fn outcome(self) -> Outcome {
        match self {
            Self::Yes => Outcome::Completed,
            Self::No => Outcome::NotEntered,
        }
    }
}

/// How an entry ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Opened, closed, locked.
    Completed,
    /// Unlocked and locked again; the door was never opened.
    NotEntered,
    /// Never unlocked.
    Denied(Reason),
}

/// Why a code or an entry was refused. The keypad never hears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No code has these digits.
    WrongCode,
    /// Not a code at all: not eight digits.
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
