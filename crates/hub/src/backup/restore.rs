//! From a backup to a hub in a folder of its own, or to nothing at all.
//!
//! The folder counts as a hub's once all of it is on the disk and what the backup cannot
//! know has been put out of force; see [`doorward_core::restored`].

mod ground;
mod settle;
mod stop;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use age::x25519;
use doorward_store::{CommitError, OpenError, ReadError, WriteError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use ground::Ground;
use settle::settle;

use super::{Manifest, OpenBackupError, OpenedBackup, open};
use crate::ca::{Authorities, AuthorityError};
use crate::keys::{InitError, InitUnlock, Keys, Notice, RootKey};
use crate::state_dir::{Config, ConfigError, PrivateFileError, Recipient, StateDir, StateDirError};

pub use settle::Settled;
pub use stop::Stop;

/// What the owner asks of `restore`.
pub struct RestoreOptions {
    /// Where the state folder shall be.
    pub state: PathBuf,
    /// How the root key shall be unlocked from now on.
    pub unlock: InitUnlock,
    /// The time of day.
    pub now: Timestamp,
    /// Heeded between two steps, and while the backup is read.
    pub stop: Stop,
}

/// A hub that was made again.
pub struct RestoredHub {
    /// Its folder.
    pub state: StateDir,
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// What the owner should hear of its key.
    pub notices: Vec<Notice>,
    /// What became of what the backup held.
    pub settled: Settled,
}

/// What a restored hub knows of its restoring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredFrom {
    /// The moment that the backup holds.
    pub backup_of: Timestamp,
    /// When it was restored.
    pub at: Timestamp,
}

/// Why no hub was made.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The folder does not serve.
    #[error(transparent)]
    State(#[from] StateDirError),
    /// The backup does not open, or there is no room for it.
    #[error(transparent)]
    Open(#[from] OpenBackupError),
    /// The configuration cannot be read.
    #[error("the backup's configuration cannot be used")]
    Config(#[from] ConfigError),
    /// The parts are of different hubs.
    #[error("the backup's root key does not belong to its configuration")]
    Mixed,
    /// Sealed to the household, and not of it: anybody who knows a recipient can seal to it.
    #[error(
        "the file opens with this identity, but the hub in it belongs to another household: \
         somebody else made it, do not use it"
    )]
    Foreign,
    /// Devices would find nobody whom they believe.
    #[error("the backup's certificate authority is missing or damaged: take another copy of it")]
    Authority(#[from] AuthorityError),
    /// The database does not open.
    #[error("the backup's database does not open")]
    Database(#[from] OpenError),
    /// The database is damaged.
    #[error("the backup's database is damaged")]
    Damaged(#[from] ReadError),
    /// What the backup cannot know could not be put out of force.
    #[error("what was in force at the time of the backup could not be settled")]
    Settle(#[from] CommitError),
    /// The same, of paired devices.
    #[error("what was paired at the time of the backup could not be settled")]
    Unpair(#[from] WriteError),
    /// The root key could not be put where the next start finds it.
    #[error(transparent)]
    Key(#[from] InitError),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// Whoever waits for it has had enough.
    #[error("stopped as asked; nothing was made")]
    Stopped,
    /// The system refused.
    #[error("could not make the hub's folder {path}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Makes a hub of a backup. `told` hears how many bytes of the database are there so far.
///
/// # Errors
/// Says what stood in the way; then nothing is left behind.
pub fn restore(
    file: impl Read,
    identity: &x25519::Identity,
    options: &RestoreOptions,
    told: &mut dyn FnMut(u64),
) -> Result<RestoredHub, RestoreError> {
    let ground = Ground::take(&options.state)?;
    let made = make(file, identity, options, ground, told);
    // A backup that was not read to its end looks damaged.
    made.map_err(|error| if options.stop.is_asked() { RestoreError::Stopped } else { error })
}

fn make(
    file: impl Read,
    identity: &x25519::Identity,
    options: &RestoreOptions,
    mut ground: Ground,
    told: &mut dyn FnMut(u64),
) -> Result<RestoredHub, RestoreError> {
    let file = options.stop.reading(file);
    let OpenedBackup { manifest, root, config } = open(file, identity, &ground.state, told)?;
    let config = read_config(&config, &root)?;
    if manifest.hub != config.hub {
        return Err(RestoreError::Mixed);
    }
    let household = Recipient::of(&identity.to_public());
    if config.household.as_ref().is_some_and(|configured| configured.recipient != household) {
        return Err(RestoreError::Foreign);
    }
    let keys = Keys::derive(root);
    Authorities::open(&ground.state, &keys.ca_sealing)?;
    // A machine that does not know the time yet restores no earlier than the backup was made.
    let at = options.now.max(manifest.made_at);
    let from = RestoredFrom { backup_of: manifest.made_at, at };
    options.go_on()?;
    let settled = settle(&ground.state, &keys, from, &household)?;
    options.go_on()?;
    let notices = ground.keep(&options.unlock, &config.hub, &keys.root)?;
    let config = Config { unlock: options.unlock.mode(), ..config };
    let config = config.bound_to(&keys.root).map_err(InitError::Config)?;
    options.go_on()?;
    let state = ground.finish(&config)?;
    Ok(RestoredHub { state, manifest, notices, settled })
}

impl RestoreOptions {
    fn go_on(&self) -> Result<(), RestoreError> {
        if self.stop.is_asked() { Err(RestoreError::Stopped) } else { Ok(()) }
    }
}

fn read_config(bytes: &[u8], root: &RootKey) -> Result<Config, RestoreError> {
    let config = Config::parse(bytes, Path::new("config.json"))?;
    if config.is_bound_to(root) { Ok(config) } else { Err(RestoreError::Mixed) }
}

#[cfg(test)]
mod tests;
