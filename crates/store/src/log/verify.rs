//! Going over the whole log as somebody would who believes none of it.
//!
//! Leaves and stored hashes are each read once, in order, side by side, and the
//! tree is grown again from the commitments; its right edge is all that is
//! remembered. At the size of each checkpoint the tree must have the root that
//! was signed, which says more than a proof of consistency between two of them.

use std::time::{Duration, Instant};

use doorward_core::ids::{CodeId, RecordingId};
use rusqlite::{Row, Rows};
use tlog_tiles::Hash;

use super::checkpoint::{LogIdentity, SignedCheckpoint};
use super::commitment;
use super::edge::Edge;
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

/// The first thing that does not fit.
#[expect(missing_docs, reason = "the fields are named for what they hold")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// A leaf is missing or stands twice.
    #[error("leaf {leaf} is not where it should be")]
    Order { leaf: u64 },
    /// A body is not the one that was committed to.
    #[error("leaf {leaf} does not say what it said when it was written")]
    Body { leaf: u64 },
    /// A body is gone that no erasing takes: only an erased entry's leaves lose
    /// theirs.
    #[error("leaf {leaf} was emptied, though nothing that it tells of was erased")]
    Emptied { leaf: u64 },
    /// A body fits its commitment and is not a leaf's.
    #[error("leaf {leaf} cannot be read; it may come from a later version")]
    Unreadable { leaf: u64 },
    /// A stored hash is not the tree's.
    #[error("a hash of the tree at leaf {leaf} is wrong or missing")]
    Hash { leaf: u64 },
    /// A checkpoint that nobody with the log's key signed.
    #[error("the checkpoint kept at leaf {leaf} has no valid signature of this log")]
    Signature { leaf: u64 },
    /// A signed checkpoint of another tree.
    #[error("the tree up to leaf {leaf} is not the one that was signed")]
    Root { leaf: u64 },
    /// There are more leaves than the latest checkpoint covers, or fewer.
    #[error("the log ends at leaf {leaf}, its latest checkpoint elsewhere")]
    End { leaf: u64 },
    /// A checkpoint kept elsewhere covers more than there is.
    #[error("the log ends at leaf {leaf} but was longer once: an older copy was put in its place")]
    RolledBack { leaf: u64 },
    /// A checkpoint kept elsewhere is of another tree.
    #[error("up to leaf {leaf} the log differs from what it once showed: it was rewritten")]
    Forked { leaf: u64 },
    /// What was handed in is no checkpoint of this log.
    #[error("the checkpoint that was handed in is not one of this log")]
    NotOurs,
    /// A leaf says that a code ended and the code's row does not.
    #[error("leaf {leaf} ends code {code}, whose row says otherwise")]
    CodeEnd { leaf: u64, code: CodeId },
    /// A code's row that no leaf tells of.
    #[error("code {code} is not in the log, or the log does not say that it ended")]
    UnloggedCode { code: CodeId },
    /// A leaf tells of another sealed segment than the index.
    #[error("leaf {leaf} and the index disagree on a segment of recording {recording}")]
    Segment { leaf: u64, recording: RecordingId },
    /// A segment in the index that no leaf tells of.
    #[error("a segment of recording {recording} is not in the log")]
    UnloggedSegment { recording: RecordingId },
}

impl Mismatch {
    /// Returns the leaf at which it shows, if it is about one.
    #[must_use]
    pub const fn leaf(&self) -> Option<u64> {
        match self {
            Self::Order { leaf }
            | Self::Body { leaf }
            | Self::Emptied { leaf }
            | Self::Unreadable { leaf }
            | Self::Hash { leaf }
            | Self::Signature { leaf }
            | Self::Root { leaf }
            | Self::End { leaf }
            | Self::RolledBack { leaf }
            | Self::Forked { leaf }
            | Self::CodeEnd { leaf, .. }
            | Self::Segment { leaf, .. } => Some(*leaf),
            Self::NotOurs | Self::UnloggedCode { .. } | Self::UnloggedSegment { .. } => None,
        }
    }
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
