//! Proofs that the log only grew, and the devices that stand for it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base64url::Base64Url;
use crate::person::NamedPairedDevice;

/// Which two sizes of the log to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyQuery {
    /// The size that the asker knows; at least 1.
    pub from: u64,
    /// The size that it shall have grown to.
    pub to: u64,
}

/// A proof that the log of one size begins with the log of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Consistency {
    /// The smaller size.
    pub from: u64,
    /// The larger size.
    pub to: u64,
    /// The hashes, in RFC 6962's order.
    pub proof: Vec<Base64Url>,
}

/// The log's public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogKey {
    /// The key that verifies checkpoints, C2SP `signed-note` verifier key.
    pub verifier_key: String,
}

/// A paired device stands for a checkpoint that it has checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cosign {
    /// How many leaves the checkpoint covers.
    pub size: u64,
    /// The device's signature over [`witness_text`].
    pub signature: Base64Url,
}

/// The newest checkpoint that a paired device stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WitnessView {
    /// The device.
    pub device: NamedPairedDevice,
    /// How many leaves the checkpoint covers.
    pub size: u64,
    /// When the device signed it, by the hub's wall clock.
    pub at: Timestamp,
}

/// Returns the text that a device signs to stand for a checkpoint. `checkpoint` is the
/// note's text without its signatures: origin, size and root hash, each line with its
/// end.
#[must_use]
pub fn witness_text(checkpoint: &str) -> String {
    format!("doorward-witness-v1\n{checkpoint}")
}
