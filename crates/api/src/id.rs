//! Names and numbers as they go over the wire. They are not checked here: the hub
//! does that once, when it converts.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was written where a number belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write the number that the list shows, such as 12")]
pub struct NotANumber;

macro_rules! number_id {
    ($($(#[$meta:meta])* $name:ident;)+) => {$(
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
            ToSchema,
        )]
        #[serde(transparent)]
        pub struct $name(#[serde(deserialize_with = "counted")] pub u64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotANumber;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self).map_err(|_| NotANumber)
            }
        }
    )+};
}

/// Reads a number that a database can hold; a larger one names nothing.
fn counted<'de, D: Deserializer<'de>>(number: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(number)?;
    i64::try_from(number).map(|_| number).map_err(|_| D::Error::custom("this number names nothing"))
}

macro_rules! text_name {
    ($($(#[$meta:meta])* $name:ident;)+) => {$(
        $(#[$meta])*
        #[derive(
            Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// Returns the name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    )+};
}

number_id! {
    /// An access code, whatever its kind.
    CodeId;
    /// One visit through one door.
    EntryId;
    /// One unbroken recording by one camera.
    RecordingId;
    /// Somebody who lives in the house, or looks after it.
    PersonId;
    /// A phone or browser that was paired. What opens doors is a device; this only asks.
    PairedDeviceId;
}

text_name! {
    /// A door, by the name that people call it.
    DoorName;
    /// A device: its own name, or `BRIDGE/FRIENDLY NAME` behind a bridge.
    DeviceName;
    /// A camera.
    CameraName;
    /// A device's request for the household key: 128 random bits.
    KeyRequestId;
}
