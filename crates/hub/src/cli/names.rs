//! Names as arguments, checked before the hub is asked.

use doorward_api::{CameraName, DeviceName, DoorName};
use doorward_core::ids::{self, NameError};

pub(super) fn door(text: &str) -> Result<DoorName, NameError> {
    ids::DoorName::parse(text).map(|name| DoorName::from(name.as_str()))
}

pub(super) fn device(text: &str) -> Result<DeviceName, NameError> {
    ids::DeviceName::parse(text).map(|name| DeviceName::from(name.as_str()))
}

pub(super) fn camera(text: &str) -> Result<CameraName, NameError> {
    ids::CameraName::parse(text).map(|name| CameraName::from(name.as_str()))
}
