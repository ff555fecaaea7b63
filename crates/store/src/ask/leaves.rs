//! Questions about the log's leaves.

use doorward_core::event::Leaf;
use doorward_core::ids::EntryId;
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Row, params};

use super::Questions;
use crate::columns::{Id, Ns};
use crate::error::ReadError;
use crate::log::checkpoint::SignedCheckpoint;

/// A leaf in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedLeaf {
    /// Its number, from 0 without gaps.
    pub number: u64,
    /// What it says; absent once erased.
    pub leaf: Option<Leaf>,
}

/// Where a reading of the log begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeavesFrom {
    /// With this leaf.
    Number(u64),
    /// With the first leaf of this moment or later, by the hub's wall clock.
    Moment(Timestamp),
    /// So that the log's end is reached.
    End,
}

impl Questions<'_> {
    /// Returns leaves in order, at most `limit`; none from a place that no log reaches.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn leaves(&self, from: LeavesFrom, limit: u32) -> Result<Vec<NumberedLeaf>, ReadError> {
        match from {
            LeavesFrom::Number(number) => self.rows(
                "SELECT number, body FROM leaves WHERE number >= ?1 ORDER BY number LIMIT ?2",
                params![i64::try_from(number).unwrap_or(i64::MAX), limit],
                read_leaf,
            ),
            LeavesFrom::Moment(moment) => self.rows(
                "SELECT number, body FROM leaves WHERE wall_ns >= ?1 ORDER BY number LIMIT ?2",
                params![Ns::nearest(moment), limit],
                read_leaf,
            ),
            LeavesFrom::End => self.rows(
                "SELECT number, body FROM
                   (SELECT number, body FROM leaves ORDER BY number DESC LIMIT ?1)
                 ORDER BY number",
                params![limit],
                read_leaf,
            ),
        }
    }

    /// Returns one entry's leaves in order.
    pub(super) fn leaves_of(&self, entry: EntryId) -> Result<Vec<NumberedLeaf>, ReadError> {
        self.rows(
            "SELECT number, body FROM leaves WHERE entry = ?1 ORDER BY number",
            params![Id(entry)],
            read_leaf,
        )
    }

    /// Returns the latest checkpoint.
    ///
    /// # Errors
    /// If the database cannot be read, or this log did not sign what stands in it.
    pub fn checkpoint(&self) -> Result<SignedCheckpoint, ReadError> {
        let mut statement = self.db.prepare_cached("SELECT log_head FROM hub")?;
        let note: String = statement.query_one([], |row| row.get(0))?;
        let identity = &self.shared.log_key.identity;
        identity.read(&note).map_err(|_| ReadError::ForeignCheckpoint)
    }
}

fn read_leaf(row: &Row<'_>) -> rusqlite::Result<NumberedLeaf> {
    let body: Option<Vec<u8>> = row.get(1)?;
    let leaf = body.map(|body| Leaf::decode(&body)).transpose();
    Ok(NumberedLeaf {
        number: row.get(0)?,
        leaf: leaf.map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(1, Type::Blob, error.into())
        })?,
    })
}
