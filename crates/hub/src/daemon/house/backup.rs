//! Backups: the house as it is at one moment, sealed to the household.

use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Seek};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;

use age::x25519;
use anyhow::Context;
use doorward_api::{Problem, ProblemKind};
use doorward_core::entry::Actor;
use doorward_core::io::{Note, OwnerRequest};
use doorward_store::Household;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tracing::{error, info};

use super::super::awake::Awake;
use super::failing::is_full;
use crate::backup::{Contents, FORMAT, Manifest, seal};
use crate::http::{Answer, SealedBackup};
use crate::keys::RootKey;
use crate::state_dir::{Config, StateDir};

/// What making a backup takes that nothing else does.
pub(in crate::daemon) struct Backups {
    root: Arc<RootKey>,
    /// One at a time: each takes the disk space of the database twice.
    making: Mutex<()>,
}

/// Where the parts lie while a backup is made; gone when dropped.
struct Workshop(PathBuf);

impl Backups {
    pub(in crate::daemon) fn new(root: RootKey) -> Self {
        Self { root: Arc::new(root), making: Mutex::new(()) }
    }
}

impl Awake {
    /// Seals the house as it is. The log tells of it before anybody gets the file.
    pub(super) async fn back_up(&self, by: Actor) -> Answer<SealedBackup> {
        let Ok(_alone) = self.backups.making.try_lock() else {
            let detail = "a backup is being made already; wait for that one";
            return Err(Problem::new(ProblemKind::Conflict, detail));
        };
        let (file, bytes) = self.seal_house().await.map_err(|error| not_made(&error))?;
        self.done(by, OwnerRequest::Note(Note::BackupMade)).await?;
        info!(bytes, "a backup was made");
        Ok(SealedBackup { file: tokio::fs::File::from_std(file), bytes })
    }

    async fn seal_house(&self) -> anyhow::Result<(File, u64)> {
        let workshop = Workshop::open(&self.state)?;
        let recipients = recipients(&self.store.households().await?)?;
        let made_at = Timestamp::now();
        self.store.copy_to(workshop.database()).await?;
        let (state, root) = (self.state.clone(), Arc::clone(&self.backups.root));
        let authority = self.certificates.clone();
        let sealing = move || -> anyhow::Result<_> {
            let hub = Config::load(&state)?.hub;
            let doorward = env!("CARGO_PKG_VERSION").to_owned();
            let contents = Contents {
                manifest: &Manifest { format: FORMAT, made_at, doorward, hub },
                root: &root,
                config: &std::fs::read(state.config())?,
                authority: &authority.files()?,
                database: &workshop.database(),
            };
            // Without a name, so that nothing is left of it however this ends.
            let mut out = tempfile::tempfile_in(&workshop.0)?;
            let bytes = seal(&contents, &recipients, std::io::BufWriter::new(&mut out))?;
            out.rewind()?;
            Ok((out, bytes))
        };
        tokio::task::spawn_blocking(sealing).await?
    }
}

impl Workshop {
    /// Makes the folder anew: what a killed hub left in it is worth nothing.
    fn open(state: &StateDir) -> anyhow::Result<Self> {
        let path = state.backup_in_making();
        sweep(state)?;
        DirBuilder::new().mode(0o700).create(&path).context("no place to make a backup in")?;
        Ok(Self(path))
    }

    fn database(&self) -> PathBuf {
        self.0.join("doorward.db")
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            error!(%error, "what a backup was made of is left in the state folder");
        }
    }
}

/// Removes what a killed hub left of a backup.
pub(in crate::daemon) fn sweep(state: &StateDir) -> std::io::Result<()> {
    match std::fs::remove_dir_all(state.backup_in_making()) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Every household of the house opens its backup with its sheet.
fn recipients(households: &[Household]) -> anyhow::Result<Vec<x25519::Recipient>> {
    let parse = |household: &Household| household.recipient.parse().map_err(anyhow::Error::msg);
    households.iter().map(parse).collect()
}

fn not_made(error: &anyhow::Error) -> Problem {
    error!(error = format!("{error:#}"), "a backup was not made");
    if error.chain().any(is_full) {
        let detail = "the disk of the hub is full: a backup needs the size of the database twice \
                      while it is made";
        return Problem::new(ProblemKind::NotRecorded, detail);
    }
    Problem::new(ProblemKind::Internal, "the backup was not made; the hub's log says why")
}
