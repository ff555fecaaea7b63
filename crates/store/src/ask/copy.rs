//! Copying the whole database, for a backup.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};

use super::Questions;
use crate::connect::Access;
use crate::error::{DatabaseError, ReadError};
use crate::store::private_file;

/// How often a copy is begun that somebody's lock is in the way of, and how long to
/// wait in between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

impl Questions<'_> {
    /// Copies the database, as it is at one moment, into a file that is not there yet and
    /// is its owner's alone, under the same keys. Writers go on meanwhile; what they write is not in it.
    /// Returns once the copy is on the disk.
    ///
    /// # Errors
    /// If either file fails; what is left of the copy is worth nothing then.
    pub fn copy_to(&self, path: &Path) -> Result<(), ReadError> {
        let place = self.shared.place.elsewhere(path);
        private_file(path).map_err(|error| place.file(error))?;
        let mut copy = place.connect(Access::Copy)?;
        let copying = Backup::new(self.db, &mut copy)?;
        for _ in 0..TRIES {
            // All pages in one step, and so of one moment.
            match copying.step(-1)? {
                StepResult::Done => return Ok(()),
                StepResult::More | StepResult::Busy | StepResult::Locked => {
                    std::thread::sleep(PAUSE);
                }
                _ => break,
            }
        }
        Err(ReadError::Database(DatabaseError::Locked))
    }
}
