//! Doors: describing one, asking about one, moving its bolt.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::device::{DeviceKind, Part};
use crate::id::{CameraName, DeviceName, DoorName, EntryId};

/// A door to be described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddDoor {
    /// What people call it.
    pub name: DoorName,
    /// The device that moves its bolt.
    pub lock: DeviceName,
    /// The keypads in front of it.
    #[serde(default)]
    pub keypads: Vec<DeviceName>,
    /// The contact, if it has one.
    #[serde(default)]
    pub contact: Option<DeviceName>,
    /// The camera, if it has one.
    #[serde(default)]
    pub camera: Option<CameraName>,
    /// Where the policy shall differ from the default.
    #[serde(default)]
    pub policy: ChangePolicy,
}

/// What is to change in a door's policy; what is absent stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePolicy {
    /// Whether an entry must be filmed.
    #[serde(default)]
    pub recording: Option<RecordingRule>,
    /// Whether the owner is asked each time.
    #[serde(default)]
    pub approval: Option<ApprovalRule>,
    /// How long an unlocked door waits to be opened before it locks again.
    #[serde(default)]
    pub relock_after_ms: Option<u64>,
}

/// A door as its owner described it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoorView {
    /// What people call it.
    pub name: DoorName,
    /// The device that moves its bolt.
    pub lock: DeviceName,
    /// The keypads in front of it.
    pub keypads: Vec<DeviceName>,
    /// The contact, if it has one.
    pub contact: Option<DeviceName>,
    /// The camera, if it has one.
    pub camera: Option<CameraName>,
    /// What its owner wants of it.
    pub policy: PolicyView,
}

/// A door that was described, and what is odd about its devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoorAdded {
    /// The door.
    #[serde(flatten)]
    pub door: DoorView,
    /// Devices of which the hub has heard something that does not fit.
    #[serde(default)]
    pub doubts: Vec<Doubt>,
}

/// A device that may not be what it is used as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Doubt {
    /// The device.
    pub device: DeviceName,
    /// What it is used as.
    pub part: Part,
    /// Why that may not work.
    #[serde(flatten)]
    pub why: Misfit,
}

/// Why a device may not be what it is used as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Misfit {
    /// It was enrolled as something else.
    EnrolledAs {
        /// What it was enrolled as.
        kind: DeviceKind,
    },
    /// Its bridge tells of no device of this name.
    UnknownToBridge,
    /// Its bridge says that it can do something else.
    CannotBe {
        /// What it can be; nothing, perhaps.
        can_be: Vec<Part>,
    },
}

/// What the owner wants of a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyView {
    /// Whether an entry must be filmed.
    pub recording: RecordingRule,
    /// Whether the owner is asked each time.
    pub approval: ApprovalRule,
    /// How long an unlocked door waits to be opened before it locks again.
    pub relock_after_ms: u64,
}

/// Whether an entry must be filmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordingRule {
    /// No unlock unless the camera has shown a live picture just now.
    Required,
    /// Filmed if the camera can; a gap is marked otherwise.
    Preferred,
    /// Never filmed.
    Off,
}

/// Whether the owner is asked before a code opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalRule {
    /// A good code is enough.
    None,
    /// The owner taps within a minute, or the door stays locked.
    Tap,
}

/// Where a bolt is, in the words of its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bolt {
    /// Fully out: the door is locked.
    Thrown,
    /// Fully in: the door can be opened.
    Retracted,
    /// On its way.
    Moving,
    /// Stuck between.
    Jammed,
    /// The lock does not know or has not said.
    Unknown,
}

/// Whether the leaf stands in its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    /// Open, by however little.
    Open,
    /// In its frame.
    Closed,
    /// The contact has not said, or cannot be reached.
    Unknown,
}

/// What became of the wish to unlock a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnlockBegun {
    /// The entry that began; its story tells how it goes on.
    pub entry: EntryId,
}

/// What became of the wish to lock a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LockAsked {
    /// When the bolt is thrown.
    pub when: LockWhen,
}

/// When a bolt is thrown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LockWhen {
    /// The command is on its way; only the lock's report says that it is locked.
    AtOnce,
    /// The door is open; it will be locked as soon as it closes.
    OnceClosed,
}
