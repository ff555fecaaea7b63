//! Going over the whole log as somebody would who believes none of it.
//!
//! Leaves and stored hashes are each read once, in order, side by side, and the
//! tree is grown again from the commitments; its right edge is all that is
//! remembered. At the size of each checkpoint the tree must have the root that
//! was signed, which says more than a proof of consistency between two of them.

use std::time::{Duration, Instant};

use rusqlite::{Row, Rows};
use tlog_tiles::Hash;

use super::checkpoint::{LogIdentity, SignedCheckpoint};
use super::commitment;
use super::edge::Edge;
use super::mismatch::Mismatch;
use crate::ask::Questions;
use crate::error::{ReadError, VerifyError};

mod rows;
use rows::RowsCheck;

/// A log that was found whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyReport {
    /// How many leaves it has.
    pub leaves: u64,
    /// How many of them were erased; their commitments still fit.
    pub erased: u64,
    /// How many checkpoints fit, those handed in among them.
    pub checkpoints: u64,
    /// How long it took.
    pub took: Duration,
}

impl Questions<'_> {
    /// Derives the whole log again and holds it against what is stored, against
    /// its checkpoints, against the rows that follow from it, and against
    /// checkpoints that were kept elsewhere: only they can tell that an older
    /// copy of the whole database was put in its place.
    ///
    /// # Errors
    /// Names the first leaf that does not fit.
    pub fn verify(&self, kept_elsewhere: &[String]) -> Result<VerifyReport, VerifyError> {
        let started = Instant::now();
        let moment = self.db.unchecked_transaction()?;
        let head = self.head()?;
        let promises = self.promises(&head, kept_elsewhere)?;
        let mut walk = Walk {
            edge: Edge::default(),
            erased: 0,
            head: head.size,
            promises: &promises,
            rows: RowsCheck::new(self.db)?,
        };
        self.walk(&mut walk)?;
        walk.end()?;
        walk.rows.end(self.db)?;
        let report = VerifyReport {
            leaves: walk.edge.size(),
            erased: walk.erased,
            checkpoints: u64::try_from(promises.len()).unwrap_or(u64::MAX),
            took: started.elapsed(),
        };
        drop(walk);
        moment.finish()?;
        Ok(report)
    }

    fn walk(&self, walk: &mut Walk<'_>) -> Result<(), VerifyError> {
        let mut leaves = self
            .db
            .prepare("SELECT number, commitment, salt, body, entry FROM leaves ORDER BY number")?;
        let mut hashes = self.db.prepare("SELECT place, hash FROM log_hashes ORDER BY place")?;
        let (mut leaves, mut hashes) = (leaves.query([])?, hashes.query([])?);
        while let Some(leaf) = leaves.next()? {
            walk.leaf(leaf, &mut hashes)?;
        }
        let leaf = walk.edge.size();
        match hashes.next()? {
            Some(_) => Err(Mismatch::Hash { leaf }.into()),
            None => Ok(()),
        }
    }

    /// Reads all checkpoints and their signatures, sorted by size.
    fn promises(
        &self,
        head: &SignedCheckpoint,
        kept_elsewhere: &[String],
    ) -> Result<Vec<Promise>, VerifyError> {
        let identity = &self.shared.log_key.identity;
        let mut promises = vec![Promise::kept(head.clone())];
        for (size, note) in self.kept_checkpoints()? {
            promises.push(Promise::kept(signed(identity, size, &note)?));
        }
        for note in kept_elsewhere {
            let checkpoint = identity.read(note).map_err(|_| Mismatch::NotOurs)?;
            promises.push(Promise { made_to: Holder::SomebodyElse, checkpoint });
        }
        promises.sort_by_key(|promise| promise.checkpoint.size);
        Ok(promises)
    }

    fn head(&self) -> Result<SignedCheckpoint, VerifyError> {
        let head = "SELECT log_size, log_head FROM hub";
        let (size, note): (u64, String) =
            self.db.query_row(head, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(signed(&self.shared.log_key.identity, size, &note)?)
    }

    fn kept_checkpoints(&self) -> Result<Vec<(u64, String)>, ReadError> {
        let mut statement = self.db.prepare("SELECT size, note FROM checkpoints ORDER BY size")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

fn signed(identity: &LogIdentity, leaf: u64, note: &str) -> Result<SignedCheckpoint, Mismatch> {
    let checkpoint = identity.read(note).ok();
    let checkpoint = checkpoint.filter(|checkpoint| checkpoint.size == leaf);
    checkpoint.ok_or(Mismatch::Signature { leaf })
}

/// A tree that was sworn to.
struct Promise {
    made_to: Holder,
    checkpoint: SignedCheckpoint,
}

impl Promise {
    fn kept(checkpoint: SignedCheckpoint) -> Self {
        Self { made_to: Holder::TheDatabase, checkpoint }
    }
}

/// Where a checkpoint was kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    TheDatabase,
    SomebodyElse,
}

/// How far the log has been gone over.
struct Walk<'db> {
    edge: Edge,
    erased: u64,
    /// How many leaves there must be.
    head: u64,
    /// The checkpoints that lie ahead.
    promises: &'db [Promise],
    rows: RowsCheck<'db>,
}

impl Walk<'_> {
    fn leaf(&mut self, row: &Row<'_>, hashes: &mut Rows<'_>) -> Result<(), VerifyError> {
        self.keep_promises()?;
        let leaf = self.edge.size();
        if row.get::<_, u64>(0)? != leaf {
            return Err(Mismatch::Order { leaf }.into());
        }
        let record = blob(row, 1)?.unwrap_or_default();
        match (blob(row, 2)?, blob(row, 3)?) {
            (Some(salt), Some(body)) => {
                if commitment(salt, body) != record {
                    return Err(Mismatch::Body { leaf }.into());
                }
                self.rows.body(leaf, body)?;
            }
            (None, None) => {
                self.rows.erased(leaf, row.get(4)?)?;
                self.erased += 1;
            }
            (Some(_), None) | (None, Some(_)) => return Err(Mismatch::Body { leaf }.into()),
        }
        self.grow(record, hashes)
    }

    /// Appends a record to the tree; what that completes must be stored.
    fn grow(&mut self, record: &[u8], hashes: &mut Rows<'_>) -> Result<(), VerifyError> {
        let leaf = self.edge.size();
        let first = self.edge.next_place();
        let wrong = Mismatch::Hash { leaf };
        let completed = self.edge.append(record).map_err(|_| wrong)?;
        for (place, hash) in (first..).zip(completed) {
            let stored = hashes.next()?.ok_or(wrong)?;
            if stored.get::<_, u64>(0)? != place || blob(stored, 1)? != Some(&hash.0) {
                return Err(wrong.into());
            }
        }
        Ok(())
    }

    /// Holds the tree, as far as it has grown, against the checkpoints of its size.
    fn keep_promises(&mut self) -> Result<(), VerifyError> {
        while let Some((promise, ahead)) = self.promises.split_first() {
            let leaf = self.edge.size();
            if promise.checkpoint.size > leaf {
                break;
            }
            let root = self.edge.tree_hash().map_err(|_| Mismatch::Hash { leaf })?;
            if promise.checkpoint.size < leaf || root != Hash(promise.checkpoint.root) {
                return Err(match promise.made_to {
                    Holder::TheDatabase => Mismatch::Root { leaf },
                    Holder::SomebodyElse => Mismatch::Forked { leaf },
                }
                .into());
            }
            self.promises = ahead;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), VerifyError> {
        self.keep_promises()?;
        let leaf = self.edge.size();
        match self.promises.first().map(|promise| promise.made_to) {
            None if self.head == leaf => Ok(()),
            None => Err(Mismatch::End { leaf }.into()),
            Some(Holder::SomebodyElse) => Err(Mismatch::RolledBack { leaf }.into()),
            Some(Holder::TheDatabase) => Err(Mismatch::End { leaf }.into()),
        }
    }
}

fn blob<'row>(row: &'row Row<'_>, column: usize) -> Result<Option<&'row [u8]>, ReadError> {
    let value = row.get_ref(column)?;
    value.as_blob_or_null().map_err(|error| rusqlite::Error::from(error).into())
}
