//! Doors: what hangs on one, what its owner wants of it, and what its lock and
//! contact last said.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{CameraName, DeviceName, DoorId, DoorName, HouseholdId};

/// A door as its owner described it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Door {
    /// Its number.
    pub id: DoorId,
    /// What people call it.
    pub name: DoorName,
    /// The households that may give out codes for it; more than one for a
    /// street door.
    pub households: Vec<HouseholdId>,
    /// The device that moves its bolt.
    pub lock: DeviceName,
    /// The keypads in front of it; each belongs to one door only.
    pub keypads: Vec<DeviceName>,
    /// The contact that tells open from closed, if it has one.
    pub contact: Option<DeviceName>,
    /// The camera that films its entries, if it has one.
    pub camera: Option<CameraName>,
    /// What its owner wants of it.
    pub policy: DoorPolicy,
}

/// What the owner wants of a door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorPolicy {
    /// Whether an entry must be filmed.
    pub recording: Recording,
    /// Whether the owner is asked each time.
    pub approval: Approval,
    /// How long an unlocked door waits to be opened before it locks again.
    pub relock_after: Duration,
}

impl Default for DoorPolicy {
    fn default() -> Self {
        Self {
            recording: Recording::Required,
            approval: Approval::None,
            relock_after: Duration::from_secs(30),
        }
    }
}

/// Whether an entry must be filmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recording {
    /// No unlock unless the camera has shown a live picture just now. A door
    /// without a camera never unlocks for a code.
    Required,
    /// Filmed if the camera can; a gap in the evidence is marked otherwise.
    Preferred,
    /// Never filmed.
    Off,
}

/// Whether the owner is asked before a code opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// A good code is enough.
    None,
    /// The owner taps within a minute, or the door stays locked.
    Tap,
}

/// Where a bolt is, in the words of its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bolt {
    /// Fully out: the door is locked.
    Thrown,
    /// Fully in: the door can be opened.
    Retracted,
    /// On its way.
    Moving,
    /// Stuck between, "not fully locked".
    Jammed,
    /// The lock does not know or has not said.
    Unknown,
}

/// Whether the leaf stands in its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    /// Open, by however little.
    Open,
    /// In its frame.
    Closed,
}
