//! Backups: one age file with all that a hub needs to live on after its machine is lost.
//!
//! Owns the form of the file and both ways through it. It is a tar archive, sealed to
//! the household as recordings are: whoever holds the recovery sheet opens it with the
//! stock `age` and `tar` too. In it the database stays encrypted as it was, so that its
//! pages never lie on a disk in the clear, and the root key lies beside it: the file and
//! the sheet together *are* the hub. Recordings are not in it.
//!
//! Guarantees that a file which is cut, changed or sealed to somebody else makes no hub.
//! This module knows no running hub: it is given files and gives files.

#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod open;
mod restore;
mod seal;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::state_dir::HubId;

pub use open::{OpenBackupError, OpenedBackup, open};
pub use restore::{
    RestoreError, RestoreOptions, RestoredFrom, RestoredHub, Settled, Stop, restore,
};
pub use seal::{Contents, SealBackupError, seal};

/// The number of the archive's layout.
pub const FORMAT: u32 = 1;

const MANIFEST: &str = "backup.json";
const README: &str = "README.txt";
const ROOT_KEY: &str = "root.key";
const CONFIG: &str = "config.json";
const DATABASE: &str = "doorward.db";
/// The folder of the authority's files.
const AUTHORITY: &str = "ca/";

/// What a backup says of itself; its first file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The archive's layout; [`FORMAT`].
    pub format: u32,
    /// The moment that it holds.
    pub made_at: Timestamp,
    /// The version of Doorward that made it.
    pub doorward: String,
    /// Which hub it is of.
    pub hub: HubId,
}
