//! `doorward init`: a fresh hub in an empty folder, or nothing at all.
//!
//! `config.json` is written last. A run that fails or is cut off before that leaves
//! no hub; a failure also takes back whatever was written.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::credential::{CredentialError, SystemdCreds};
use super::household::HouseholdIdentity;
use super::keyring::{self, KeyringError};
use super::passphrase::{Advice, Passphrase, WorkFactor};
use super::root::{ConfigMac, RootKey};
use super::unlock::Keys;
use crate::ca::{Authority, AuthorityError};
use crate::recovery_sheet::{Medium, RecoverySheet};
use crate::state_dir::{
    Config, ConfiguredHousehold, FORMAT, HouseholdName, HubId, PrivateFileError, StateDir,
    StateDirError, UnlockMode, create_new,
};

/// What the owner asks of `init`.
pub struct InitOptions {
    /// Where the state folder shall be.
    pub state: PathBuf,
    /// Who names the household.
    pub household: InitHousehold,
    /// How the root key shall be unlocked.
    pub unlock: InitUnlock,
    /// The machine's name, for which the hub may have certificates.
    pub host_name: Option<String>,
    /// The time of day.
    pub now: Timestamp,
}

/// Who names the household, and makes its identity.
pub enum InitHousehold {
    /// `init` does.
    Here {
        /// What the household calls itself.
        name: HouseholdName,
        /// Where the recovery sheet shall be written; otherwise the caller shows it.
        recovery_out: Option<PathBuf>,
    },
    /// The first phone does, once the hub runs.
    InBrowser,
}

/// How the root key shall be unlocked, with what that takes.
pub enum InitUnlock {
    /// With a passphrase; each guess at it shall cost the factor.
    Passphrase(Passphrase, WorkFactor),
    /// From a plain file.
    Keyfile,
    /// By systemd.
    SystemdCreds(SystemdCreds),
    /// From the desktop's keyring.
    Keyring,
}

/// A fresh hub, unlocked.
pub struct InitOutcome {
    /// Its folder.
    pub state: StateDir,
    /// What `config.json` says.
    pub config: Config,
    /// Its keys.
    pub keys: Keys,
    /// The only copy of the household identity, if it was made here.
    pub sheet: Option<RecoverySheet>,
    /// What the owner should hear.
    pub notices: Vec<Notice>,
}

/// What the owner should hear after `init`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The passphrase could be better.
    Passphrase(Advice),
    /// The key lies beside what it protects.
    KeyfileProtectsNothing {
        /// The keyfile.
        path: PathBuf,
    },
    /// The line that the service's unit needs.
    UnitLine {
        /// The line.
        line: String,
    },
    /// The recovery sheet was written to a file.
    SheetWritten {
        /// The file.
        path: PathBuf,
    },
}

/// What the caller's database said.
pub type DatabaseFailure = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no hub.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The folder does not serve.
    #[error(transparent)]
    State(#[from] StateDirError),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// No randomness.
    #[error("the system has no randomness to give")]
    Randomness(#[source] io::Error),
    /// The root key could not be sealed.
    #[error("could not seal the root key with the passphrase")]
    Seal(#[from] age::EncryptError),
    /// systemd's help failed.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The keyring's help failed.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The hub's certificates could not be made.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The configuration could not be written down.
    #[error("could not write down the configuration")]
    Config(#[source] serde_json::Error),
    /// The household identity would have been kept on the hub.
    #[error("{path} lies in the state folder: the recovery sheet must not stay on the hub")]
    SheetOnHub {
        /// Where the sheet was to go.
        path: PathBuf,
    },
    /// The database could not be made.
    #[error("could not make the database")]
    Database(#[source] DatabaseFailure),
}

/// Makes a hub. `create_database` makes the database while all can still be taken
/// back.
///
/// # Errors
/// Says what stood in the way; then nothing is left behind.
pub fn init(
    options: InitOptions,
    create_database: impl FnOnce(&StateDir, &Keys) -> Result<(), DatabaseFailure>,
) -> Result<InitOutcome, InitError> {
    let existed = options.state.exists();
    let state = StateDir::create(&options.state)?;
    let lock = state.lock()?;
    state.check_empty()?;
    let hub = HubId::draw().map_err(InitError::Randomness)?;
    let mut undo = Undo { state: &state, existed, kept: None, sheet: None, armed: true };
    let (config, keys, sheet, notices) = make(&options, &state, hub, &mut undo, create_database)?;
    undo.armed = false;
    drop(undo);
    drop(lock);
    Ok(InitOutcome { state, config, keys, sheet, notices })
}

fn make(
    options: &InitOptions,
    state: &StateDir,
    hub: HubId,
    undo: &mut Undo<'_>,
    create_database: impl FnOnce(&StateDir, &Keys) -> Result<(), DatabaseFailure>,
) -> Result<(Config, Keys, Option<RecoverySheet>, Vec<Notice>), InitError> {
    if let InitHousehold::Here { recovery_out: Some(path), .. } = &options.household {
        refuse_sheet_on_hub(path, state)?;
    }
    let root = RootKey::draw().map_err(InitError::Randomness)?;
    let keys = Keys::derive(root);
    let root = &keys.root;
    let mut notices = Vec::new();

    let keeping = Keeping { state, hub: &hub };
    undo.kept = Some(keeping.keep(&options.unlock, root, &mut notices)?);
    make_folder(&state.recordings())?;
    make_folder(&state.ca())?;
    let authority = Authority::create(&hub, options.host_name.as_deref(), options.now)?;
    authority.save_new(state, &keys.ca_sealing)?;
    create_database(state, &keys).map_err(InitError::Database)?;

    let identity = match &options.household {
        InitHousehold::Here { name, .. } => Some((name.clone(), HouseholdIdentity::generate())),
        InitHousehold::InBrowser => None,
    };
    let config = configure(options, hub, identity.as_ref(), root)?;
    let sheet = identity.map(|(name, identity)| RecoverySheet::new(&config, name, identity));
    if let (Some(sheet), InitHousehold::Here { recovery_out: Some(path), .. }) =
        (&sheet, &options.household)
    {
        sheet.write_new(path, Medium::Paper)?;
        undo.sheet = Some(path.clone());
        notices.push(Notice::SheetWritten { path: path.clone() });
    }
    // Before the configuration, with which there is a hub: one that its user cannot read is none.
    state.give_to_owner()?;
    config.save_new(state)?;
    state.give_to_owner()?;
    Ok((config, keys, sheet, notices))
}

/// The configuration of a hub that has its household, or is given one in a browser.
fn configure(
    options: &InitOptions,
    hub: HubId,
    identity: Option<&(HouseholdName, HouseholdIdentity)>,
    root: &RootKey,
) -> Result<Config, InitError> {
    let household = identity.map(|(name, identity)| ConfiguredHousehold {
        name: name.clone(),
        recipient: identity.recipient(),
    });
    let config = Config {
        format: FORMAT,
        hub,
        household,
        unlock: options.unlock.mode(),
        key_check: root.check(),
        created: options.now,
        mac: ConfigMac::blank(),
    };
    config.bound_to(root).map_err(InitError::Config)
}

/// Puts a root key where the next start finds it.
pub(crate) struct Keeping<'a> {
    /// The hub's folder.
    pub(crate) state: &'a StateDir,
    /// Which hub it is.
    pub(crate) hub: &'a HubId,
}

/// Where a root key was put.
pub(crate) enum Kept {
    /// Into the folder; it goes with that.
    Folder,
    /// Into the keyring, for this hub.
    Keyring(HubId),
    /// Nowhere: the keyring had it.
    Before,
}

impl Keeping<'_> {
    /// Keeps the root key as its owner wishes.
    pub(crate) fn keep(
        &self,
        unlock: &InitUnlock,
        root: &RootKey,
        notices: &mut Vec<Notice>,
    ) -> Result<Kept, InitError> {
        match unlock {
            InitUnlock::Passphrase(passphrase, work) => {
                create_new(&self.state.root_sealed(), &passphrase.seal(root, *work)?)?;
                notices.extend(passphrase.advice().map(Notice::Passphrase));
            }
            InitUnlock::Keyfile => {
                use secrecy::ExposeSecret;
                let text = root.expose_text();
                create_new(&self.state.root_keyfile(), text.expose_secret().as_bytes())?;
                let path = self.state.root_keyfile();
                notices.push(Notice::KeyfileProtectsNothing { path });
            }
            InitUnlock::SystemdCreds(program) => {
                create_new(&self.state.root_credential(), &program.encrypt(root)?)?;
                let (name, path) = (super::CREDENTIAL_NAME, self.state.root_credential());
                let line = format!("LoadCredentialEncrypted={name}:{}", path.display());
                notices.push(Notice::UnitLine { line });
            }
            InitUnlock::Keyring => return self.keep_in_keyring(root),
        }
        Ok(Kept::Folder)
    }

    fn keep_in_keyring(&self, root: &RootKey) -> Result<Kept, InitError> {
        if keyring::load(self.hub).is_ok_and(|found| found.check() == root.check()) {
            return Ok(Kept::Before);
        }
        keyring::store(self.hub, root)?;
        Ok(Kept::Keyring(self.hub.clone()))
    }
}

impl Kept {
    /// Takes back what lies outside of the folder.
    pub(crate) fn take_back(&self) {
        match self {
            Self::Folder | Self::Before => {}
            Self::Keyring(hub) => forget(hub),
        }
    }
}

fn forget(hub: &HubId) {
    if let Err(error) = keyring::forget(hub) {
        tracing::warn!(%hub, %error, "an entry of a hub that was not made stays in the keyring");
    }
}

fn refuse_sheet_on_hub(path: &Path, state: &StateDir) -> Result<(), InitError> {
    let at = |path: &Path| {
        let asked = path.to_owned();
        path.canonicalize().map_err(|source| PrivateFileError::Io { path: asked, source })
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => at(folder)?,
        Some(_) | None => at(Path::new("."))?,
    };
    if folder.starts_with(at(state.path())?) {
        return Err(InitError::SheetOnHub { path: path.to_owned() });
    }
    Ok(())
}

fn make_folder(path: &Path) -> Result<(), InitError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(|source| InitError::State(StateDirError::Io { path: path.to_owned(), source }))
}

impl InitUnlock {
    /// How the hub's configuration names it.
    pub(crate) fn mode(&self) -> UnlockMode {
        match self {
            Self::Passphrase(..) => UnlockMode::Passphrase,
            Self::Keyfile => UnlockMode::Keyfile,
            Self::SystemdCreds(_) => UnlockMode::SystemdCreds,
            Self::Keyring => UnlockMode::Keyring,
        }
    }
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Passphrase(advice) => advice.fmt(f),
            Self::KeyfileProtectsNothing { path } => write!(
                f,
                "the key lies in the clear in {}: whoever takes the disk can open the hub",
                path.display()
            ),
            Self::UnitLine { line } => write!(f, "the service's unit needs the line `{line}`"),
            Self::SheetWritten { path } => write!(
                f,
                "the recovery sheet is in {}: print it or copy it off this machine, then \
                 delete it here",
                path.display()
            ),
        }
    }
}

/// Takes back what a failed `init` wrote. The folder was empty when its lock was
/// taken, so that all that lies in it is ours.
struct Undo<'a> {
    state: &'a StateDir,
    existed: bool,
    kept: Option<Kept>,
    sheet: Option<PathBuf>,
    armed: bool,
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if !self.armed {
            return;
        }
        self.kept.iter().for_each(Kept::take_back);
        if let Err(error) = self.remove_files() {
            tracing::warn!(%error, "files of a hub that was not made are left");
        }
    }
}

impl Undo<'_> {
    fn remove_files(&self) -> io::Result<()> {
        if let Some(sheet) = &self.sheet {
            std::fs::remove_file(sheet)?;
        }
        if !self.existed {
            return std::fs::remove_dir_all(self.state.path());
        }
        for entry in std::fs::read_dir(self.state.path())? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                std::fs::remove_dir_all(entry.path())?;
            } else {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
