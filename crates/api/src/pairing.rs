//! How a device comes to be trusted: by the first setup, or by a pairing that an
//! owner offered.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base64url::Base64Url;
use crate::id::{KeyRequestId, PairedDeviceId, PersonId};
use crate::person::Role;

/// What anybody in the network may know of the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Welcome {
    /// Whether the hub has a household.
    pub state: WelcomeState,
    /// What the household calls itself; only for somebody who is logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household_name: Option<String>,
    /// The version of the program.
    pub version: String,
    /// SHA-256 of the hub's certificate authority, DER.
    pub ca_sha256: Base64Url,
}

/// Whether the hub has a household, and its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WelcomeState {
    /// It has no household: the setup link of `doorward pair` names the first one.
    Unclaimed,
    /// It waits for its root key.
    Sealed,
    /// It works.
    Ready,
}

/// The first setup of a hub that has no household.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The one-time token of the setup link.
    #[serde(with = "crate::secret")]
    #[schema(value_type = String)]
    pub token: SecretString,
    /// The household.
    pub household: Household,
    /// The first person, who becomes its owner.
    pub person: NewPerson,
    /// The device in that person's hand.
    pub device: NewPairedDevice,
}

/// A household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Household {
    /// What it calls itself.
    pub name: String,
    /// The public half of its age identity (`age1…`). The hub never has the other.
    pub recipient: String,
}

/// A person to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// What the household calls them.
    pub name: String,
}

/// A device to be paired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPairedDevice {
    /// What its person calls it.
    pub name: String,
    /// Its P-256 public key, `SubjectPublicKeyInfo` in DER.
    pub public_key: Base64Url,
    /// An age recipient of the device's making, to which a device that holds the
    /// household key may seal it: the pairing asks for the key at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
}

/// What an owner wants paired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferPairing {
    /// What the person may do; a known person keeps their own role.
    pub role: Role,
    /// The person, if the household knows them; otherwise the device names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

/// A way to pair one device, good for minutes.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PairingOffer {
    /// The one-time token: 128 bits.
    #[serde(with = "crate::secret")]
    #[schema(value_type = String)]
    pub token: SecretString,
    /// When it ends.
    pub expires: Timestamp,
    /// The same link for each of the hub's addresses, the likeliest to work first. The
    /// token is in the fragment, which browsers do not send.
    #[serde(with = "crate::secret::list")]
    #[schema(value_type = Vec<String>)]
    pub links: Vec<SecretString>,
    /// The first link as a QR code, SVG.
    #[serde(with = "crate::secret")]
    #[schema(value_type = String)]
    pub qr_svg: SecretString,
}

/// A device that takes up an offer.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The offer's token.
    #[serde(with = "crate::secret")]
    #[schema(value_type = String)]
    pub token: SecretString,
    /// The device.
    pub device: NewPairedDevice,
    /// The person, if the offer names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<NewPerson>,
}

/// A device that was paired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Paired {
    /// The device.
    pub device: PairedDeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// What they may do.
    pub role: Role,
    /// The household.
    pub household: Household,
    /// SHA-256 of the hub's certificate authority, DER.
    pub ca_sha256: Base64Url,
    /// The request for the household key that the pairing made, if the device named a
    /// recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_request: Option<KeyRequestId>,
}
