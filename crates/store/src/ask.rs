//! What the store is asked, one function per question.

pub(crate) mod codes;
mod copy;
mod devices;
pub(crate) mod entries;
pub(crate) mod evidence;
mod file;
pub(crate) mod house;
pub(crate) mod leaves;
mod notices;
mod people;
pub(crate) mod recordings;
pub(crate) mod snapshot;

use std::sync::Arc;

use rusqlite::{Connection, Params, Row};

use crate::connect::Access;
use crate::error::{OpenError, ReadError};
use crate::shared::Shared;

/// A connection, seen by whoever only asks.
pub struct Questions<'db> {
    pub(crate) db: &'db Connection,
    pub(crate) shared: Arc<Shared>,
}

impl Questions<'_> {
    /// Reads all rows of a question.
    fn rows<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, ReadError> {
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map(values, read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Holds several questions to one state of the database.
    pub(crate) fn at_one_moment<T>(
        &self,
        ask: impl FnOnce() -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        if !self.db.is_autocommit() {
            return ask();
        }
        let moment = self.db.unchecked_transaction()?;
        let answer = ask()?;
        moment.finish()?;
        Ok(answer)
    }
}

/// A connection of its own that only asks.
pub(crate) struct Reader {
    db: Connection,
    shared: Arc<Shared>,
}

impl Reader {
    pub(crate) fn open(shared: &Arc<Shared>) -> Result<Self, OpenError> {
        Ok(Self { db: shared.place.connect(Access::Read)?, shared: Arc::clone(shared) })
    }

    pub(crate) fn questions(&self) -> Questions<'_> {
        Questions { db: &self.db, shared: Arc::clone(&self.shared) }
    }
}
