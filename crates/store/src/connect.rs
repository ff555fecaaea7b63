//! Opening connections: the key first, then everything that is set for each.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::{DatabaseError, OpenError};
use crate::keys::{SALT_BYTES, StoreKeys};

/// How long a statement waits for another program's lock. Nobody but a tool of
/// the owner's ever holds one, and a door should not wait long for it.
pub(crate) const BUSY: Duration = Duration::from_secs(1);

/// SQLCipher sets up what all connections share when the first of them gets its key. Two at once
/// have been seen to disturb each other, and one was told that its database is damaged.
static KEYING: Mutex<()> = Mutex::new(());

/// SQLCipher's page size, and so the smallest database.
const PAGE_BYTES: u64 = 4096;

/// Where a database lies and how it is read.
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) keys: Arc<StoreKeys>,
}

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Create,
    Write,
    Read,
    /// To fill it with another database's pages.
    Copy,
}

impl Place {
    /// Names another file under the same keys.
    pub(crate) fn elsewhere(&self, path: &Path) -> Self {
        Self { path: path.to_owned(), keys: Arc::clone(&self.keys) }
    }

    /// Opens a connection. The caller holds the [`Claim`] on the file.
    pub(crate) fn connect(&self, access: Access) -> Result<Connection, OpenError> {
        let create = match access {
            Access::Create | Access::Copy => OpenFlags::SQLITE_OPEN_CREATE,
            Access::Write | Access::Read => OpenFlags::empty(),
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
        let db = Connection::open_with_flags(&self.path, flags).map_err(|e| self.refused(e))?;
        self.unlock(&db)?;
        self.configure(&db, access).map_err(|e| self.refused(e))?;
        match (access, db.is_readonly("main").map_err(|e| self.refused(e))?) {
            (Access::Create | Access::Write | Access::Copy, true) => {
                Err(self.because(DatabaseError::ReadOnly))
            }
            (Access::Create | Access::Write | Access::Copy, false) | (Access::Read, _) => Ok(db),
        }
    }

    /// Hands the key over. SQLCipher writes what it thinks to stderr unless told
    /// not to; what is worth saying is in our errors.
    fn unlock(&self, db: &Connection) -> Result<(), OpenError> {
        let _alone = KEYING.lock().unwrap_or_else(PoisonError::into_inner);
        let keyed = db
            .execute_batch("PRAGMA cipher_log_level = NONE")
            .and_then(|()| db.execute_batch(&self.keys.expose_as_pragma()));
        // The error would carry the statement, and so the key.
        keyed.map_err(|_| self.because(DatabaseError::Damaged))
    }

    fn configure(&self, db: &Connection, access: Access) -> rusqlite::Result<()> {
        db.busy_timeout(BUSY)?;
        db.set_prepared_statement_cache_capacity(128);
        // The first statement that reads the file, and so checks the key.
        db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        db.execute_batch(
            "PRAGMA foreign_keys = ON;
             PRAGMA recursive_triggers = ON;
             PRAGMA secure_delete = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA trusted_schema = OFF;
             PRAGMA synchronous = FULL;",
        )?;
        match access {
            // The store moves pages out of the WAL itself, when no door waits.
            Access::Create | Access::Write => {
                db.pragma_update(None, "journal_mode", "WAL")?;
                db.pragma_update(None, "wal_autocheckpoint", 0)
            }
            Access::Read => db.pragma_update(None, "query_only", true),
            // A copy that was cut short is thrown away: there is nothing to roll back.
            Access::Copy => db.pragma_update(None, "journal_mode", "OFF"),
        }
    }

    /// Tells a wrong key from a file that is none of ours, before SQLite sees it.
    pub(crate) fn inspect(&self) -> Result<(), OpenError> {
        let path = self.path.clone();
        let mut file = File::open(&path).map_err(|e| self.file(e))?;
        let bytes = file.metadata().map_err(|e| self.file(e))?.len();
        if bytes < PAGE_BYTES || bytes % PAGE_BYTES != 0 {
            return Err(OpenError::NotADatabase { path });
        }
        let mut salt = [0; SALT_BYTES];
        file.read_exact(&mut salt).map_err(|e| self.file(e))?;
        if &salt == b"SQLite format 3\0" {
            Err(OpenError::NotADatabase { path })
        } else if salt != self.keys.salt() {
            Err(OpenError::WrongKey { path })
        } else {
            Ok(())
        }
    }

    /// Sorts what the file system said.
    pub(crate) fn file(&self, source: std::io::Error) -> OpenError {
        use std::io::ErrorKind as Kind;
        let path = self.path.clone();
        let kind = source.kind();
        if kind == Kind::NotFound {
            OpenError::Missing { path }
        } else if kind == Kind::AlreadyExists {
            OpenError::Exists { path }
        } else if kind == Kind::ReadOnlyFilesystem || kind == Kind::PermissionDenied {
            self.because(DatabaseError::ReadOnly)
        } else if kind == Kind::StorageFull {
            self.because(DatabaseError::Full)
        } else {
            OpenError::File { path, source: Arc::new(source) }
        }
    }

    pub(crate) fn refused(&self, error: rusqlite::Error) -> OpenError {
        self.because(error.into())
    }

    fn because(&self, source: DatabaseError) -> OpenError {
        OpenError::Database { path: self.path.clone(), source }
    }
}

/// The right of one process to a database: a lock on a file beside it, which the
/// kernel lifts when the process ends, however it ends. SQLite's own exclusive
/// mode would shut out our reading connections too.
pub(crate) struct Claim {
    _locked: File,
}

impl Claim {
    pub(crate) fn take(place: &Place) -> Result<Self, OpenError> {
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(lock_path(&place.path)).map_err(|e| place.file(e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _locked: lock }),
            Err(std::fs::TryLockError::WouldBlock) => {
                Err(OpenError::InUse { path: place.path.clone() })
            }
            Err(std::fs::TryLockError::Error(source)) => Err(place.file(source)),
        }
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    name.into()
}
