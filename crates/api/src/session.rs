//! Logging in with a paired device's key, and proving it again before an act that
//! cannot be taken back.
//!
//! A signature is ECDSA on P-256 with SHA-256, 64 bytes `r ‖ s`, over UTF-8 text:
//! [`login_text`] for logging in, [`act_text`] for one act. Where the device's own system verifies the
//! person (WebAuthn), the challenge of that ceremony is the SHA-256 of the same [`act_text`].

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base64url::Base64Url;
use crate::id::PairedDeviceId;
use crate::pairing::Household;
use crate::person::{NamedPairedDevice, NamedPerson, Role};

/// The cookie that holds a session. The prefix makes browsers keep it to this very host,
/// over TLS, at every path.
pub const COOKIE: &str = "__Host-doorward";

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
    /// The passkey that stands in the PIN's place, if the device has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<PasskeyView>,
}

/// A passkey, as the browser needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasskeyView {
    /// The name by which the authenticator knows it.
    pub id: Base64Url,
    /// The host name that it is for. At another, or at an address, it cannot be used.
    pub host_name: String,
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
    /// The device's PIN. Either this or the passkey.
    #[serde(with = "crate::secret::optional", default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub pin: Option<SecretString>,
    /// The device's passkey, used. Either this or the PIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<PasskeyUsed>,
}

/// A passkey that was used: what the browser's `credentials.get` answered. Its challenge is the
/// SHA-256 of [`act_text`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyUsed {
    /// The passkey's name.
    pub id: Base64Url,
    /// `clientDataJSON`.
    pub client_data: Base64Url,
    /// `authenticatorData`.
    pub authenticator_data: Base64Url,
    /// The signature over both, DER.
    pub signature: Base64Url,
}

/// Gives the device that asks a passkey: what the browser's `credentials.create` answered. Its
/// challenge is the SHA-256 of [`act_text`] for this very request.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPasskey {
    /// Proof, with the PIN, that the device's person means it.
    pub proof: StepUp,
    /// `clientDataJSON`.
    pub client_data: Base64Url,
    /// What `getAuthenticatorData()` returns.
    pub authenticator_data: Base64Url,
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
