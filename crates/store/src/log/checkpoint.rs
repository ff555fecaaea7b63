//! Signed checkpoints: what a log swears to have looked like.

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use signed_note::{Note, Signer, StandardVerifier, VerifierList, key_id, new_ed25519_verifier_key};
use tlog_tiles::{Checkpoint, Hash};

/// The byte that says "Ed25519" before a key (C2SP signed-note).
const ALG_ED25519: u8 = 1;

/// A checkpoint as it leaves the hub: a signed note, text that people can read
/// and that any C2SP tool can check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// The number of leaves that it covers.
    pub size: u64,
    /// The root of the tree over them.
    pub root: [u8; 32],
    /// The signed note.
    pub note: String,
}

/// Why a note is not a checkpoint of this log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint signed by this log")]
pub(crate) struct Foreign;

/// Why a note is not a checkpoint signed with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForeignNote {
    /// The text is no Ed25519 verifier key.
    #[error("not a log's verifier key")]
    Key,
    /// Not a signed checkpoint, or signed with another key.
    #[error("not a checkpoint signed with this key")]
    Note,
}

/// Returns the name of the log that a verifier key is of, if the text is one.
#[must_use]
pub fn log_name(verifier_key: &str) -> Option<&str> {
    StandardVerifier::new(verifier_key).ok()?;
    verifier_key.split('+').next()
}

/// Reads a note and checks that the log of this key, `name+id+key`, signed it.
///
/// # Errors
/// Says whether the key or the note is at fault.
pub fn read_checkpoint(verifier_key: &str, note: &str) -> Result<SignedCheckpoint, ForeignNote> {
    let name = log_name(verifier_key).ok_or(ForeignNote::Key)?;
    let verifier = StandardVerifier::new(verifier_key).map_err(|_| ForeignNote::Key)?;
    let known = VerifierList::new(vec![Box::new(verifier)]);
    let parsed = Note::from_bytes(note.as_bytes()).map_err(|_| ForeignNote::Note)?;
    parsed.verify(&known).map_err(|_| ForeignNote::Note)?;
    let checkpoint = Checkpoint::from_bytes(parsed.text()).map_err(|_| ForeignNote::Note)?;
    if checkpoint.origin() != name {
        return Err(ForeignNote::Note);
    }
    Ok(SignedCheckpoint {
        size: checkpoint.size(),
        root: checkpoint.hash().0,
        note: note.to_owned(),
    })
}

/// The log's name and public key: enough to check a checkpoint.
#[derive(Clone)]
pub(crate) struct LogIdentity {
    origin: String,
    key: VerifyingKey,
}

impl LogIdentity {
    /// The name follows from the key: `doorward.local/` and the first 16 hex
    /// digits of the public key's SHA-256, so that two hubs never share one.
    fn new(key: VerifyingKey) -> Self {
        let digest = Sha256::digest(key.as_bytes());
        let name: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
        let origin = format!("doorward.local/{name}");
        Self { origin, key }
    }

    fn key_id(&self) -> u32 {
        let mut typed_key = vec![ALG_ED25519];
        typed_key.extend_from_slice(self.key.as_bytes());
        key_id(&self.origin, &typed_key)
    }

    /// Returns the public key in signed-note's own form, `name+id+key`.
    pub(crate) fn verifier(&self) -> String {
        new_ed25519_verifier_key(&self.origin, &self.key)
    }

    /// Returns a checkpoint's text, as it is before it is signed.
    pub(crate) fn text(&self, size: u64, root: Hash) -> String {
        let checkpoint = Checkpoint::new(&self.origin, size, root, "")
            .expect("the origin is not empty and there is no extension");
        String::from_utf8(checkpoint.to_bytes()).expect("a checkpoint is text")
    }

    /// Reads a note and checks that this log signed it.
    pub(crate) fn read(&self, note: &str) -> Result<SignedCheckpoint, Foreign> {
        read_checkpoint(&self.verifier(), note).map_err(|_| Foreign)
    }
}

/// Signs the checkpoints of one log.
pub(crate) struct LogKey {
    pub(crate) identity: LogIdentity,
    key_id: u32,
    key: SigningKey,
}

impl LogKey {
    pub(crate) fn new(key: SigningKey) -> Self {
        let identity = LogIdentity::new(key.verifying_key());
        Self { key_id: identity.key_id(), identity, key }
    }

    /// Signs a tree.
    pub(crate) fn sign(&self, size: u64, root: Hash) -> SignedCheckpoint {
        let text = self.identity.text(size, root);
        let mut note =
            Note::new(text.as_bytes(), &[]).expect("a checkpoint is short text that ends a line");
        note.add_sigs(&[self]).expect("the origin has no spaces and Ed25519 signs any text");
        SignedCheckpoint {
            size,
            root: root.0,
            note: String::from_utf8(note.to_bytes()).expect("a note is text"),
        }
    }
}

impl Signer for LogKey {
    fn name(&self) -> &str {
        &self.identity.origin
    }

    fn key_id(&self) -> u32 {
        self.key_id
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, ed25519_dalek::SignatureError> {
        Ok(self.key.try_sign(text)?.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log_key(seed: u8) -> LogKey {
        LogKey::new(SigningKey::from_bytes(&[seed; 32]))
    }

    #[test]
    fn a_checkpoint_is_read_back_by_its_own_log_only() {
        let signed = log_key(1).sign(7, Hash([9; 32]));
        assert_eq!(log_key(1).identity.read(&signed.note), Ok(signed.clone()));
        assert_eq!(log_key(2).identity.read(&signed.note), Err(Foreign));
    }

    #[test]
    fn a_checkpoint_with_another_size_is_foreign() {
        let signed = log_key(1).sign(7, Hash([9; 32]));
        let forged = signed.note.replacen("\n7\n", "\n8\n", 1);
        assert_eq!(log_key(1).identity.read(&forged), Err(Foreign));
    }

    #[test]
    fn text_that_is_no_note_is_foreign() {
        for text in ["", "\n\n", "doorward.local/x\n7\n", "\0"] {
            assert_eq!(log_key(1).identity.read(text), Err(Foreign));
        }
    }
}
