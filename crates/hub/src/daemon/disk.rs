//! How large things are, and how much room is left.

use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::statvfs;

use crate::state_dir::StateDir;

/// Sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) database_bytes: u64,
    pub(super) free_bytes: u64,
}

/// Measures the database with its write-ahead log, and the disk under it.
pub(super) fn measure(state: &StateDir) -> io::Result<Sizes> {
    let database = state.database();
    let disk = statvfs(state.path())?;
    Ok(Sizes {
        database_bytes: size(&database)? + size(&with_suffix(&database, "-wal"))?,
        free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
    })
}

fn size(path: &Path) -> io::Result<u64> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
