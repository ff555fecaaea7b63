//! The hub's certificate authority, and how another one follows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::DeviceName;

/// The authorities that the hub believes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Authorities {
    /// The one that every device knows; it vouches for the hub.
    pub current: AuthorityView,
    /// The one that follows, if there is one; it vouches for devices from its beginning.
    pub next: Option<AuthorityView>,
    /// From when on another one should follow: what is issued later would end before its
    /// time, since the authority ends.
    pub rollover_due: Timestamp,
    /// Devices that the current authority alone vouches for; all of them, while none
    /// follows.
    pub remaining: Vec<RemainingDevice>,
}

/// One authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthorityView {
    /// Its number; the hub's first is 1.
    pub number: u32,
    /// SHA-256 of its certificate, in hex.
    pub sha256: String,
    /// When it ends, and with it all that it has issued.
    pub until: Timestamp,
}

/// A device that has not shown a certificate of the authority that follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemainingDevice {
    /// The device.
    pub device: DeviceName,
    /// What becomes of its certificate.
    pub renewal: Renewal,
}

/// How a device comes to its next certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// The hub tells it that it is time, and it may ask by itself.
    Told,
    /// Its owner carries files to it.
    ByHand,
    /// One was issued, and it has not shown it yet.
    Issued,
}

/// The wish that the current authority be believed no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetireAuthority {
    /// What becomes of the devices that only it vouches for.
    #[serde(default)]
    pub remaining: Remaining,
}

/// What becomes of devices that only a retired authority would vouch for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Remaining {
    /// The authority stays while there are any.
    #[default]
    Wait,
    /// They are revoked.
    Revoke,
}
