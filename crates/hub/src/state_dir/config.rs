//! `config.json`: what a hub must know before it has a key. Nothing in it is secret,
//! and nothing in it is believed once the key is there and says otherwise: whoever
//! can write to the disk of a hub that is switched off must not be able to have
//! recordings sealed to a recipient of their own.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use jiff::Timestamp;
use rand::TryRngCore;
use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};

use super::{PrivateFileError, StateDir};
use crate::keys::{ConfigMac, KeyCheck, RootKey};

/// The number of the state folder's layout.
pub const FORMAT: u32 = 1;

/// The longest household name, in bytes of UTF-8.
const MAX_HOUSEHOLD_BYTES: usize = 64;

/// The largest `config.json`; one that is written has a few hundred bytes.
const MAX_CONFIG_BYTES: u64 = 64 * 1024;

/// The content of `config.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The layout of the state folder; [`FORMAT`].
    pub format: u32,
    /// Which hub this is.
    pub hub: HubId,
    /// The household, if `doorward init` named it. One that a phone named is in the
    /// database alone, so that there is one moment from which the hub has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<ConfiguredHousehold>,
    /// How the root key is unlocked.
    pub unlock: UnlockMode,
    /// Tells the right root key from a wrong one.
    pub key_check: KeyCheck,
    /// When `doorward init` ran, by the clock of that moment.
    pub created: Timestamp,
    /// Binds all of the above to the root key.
    pub mac: ConfigMac,
}

/// A household that `doorward init` named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfiguredHousehold {
    /// What it calls itself.
    pub name: HouseholdName,
    /// The public half of its identity (`age1…`): recordings are for it.
    pub recipient: Recipient,
}

/// An age X25519 recipient, as text that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Recipient(String);

/// A hub's own name, drawn once: 16 hexadecimal digits, not secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HubId(String);

/// What the household calls itself; printed on the recovery sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HouseholdName(String);

/// How the root key is unlocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnlockMode {
    /// With a passphrase, typed after each start.
    Passphrase,
    /// From a file beside the database: no protection against a thief.
    Keyfile,
    /// By systemd, from a credential bound to the machine (and its TPM2, if any).
    SystemdCreds,
    /// From the desktop's keyring.
    Keyring,
}

/// Why `config.json` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("could not read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not what `doorward init` wrote.
    #[error("{path} is damaged: put it back from a backup")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where it breaks off.
        source: serde_json::Error,
    },
    /// Somebody without the root key changed it.
    #[error(
        "{path} was changed by somebody else than doorward: put it back from a backup, and \
         find out who could write there"
    )]
    Altered {
        /// The file.
        path: PathBuf,
    },
    /// Another version of Doorward wrote it.
    #[error(
        "{path} has format {found}, and this version of doorward reads format {FORMAT}: \
         install the version that wrote it, or a newer one"
    )]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
}

/// Why a text cannot be a household's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HouseholdNameError {
    /// Nothing but white space.
    #[error("a household name needs at least one character")]
    Empty,
    /// Too long for the sheet.
    #[error("a household name has at most {MAX_HOUSEHOLD_BYTES} bytes")]
    TooLong,
    /// Characters that would act on a terminal or a printer.
    #[error("a household name cannot contain control characters")]
    Forbidden,
}

/// The text is not an age X25519 recipient.
#[derive(Debug, thiserror::Error)]
#[error("not an age recipient (age1…)")]
pub struct RecipientError;

/// The text is not a hub's id.
#[derive(Debug, thiserror::Error)]
#[error("not a hub id (16 hexadecimal digits)")]
pub struct HubIdError;

impl Config {
    /// Reads the configuration of a hub.
    ///
    /// # Errors
    /// Says whether the file is missing, damaged or of another version.
    pub fn load(state: &StateDir) -> Result<Self, ConfigError> {
        let path = state.config();
        let bytes =
            read(&path).map_err(|source| ConfigError::Read { path: path.clone(), source })?;
        Self::parse(&bytes, &path)
    }

    /// Parses a configuration that came from `path`.
    pub(crate) fn parse(bytes: &[u8], path: &Path) -> Result<Self, ConfigError> {
        /// Read first, so that a newer layout is named as such and not as damage.
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let damaged = |source| ConfigError::Damaged { path: path.to_owned(), source };
        let Format { format } = serde_json::from_slice(bytes).map_err(damaged)?;
        if format != FORMAT {
            return Err(ConfigError::OtherFormat { path: path.to_owned(), found: format });
        }
        serde_json::from_slice(bytes).map_err(damaged)
    }

    /// Whether this root key is the hub's, and nobody changed the configuration since it
    /// was bound to it.
    pub(crate) fn is_bound_to(&self, root: &RootKey) -> bool {
        root.check() == self.key_check && self.mac_under(root).is_ok_and(|mac| mac == self.mac)
    }

    /// Binds the configuration to its hub's root key.
    pub(crate) fn bound_to(mut self, root: &RootKey) -> Result<Self, serde_json::Error> {
        self.mac = self.mac_under(root)?;
        Ok(self)
    }

    /// Checks that nobody changed the configuration since it was bound.
    ///
    /// # Errors
    /// [`ConfigError::Altered`] if somebody did.
    pub(crate) fn verify(&self, state: &StateDir, root: &RootKey) -> Result<(), ConfigError> {
        let path = state.config();
        match self.mac_under(root) {
            Ok(mac) if mac == self.mac => Ok(()),
            Ok(_) => Err(ConfigError::Altered { path }),
            Err(source) => Err(ConfigError::Damaged { path, source }),
        }
    }

    /// Covers the values and not the file's bytes: white space may change.
    fn mac_under(&self, root: &RootKey) -> Result<ConfigMac, serde_json::Error> {
        let covered = Self { mac: ConfigMac::blank(), ..self.clone() };
        Ok(root.mac_config(&serde_json::to_vec(&covered)?))
    }

    /// Writes the configuration of a fresh hub; from then on the folder counts as
    /// initialised.
    pub(crate) fn save_new(&self, state: &StateDir) -> Result<(), PrivateFileError> {
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| PrivateFileError::Io { path: state.config(), source: error.into() })?;
        text.push(b'\n');
        state.finish(&text)
    }
}

impl Recipient {
    /// Takes the public half of an identity.
    #[must_use]
    pub fn of(recipient: &age::x25519::Recipient) -> Self {
        Self(recipient.to_string())
    }

    /// Returns the recipient's text (`age1…`).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Recipient {
    type Error = RecipientError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        age::x25519::Recipient::from_str(&text).map_err(|_| RecipientError)?;
        Ok(Self(text))
    }
}

impl From<Recipient> for String {
    fn from(recipient: Recipient) -> Self {
        recipient.0
    }
}

impl HubId {
    /// Draws an id.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn draw() -> io::Result<Self> {
        let mut bytes = [0_u8; 8];
        rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(io::Error::other)?;
        Ok(Self(format!("{:016x}", u64::from_be_bytes(bytes))))
    }

    /// Returns the 16 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HubId {
    type Error = HubIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        if text.len() == 16 && text.bytes().all(digit) { Ok(Self(text)) } else { Err(HubIdError) }
    }
}

impl From<HubId> for String {
    fn from(hub: HubId) -> Self {
        hub.0
    }
}

impl fmt::Display for HubId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HouseholdName {
    /// Reads a name as the owner typed it.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, HouseholdNameError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(HouseholdNameError::Empty);
        }
        if text.len() > MAX_HOUSEHOLD_BYTES {
            return Err(HouseholdNameError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(HouseholdNameError::Forbidden);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HouseholdName {
    type Error = HouseholdNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// Reads a file, and nothing else: at a pipe that lies in its place nobody may ever come. One that is far
/// too long, as a damaged disk may have it, is not read whole.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let at_once = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, at_once, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_CONFIG_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_CONFIG_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

impl From<HouseholdName> for String {
    fn from(name: HouseholdName) -> Self {
        name.0
    }
}

impl fmt::Display for UnlockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase => "passphrase",
            Self::Keyfile => "keyfile",
            Self::SystemdCreds => "systemd-creds",
            Self::Keyring => "keyring",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<Config, ConfigError> {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config.json"), text).unwrap();
        Config::load(&StateDir::named(home.path()))
    }

    #[test]
    fn a_later_format_is_named_and_not_called_damage() {
        let refused = written(r#"{"format":2,"whatever":true}"#);
        assert!(matches!(refused, Err(ConfigError::OtherFormat { found: 2, .. })));
    }

    #[test]
    fn nobody_waits_at_a_pipe_in_its_place() {
        use rustix::fs::{CWD, FileType, mknodat};
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.json");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let refused = Config::load(&StateDir::named(home.path()));
        assert!(matches!(refused, Err(ConfigError::Read { .. })), "{refused:?}");
    }

    #[test]
    fn a_file_without_an_end_in_its_place_is_not_read_whole() {
        let home = tempfile::tempdir().unwrap();
        let sparse = File::create(home.path().join("config.json")).unwrap();
        for bytes in [MAX_CONFIG_BYTES + 1, 1 << 40] {
            sparse.set_len(bytes).unwrap();
            let refused = Config::load(&StateDir::named(home.path()));
            let Err(ConfigError::Read { source, .. }) = refused else { panic!("{refused:?}") };
            assert_eq!(source.kind(), io::ErrorKind::FileTooLarge);
        }
        let spaces = " ".repeat(usize::try_from(MAX_CONFIG_BYTES).unwrap());
        assert!(matches!(written(&spaces), Err(ConfigError::Damaged { .. })), "it was not read");
    }

    #[test]
    fn damage_is_called_damage() {
        for text in ["", "{", "[]", r#"{"format":1}"#, r#"{"format":"1"}"#] {
            assert!(matches!(written(text), Err(ConfigError::Damaged { .. })), "{text}");
        }
    }

    #[test]
    fn a_household_is_not_called_by_control_characters() {
        assert_eq!(HouseholdName::parse(" "), Err(HouseholdNameError::Empty));
        assert_eq!(HouseholdName::parse("\u{1b}[2J"), Err(HouseholdNameError::Forbidden));
        assert_eq!(HouseholdName::parse(&"x".repeat(65)), Err(HouseholdNameError::TooLong));
        assert_eq!(HouseholdName::parse(" Møller ").unwrap().as_str(), "Møller");
    }

    #[test]
    fn two_hubs_have_two_ids() {
        let (one, two) = (HubId::draw().unwrap(), HubId::draw().unwrap());
        assert_ne!(one, two);
        assert_eq!(HubId::try_from(one.to_string()).unwrap(), one);
        assert!(HubId::try_from("00".to_owned()).is_err());
    }
}
