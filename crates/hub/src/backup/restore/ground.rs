//! The folder in which a hub is made again.
//!
//! The hub is made where it will live, for that may be a volume of its own, into which nothing can be
//! moved from beside it in one step. It counts as a hub with the last step alone ([`StateDir::finish`]);
//! a restoring that fails clears what it has made, and what one that was killed has left, the next one
//! clears.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::RestoreError;
use crate::keys::{InitUnlock, Keeping, Kept, Notice, RootKey};
use crate::state_dir::{Config, HubId, StateDir, StateLock};

/// A folder that nobody else is at work in. Empty again when dropped, unless there is a hub in it.
pub(super) struct Ground {
    pub(super) state: StateDir,
    before: Before,
    kept: Option<Kept>,
    _lock: StateLock,
}

/// What was there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    EmptyFolder,
}

impl Ground {
    /// Takes an empty folder, or makes one.
    pub(super) fn take(path: &Path) -> Result<Self, RestoreError> {
        let before = if path.exists() { Before::EmptyFolder } else { Before::Nothing };
        clear_after_another(&StateDir::named(
            std::path::absolute(path)
                .map_err(|source| RestoreError::Io { path: path.to_owned(), source })?,
        ))?;
        let state = StateDir::create(path)?;
        let lock = state.lock()?;
        state.check_empty()?;
        state.begin()?;
        Ok(Self { state, before, kept: None, _lock: lock })
    }

    /// Makes the folder for recordings, and puts the root key where the next start finds it.
    pub(super) fn keep(
        &mut self,
        unlock: &InitUnlock,
        hub: &HubId,
        root: &RootKey,
    ) -> Result<Vec<Notice>, RestoreError> {
        let recordings = self.state.recordings();
        let made = DirBuilder::new().mode(0o700).create(&recordings);
        made.map_err(|source| RestoreError::Io { path: recordings, source })?;
        let mut notices = Vec::new();
        let keeping = Keeping { state: &self.state, hub };
        self.kept = Some(keeping.keep(unlock, root, &mut notices)?);
        Ok(notices)
    }

    /// Makes a hub of it, once all else is on the disk.
    pub(super) fn finish(self, config: &Config) -> Result<StateDir, RestoreError> {
        let synced = |path: &Path| File::open(path).and_then(|folder| folder.sync_all());
        for path in [self.state.ca(), self.state.path().to_owned()] {
            synced(&path).map_err(|source| RestoreError::Io { path, source })?;
        }
        self.state.give_to_owner()?;
        config.save_new(&self.state)?;
        Ok(self.state.clone())
    }

    fn clear(&self) -> Result<(), RestoreError> {
        self.state.clear_unfinished()?;
        let removed =
            std::fs::remove_file(self.state.lock_file()).and_then(|()| match self.before {
                Before::Nothing => std::fs::remove_dir(self.state.path()),
                Before::EmptyFolder => Ok(()),
            });
        removed.map_err(|source| RestoreError::Io { path: self.state.path().to_owned(), source })
    }
}

/// Clears what a restoring to this folder left that was killed.
fn clear_after_another(state: &StateDir) -> Result<(), RestoreError> {
    if !state.config_in_making().exists() {
        return Ok(());
    }
    let _alone = state.lock()?;
    Ok(state.clear_unfinished()?)
}

impl Drop for Ground {
    fn drop(&mut self) {
        if self.state.is_initialised() {
            return;
        }
        self.kept.iter().for_each(Kept::take_back);
        if let Err(error) = self.clear() {
            tracing::warn!(%error, "files of a hub that was not made are left");
        }
    }
}
