//! Proofs for whoever holds an earlier checkpoint, or one leaf.

use tlog_tiles::{
    Hash, check_record, check_tree, prove_record, prove_tree, record_hash, tree_hash,
};

use super::checkpoint::SignedCheckpoint;
use super::hashes::StoredHashes;
use crate::ask::Questions;
use crate::error::ReadError;

/// That a leaf is in the log (RFC 6962, Merkle audit path).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// The leaf's number.
    pub number: u64,
    /// SHA-256(salt ‖ body) of the leaf: the tree's record.
    pub commitment: [u8; 32],
    /// The hashes from the leaf up.
    pub path: Vec<[u8; 32]>,
    /// The tree that the path leads to.
    pub checkpoint: SignedCheckpoint,
}

impl InclusionProof {
    /// Says whether the path leads from the commitment to the checkpoint. Its
    /// signature is for the holder of the log's public key to check.
    #[must_use]
    pub fn holds(&self) -> bool {
        check_record(
            &hashes(&self.path),
            self.checkpoint.size,
            Hash(self.checkpoint.root),
            self.number,
            record_hash(&self.commitment),
        )
        .is_ok()
    }
}

/// That a tree begins with all of an earlier one (RFC 6962).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The earlier tree.
    pub from: SignedCheckpoint,
    /// The hashes that connect them.
    pub path: Vec<[u8; 32]>,
    /// The later tree.
    pub to: SignedCheckpoint,
}

impl ConsistencyProof {
    /// Says whether the path connects the two. The signatures are for the holder
    /// of the log's public key to check.
    #[must_use]
    pub fn holds(&self) -> bool {
        let (from, to) = (&self.from, &self.to);
        if from.size == 0 {
            return self.path.is_empty();
        }
        let path = hashes(&self.path);
        check_tree(&path, to.size, Hash(to.root), from.size, Hash(from.root)).is_ok()
    }
}

fn hashes(path: &[[u8; 32]]) -> Vec<Hash> {
    path.iter().copied().map(Hash).collect()
}

impl Questions<'_> {
    /// Proves that a leaf, erased or not, is in the log.
    ///
    /// # Errors
    /// If there is no such leaf, or the database cannot be read.
    pub fn prove_inclusion(&self, number: u64) -> Result<InclusionProof, ReadError> {
        self.at_one_moment(|| {
            let checkpoint = self.checkpoint()?;
            if number >= checkpoint.size {
                return Err(ReadError::BeyondEnd);
            }
            let mut statement =
                self.db.prepare_cached("SELECT commitment FROM leaves WHERE number = ?1")?;
            let commitment = statement.query_one([number], |row| row.get(0))?;
            let path = prove_record(checkpoint.size, number, &StoredHashes(self.db))
                .map_err(|_| ReadError::Log)?;
            Ok(InclusionProof {
                number,
                commitment,
                path: path.into_iter().map(|hash| hash.0).collect(),
                checkpoint,
            })
        })
    }

    /// Proves that the log of size `to` begins with the log of size `from`.
    ///
    /// # Errors
    /// If the log is shorter than that, `from` is nothing or more than `to`, or the
    /// log cannot be read.
    pub fn prove_growth(&self, from: u64, to: u64) -> Result<Vec<[u8; 32]>, ReadError> {
        self.at_one_moment(|| {
            if from == 0 || from > to || to > self.checkpoint()?.size {
                return Err(ReadError::BeyondEnd);
            }
            let path = prove_tree(to, from, &StoredHashes(self.db)).map_err(|_| ReadError::Log)?;
            Ok(path.into_iter().map(|hash| hash.0).collect())
        })
    }

    /// Returns the text of the checkpoint that covers so many leaves, without a
    /// signature. The hub signed it or one after it.
    ///
    /// # Errors
    /// If the log is shorter than that, or cannot be read.
    pub fn checkpoint_text(&self, size: u64) -> Result<String, ReadError> {
        self.at_one_moment(|| {
            if size == 0 || size > self.checkpoint()?.size {
                return Err(ReadError::BeyondEnd);
            }
            let root = tree_hash(size, &StoredHashes(self.db)).map_err(|_| ReadError::Log)?;
            Ok(self.shared.log_key.identity.text(size, root))
        })
    }

    /// Proves that the log still begins with what it was when it signed an
    /// earlier checkpoint.
    ///
    /// # Errors
    /// If this log did not sign the checkpoint, is shorter than it, or cannot be
    /// read.
    pub fn prove_consistency(&self, earlier: &str) -> Result<ConsistencyProof, ReadError> {
        let identity = &self.shared.log_key.identity;
        let from = identity.read(earlier).map_err(|_| ReadError::ForeignCheckpoint)?;
        self.at_one_moment(|| {
            let to = self.checkpoint()?;
            if from.size > to.size {
                return Err(ReadError::BeyondEnd);
            }
            let path = match from.size {
                0 => Vec::new(),
                size => {
                    prove_tree(to.size, size, &StoredHashes(self.db)).map_err(|_| ReadError::Log)?
                }
            };
            Ok(ConsistencyProof { from, path: path.into_iter().map(|hash| hash.0).collect(), to })
        })
    }
}
