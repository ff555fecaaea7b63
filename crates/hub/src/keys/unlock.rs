//! From a locked state folder to the hub's keys.
//!
//! A hub that must wait for its owner is *sealed*: [`open`] with
//! [`Unlocker::Unattended`] answers [`UnlockError::NeedsPassphrase`], the daemon
//! starts without keys, and `unseal` brings the passphrase to
//! [`Keys::unlock_with_passphrase`] later.

use std::io;
use std::path::{Path, PathBuf};

use doorward_core::code::CodeMacKey;
use doorward_store::StoreKeys;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use zeroize::Zeroizing;

use super::credential::{self, CredentialError};
use super::derived::{CODE_MAC_LABEL, CaSealingKey, DatabaseKey, LogSigningSeed};
use super::keyring::{self, KeyringError};
use super::passphrase::{self, OpenSealedError};
use super::root::{RootKey, RootKeyTextError};
use crate::state_dir::{Config, ConfigError, StateDir, UnlockMode};

/// Every key of an unlocked hub.
pub struct Keys {
    /// From which the others follow; kept for backups.
    pub root: RootKey,
    /// Encrypts the database.
    pub database: DatabaseKey,
    /// Hides access codes.
    pub code_mac: CodeMacKey,
    /// Signs the log.
    pub log_signing: LogSigningSeed,
    /// Seals the keys of the hub's certificates.
    pub ca_sealing: CaSealingKey,
}

/// Who unlocks.
pub enum Unlocker {
    /// Nobody: the key comes from where `init` put it.
    Unattended(Sources),
    /// The owner, with the passphrase.
    Passphrase(SecretString),
}

/// Where unattended keys come from, besides the state folder.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// systemd's folder of decrypted credentials (`$CREDENTIALS_DIRECTORY`).
    pub credentials: Option<PathBuf>,
}

/// Why a hub stays sealed.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// The hub waits for its owner.
    #[error("the hub is sealed: hand it the passphrase with `doorward unseal`")]
    NeedsPassphrase,
    /// The passphrase is not the one chosen at `init`.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// A passphrase was given to a hub that has none.
    #[error("this hub has no passphrase: it unlocks by {mode}, at its start")]
    NoPassphrase {
        /// How it unlocks.
        mode: UnlockMode,
    },
    /// The file with the key is not there or cannot be read.
    #[error("could not read {path}: put it back from a backup; without it the hub cannot open")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file with the key is not what `init` wrote.
    #[error("{path} is damaged: put it back from a backup")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The keyfile can be read by others.
    #[error("{path} is open to other users: close it with `chmod 600 {path}`")]
    TooOpen {
        /// The file.
        path: PathBuf,
    },
    /// The systemd credential did not come.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The keyring did not answer.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A root key, but not this hub's.
    #[error("that key belongs to another hub: put back the one that `doorward init` made here")]
    OtherHub,
    /// The state folder's configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Sources {
    /// Takes what the service's environment names.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self { credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from) }
    }
}

/// Unlocks a hub. With a passphrase it computes for about a second: call it from a
/// thread that may block.
///
/// # Errors
/// [`UnlockError::NeedsPassphrase`] if the hub has to wait for its owner; all others
/// say what is wrong and what helps.
pub fn open(state: &StateDir, unlocker: &Unlocker) -> Result<Keys, UnlockError> {
    match unlocker {
        Unlocker::Passphrase(passphrase) => Keys::unlock_with_passphrase(state, passphrase),
        Unlocker::Unattended(sources) => Keys::unlock_unattended(state, sources),
    }
}

impl Keys {
    /// Unlocks a hub with its owner's passphrase.
    ///
    /// # Errors
    /// [`UnlockError::WrongPassphrase`] invites another try; others do not.
    pub fn unlock_with_passphrase(
        state: &StateDir,
        passphrase: &SecretString,
    ) -> Result<Self, UnlockError> {
        let config = Config::load(state)?;
        match config.unlock {
            UnlockMode::Passphrase => {}
            mode @ (UnlockMode::Keyfile | UnlockMode::SystemdCreds | UnlockMode::Keyring) => {
                return Err(UnlockError::NoPassphrase { mode });
            }
        }
        let path = state.root_sealed();
        let sealed = std::fs::read(&path)
            .map_err(|source| UnlockError::Unreadable { path: path.clone(), source })?;
        let root = passphrase::open_sealed(&sealed, passphrase).map_err(|error| match error {
            OpenSealedError::WrongPassphrase => UnlockError::WrongPassphrase,
            damage @ (OpenSealedError::Damaged(_) | OpenSealedError::Content(_)) => {
                UnlockError::Damaged { path, source: damage.into() }
            }
        })?;
        Self::of_this_hub(state, &config, root)
    }

    /// Unlocks a hub without anybody's help, if it was made so.
    ///
    /// # Errors
    /// [`UnlockError::NeedsPassphrase`] if it was not.
    pub fn unlock_unattended(state: &StateDir, sources: &Sources) -> Result<Self, UnlockError> {
        let config = Config::load(state)?;
        let root = match config.unlock {
            UnlockMode::Passphrase => return Err(UnlockError::NeedsPassphrase),
            UnlockMode::Keyfile => load_keyfile(&state.root_keyfile())?,
            UnlockMode::SystemdCreds => {
                credential::load(sources.credentials.as_deref(), state.root_credential())?
            }
            UnlockMode::Keyring => keyring::load(&config.hub)?,
        };
        Self::of_this_hub(state, &config, root)
    }

    /// Hands the store its keys. The hub keeps its own: a store that failed is opened
    /// again.
    #[must_use]
    pub fn for_store(&self) -> StoreKeys {
        let copy = |key: &[u8; 32]| SecretBox::init_with_mut(|place: &mut [u8; 32]| *place = *key);
        StoreKeys {
            database: copy(self.database.expose_database_key()),
            log_signing_seed: copy(self.log_signing.expose_log_signing_seed()),
        }
    }

    /// Derives the keys, if the root key is the one that the configuration knows.
    fn of_this_hub(state: &StateDir, config: &Config, root: RootKey) -> Result<Self, UnlockError> {
        if root.check() != config.key_check {
            return Err(UnlockError::OtherHub);
        }
        config.verify(state, &root)?;
        Ok(Self::derive(root))
    }

    pub(crate) fn derive(root: RootKey) -> Self {
        Self {
            database: DatabaseKey::derive(&root),
            code_mac: CodeMacKey::new(root.derive(CODE_MAC_LABEL)),
            log_signing: LogSigningSeed::derive(&root),
            ca_sealing: CaSealingKey::derive(&root),
            root,
        }
    }
}

fn load_keyfile(path: &Path) -> Result<RootKey, UnlockError> {
    use std::os::unix::fs::MetadataExt;
    let unreadable = |source| UnlockError::Unreadable { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(unreadable)?.mode() & 0o077 != 0 {
        return Err(UnlockError::TooOpen { path: path.to_owned() });
    }
    let bytes = Zeroizing::new(std::fs::read(path).map_err(unreadable)?);
    let damaged = |source: RootKeyTextError| UnlockError::Damaged {
        path: path.to_owned(),
        source: source.into(),
    };
    let text: SecretString = match std::str::from_utf8(&bytes) {
        Ok(text) => text.into(),
        Err(_) => return Err(damaged(RootKeyTextError)),
    };
    RootKey::from_text(text.expose_secret()).map_err(damaged)
}
