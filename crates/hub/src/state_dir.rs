//! The state folder: one hub's whole memory, and the names of all that lies in it.
//!
//! Guarantees that a folder it opens belongs to the user who asks, is closed to
//! everybody else, was finished by `doorward init` and is used by one daemon at a
//! time. It does not know what the files say, except for `config.json`, which must
//! be readable before any key is.

mod config;
mod lock;
mod private_file;
mod unfinished;

use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use doorward_api::place::SYSTEM_STATE;
use rustix::fs::{AtFlags, Dir, Mode, OFlags, chownat, openat};
use rustix::io::Errno;
use rustix::process::{Gid, Uid};

pub use config::{
    Config, ConfigError, ConfiguredHousehold, FORMAT, HouseholdName, HouseholdNameError, HubId,
    HubIdError, Recipient, RecipientError, UnlockMode,
};
pub(crate) use lock::{Lock, LockError};
pub use private_file::{PrivateFileError, create_new, rename, replace};

/// The longest path of a local socket on Linux (`sun_path` without its final NUL).
const MAX_SOCKET_PATH_BYTES: usize = 107;

/// The unit that the packages bring.
const UNIT: &str = "/usr/lib/systemd/system/doorward.service";

/// What its owner types to have a hub run: the service, where a package has brought one for this folder.
pub(crate) fn start_command(state: &Path) -> String {
    match Keeper::of(state) {
        Keeper::Package => "sudo systemctl enable --now doorward".to_owned(),
        Keeper::Nobody => format!("doorward serve --state {}", state.display()),
    }
}

/// What starts the hub of a folder.
#[derive(Debug, Clone, Copy)]
enum Keeper {
    /// The service that a package has brought.
    Package,
    /// Whoever types it.
    Nobody,
}

impl Keeper {
    fn of(state: &Path) -> Self {
        let packaged = state == Path::new(SYSTEM_STATE) && Path::new(UNIT).exists();
        if packaged { Self::Package } else { Self::Nobody }
    }

    /// What somebody does who is not the folder's owner.
    fn advice_to_others(self, owner: u32) -> String {
        match self {
            Self::Package => {
                "its service runs it (`sudo systemctl start doorward`), and `sudo doorward …` asks it"
                    .to_owned()
            }
            Self::Nobody => format!(
                "run doorward as its owner (for a service: `sudo -u '#{owner}' doorward …`)"
            ),
        }
    }
}

/// A state folder, by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDir {
    root: PathBuf,
}

/// The right to be the only daemon on a state folder; ends when dropped, and with
/// the process however it ends.
#[derive(Debug)]
pub struct StateLock {
    _lock: Lock,
}

/// Why a state folder cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum StateDirError {
    /// There is nothing at that path.
    #[error("{path} does not exist: make a hub there with `doorward init --state {path}`")]
    Missing {
        /// The path asked for.
        path: PathBuf,
    },
    /// Something else than a folder has that path.
    #[error("{path} is not a folder: name a folder, or a path where one can be made")]
    NotAFolder {
        /// The path asked for.
        path: PathBuf,
    },
    /// The folder belongs to another user.
    #[error(
        "{path} belongs to user {owner}, and this is user {me}: {advice}",
        advice = Keeper::of(path).advice_to_others(*owner)
    )]
    WrongOwner {
        /// The path asked for.
        path: PathBuf,
        /// The owner's uid.
        owner: u32,
        /// The uid that asked.
        me: u32,
    },
    /// Other users may look into the folder.
    #[error("{path} is open to other users (mode {mode:04o}): close it with `chmod 700 {path}`")]
    TooOpen {
        /// The path asked for.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// `init` was asked to make a hub where one is.
    #[error(
        "{path} already holds a hub: start it with `{start}`, or name another folder",
        start = start_command(path)
    )]
    AlreadyInitialised {
        /// The path asked for.
        path: PathBuf,
    },
    /// `init` was asked to make a hub among files that it did not write.
    #[error(
        "{path} is not empty (it holds {found}): name an empty folder; if nothing but an interrupted \
         `doorward init` was here, remove what it left"
    )]
    NotEmpty {
        /// The path asked for.
        path: PathBuf,
        /// The first entry found.
        found: String,
    },
    /// The folder holds no finished hub.
    #[error(
        "{path} holds no hub yet: make one with `doorward init --state {path}`, or from a backup with \
         `doorward restore --from FILE --state {path}`"
    )]
    NotInitialised {
        /// The path asked for.
        path: PathBuf,
    },
    /// Another daemon runs on the folder.
    #[error("{path} is in use by {holder}: stop that one first, or name another folder")]
    InUse {
        /// The path asked for.
        path: PathBuf,
        /// Who holds it, as far as the lock file says.
        holder: String,
    },
    /// The local socket's path would not fit into a socket address.
    #[error(
        "{path} is too long a path: the hub's socket in it may have at most \
         {MAX_SOCKET_PATH_BYTES} bytes; name a shorter one"
    )]
    PathTooLong {
        /// The path asked for.
        path: PathBuf,
    },
    /// The system refused.
    #[error("could not use the state folder {path}")]
    Io {
        /// The path at which it refused.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl StateDir {
    /// Names a folder without looking at it: for clients, which need its socket only.
    #[must_use]
    pub fn named(path: impl Into<PathBuf>) -> Self {
        Self { root: path.into() }
    }

    /// Names a folder that is not there yet, or is empty, without making it. For root it may
    /// be another user's.
    ///
    /// # Errors
    /// Says what stands in the way and what to do about it.
    pub fn free(path: &Path) -> Result<Self, StateDirError> {
        let path = std::path::absolute(path).map_err(io_at(path))?;
        let this = Self { root: path };
        if this.socket().as_os_str().as_bytes().len() > MAX_SOCKET_PATH_BYTES {
            return Err(StateDirError::PathTooLong { path: this.root });
        }
        match this.check_folder() {
            Ok(_mode) => this.check_empty().map(|()| this),
            Err(StateDirError::Missing { .. }) => Ok(this),
            // Root makes hubs for others, such as a service's user, who is given all of it.
            Err(StateDirError::WrongOwner { me: 0, .. }) => this.check_empty().map(|()| this),
            Err(other) => Err(other),
        }
    }

    /// Makes an empty folder (mode 0700) for `doorward init`, or takes an empty one
    /// that the user made and closes it to others. Root may take another user's.
    ///
    /// # Errors
    /// Says what stands in the way and what to do about it.
    pub fn create(path: &Path) -> Result<Self, StateDirError> {
        let this = Self::free(path)?;
        this.make_folder()?;
        std::fs::set_permissions(&this.root, Permissions::from_mode(0o700))
            .map_err(io_at(&this.root))?;
        Ok(this)
    }

    /// Opens the folder of a finished hub.
    ///
    /// # Errors
    /// Says what is wrong with the folder and what to do about it.
    pub fn open(path: &Path) -> Result<Self, StateDirError> {
        let path = std::path::absolute(path).map_err(io_at(path))?;
        let this = Self { root: path };
        let mode = this.check_folder()?;
        if mode & 0o077 != 0 {
            return Err(StateDirError::TooOpen { path: this.root, mode });
        }
        if !this.is_initialised() {
            return Err(StateDirError::NotInitialised { path: this.root });
        }
        Ok(this)
    }

    /// Takes the folder for this process alone.
    ///
    /// # Errors
    /// [`StateDirError::InUse`] while another process holds it.
    pub fn lock(&self) -> Result<StateLock, StateDirError> {
        let path = self.lock_file();
        Lock::take(&path).map(|lock| StateLock { _lock: lock }).map_err(|error| match error {
            LockError::Held { holder } => StateDirError::InUse { path: self.root.clone(), holder },
            LockError::Io(source) => StateDirError::Io { path, source },
        })
    }

    /// Gives what root made here to the user whose folder it is. Where that is who asks, there is
    /// nothing to give.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn give_to_owner(&self) -> Result<(), StateDirError> {
        let folder = File::open(&self.root).map_err(io_at(&self.root))?;
        let found = folder.metadata().map_err(io_at(&self.root))?;
        if found.uid() == rustix::process::geteuid().as_raw() {
            return Ok(());
        }
        let (user, group) = (Uid::from_raw(found.uid()), Gid::from_raw(found.gid()));
        give(folder.as_fd(), user, group).map_err(|errno| io_at(&self.root)(errno.into()))
    }

    /// Whether `doorward init` ran to its end here.
    #[must_use]
    pub fn is_initialised(&self) -> bool {
        self.config().exists()
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// What the hub must know before it has a key; written last by `init`.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.root.join("config.json")
    }

    /// The root key, sealed with the passphrase.
    #[must_use]
    pub fn root_sealed(&self) -> PathBuf {
        self.root.join("root.age")
    }

    /// The root key in the clear, where the owner chose so.
    #[must_use]
    pub fn root_keyfile(&self) -> PathBuf {
        self.root.join("root.key")
    }

    /// The root key as an encrypted systemd credential.
    #[must_use]
    pub fn root_credential(&self) -> PathBuf {
        self.root.join("root.cred")
    }

    /// The encrypted database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.root.join("doorward.db")
    }

    /// The sealed recordings.
    #[must_use]
    pub fn recordings(&self) -> PathBuf {
        self.root.join("recordings")
    }

    /// The hub's certificates and sealed keys.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.root.join("ca")
    }

    /// What a backup is made of, while it is made.
    #[must_use]
    pub fn backup_in_making(&self) -> PathBuf {
        self.root.join("backup.making")
    }

    /// The socket for the command line and the desktop app.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        doorward_api::place::socket_in(&self.root)
    }

    /// The file whose lock a running daemon holds.
    #[must_use]
    pub fn lock_file(&self) -> PathBuf {
        self.root.join("doorward.lock")
    }

    fn check_folder(&self) -> Result<u32, StateDirError> {
        let path = self.root.clone();
        let found = match std::fs::metadata(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StateDirError::Missing { path });
            }
            Err(source) => return Err(StateDirError::Io { path, source }),
        };
        if !found.is_dir() {
            return Err(StateDirError::NotAFolder { path });
        }
        let me = rustix::process::geteuid().as_raw();
        if found.uid() != me {
            return Err(StateDirError::WrongOwner { path, owner: found.uid(), me });
        }
        Ok(found.mode() & 0o7777)
    }

    /// Says whether `init` may write here. It asks twice: when it takes the folder, and
    /// once more when it holds the lock, because another `init` may have been at work
    /// in between.
    pub(crate) fn check_empty(&self) -> Result<(), StateDirError> {
        if self.is_initialised() {
            return Err(StateDirError::AlreadyInitialised { path: self.root.clone() });
        }
        let lock = self.lock_file();
        for entry in std::fs::read_dir(&self.root).map_err(io_at(&self.root))? {
            let entry = entry.map_err(io_at(&self.root))?;
            // A lock file alone is what an `init` that failed at once leaves.
            if entry.path() != lock {
                let found = entry.file_name().to_string_lossy().into_owned();
                return Err(StateDirError::NotEmpty { path: self.root.clone(), found });
            }
        }
        Ok(())
    }

    fn make_folder(&self) -> Result<(), StateDirError> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.root).map_err(io_at(&self.root))
    }
}

/// Gives what is in a folder, and what is in the folders in it. Its owner may put something else in the
/// place of any of it meanwhile: so each is taken from the folder that is open, by its name in it, and
/// a link is given as a link, since what it leads to is not ours.
fn give(folder: BorrowedFd<'_>, user: Uid, group: Gid) -> Result<(), Errno> {
    let no_link = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        chownat(folder, name, Some(user), Some(group), AtFlags::SYMLINK_NOFOLLOW)?;
        match openat(folder, name, no_link, Mode::empty()) {
            Ok(inner) => give(inner.as_fd(), user, group)?,
            Err(Errno::NOTDIR | Errno::LOOP) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> StateDirError {
    let path = path.to_owned();
    |source| StateDirError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_folder_is_closed_to_everybody_else() {
        let home = tempfile::tempdir().unwrap();
        let state = StateDir::create(&home.path().join("a/b")).unwrap();
        assert_eq!(state.check_folder().unwrap(), 0o700);
    }

    #[test]
    fn an_empty_folder_made_by_hand_is_closed_by_init() {
        let home = tempfile::tempdir().unwrap();
        std::fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
        let state = StateDir::create(home.path()).unwrap();
        assert_eq!(state.check_folder().unwrap(), 0o700);
    }

    #[test]
    fn a_folder_with_other_things_in_it_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("thesis.odt"), "").unwrap();
        let refused = StateDir::create(home.path()).unwrap_err();
        assert!(matches!(&refused, StateDirError::NotEmpty { found, .. } if found == "thesis.odt"));
    }

    #[test]
    fn each_wrong_folder_is_refused_with_its_own_advice() {
        let home = tempfile::tempdir().unwrap();
        let missing = home.path().join("none");
        assert!(matches!(StateDir::open(&missing), Err(StateDirError::Missing { .. })));
        let file = home.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(matches!(StateDir::open(&file), Err(StateDirError::NotAFolder { .. })));
        assert!(matches!(StateDir::create(&file), Err(StateDirError::NotAFolder { .. })));
        let state = StateDir::create(&home.path().join("s")).unwrap();
        assert!(matches!(StateDir::open(state.path()), Err(StateDirError::NotInitialised { .. })));
        create_new(&state.config(), b"{}").unwrap();
        assert!(matches!(
            StateDir::create(state.path()),
            Err(StateDirError::AlreadyInitialised { .. })
        ));
        std::fs::set_permissions(state.path(), Permissions::from_mode(0o750)).unwrap();
        let open = StateDir::open(state.path()).unwrap_err();
        assert!(open.to_string().contains("chmod 700"), "{open}");
    }

    #[test]
    fn the_folder_of_a_service_is_left_to_it() {
        let service = Keeper::Package.advice_to_others(997);
        assert!(service.contains("`sudo systemctl start doorward`"), "{service}");
        assert!(!service.contains("997"), "{service}");
        let elsewhere = tempfile::tempdir().unwrap();
        let path = elsewhere.path().to_owned();
        let refused = StateDirError::WrongOwner { path, owner: 997, me: 0 }.to_string();
        assert!(refused.contains("`sudo -u '#997' doorward …`"), "{refused}");
    }

    #[test]
    fn a_path_too_long_for_a_socket_is_refused_before_anything_is_made() {
        let home = tempfile::tempdir().unwrap();
        let long = home.path().join("x".repeat(120));
        assert!(matches!(StateDir::create(&long), Err(StateDirError::PathTooLong { .. })));
        assert!(!long.exists());
    }

    #[test]
    fn two_daemons_never_share_a_state() {
        let home = tempfile::tempdir().unwrap();
        let state = StateDir::create(home.path()).unwrap();
        let held = state.lock().unwrap();
        let refused = state.lock().unwrap_err();
        let me = format!("process {}", std::process::id());
        assert!(matches!(&refused, StateDirError::InUse { holder, .. } if *holder == me));
        drop(held);
        state.lock().unwrap();
    }
}
