//! Logging in with a paired device's key, and proving it again before an act that
//! cannot be taken back.
//!
//! A signature is ECDSA on P-256 with SHA-256, 64 bytes `r ‖ s`, over UTF-8 text:
//! [`login_text`] for logging in, [`act_text`] for one act.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base64url::Base64Url;
use crate::id::PairedDeviceId;
use crate::pairing::Household;
use crate::person::{NamedPairedDevice, NamedPerson, Role};

/// Asks for something to sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskChallenge {
    /// The device that will sign.
    pub device: PairedDeviceId,
}

/// Something to sign, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Challenge {
    /// 32 random bytes.
    pub challenge: Base64Url,
    /// When it ends.
    pub expires: Timestamp,
}

/// A challenge, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The device that signed.
    pub device: PairedDeviceId,
    /// What it signed.
    pub challenge: Base64Url,
    /// The signature over [`login_text`].
    pub signature: Base64Url,
}

/// Who is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// The person.
    pub person: NamedPerson,
    /// The device.
    pub device: NamedPairedDevice,
    /// What the person may do.
    pub role: Role,
    /// The household.
    pub household: Household,
    /// When the device has to log in again at the latest.
    pub expires: Timestamp,
    /// How many other devices may hand the household key over, should they hold it.
    pub key_givers: u32,
}

/// The PIN that a paired device asks for before it unlocks a door. It is set once.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPin {
    /// 6 to 12 digits.
    #[serde(with = "crate::secret")]
    #[schema(value_type = String)]
    pub pin: SecretString,
}

/// Proof, for one act, that the device's person means it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUp {
    /// A challenge.
    pub challenge: Base64Url,
    /// The signature over [`act_text`].
    pub signature: Base64Url,
    /// The device's PIN.
    #[serde(with = "crate::secret")]
    #[schema(value_type = String)]
    pub pin: SecretString,
}

/// Returns the text that a device signs to log in. `host` is the authority by which
/// it reached the hub, as in the `Host` header.
#[must_use]
pub fn login_text(host: &str, device: PairedDeviceId, challenge: &Base64Url) -> String {
    format!("doorward-login-v1\n{host}\n{device}\n{challenge}")
}

/// Returns the text that a device signs for one act. `path` is the request's path as
/// sent, from [`BASE`](crate::path::BASE) on and without a query.
#[must_use]
pub fn act_text(
    host: &str,
    device: PairedDeviceId,
    challenge: &Base64Url,
    method: &str,
    path: &str,
) -> String {
    format!("doorward-act-v1\n{host}\n{device}\n{challenge}\n{method} {path}")
}
