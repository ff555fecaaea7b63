//! The root key under a passphrase: an age file with one scrypt stanza, so that the
//! stock `age` program can open it when nothing else is left.

use std::io::{Read, Write};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::root::{RootKey, RootKeyTextError};

/// The fewest characters of a passphrase.
const MIN_CHARACTERS: usize = 8;

/// From here on length alone makes guessing hopeless at our work factor.
const GOOD_CHARACTERS: usize = 14;

/// The largest work factor that is tried when reading: 2^22 takes 4 GiB, which no
/// hub has and no file of ours asks.
const MAX_WORK_FACTOR: u8 = 22;

/// What people choose first, and thieves try first.
const COMMON: [&str; 14] = [
    "password",
    "passw0rd",
    "passwort",
    "12345678",
    "87654321",
    "123456789",
    "1234567890",
    "qwertyui",
    "qwertzui",
    "11111111",
    "00000000",
    "iloveyou",
    "doorward",
    "letmein1",
];

/// A passphrase that may protect a root key.
pub struct Passphrase(SecretString);

/// The cost of one guess: scrypt with N = 2^factor, r = 8, p = 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkFactor(u8);

/// Why a text is not accepted as a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// Too few characters.
    #[error(
        "a passphrase has at least {MIN_CHARACTERS} characters; four or five unrelated words are good"
    )]
    TooShort,
    /// Among the first that anybody would try.
    #[error("that passphrase is among the first a thief tries: take four or five unrelated words")]
    Common,
}

/// What the owner should hear about an accepted passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Longer would be safer; how it could be better.
    Longer,
    /// One kind of character only, and short.
    Plain,
}

/// Why a sealed root key did not open.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenSealedError {
    #[error("wrong passphrase")]
    WrongPassphrase,
    #[error("the sealed root key is damaged")]
    Damaged(#[source] age::DecryptError),
    #[error("the sealed root key is damaged")]
    Content(#[source] RootKeyTextError),
}

impl Passphrase {
    /// Accepts a passphrase for a new root key.
    ///
    /// # Errors
    /// Says what is too weak about it.
    pub fn choose(text: SecretString) -> Result<Self, PassphraseError> {
        let lower = Zeroizing::new(text.expose_secret().to_lowercase());
        let mut characters = lower.chars();
        let first = characters.next();
        if lower.chars().count() < MIN_CHARACTERS {
            return Err(PassphraseError::TooShort);
        }
        if characters.all(|c| Some(c) == first) || COMMON.contains(&lower.as_str()) {
            return Err(PassphraseError::Common);
        }
        Ok(Self(text))
    }

    /// Says how the passphrase could be better, if it could.
    #[must_use]
    pub fn advice(&self) -> Option<Advice> {
        let text = self.0.expose_secret();
        if text.chars().count() >= GOOD_CHARACTERS {
            return None;
        }
        let one_kind = text.chars().all(|c| c.is_ascii_digit())
            || text.chars().all(char::is_lowercase)
            || text.chars().all(char::is_uppercase);
        Some(if one_kind { Advice::Plain } else { Advice::Longer })
    }

    pub(super) fn seal(
        &self,
        root: &RootKey,
        work: WorkFactor,
    ) -> Result<Vec<u8>, age::EncryptError> {
        let mut recipient = age::scrypt::Recipient::new(self.0.clone());
        recipient.set_work_factor(work.0);
        let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as _))?;
        let mut sealed = Vec::new();
        let mut writer = encryptor.wrap_output(&mut sealed)?;
        writer.write_all(root.expose_text().expose_secret().as_bytes())?;
        writer.finish()?;
        Ok(sealed)
    }
}

impl WorkFactor {
    /// OWASP's least for scrypt (2^17): 128 MiB and a third of a second to a second
    /// per guess, which the smallest boards that we run on can still spare once.
    pub const STANDARD: Self = Self(17);

    /// Takes a factor of one's own; a test wants a cheap one.
    #[must_use]
    pub const fn of(log_n: u8) -> Option<Self> {
        if 1 <= log_n && log_n <= MAX_WORK_FACTOR { Some(Self(log_n)) } else { None }
    }
}

impl std::fmt::Display for Advice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Longer => {
                "this passphrase is short: with four or five unrelated words a thief who has \
                 the disk cannot guess it"
            }
            Self::Plain => {
                "this passphrase is short and of one kind of character: a thief who has the \
                 disk can guess it; take four or five unrelated words"
            }
        })
    }
}

/// Opens a root key that was sealed with a passphrase. Takes as long as the work
/// factor in the file says: not for an async task's own thread.
pub(super) fn open_sealed(
    sealed: &[u8],
    passphrase: &SecretString,
) -> Result<RootKey, OpenSealedError> {
    let mut identity = age::scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    let decryptor = age::Decryptor::new(sealed).map_err(OpenSealedError::Damaged)?;
    let mut reader = decryptor.decrypt(std::iter::once(&identity as _)).map_err(refused)?;
    let mut text = Zeroizing::new(String::with_capacity(128));
    reader
        .read_to_string(&mut text)
        .map_err(|error| OpenSealedError::Damaged(age::DecryptError::Io(error)))?;
    RootKey::from_text(&text).map_err(OpenSealedError::Content)
}

/// A wrong passphrase fails to unwrap the file key; all else is damage.
fn refused(error: age::DecryptError) -> OpenSealedError {
    if matches!(error, age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed)
    {
        OpenSealedError::WrongPassphrase
    } else {
        OpenSealedError::Damaged(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: WorkFactor = WorkFactor(4);

    fn chosen(text: &str) -> Result<Passphrase, PassphraseError> {
        Passphrase::choose(SecretString::from(text))
    }

    #[test]
    fn weak_passphrases_are_refused_with_the_reason() {
        assert_eq!(chosen("").err(), Some(PassphraseError::TooShort));
        assert_eq!(chosen("seven77").err(), Some(PassphraseError::TooShort));
        assert_eq!(chosen("Password").err(), Some(PassphraseError::Common));
        assert_eq!(chosen("aaaaaaaaaaaa").err(), Some(PassphraseError::Common));
        assert!(chosen("eight888").is_ok());
        assert!(chosen("äöüßäöüa").is_ok(), "characters count, not bytes");
    }

    #[test]
    fn a_short_passphrase_earns_advice_and_a_long_one_none() {
        assert_eq!(chosen("84930175").unwrap().advice(), Some(Advice::Plain));
        assert_eq!(chosen("kettle-9Blue").unwrap().advice(), Some(Advice::Longer));
        assert_eq!(chosen("harbour violin toast moss").unwrap().advice(), None);
    }

    #[test]
    fn only_the_right_passphrase_opens() {
        let root = RootKey::draw().unwrap();
        let sealed = chosen("harbour violin").unwrap().seal(&root, CHEAP).unwrap();
        let opened = open_sealed(&sealed, &SecretString::from("harbour violin")).unwrap();
        assert_eq!(opened.check(), root.check());
        let wrong = open_sealed(&sealed, &SecretString::from("harbour viola"));
        assert!(matches!(wrong, Err(OpenSealedError::WrongPassphrase)));
    }

    #[test]
    fn a_damaged_file_is_not_called_a_wrong_passphrase() {
        let root = RootKey::draw().unwrap();
        let sealed = chosen("harbour violin").unwrap().seal(&root, CHEAP).unwrap();
        let right = SecretString::from("harbour violin");
        for broken in [&sealed[..10], &sealed[..sealed.len() - 1], b"", b"not age"] {
            assert!(matches!(open_sealed(broken, &right), Err(OpenSealedError::Damaged(_))));
        }
        let mut flipped = sealed.clone();
        *flipped.last_mut().unwrap() ^= 1;
        assert!(matches!(open_sealed(&flipped, &right), Err(OpenSealedError::Damaged(_))));
    }

    #[test]
    fn a_file_that_asks_absurd_work_is_refused_without_doing_it() {
        let root = RootKey::draw().unwrap();
        let sealed = chosen("harbour violin").unwrap().seal(&root, CHEAP).unwrap();
        let text = String::from_utf8_lossy(&sealed);
        let stanza = text.lines().find(|line| line.starts_with("-> scrypt")).unwrap().to_owned();
        let at = sealed.windows(stanza.len()).position(|w| w == stanza.as_bytes()).unwrap();
        let greedy = stanza.strip_suffix(" 4").unwrap().to_owned() + " 40";
        let forged = [&sealed[..at], greedy.as_bytes(), &sealed[at + stanza.len()..]].concat();
        let refused = open_sealed(&forged, &SecretString::from("harbour violin"));
        assert!(matches!(refused, Err(OpenSealedError::Damaged(_))));
    }
}
