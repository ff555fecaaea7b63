//! What proves a visit to somebody who trusts neither the hub nor its owner.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base64url::Base64Url;
use crate::id::EntryId;

/// What the log holds of one entry, with the proofs that it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntryEvidence {
    /// The entry.
    pub entry: EntryId,
    /// The key that verifies the checkpoint, C2SP `signed-note` verifier key.
    pub verifier_key: String,
    /// The checkpoint to which the proofs lead, a signed note.
    pub checkpoint: String,
    /// The leaves, in the log's order.
    pub leaves: Vec<EvidenceLeaf>,
}

/// One leaf of the log, with the proof that it is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceLeaf {
    /// Its number.
    pub number: u64,
    /// What was drawn so that nobody guesses an erased body.
    pub salt: Base64Url,
    /// What happened: JSON. SHA-256(salt ‖ body) is the tree's record.
    pub body: Base64Url,
    /// The hashes from the leaf up to the checkpoint's root (RFC 6962).
    pub path: Vec<Base64Url>,
}
