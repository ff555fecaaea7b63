//! The root key, and the one form in which it is written down.

use std::io;

use hkdf::Hkdf;
use rand::TryRngCore;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of the root key and of each key derived from it.
pub(super) const KEY_BYTES: usize = 32;

/// Thirty-two random bytes from which every key of the hub follows.
pub struct RootKey(SecretBox<[u8; KEY_BYTES]>);

/// A public fingerprint of a root key: tells this hub's from another's, and tells
/// nothing else, since it is a derivation like any other key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyCheck(String);

/// Binds a configuration to a root key: 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConfigMac(String);

/// The text is not a root key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a root key is one line of 64 hexadecimal digits")]
pub struct RootKeyTextError;

/// The text is not a key check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key check is 32 hexadecimal digits")]
pub struct KeyCheckError;

impl RootKey {
    /// Draws a root key from the operating system's randomness.
    ///
    /// # Errors
    /// If the system has none to give.
    pub fn draw() -> io::Result<Self> {
        let mut key = Box::new([0_u8; KEY_BYTES]);
        rand::rngs::OsRng.try_fill_bytes(key.as_mut_slice()).map_err(io::Error::other)?;
        Ok(Self(SecretBox::new(key)))
    }

    /// Reads a root key from its written form.
    ///
    /// # Errors
    /// If the text is anything else than 64 hexadecimal digits and white space.
    pub fn from_text(text: &str) -> Result<Self, RootKeyTextError> {
        let digits = text.trim().as_bytes();
        let (pairs, rest) = digits.as_chunks::<2>();
        if pairs.len() != KEY_BYTES || !rest.is_empty() {
            return Err(RootKeyTextError);
        }
        let mut key = Box::new([0_u8; KEY_BYTES]);
        for (byte, [high, low]) in key.iter_mut().zip(pairs) {
            match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => *byte = high << 4 | low,
                (None, _) | (_, None) => {
                    key.zeroize();
                    return Err(RootKeyTextError);
                }
            }
        }
        Ok(Self(SecretBox::new(key)))
    }

    /// Writes the root key down: 64 hexadecimal digits and a line end. Every place
    /// that holds a root key (sealed file, keyfile, credential, keyring) holds this
    /// text, so that stock tools can carry it from one to another.
    #[must_use]
    pub fn expose_text(&self) -> SecretString {
        let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES + 1));
        for byte in self.0.expose_secret() {
            for nibble in [byte >> 4, byte & 15] {
                let digit = char::from_digit(u32::from(nibble), 16);
                text.push(digit.expect("half a byte is one hexadecimal digit"));
            }
        }
        text.push('\n');
        SecretString::from(text.as_str())
    }

    /// Derives the public fingerprint of the key.
    #[must_use]
    pub fn check(&self) -> KeyCheck {
        let bytes = self.derive(b"doorward/v1/key-check");
        let half = bytes.expose_secret().iter().take(16);
        KeyCheck(half.map(|byte| format!("{byte:02x}")).collect())
    }

    /// Authenticates the bytes of a configuration. HKDF's expansion to one block is
    /// HMAC-SHA-256 over its `info` under the extracted key, which is what a MAC is.
    #[must_use]
    pub(crate) fn mac_config(&self, config: &[u8]) -> ConfigMac {
        let labelled = [b"doorward/v1/config\0", config].concat();
        let tag = self.derive(&labelled);
        ConfigMac(tag.expose_secret().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// HKDF-SHA-256 (RFC 5869) without salt: the root key is uniformly random, so the
    /// label alone has to tell the keys apart.
    pub(super) fn derive(&self, label: &[u8]) -> SecretBox<[u8; KEY_BYTES]> {
        let extracted = Hkdf::<Sha256>::new(None, self.0.expose_secret());
        SecretBox::init_with_mut(|key: &mut [u8; KEY_BYTES]| {
            extracted
                .expand(label, key)
                .expect("HKDF-SHA-256 gives up to 8160 bytes, and 32 are asked");
        })
    }
}

impl ConfigMac {
    /// Stands where the MAC will be while it is computed.
    pub(crate) fn blank() -> Self {
        Self(String::new())
    }
}

impl TryFrom<String> for KeyCheck {
    type Error = KeyCheckError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let hex = text.len() == 32 && text.bytes().all(|c| digit(c).is_some());
        if hex { Ok(Self(text)) } else { Err(KeyCheckError) }
    }
}

impl From<KeyCheck> for String {
    fn from(check: KeyCheck) -> Self {
        check.0
    }
}

fn digit(c: u8) -> Option<u8> {
    char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTOR: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

    #[test]
    fn a_root_key_survives_being_written_down() {
        let text = RootKey::from_text(VECTOR).unwrap().expose_text();
        assert_eq!(text.expose_secret(), VECTOR);
        assert!(RootKey::from_text(&VECTOR.to_uppercase()).is_ok());
    }

    #[test]
    fn anything_else_is_no_root_key() {
        for text in ["", "00", &VECTOR[2..], &VECTOR.replace('f', "g"), &format!("{VECTOR}00")] {
            assert_eq!(RootKey::from_text(text).err(), Some(RootKeyTextError), "{text}");
        }
    }

    #[test]
    fn two_root_keys_differ() {
        let (one, two) = (RootKey::draw().unwrap(), RootKey::draw().unwrap());
        assert_ne!(one.check(), two.check());
    }

    /// A changed derivation would lock every existing hub out of its database. The
    /// expected value was computed with OpenSSL's HKDF.
    #[test]
    fn the_derivation_stays_what_it_is() {
        let check = RootKey::from_text(VECTOR).unwrap().check();
        assert_eq!(String::from(check), "82f21451908fef97dc2d62152793f051");
    }
}
