//! What can go wrong, by operation. Every message says what the owner can do.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::log::mismatch::Mismatch;

/// What the database said, sorted by what can be done about it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DatabaseError {
    /// No room.
    #[error("the disk that holds the database is full; free some space on it")]
    Full,
    /// Somebody else holds it.
    #[error("another program uses the database; stop the other hub or tool first")]
    Locked,
    /// Bytes that no database has.
    #[error("the database is damaged; restore it from a backup")]
    Damaged,
    /// No leave to write.
    #[error("the database cannot be written; look at its owner, mode and mount")]
    ReadOnly,
    /// The disk or the file system failed.
    #[error("the disk failed under the database; look at the system's log, then start again")]
    Disk(#[source] Arc<rusqlite::Error>),
    /// Anything else.
    #[error("the database refused a statement; this is a fault of the hub's, please report it")]
    Statement(#[source] Arc<rusqlite::Error>),
}

impl DatabaseError {
    pub(crate) fn is_refusal(error: &rusqlite::Error) -> bool {
        matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch)
        )
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            // The write-ahead log's index found no room to grow.
            Some(ErrorCode::SystemIoFailure)
                if error.sqlite_error().is_some_and(|error| {
                    error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
                }) =>
            {
                Self::Full
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => Self::Disk(Arc::new(error)),
            _ if is_conversion(&error) => Self::Damaged,
            _ => Self::Statement(Arc::new(error)),
        }
    }
}

/// Says whether a row holds what its reader cannot understand.
fn is_conversion(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
    )
}

/// Why a database was not made or opened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpenError {
    /// There is one already.
    #[error("{path} exists already; a database is never overwritten")]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// There is none.
    #[error("{path} does not exist; run `doorward init` first")]
    Missing {
        /// Which file.
        path: PathBuf,
    },
    /// The file was made under another key.
    #[error("{path} was made under another key; look whether it belongs to this hub")]
    WrongKey {
        /// Which file.
        path: PathBuf,
    },
    /// Not one of ours.
    #[error("{path} is not a doorward database, or was cut short; restore it from a backup")]
    NotADatabase {
        /// Which file.
        path: PathBuf,
    },
    /// Another process has it open.
    #[error("{path} is in use by another process; is a hub running already?")]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// Written by a later version.
    #[error(
        "{path} was written by a later version (schema {found}, this program knows {known}); \
         install that version again"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The file's schema version.
        found: u32,
        /// The latest that this program knows.
        known: u32,
    },
    /// The latest checkpoint does not match the tree, or another key signed it.
    #[error("the log in {path} does not match its checkpoint; restore it from a backup")]
    LogMismatch {
        /// Which file.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("could not open {path}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: Arc<std::io::Error>,
    },
    /// SQLite refused.
    #[error("could not open {path}")]
    Database {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: DatabaseError,
    },
}

/// Why a batch was not, or may not have been, written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// It contradicts what is stored. Nothing of it is on the disk.
    #[error("the batch contradicts what is stored ({what})")]
    Refused {
        /// Which rule, in the schema's words.
        what: String,
    },
    /// The operating system gave no randomness. Nothing of it is on the disk.
    #[error("the system gave no random bytes for the log")]
    NoRandomness,
    /// The database failed. Whether the batch is on the disk cannot be told: a
    /// write that reported an error may still have reached it.
    #[error("the batch may not be on the disk")]
    Database(#[from] DatabaseError),
    /// The database failed before and could not be opened again.
    #[error("the database could not be opened again after a failure")]
    Reopen(#[from] OpenError),
    /// The store was stopped before the batch was written.
    #[error("the store has stopped")]
    Stopped,
}

impl CommitError {
    /// Says whether it is certain that nothing of the batch is on the disk.
    #[must_use]
    pub const fn nothing_was_written(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::NoRandomness | Self::Reopen(_) | Self::Stopped => true,
            Self::Database(_) => false,
        }
    }
}

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The database failed.
    #[error("could not read the database")]
    Database(#[from] DatabaseError),
    /// The log's own arithmetic failed: a hash is missing.
    #[error("the log is damaged; verify it")]
    Log,
    /// The checkpoint asked about is not one of this log's.
    #[error("the checkpoint is not one that this log has signed")]
    ForeignCheckpoint,
    /// The leaf or size asked about lies beyond the log's end.
    #[error("the log is shorter than that")]
    BeyondEnd,
    /// A connection could not be opened.
    #[error("could not open the database for reading")]
    Open(#[from] OpenError),
    /// The system gave no thread to answer on.
    #[error("the system gave no thread; look at its limits")]
    NoThread,
    /// The store was stopped.
    #[error("the store has stopped")]
    Stopped,
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Why something outside of a batch was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A thing of this name or number exists, or one that it needs does not.
    #[error("it exists already, or something that it refers to does not ({what})")]
    Refused {
        /// Which rule, in the schema's words.
        what: String,
    },
    /// There is no such thing.
    #[error("there is no such thing in the database")]
    Missing,
    /// The database failed.
    #[error("it may not be on the disk")]
    Database(#[from] DatabaseError),
    /// The database failed before and could not be opened again.
    #[error("the database could not be opened again after a failure")]
    Reopen(#[from] OpenError),
    /// The store was stopped.
    #[error("the store has stopped")]
    Stopped,
}

/// Why a log was not found whole.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It was changed, cut or replaced.
    #[error("the log was tampered with or damaged: {0}")]
    Mismatch(#[from] Mismatch),
    /// It could not be read to its end.
    #[error("the log could not be read")]
    Read(#[from] ReadError),
}

impl From<rusqlite::Error> for VerifyError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Read(error.into())
    }
}
