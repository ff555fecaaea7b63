//! The two keys that the store is handed, and what it makes of them.

use ed25519_dalek::SigningKey;
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// How many bytes of a database file are SQLCipher's salt: its first.
pub(crate) const SALT_BYTES: usize = 16;

/// The keys of one hub's database. Both are derived from the root key and are
/// never written down.
pub struct StoreKeys {
    /// Encrypts the pages; 32 uniformly random bytes.
    pub database: SecretBox<[u8; 32]>,
    /// The Ed25519 seed that signs the log's checkpoints.
    pub log_signing_seed: SecretBox<[u8; 32]>,
}

impl StoreKeys {
    /// Returns the salt with which a database under this key begins.
    ///
    /// SQLCipher would draw it at random. It needs no secrecy and, under a key
    /// that is random itself, no chance either; made from the key it tells a
    /// wrong key from a damaged file before anything is decrypted.
    pub(crate) fn salt(&self) -> [u8; SALT_BYTES] {
        let mut hash = Sha256::new();
        hash.update(b"doorward database salt\0");
        hash.update(self.database.expose_secret());
        let digest: [u8; 32] = hash.finalize().into();
        let (salt, _) = digest.split_first_chunk().expect("a SHA-256 digest is longer than a salt");
        *salt
    }

    /// Writes the statement that hands the key to SQLCipher: 64 hex digits of
    /// key and 32 of salt, which it takes as they are, without a KDF.
    pub(crate) fn expose_as_pragma(&self) -> Zeroizing<String> {
        const OPENING: &str = "PRAGMA key = \"x'";
        const CLOSING: &str = "'\";";
        // The capacity keeps the buffer from moving, which would leave a copy.
        let capacity = OPENING.len() + 2 * (32 + SALT_BYTES) + CLOSING.len();
        let mut statement = Zeroizing::new(String::with_capacity(capacity));
        statement.push_str(OPENING);
        push_hex(&mut statement, self.database.expose_secret());
        push_hex(&mut statement, &self.salt());
        statement.push_str(CLOSING);
        statement
    }

    pub(crate) fn signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(self.log_signing_seed.expose_secret())
    }
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            let digit = char::from_digit(u32::from(nibble), 16);
            text.push(digit.expect("four bits are one hex digit"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(byte: u8) -> StoreKeys {
        StoreKeys {
            database: SecretBox::new(Box::new([byte; 32])),
            log_signing_seed: SecretBox::new(Box::new([0; 32])),
        }
    }

    #[test]
    fn the_key_statement_is_written_without_moving_its_buffer() {
        let statement = keys(0xa7).expose_as_pragma();
        assert_eq!(statement.len(), statement.capacity());
        assert!(statement.starts_with("PRAGMA key = \"x'a7a7"));
    }

    #[test]
    fn another_key_makes_another_salt() {
        assert_ne!(keys(1).salt(), keys(2).salt());
        assert_eq!(keys(1).salt(), keys(1).salt());
    }
}
