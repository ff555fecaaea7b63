//! What Home Assistant is shown of the doors, and what it may ask of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::device::{Link, Permit};
use crate::id::{DeviceName, DoorName};

/// Whether Home Assistant is shown the doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// All of them.
    On,
    /// Nothing.
    Off,
}

/// How Home Assistant stands with the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HomeAssistant {
    /// Whether it is shown the doors.
    pub shown: Shown,
    /// Those that are enrolled.
    pub enrolled: Vec<HomeDevice>,
}

/// One enrolled Home Assistant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HomeDevice {
    /// Its name as a device.
    pub device: DeviceName,
    /// Whether it is connected.
    pub link: Link,
    /// What it may ask, door by door.
    pub may: Vec<DoorPermit>,
}

/// What may be asked of a door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoorPermit {
    /// The door.
    pub door: DoorName,
    /// What may be asked.
    pub permit: Permit,
}

/// Switches it on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowHomeAssistant {
    /// Whether it is shown the doors.
    pub shown: Shown,
}

/// Lets a device ask something of a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowDevice {
    /// What it may ask, and nothing else.
    pub permit: Permit,
}
