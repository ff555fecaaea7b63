//! The log: a Merkle tree (RFC 6962) whose records are salted commitments.
//!
//! A record is SHA-256(salt ‖ body), 32 bytes. Hashing is `tlog_tiles`'s, a port
//! of Go's `sumdb/tlog`; checkpoints are C2SP `tlog-checkpoint` in C2SP
//! `signed-note`, so that any tool that speaks C2SP can check them.

pub(crate) mod append;
pub(crate) mod checkpoint;
pub(crate) mod edge;
pub(crate) mod hashes;
pub(crate) mod links;
pub(crate) mod mismatch;
pub(crate) mod proof;
pub(crate) mod verify;

use sha2::{Digest, Sha256};

/// The size of a leaf's salt: nobody guesses 128 bits.
pub(crate) const SALT_BYTES: usize = 16;

/// Returns the tree's record of a leaf: SHA-256(salt ‖ body).
#[must_use]
pub fn commitment(salt: &[u8], body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(body);
    hash.finalize().into()
}
