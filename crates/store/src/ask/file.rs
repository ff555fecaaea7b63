//! Whether the file itself is sound, below everything that is written in it.

use super::Questions;
use crate::error::{DatabaseError, ReadError};

/// How often a page may look damaged before it is. Pages are read here without a
/// lock, and one that is being written at that moment fits its MAC only when
/// read again.
const LOOKS: usize = 3;

impl Questions<'_> {
    /// Reads every page of the file and checks its MAC, then how the pages hang
    /// together and that every reference leads somewhere.
    ///
    /// # Errors
    /// [`DatabaseError::Damaged`] if anything is wrong with the file.
    pub fn check_file(&self) -> Result<(), ReadError> {
        let mut sound = false;
        for _ in 0..LOOKS {
            sound = sound || self.says_nothing("PRAGMA cipher_integrity_check")?;
        }
        let hangs_together: String =
            self.db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if sound && hangs_together == "ok" && self.says_nothing("PRAGMA foreign_key_check")? {
            Ok(())
        } else {
            Err(ReadError::Database(DatabaseError::Damaged))
        }
    }

    fn says_nothing(&self, sql: &str) -> Result<bool, ReadError> {
        Ok(self.db.prepare(sql)?.query([])?.next()?.is_none())
    }
}
