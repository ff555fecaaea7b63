//! The store: the one connection that writes, and the tree's edge in memory.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use doorward_core::batch::Batch;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::ask::Questions;
use crate::changes::{Changes, Fault};
use crate::connect::{Access, BUSY, Claim};
use crate::error::{CommitError, DatabaseError, OpenError, ReadError, WriteError};
use crate::keys::StoreKeys;
use crate::log::append::append;
use crate::log::checkpoint::{LogKey, SignedCheckpoint};
use crate::log::edge::Edge;
use crate::log::hashes::StoredHashes;
use crate::migrate;
use crate::shared::Shared;

/// After so many commits, pages move from the WAL into the database as soon as
/// nobody waits: about 2 MB of WAL.
const COMMITS_TILL_TIDY: u32 = 64;

/// After so many they move even if somebody waits, so that the WAL stays small.
const COMMITS_TILL_TIDY_ANYWAY: u32 = 1024;

/// Whether somebody waits for the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callers {
    Waiting,
    None,
}

/// The encrypted database, open for writing. One process at a time has it.
pub struct Store {
    shared: Arc<Shared>,
    _claim: Claim,
    /// Absent after a failure, until it is opened again.
    open: Option<Open>,
    commits_since_tidy: u32,
}

struct Open {
    db: Connection,
    edge: Edge,
    /// The hour of hub time whose first checkpoint is kept already.
    kept_hour: Option<u64>,
}

impl Store {
    /// Makes a database. Its folder must exist; the file must not.
    ///
    /// # Errors
    /// If there is a file of this name, another process has the database, or the
    /// disk refuses. Nothing is left behind then.
    pub fn create(path: &Path, keys: StoreKeys) -> Result<Self, OpenError> {
        let (shared, claim) = Shared::claim(path, keys)?;
        let file = private_file(path).map_err(|e| shared.place.file(e))?;
        let made = shared.make().and_then(|open| {
            sync_folder(&file, path).map_err(|source| shared.place.file(source))?;
            Ok(open)
        });
        match made {
            Ok(open) => Ok(Self::with(shared, claim, open)),
            Err(error) => {
                // The first error is the one to tell; an empty file that cannot
                // be removed either says so at the next try.
                let _ = std::fs::remove_file(path);
                Err(error)
            }
        }
    }

    /// Opens a database, brings its schema up to date and checks that the log's
    /// latest checkpoint matches the tree.
    ///
    /// # Errors
    /// Tells a wrong key, a file that is no database, one in use by another
    /// process, one of a later version, and damage apart.
    pub fn open(path: &Path, keys: StoreKeys) -> Result<Self, OpenError> {
        let (shared, claim) = Shared::claim(path, keys)?;
        let open = shared.open()?;
        Ok(Self::with(shared, claim, open))
    }

    fn with(shared: Shared, claim: Claim, open: Open) -> Self {
        Self { shared: Arc::new(shared), _claim: claim, open: Some(open), commits_since_tidy: 0 }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Returns the log's public key as a signed-note verifier, `name+id+key`.
    #[must_use]
    pub fn log_verifier(&self) -> String {
        self.shared.log_key.identity.verifier()
    }

    /// Writes a batch: its changes, its leaves, the checkpoint over them, the
    /// mark and the next numbers, all or nothing. Returns once it is durable, with
    /// the number of its first leaf.
    ///
    /// # Errors
    /// After [`CommitError::Database`] nobody knows whether the batch is on the
    /// disk: treat it as if it were, and do not act on it. The connection is
    /// opened again before the next use.
    pub fn commit(&mut self, batch: &Batch) -> Result<u64, CommitError> {
        self.commit_together(&[batch])
    }

    /// Writes several batches in one transaction. If one of them is refused,
    /// nothing of any is written.
    pub(crate) fn commit_together(&mut self, batches: &[&Batch]) -> Result<u64, CommitError> {
        let shared = Arc::clone(&self.shared);
        let open = self.reopened()?;
        match open.write_batches(&shared.log_key, batches) {
            Ok(first_leaf) => {
                self.commits_since_tidy = self.commits_since_tidy.saturating_add(1);
                if batches.iter().any(|batch| erases(batch)) {
                    self.note_erased();
                }
                Ok(first_leaf)
            }
            Err(fault) => Err(self.failed(fault)),
        }
    }

    /// Sorts a fault. Unless the database merely said no, its connection is not
    /// used again: after a failed write it may believe what the disk does not.
    fn failed(&mut self, fault: Fault) -> CommitError {
        match fault {
            Fault::Sqlite(error) if DatabaseError::is_refusal(&error) => {
                CommitError::Refused { what: error.to_string() }
            }
            Fault::Missing(what) => CommitError::Refused { what: format!("no such {what}") },
            Fault::NoRandomness => CommitError::NoRandomness,
            Fault::Log => {
                self.open = None;
                CommitError::Database(DatabaseError::Damaged)
            }
            Fault::Sqlite(error) => {
                self.open = None;
                CommitError::Database(error.into())
            }
        }
    }

    fn reopened(&mut self) -> Result<&mut Open, OpenError> {
        let open = match self.open.take() {
            Some(open) => open,
            None => self.shared.open()?,
        };
        Ok(self.open.insert(open))
    }

    /// Runs a change outside of any batch, in a transaction of its own.
    pub(crate) fn write<T>(
        &mut self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, WriteError> {
        let open = self.reopened()?;
        match open.write(change) {
            Ok(done) => {
                self.commits_since_tidy = self.commits_since_tidy.saturating_add(1);
                Ok(done)
            }
            Err(rusqlite::Error::QueryReturnedNoRows) => Err(WriteError::Missing),
            Err(error) if DatabaseError::is_refusal(&error) => {
                Err(WriteError::Refused { what: error.to_string() })
            }
            Err(error) => {
                self.open = None;
                Err(WriteError::Database(error.into()))
            }
        }
    }

    /// Answers questions on the writing connection.
    ///
    /// # Errors
    /// If the database failed before and cannot be opened again.
    pub fn questions(&mut self) -> Result<Questions<'_>, ReadError> {
        let shared = Arc::clone(&self.shared);
        let open = self.reopened()?;
        Ok(Questions { db: &open.db, shared })
    }

    pub(crate) fn note_erased(&mut self) {
        self.shared.set_scrub_due(true);
    }

    /// Moves pages from the WAL into the database if it is time, and empties the
    /// WAL if erased bytes may stand in it. Returns at once if a reader is in
    /// the way; the next call tries again.
    pub(crate) fn tidy(&mut self, callers: Callers) {
        let due = match callers {
            Callers::None => {
                self.shared.scrub_due() || self.commits_since_tidy >= COMMITS_TILL_TIDY
            }
            Callers::Waiting => self.commits_since_tidy >= COMMITS_TILL_TIDY_ANYWAY,
        };
        if !due {
            return;
        }
        if let Err(error) = self.empty_wal() {
            tracing::warn!(%error, "could not tidy the database");
            self.open = None;
        }
    }

    /// Removes what was erased from the disk: the WAL is emptied. Pages in the
    /// database itself were overwritten when the rows went.
    ///
    /// # Errors
    /// If the database fails. A reader in the way is no error: the bytes go with
    /// the next tidying.
    pub fn scrub(&mut self) -> Result<(), WriteError> {
        self.note_erased();
        self.reopened()?;
        self.empty_wal().map_err(|error| WriteError::Database(error.into()))
    }

    fn empty_wal(&mut self) -> rusqlite::Result<()> {
        let Some(open) = &self.open else {
            // The connection was given up, and is opened again with the next use.
            return Ok(());
        };
        let how = match self.shared.scrub_due() {
            true => Emptying::Truncate,
            false => Emptying::Passive,
        };
        let emptied = open.empty_wal(how)?;
        self.commits_since_tidy = 0;
        if (how, emptied) == (Emptying::Truncate, Emptied::Wholly) {
            self.shared.set_scrub_due(false);
        }
        Ok(())
    }
}

/// How the WAL is emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Emptying {
    /// As far as it goes; the file keeps its length and its old bytes.
    Passive,
    /// Down to nothing.
    Truncate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Emptied {
    Wholly,
    ReaderInTheWay,
}

impl Shared {
    fn make(&self) -> Result<Open, OpenError> {
        let mut db = self.place.connect(Access::Create)?;
        self.write_schema(&mut db).map_err(|error| self.place.refused(error))?;
        self.load(db)
    }

    fn write_schema(&self, db: &mut Connection) -> rusqlite::Result<()> {
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        migrate::create(&transaction)?;
        let empty = self.log_key.sign(0, tlog_tiles::EMPTY_HASH);
        transaction.execute(
            "INSERT INTO hub
               (id, next_door, next_code, next_entry, next_recording, next_command,
                log_size, log_head)
             VALUES (1, 1, 1, 1, 1, 1, 0, ?1)",
            [empty.note],
        )?;
        transaction.commit()
    }

    fn open(&self) -> Result<Open, OpenError> {
        self.place.inspect()?;
        let mut db = self.place.connect(Access::Write)?;
        self.upgrade(&mut db)?;
        self.load(db)
    }

    fn upgrade(&self, db: &mut Connection) -> Result<(), OpenError> {
        let refused = |error| self.place.refused(error);
        let (found, known) = (migrate::version(db).map_err(refused)?, migrate::latest());
        if found > known {
            return Err(OpenError::Newer { path: self.place.path.clone(), found, known });
        }
        migrate::upgrade(db, migrate::MIGRATIONS).map_err(refused)
    }

    /// Reads the log's head and the tree's edge, and holds one against the other.
    fn load(&self, db: Connection) -> Result<Open, OpenError> {
        let refused = |error| self.place.refused(error);
        let mismatch = || OpenError::LogMismatch { path: self.place.path.clone() };
        let (note, leaves, kept_hour) = read_head(&db).map_err(refused)?;
        let head = self.log_key.identity.read(&note).map_err(|_| mismatch())?;
        let edge = StoredHashes(&db).edge(head.size).map_err(refused)?;
        let edge = edge.ok_or_else(mismatch)?;
        let root = edge.tree_hash().map_err(|_| mismatch())?;
        if leaves != head.size || root.0 != head.root {
            return Err(mismatch());
        }
        Ok(Open { db, edge, kept_hour })
    }
}

fn read_head(db: &Connection) -> rusqlite::Result<(String, u64, Option<u64>)> {
    db.query_row(
        "SELECT log_head, (SELECT coalesce(max(number) + 1, 0) FROM leaves),
           (SELECT max(hour) FROM checkpoints)
         FROM hub",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

impl Open {
    fn write_batches(&mut self, log_key: &LogKey, batches: &[&Batch]) -> Result<u64, Fault> {
        let first_leaf = self.edge.size();
        // The edge in memory moves on only once the disk has.
        let mut edge = self.edge.clone();
        let mut kept_hour = self.kept_hour;
        let transaction = begin(&mut self.db)?;
        for batch in batches {
            write_batch(&transaction, &mut edge, batch)?;
        }
        if edge.size() != self.edge.size() {
            let head = log_key.sign(edge.size(), edge.tree_hash()?);
            let hour = batches.last().map(|batch| hour_of(batch));
            write_head(&transaction, &head)?;
            if hour > kept_hour {
                keep_checkpoint(&transaction, &head, hour)?;
                kept_hour = hour;
            }
        }
        transaction.commit()?;
        self.edge = edge;
        self.kept_hour = kept_hour;
        Ok(first_leaf)
    }

    fn write<T>(
        &mut self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let transaction = begin(&mut self.db)?;
        let done = change(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    fn empty_wal(&self, how: Emptying) -> rusqlite::Result<Emptied> {
        let statement = match how {
            Emptying::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
            Emptying::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
        };
        // Truncating waits for readers, and a verification reads for seconds.
        self.db.busy_timeout(Duration::ZERO)?;
        let busy: rusqlite::Result<i64> = self.db.query_row(statement, [], |row| row.get(0));
        self.db.busy_timeout(BUSY)?;
        Ok(match busy? {
            0 => Emptied::Wholly,
            _ => Emptied::ReaderInTheWay,
        })
    }
}

fn begin(db: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    db.transaction_with_behavior(TransactionBehavior::Immediate)
}

fn write_batch(db: &Connection, edge: &mut Edge, batch: &Batch) -> Result<(), Fault> {
    let moment = batch.leaves.last().map_or(batch.mark.at.wall, |leaf| leaf.at.wall);
    let changes = Changes { db, mark: &batch.mark, moment, leaves_before: edge.size() };
    // Leaves first: they look up the entry of a recording that may go.
    append(db, edge, &batch.leaves)?;
    for change in &batch.changes {
        changes.apply(change)?;
    }
    changes.set_mark(&batch.next_ids)
}

fn write_head(db: &Connection, head: &SignedCheckpoint) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE hub SET log_size = ?1, log_head = ?2")?
        .execute(params![head.size, head.note])
        .map(drop)
}

fn keep_checkpoint(
    db: &Connection,
    head: &SignedCheckpoint,
    hour: Option<u64>,
) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO checkpoints (size, hour, note) VALUES (?1, ?2, ?3)")?
        .execute(params![head.size, hour, head.note])
        .map(drop)
}

fn hour_of(batch: &Batch) -> u64 {
    batch.mark.at.mono.as_millis() / 3_600_000
}

fn erases(batch: &Batch) -> bool {
    use doorward_core::batch::Change;
    batch.changes.iter().any(|change| match change {
        Change::EntryErased(_) | Change::RecordingErased(_) | Change::CodeNotesErased(_) => true,
        Change::DoorAdded(_)
        | Change::DoorPolicy(..)
        | Change::CodeAdded { .. }
        | Change::CodeUsesLeft(..)
        | Change::PermitGiven(_)
        | Change::PermitTaken(..)
        | Change::CodeEnded(..)
        | Change::CodeStanding(..)
        | Change::Throttle(..)
        | Change::Entry(_)
        | Change::Segment(_)
        | Change::RecordingClosed(_) => false,
    })
}

/// Makes a file that is its owner's alone.
pub(crate) fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the file's name as durable as its contents.
fn sync_folder(file: &std::fs::File, path: &Path) -> std::io::Result<()> {
    file.sync_all()?;
    match path.parent() {
        Some(folder) if cfg!(unix) && folder != Path::new("") => {
            std::fs::File::open(folder)?.sync_all()
        }
        Some(_) | None => Ok(()),
    }
}
