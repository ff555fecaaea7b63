//! What the log holds of one entry, with proofs.

use doorward_core::ids::EntryId;
use rusqlite::params;
use tlog_tiles::prove_record;

use super::Questions;
use crate::columns::Id;
use crate::error::ReadError;
use crate::log::checkpoint::SignedCheckpoint;
use crate::log::hashes::StoredHashes;

/// The leaves of one entry, each with the proof that it is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryProof {
    /// The tree to which the proofs lead.
    pub checkpoint: SignedCheckpoint,
    /// The leaves that were not erased, in order.
    pub leaves: Vec<ProvedLeaf>,
}

/// One leaf, with the proof that it is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvedLeaf {
    /// Its number.
    pub number: u64,
    /// What was drawn for its commitment.
    pub salt: Vec<u8>,
    /// The JSON of the leaf.
    pub body: Vec<u8>,
    /// The hashes from the leaf up.
    pub path: Vec<[u8; 32]>,
}

impl Questions<'_> {
    /// Proves what the log holds of an entry.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn prove_entry(&self, entry: EntryId) -> Result<EntryProof, ReadError> {
        self.at_one_moment(|| {
            let checkpoint = self.checkpoint()?;
            let mut leaves = self.rows(
                "SELECT number, salt, body FROM leaves
                 WHERE entry = ?1 AND body IS NOT NULL ORDER BY number",
                params![Id(entry)],
                |row| {
                    let (number, salt, body) = (row.get(0)?, row.get(1)?, row.get(2)?);
                    Ok(ProvedLeaf { number, salt, body, path: Vec::new() })
                },
            )?;
            for leaf in &mut leaves {
                let path = prove_record(checkpoint.size, leaf.number, &StoredHashes(self.db));
                let path = path.map_err(|_| ReadError::Log)?;
                leaf.path = path.into_iter().map(|hash| hash.0).collect();
            }
            Ok(EntryProof { checkpoint, leaves })
        })
    }
}
