//! The pack's table of contents: `evidence.json`.

use doorward_api::evidence::EvidenceLeaf;
use doorward_api::{EntryId, RecordingId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The only format there is.
pub(super) const FORMAT: &str = "doorward-evidence-v1";

/// What a pack holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Which format the pack is in.
    pub format: String,
    /// When it was made, by the clock of whoever made it. Proves nothing.
    pub made_at: Timestamp,
    /// The entry.
    pub entry: EntryId,
    /// What people called things. Proves nothing.
    pub named: Named,
    /// The key of the log, C2SP `signed-note` verifier key.
    pub verifier_key: String,
    /// The checkpoint to which the proofs lead, a signed note.
    pub checkpoint: String,
    /// What the log holds of the entry.
    pub leaves: Vec<EvidenceLeaf>,
    /// The recordings in the pack.
    pub recordings: Vec<Film>,
}

impl Manifest {
    /// Begins a manifest of the current format.
    #[must_use]
    pub fn new(proofs: doorward_api::evidence::EntryEvidence, named: Named) -> Self {
        Self {
            format: FORMAT.to_owned(),
            made_at: Timestamp::now(),
            entry: proofs.entry,
            named,
            verifier_key: proofs.verifier_key,
            checkpoint: proofs.checkpoint,
            leaves: proofs.leaves,
            recordings: Vec::new(),
        }
    }
}

/// What people called things. The log knows numbers alone, so that nothing proves this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The door.
    pub door: String,
    /// Who came.
    pub who: String,
}

/// One recording in a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Film {
    /// The recording.
    pub id: RecordingId,
    /// To what its segments are sealed (`age1…`).
    pub recipient: String,
    /// Its segments, in order.
    pub segments: Vec<u32>,
}
