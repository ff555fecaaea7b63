//! A hub that is being made in its folder, and what is left of one that was cut off.
//!
//! Its configuration has another name until all else is on the disk, and gets its own in one step: a
//! folder is a hub's from then on and not before. The other name says, too, that whatever the making
//! puts there was put there by it, since it begins in an empty folder.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::private_file::{NO_LINK, PrivateFileError, create_new, rename};
use super::{StateDir, StateDirError, io_at};

impl StateDir {
    /// The configuration of a hub that is being made.
    pub(crate) fn config_in_making(&self) -> PathBuf {
        self.path().join("config.json.making")
    }

    /// Says that a hub is being made here. The caller holds the lock, and the folder is empty.
    pub(crate) fn begin(&self) -> Result<(), PrivateFileError> {
        create_new(&self.config_in_making(), b"")
    }

    /// Writes the configuration; with its last step there is a hub.
    pub(crate) fn finish(&self, config: &[u8]) -> Result<(), PrivateFileError> {
        let path = self.config_in_making();
        let failed = |source| PrivateFileError::Io { path: path.clone(), source };
        if !path.exists() {
            self.begin()?;
        }
        let opened = File::options().write(true).truncate(true).custom_flags(NO_LINK).open(&path);
        let written = opened.and_then(|mut file| {
            file.write_all(config)?;
            file.sync_all()
        });
        written.map_err(failed)?;
        rename(&path, &self.config())
    }

    /// Removes what a making put here that did not come to its end, and nothing else. The caller holds
    /// the lock: nobody is at it any more.
    pub(crate) fn clear_unfinished(&self) -> Result<(), StateDirError> {
        let mark = self.config_in_making();
        if self.is_initialised() || !mark.exists() {
            return Ok(());
        }
        let database = |end: &str| self.path().join(format!("doorward.db{end}"));
        let databases = ["", "-wal", "-shm", "-journal", "-lock"].map(database);
        let keys = [self.root_sealed(), self.root_keyfile(), self.root_credential()];
        for path in databases.iter().chain(&keys) {
            gone(path, |path| std::fs::remove_file(path))?;
        }
        gone(&self.ca(), |path| std::fs::remove_dir_all(path))?;
        // Recordings that somebody has copied there since are not ours.
        gone(&self.recordings(), |path| match std::fs::remove_dir(path) {
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
            removed => removed,
        })?;
        gone(&mark, |path| std::fs::remove_file(path))
    }
}

fn gone(path: &Path, remove: impl Fn(&Path) -> io::Result<()>) -> Result<(), StateDirError> {
    match remove(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io_at(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
