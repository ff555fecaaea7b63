//! From a backup to a hub in a folder of its own, or to nothing at all.
//!
//! The hub is made beside its folder and moved there in one step, once all of it is on
//! the disk and what the backup cannot know has been put out of force; see
//! [`doorward_core::restored`].

use std::fs::{File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use age::x25519;
use doorward_core::batch::{Batch, Change};
use doorward_core::code::Standing;
use doorward_core::ids::DeviceName;
use doorward_core::restored::Restored;
use doorward_store::{CommitError, Device, OpenError, ReadError, Store, WriteError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{Manifest, OpenBackupError, OpenedBackup, open};
use crate::keys::{InitError, InitUnlock, Keeping, Keys, Notice, RootKey};
use crate::settings::{NOTICES_FROM, NOTICES_TO, RESTORED};
use crate::state_dir::{Config, ConfigError, PrivateFileError, Recipient, StateDir, StateDirError};

/// How many numbers of notices are left out. Each start of a hub takes a million of them, and
/// browsers count exactly up to 2^53.
const NOTICES_LEFT_OUT: u64 = 1 << 36;

/// What the owner asks of `restore`.
pub struct RestoreOptions {
    /// Where the state folder shall be.
    pub state: PathBuf,
    /// How the root key shall be unlocked from now on.
    pub unlock: InitUnlock,
    /// The time of day.
    pub now: Timestamp,
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

/// What became of what the backup held.
pub struct Settled {
    /// How many codes were taken back.
    pub codes_over: usize,
    /// How many codes are paused.
    pub codes_paused: usize,
    /// How many paired devices have to be paired again.
    pub phones: usize,
    /// How many permits of devices were taken back.
    pub permits: usize,
    /// How many devices are sent no notices any more.
    pub hearers: usize,
    /// The devices in service, as the backup knows them.
    pub devices: Vec<Device>,
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
    let ground = Ground::beside(&options.state)?;
    let OpenedBackup { manifest, root, config } = open(file, identity, &ground.folder, told)?;
    let config = read_config(&config, &root)?;
    if manifest.hub != config.hub {
        return Err(RestoreError::Mixed);
    }
    let household = Recipient::of(&identity.to_public());
    if config.household.as_ref().is_some_and(|configured| configured.recipient != household) {
        return Err(RestoreError::Foreign);
    }
    let keys = Keys::derive(root);
    // A machine that does not know the time yet restores no earlier than the backup was made.
    let at = options.now.max(manifest.made_at);
    let from = RestoredFrom { backup_of: manifest.made_at, at };
    let settled = settle(&ground.folder, &keys, from, &household)?;
    ground.make_folder(&ground.folder.recordings())?;

    let mut notices = Vec::new();
    let keeping = Keeping { written: &ground.folder, home: &ground.target, hub: &config.hub };
    let kept = keeping.keep(&options.unlock, &keys.root, &mut notices)?;
    let config = Config { unlock: options.unlock.mode(), ..config };
    match move_in(ground, config, &keys.root) {
        Ok(state) => Ok(RestoredHub { state, manifest, notices, settled }),
        Err(error) => {
            kept.take_back();
            Err(error)
        }
    }
}

/// Writes the configuration, with which the folder counts as a hub's, and moves in.
fn move_in(ground: Ground, config: Config, root: &RootKey) -> Result<StateDir, RestoreError> {
    let config = config.bound_to(root).map_err(InitError::Config)?;
    config.save_new(&ground.folder)?;
    ground.folder.give_to_owner_of(&ground.target)?;
    ground.move_in()
}

fn read_config(bytes: &[u8], root: &RootKey) -> Result<Config, RestoreError> {
    let config = Config::parse(bytes, Path::new("config.json"))?;
    if config.is_bound_to(root) { Ok(config) } else { Err(RestoreError::Mixed) }
}

/// Puts out of force what the backup cannot know to be in force.
fn settle(
    folder: &StateDir,
    keys: &Keys,
    from: RestoredFrom,
    household: &Recipient,
) -> Result<Settled, RestoreError> {
    let mut store = Store::open(&folder.database(), keys.for_store())?;
    let questions = store.questions()?;
    questions.check_file()?;
    let households = questions.households()?;
    // A hub gives its recordings and backups to all that it knows, and one that made a backup
    // knows one.
    if households.is_empty() || households.iter().any(|one| one.recipient != household.as_str()) {
        return Err(RestoreError::Foreign);
    }
    let snapshot = questions.snapshot()?;
    let paired = questions.paired_devices()?.into_iter();
    let paired: Vec<_> =
        paired.filter(|device| device.revoked_at.is_none()).map(|device| device.id).collect();
    let mut devices = questions.devices()?;
    devices.retain(|device| device.revoked_at.is_none());
    let next_notice = questions.setting(NOTICES_FROM)?.and_then(|next| next.parse().ok());
    let next_notice: u64 = next_notice.unwrap_or(1);
    let hearers = hearers(questions.setting(NOTICES_TO)?.as_deref());
    let restored = Restored {
        snapshot: &snapshot,
        paired: &paired,
        hearers: &hearers,
        backup_of: from.backup_of,
        wall: from.at,
    };
    let batch = restored.batch();
    store.commit(&batch)?;
    for device in &paired {
        store.end_pairing(*device, from.at)?;
    }
    store.leave_out_people()?;
    store.set(NOTICES_TO, "[]")?;
    store.set(NOTICES_FROM, &(next_notice + NOTICES_LEFT_OUT).to_string())?;
    store.set(RESTORED, &serde_json::to_string(&from).expect("two moments are plain JSON"))?;
    Ok(Settled::of(&batch, paired.len(), hearers.len(), devices))
}

/// Whose name cannot be read is sent nothing either way.
fn hearers(kept: Option<&str>) -> Vec<DeviceName> {
    let names: Vec<String> =
        kept.and_then(|kept| serde_json::from_str(kept).ok()).unwrap_or_default();
    names.iter().filter_map(|name| DeviceName::parse(name).ok()).collect()
}

impl Settled {
    fn of(batch: &Batch, phones: usize, hearers: usize, devices: Vec<Device>) -> Self {
        let count =
            |fits: fn(&Change) -> bool| batch.changes.iter().filter(|one| fits(one)).count();
        Self {
            codes_over: count(|change| matches!(change, Change::CodeEnded(..))),
            codes_paused: count(|change| {
                matches!(change, Change::CodeStanding(_, Standing::Paused))
            }),
            phones,
            permits: count(|change| matches!(change, Change::PermitTaken(..))),
            hearers,
            devices,
        }
    }
}

/// A folder beside the one that the hub will have; gone when dropped.
struct Ground {
    target: StateDir,
    folder: StateDir,
    making: TempDir,
}

impl Ground {
    fn beside(target: &Path) -> Result<Self, RestoreError> {
        let target = StateDir::free(target)?;
        let path = target.path().to_owned();
        let failed = |source| RestoreError::Io { path: path.clone(), source };
        let parent = path.parent().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
        std::fs::create_dir_all(parent).map_err(failed)?;
        let making = tempfile::Builder::new()
            .prefix(".doorward-restore-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)
            .map_err(failed)?;
        let folder = StateDir::named(making.path());
        Ok(Self { target, folder, making })
    }

    fn make_folder(&self, path: &Path) -> Result<(), RestoreError> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new().mode(0o700).create(path).map_err(|source| self.failed(source))
    }

    /// Moves the hub to its place, in one step. An empty folder there makes room, and
    /// nothing else does.
    fn move_in(self) -> Result<StateDir, RestoreError> {
        let place = self.target.path();
        let synced = |path: &Path| File::open(path).and_then(|folder| folder.sync_all());
        [self.folder.ca(), self.folder.path().to_owned()]
            .iter()
            .try_for_each(|folder| synced(folder))
            .and_then(|()| std::fs::rename(self.folder.path(), place))
            .and_then(|()| place.parent().map_or(Ok(()), synced))
            .map_err(|source| self.failed(source))?;
        // Nothing of that name is there any more.
        drop(self.making.keep());
        Ok(self.target)
    }

    fn failed(&self, source: io::Error) -> RestoreError {
        RestoreError::Io { path: self.target.path().to_owned(), source }
    }
}

#[cfg(test)]
mod tests;
