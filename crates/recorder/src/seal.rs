//! Who can open a recording: age keys, and nothing else.
//!
//! Every recording has an identity of its own. Its segments are sealed to that
//! identity; its secret is sealed to the household, and this program forgets
//! it at once. What the hub keeps therefore opens nothing, deleting the sealed
//! secret erases the recording, and handing out one opened secret shares one
//! recording. The format is age v1 (age-encryption.org/v1, X25519 recipients),
//! so that any implementation opens what was sealed here. age does not say who
//! sealed: the hash of every segment goes into the log for that.

use std::io::{Read, Write};
use std::str::FromStr;

use age::secrecy::{ExposeSecret, SecretString};
use age::x25519;

/// A text that is no key of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFormat {
    /// Not an age X25519 recipient.
    #[error("an age recipient starts with age1 and has 62 characters")]
    Recipient,
    /// Not an age X25519 identity.
    #[error("an age identity starts with AGE-SECRET-KEY-1 and has 74 characters")]
    Identity,
}

/// Why something could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The writer below failed.
    #[error("could not write what was sealed")]
    Write(#[from] std::io::Error),
    /// The recipient was refused.
    #[error("could not seal to the recipient")]
    Recipient(#[from] age::EncryptError),
}

/// Why something could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Sealed to somebody else, or damaged at its head.
    #[error("the identity does not open this, or it is damaged")]
    Refused(#[from] age::DecryptError),
    /// Damaged or cut behind its head.
    #[error("the sealed content is damaged or cut short")]
    Damaged(#[from] std::io::Error),
    /// Opened, but it is no recording's secret.
    #[error("the opened content is no recording's secret")]
    NotASecret,
}

macro_rules! recipient {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name(x25519::Recipient);

        impl FromStr for $name {
            type Err = KeyFormat;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.trim().parse().map(Self).map_err(|_| KeyFormat::Recipient)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

recipient! {
    /// The household's public key, to which secrets of recordings are sealed.
    HouseholdRecipient
}

recipient! {
    /// One recording's public key, to which its segments are sealed.
    RecordingRecipient
}

macro_rules! identity {
    ($(#[$meta:meta])* $name:ident, $recipient:ident) => {
        $(#[$meta])*
        pub struct $name(x25519::Identity);

        impl $name {
            /// Returns the public key.
            #[must_use]
            pub fn recipient(&self) -> $recipient {
                $recipient(self.0.to_public())
            }

            /// Returns the secret key as text, for a file or a sheet of paper.
            #[must_use]
            pub fn expose(&self) -> SecretString {
                self.0.to_string()
            }

            /// Reads a secret key.
            ///
            /// # Errors
            /// Fails if the text is no age identity.
            pub fn parse(text: &SecretString) -> Result<Self, KeyFormat> {
                let text = text.expose_secret().trim();
                text.parse().map(Self).map_err(|_| KeyFormat::Identity)
            }
        }
    };
}

identity! {
    /// The household's secret key. The hub never stores one.
    HouseholdIdentity, HouseholdRecipient
}

identity! {
    /// One recording's secret key.
    RecordingIdentity, RecordingRecipient
}

impl HouseholdIdentity {
    /// Makes a fresh identity from the system's randomness.
    #[must_use]
    pub fn generate() -> Self {
        Self(x25519::Identity::generate())
    }
}

/// A recording's secret key, sealed to the household: an age file of about 300 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret(Vec<u8>);

impl SealedSecret {
    /// Takes in what was stored.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Returns what is to be stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What the hub keeps of a recording's key.
#[derive(Debug, Clone)]
pub struct RecordingKey {
    /// Segments are sealed to this.
    pub recipient: RecordingRecipient,
    /// The other half, which only the household can open.
    pub sealed_secret: SealedSecret,
}

impl RecordingKey {
    /// Makes a recording's key and forgets its secret.
    ///
    /// # Errors
    /// Fails if sealing to the household's recipient fails.
    pub fn generate(household: &HouseholdRecipient) -> Result<Self, SealError> {
        let identity = x25519::Identity::generate();
        let secret = identity.to_string();
        let sealed = age::encrypt(&household.0, secret.expose_secret().as_bytes())?;
        Ok(Self {
            recipient: RecordingRecipient(identity.to_public()),
            sealed_secret: SealedSecret(sealed),
        })
    }
}

/// Opens a recording's secret with the household's.
///
/// # Errors
/// Fails if the secret was sealed to another household or is damaged.
pub fn open_secret(
    sealed: &SealedSecret,
    household: &HouseholdIdentity,
) -> Result<RecordingIdentity, OpenError> {
    let opened = zeroize::Zeroizing::new(open_bytes(&sealed.0, &household.0)?);
    let text = std::str::from_utf8(&opened).map_err(|_| OpenError::NotASecret)?;
    text.parse().map(RecordingIdentity).map_err(|_| OpenError::NotASecret)
}

/// Opens one sealed segment.
///
/// # Errors
/// Fails if it was sealed to another recording or is damaged.
pub fn open_segment(sealed: &[u8], identity: &RecordingIdentity) -> Result<Vec<u8>, OpenError> {
    open_bytes(sealed, &identity.0)
}

fn open_bytes(sealed: &[u8], identity: &x25519::Identity) -> Result<Vec<u8>, OpenError> {
    let decryptor = age::Decryptor::new_buffered(sealed)?;
    let mut reader = decryptor.decrypt(std::iter::once(identity as &dyn age::Identity))?;
    let mut opened = Vec::with_capacity(sealed.len());
    reader.read_to_end(&mut opened)?;
    Ok(opened)
}

/// Seals what `content` writes, and hands back the writer below.
///
/// # Errors
/// Fails if the writer below does; what was written until then is worthless.
pub fn seal_into<W: Write>(
    recipient: &RecordingRecipient,
    below: W,
    content: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<W, SealError> {
    let recipients = std::iter::once(&recipient.0 as &dyn age::Recipient);
    let mut writer = age::Encryptor::with_recipients(recipients)?.wrap_output(below)?;
    content(&mut writer)?;
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn household() -> HouseholdIdentity {
        HouseholdIdentity::generate()
    }

    #[test]
    fn only_the_household_opens_a_recordings_secret() {
        let owner = household();
        let key = RecordingKey::generate(&owner.recipient()).unwrap();
        let opened = open_secret(&key.sealed_secret, &owner).unwrap();
        assert_eq!(opened.recipient().to_string(), key.recipient.to_string());
        assert!(matches!(
            open_secret(&key.sealed_secret, &household()),
            Err(OpenError::Refused(_))
        ));
    }

    #[test]
    fn a_damaged_or_cut_segment_is_refused() {
        let owner = household();
        let key = RecordingKey::generate(&owner.recipient()).unwrap();
        let identity = open_secret(&key.sealed_secret, &owner).unwrap();
        let sealed = seal_into(&key.recipient, Vec::new(), |w| w.write_all(&[9; 100_000])).unwrap();
        assert_eq!(open_segment(&sealed, &identity).unwrap(), vec![9; 100_000]);
        assert!(open_segment(&sealed[..sealed.len() - 1], &identity).is_err());
        let mut flipped = sealed;
        flipped[70_000] ^= 1;
        assert!(open_segment(&flipped, &identity).is_err());
    }

    #[test]
    fn a_text_that_is_no_key_is_named_as_such() {
        assert_eq!("age1".parse::<HouseholdRecipient>().unwrap_err(), KeyFormat::Recipient);
        let text = SecretString::from("AGE-SECRET-KEY-1".to_owned());
        assert!(matches!(HouseholdIdentity::parse(&text), Err(KeyFormat::Identity)));
    }
}
