//! What a device may ask of a door although it is no part of it.
//!
//! By itself a device commands nothing. The owner gives a home's own automation
//! permits, door by door; the hub judges each wish against it at the moment of
//! the wish, and an unlocking once more when it is decided.

use serde::{Deserialize, Serialize};

use crate::ids::{DeviceName, DoorId};

/// How much a device may ask of a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permit {
    /// That it is locked.
    Lock,
    /// That it is locked, and that it is unlocked as its policy says.
    Unlock,
}

/// One device's permit at one door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevicePermit {
    /// The device.
    pub device: DeviceName,
    /// The door.
    pub door: DoorId,
    /// How much it may ask.
    pub permit: Permit,
}

/// What a device asks of a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceWish {
    /// To be locked; if it is open, as soon as it closes.
    Lock,
    /// To be unlocked.
    Unlock,
}

impl Permit {
    /// Says whether a wish is within the permit.
    #[must_use]
    pub const fn covers(self, wish: DeviceWish) -> bool {
        match (self, wish) {
            (Self::Lock | Self::Unlock, DeviceWish::Lock) | (Self::Unlock, DeviceWish::Unlock) => {
                true
            }
            (Self::Lock, DeviceWish::Unlock) => false,
        }
    }
}
