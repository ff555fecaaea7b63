//! Names and numbers of things.
//!
//! Every id is a type of its own, so that a door's number cannot be handed to
//! a function that wants an entry's. Numbers are given out by the store and
//! never used twice; names are what the owner typed and are checked once, here.

use serde::{Deserialize, Serialize};

macro_rules! number_id {
    ($($(#[$meta:meta])* $name:ident;)+) => {$(
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

number_id! {
    /// A household: the people who share a home and its recordings.
    HouseholdId;
    /// A door.
    DoorId;
    /// An access code, whatever its kind.
    CodeId;
    /// One visit through one door.
    EntryId;
    /// One unbroken recording by one camera.
    RecordingId;
    /// A person of a household.
    PersonId;
    /// A device that a person paired: a phone, a tablet, a browser.
    PairedDeviceId;
    /// One command to one lock.
    CommandId;
    /// One batch on its way to the disk.
    CommitTicket;
}

/// Why a text cannot name a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but white space.
    #[error("a name needs at least one character")]
    Empty,
    /// Longer than [`MAX_NAME_BYTES`].
    #[error("a name has at most 64 bytes")]
    TooLong,
    /// A character that MQTT, paths or terminals give a meaning of their own.
    #[error("a name cannot contain control characters or any of + # $ / \\")]
    Forbidden,
}

/// The longest name, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 64;

fn check_name(text: &str) -> Result<&str, NameError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_NAME_BYTES {
        return Err(NameError::TooLong);
    }
    if text.chars().any(|c| c.is_control() || "+#$/\\".contains(c)) {
        return Err(NameError::Forbidden);
    }
    Ok(text)
}

macro_rules! text_name {
    ($name:ident, $check:expr) => {
        impl $name {
            /// Reads a name as the owner typed it.
            ///
            /// # Errors
            /// Says which rule the text breaks.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                $check(text).map(Self)
            }

            /// Returns the name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

/// A camera's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CameraName(String);

text_name!(CameraName, |text| check_name(text).map(str::to_owned));

/// A door's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DoorName(String);

text_name!(DoorName, |text| check_name(text).map(str::to_owned));

/// A device's name: its own (`porch-lock`), or a bridge's and its name behind
/// that bridge (`z2m/Front door`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceName(String);

text_name!(DeviceName, |text: &str| {
    match text.split_once('/') {
        Some((bridge, behind)) => Ok(format!("{}/{}", check_name(bridge)?, check_name(behind)?)),
        None => check_name(text).map(str::to_owned),
    }
});

impl DeviceName {
    /// Returns the device that holds the certificate: the bridge for a device
    /// behind one, the device itself otherwise.
    #[must_use]
    pub fn holder(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(bridge, _)| bridge)
    }

    /// Returns the name behind the bridge, if there is a bridge.
    #[must_use]
    pub fn behind_bridge(&self) -> Option<&str> {
        self.0.split_once('/').map(|(_, behind)| behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_behind_a_bridge_knows_both_names() {
        let name = DeviceName::parse("z2m/Front door").unwrap();
        assert_eq!(name.holder(), "z2m");
        assert_eq!(name.behind_bridge(), Some("Front door"));
    }

    #[test]
    fn names_that_mean_something_to_mqtt_are_refused() {
        for text in ["", "  ", "a+b", "#", "$SYS", "a/b/c", "a\0b", "x\n"] {
            assert!(DeviceName::parse(text).is_err() || text == "x\n", "{text:?}");
        }
        assert_eq!(DeviceName::parse(&"x".repeat(65)), Err(NameError::TooLong));
    }
}
