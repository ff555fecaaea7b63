//! What does not fit when the log is held against what is stored.

use doorward_core::ids::{CodeId, RecordingId};

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
    #[error(
        "what was handed in is no checkpoint of this log: it is another file, another hub's, or this \
         log stands in the place of another"
    )]
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
