//! What a device proves itself with.
//!
//! Nothing that the registry keeps lets anybody in: it holds the hash of a
//! public key, or the hash of a password.

use std::hash::{Hash, Hasher};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::fingerprint::KeyFingerprint;

/// What a device proves itself with. Each kind has a listener of its own, and
/// neither is worth anything at the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// The key of a certificate, shown in TLS.
    Key(KeyFingerprint),
    /// A name and a password, said without TLS.
    Password(PasswordDigest),
}

/// SHA-256 over a device's name and its password.
///
/// One round without salt, so the password must be one that nobody could
/// guess: at least 128 random bits, made by a machine.
#[derive(Clone, Copy, Eq)]
pub struct PasswordDigest([u8; 32]);

impl PasswordDigest {
    /// Computes the digest of a password under the name that goes with it.
    #[must_use]
    pub fn of(name: &str, password: &SecretString) -> Self {
        let mut hash = Sha256::new();
        // The length keeps the end of a name apart from the start of a password.
        hash.update(name.len().to_be_bytes());
        hash.update(name);
        hash.update(password.expose_secret());
        Self(hash.finalize().into())
    }

    /// Takes a digest as it was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the digest's bytes, to store them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for PasswordDigest {
    /// Takes the same time wherever the two differ.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Hash for PasswordDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl std::fmt::Debug for PasswordDigest {
    /// Says nothing: it is nobody's business in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordDigest")
    }
}

impl From<KeyFingerprint> for Credential {
    fn from(key: KeyFingerprint) -> Self {
        Self::Key(key)
    }
}

impl From<PasswordDigest> for Credential {
    fn from(password: PasswordDigest) -> Self {
        Self::Password(password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(name: &str, password: &str) -> PasswordDigest {
        PasswordDigest::of(name, &SecretString::from(password))
    }

    #[test]
    fn a_password_is_worth_something_under_its_own_name_alone() {
        assert_eq!(digest("porch", "secret"), digest("porch", "secret"));
        assert_ne!(digest("porch", "secret"), digest("attic", "secret"));
        assert_ne!(digest("porch", "secret"), digest("porc", "hsecret"));
        assert_ne!(digest("porch", "secret"), digest("porch", ""));
    }

    #[test]
    fn nothing_of_a_password_is_shown() {
        let shown = format!("{:?}", Credential::from(digest("porch", "secret")));
        assert_eq!(shown, "Password(PasswordDigest)");
    }
}
