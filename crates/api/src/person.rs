//! The people of the house, what each may do, and the devices that they paired.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{PairedDeviceId, PersonId};

/// What a person may do; each role may also do what the ones before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads how the house is, and what happened.
    Viewer,
    /// Lets people in: deliveries, guests, visits, doors, the live picture.
    Resident,
    /// Everything, down to devices and policies.
    Owner,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonView {
    /// The person.
    pub id: PersonId,
    /// What the household calls them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Since when they are known.
    pub added_at: Timestamp,
}

/// Changes to a person; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePerson {
    /// What the household calls them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they may do, from the next request on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// A person in a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamedPerson {
    /// The person.
    pub id: PersonId,
    /// What the household calls them.
    pub name: String,
}

/// A paired device in a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamedPairedDevice {
    /// The device.
    pub id: PairedDeviceId,
    /// What its person calls it.
    pub name: String,
}

/// A paired device: a phone, a tablet, a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PairedDeviceView {
    /// The device.
    pub id: PairedDeviceId,
    /// What its person calls it.
    pub name: String,
    /// Whose it is.
    pub person: NamedPerson,
    /// What its person may do.
    pub role: Role,
    /// When it was paired.
    pub paired_at: Timestamp,
    /// When it last logged in; absent if it never has.
    pub last_seen_at: Option<Timestamp>,
    /// When its pairing was ended, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Whether it may unlock doors with its PIN.
    pub pin: PinState,
    /// The newest checkpoint that it stands for, if there is one.
    pub witnessed: Option<Witnessed>,
}

/// Whether a paired device may unlock doors with its PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PinState {
    /// It has none.
    Unset,
    /// It has one.
    Set,
    /// It was wrong too often: it rests until an owner lifts it or the device pairs
    /// again.
    Resting,
}

/// A checkpoint that a paired device stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Witnessed {
    /// How many leaves it covers.
    pub size: u64,
    /// When the device signed it, by the hub's wall clock.
    pub at: Timestamp,
}
