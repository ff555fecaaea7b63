//! The household key on its way from a device that has it to one that has not,
//! through a hub that cannot read it.
//!
//! Both devices derive a number from the recipient by themselves and show it, so that
//! their people see whether the hub put another recipient in between: the first 6
//! decimal digits of [`comparison_text`]'s SHA-256, read as a big-endian number modulo
//! 10^6 over its first 8 bytes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base64url::Base64Url;
use crate::id::KeyRequestId;
use crate::person::{NamedPairedDevice, NamedPerson};

/// Asks the household's devices for its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskForKey {
    /// An age recipient that the device made for this request alone.
    pub recipient: String,
}

/// A device that asks for the household key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyRequest {
    /// The request.
    pub id: KeyRequestId,
    /// Who asks.
    pub person: NamedPerson,
    /// With which device.
    pub device: NamedPairedDevice,
    /// To what the key shall be sealed.
    pub recipient: String,
    /// When the hub forgets the request.
    pub expires: Timestamp,
    /// The household key sealed to the recipient, an age file; only for the device
    /// that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Base64Url>,
    /// Whether the key was handed over.
    pub answered: Answered,
}

/// Whether a key was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// Nobody has.
    NotYet,
    /// The device may fetch it.
    Sealed,
}

/// The household key for a device that asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverKey {
    /// The key sealed to the request's recipient, an age file.
    pub sealed: Base64Url,
}

/// Returns the text whose digest both screens show.
#[must_use]
pub fn comparison_text(recipient: &str) -> String {
    format!("doorward-key-request-v1\n{recipient}")
}
