//! Private keys at rest: XChaCha20-Poly1305 under the CA sealing key.
//!
//! An AEAD and not age, since both ends are this hub and the key is already uniform:
//! no recipient, no stretching, and the associated data ties each file to its
//! purpose, so that the server's key put in the authority's place does not open. The
//! nonce is 24 random bytes, which may be drawn without counting.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand::TryRngCore;
use secrecy::SecretBox;

use crate::keys::CaSealingKey;

const MAGIC: &[u8] = b"doorward-sealed-v1\n";
const NONCE_BYTES: usize = 24;

/// What a sealed file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The authority's private key.
    AuthorityKey,
    /// The server's private key.
    ServerKey,
}

/// Why a private key was not sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No randomness for the nonce.
    #[error("the system has no randomness to give")]
    Randomness,
    /// Not made by this hub for this purpose, or changed since.
    #[error("the sealed key is damaged or belongs to another hub")]
    Refused,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::AuthorityKey => b"doorward/v1/ca-key",
            Self::ServerKey => b"doorward/v1/server-key",
        }
    }
}

pub(super) fn seal(
    key: &CaSealingKey,
    purpose: Purpose,
    plain: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0_u8; NONCE_BYTES];
    rand::rngs::OsRng.try_fill_bytes(&mut nonce).map_err(|_| SealError::Randomness)?;
    let payload = Payload { msg: plain, aad: purpose.label() };
    let sealed = cipher(key).encrypt(&nonce.into(), payload).map_err(|_| SealError::Refused)?;
    Ok([MAGIC, &nonce, &sealed].concat())
}

pub(super) fn open(
    key: &CaSealingKey,
    purpose: Purpose,
    file: &[u8],
) -> Result<SecretBox<Vec<u8>>, SealError> {
    let body = file.strip_prefix(MAGIC).ok_or(SealError::Refused)?;
    let (nonce, sealed) = body.split_at_checked(NONCE_BYTES).ok_or(SealError::Refused)?;
    let payload = Payload { msg: sealed, aad: purpose.label() };
    let plain =
        cipher(key).decrypt(XNonce::from_slice(nonce), payload).map_err(|_| SealError::Refused)?;
    Ok(SecretBox::new(Box::new(plain)))
}

fn cipher(key: &CaSealingKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose_ca_sealing_key().into())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::keys::{Keys, RootKey};

    fn key() -> CaSealingKey {
        Keys::derive(RootKey::draw().unwrap()).ca_sealing
    }

    #[test]
    fn only_the_same_hub_opens_a_file_and_only_for_its_purpose() {
        let key = key();
        let file = seal(&key, Purpose::ServerKey, b"secret").unwrap();
        assert_eq!(open(&key, Purpose::ServerKey, &file).unwrap().expose_secret(), b"secret");
        let refused = |result: Result<_, _>| assert_eq!(result.err(), Some(SealError::Refused));
        refused(open(&key, Purpose::AuthorityKey, &file));
        refused(open(&self::key(), Purpose::ServerKey, &file));
        for cut in 0..file.len() {
            refused(open(&key, Purpose::ServerKey, &file[..cut]));
        }
        for at in 0..file.len() {
            let mut flipped = file.clone();
            flipped[at] ^= 1;
            refused(open(&key, Purpose::ServerKey, &flipped));
        }
    }
}
