//! The audit log, for readers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::entry::Actor;
use crate::event::LogEvent;
use crate::status::ClockTrust;

/// Which lines of the log to list; oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogQuery {
    /// Only what happened at or after this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only leaves with a higher index than this one: the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// At most so many; the hub may answer fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Some lines of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogPage {
    /// The lines, oldest first.
    pub lines: Vec<LogLine>,
    /// Where to go on ([`LogQuery::after`]); absent at the end.
    pub next: Option<u64>,
}

/// One leaf of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// Its place in the tree, from 0.
    pub index: u64,
    /// When it happened, by the wall clock.
    pub at: Timestamp,
    /// When it happened, in milliseconds that the hub has been watching.
    pub hub_ms: u64,
    /// Whether the wall clock could be believed then.
    pub clock: ClockTrust,
    /// Who wished it; absent if it came about by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<Actor>,
    /// What happened.
    #[serde(flatten)]
    pub event: LogEvent,
}

/// What to hold the log against.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyLog {
    /// Checkpoints that were kept where the hub cannot change them: signed notes.
    /// Only they tell that an older copy of everything was put in its place.
    #[serde(default)]
    pub kept: Vec<String>,
}

/// What came of deriving the whole log again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Verification {
    /// How many leaves were looked at.
    pub leaves: u64,
    /// How many of them had been erased; their commitments were still checked.
    pub erased: u64,
    /// How many signed checkpoints were looked at.
    pub checkpoints: u64,
    /// The root hash that came out, in hex.
    pub root_hash: String,
    /// How long it took.
    pub took_ms: u64,
    /// What came of it.
    #[serde(flatten)]
    pub finding: Finding,
}

/// Whether the log is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// Every leaf, hash and signature fits.
    Whole,
    /// Something does not fit.
    Broken {
        /// Where, if it is one leaf.
        leaf: Option<u64>,
        /// What, in words.
        what: String,
    },
}

/// The newest signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checkpoint {
    /// How many leaves it covers.
    pub size: u64,
    /// When the last leaf that it covers was written, by the wall clock; absent if
    /// that leaf was erased.
    pub at: Option<Timestamp>,
    /// The signed note, C2SP `tlog-checkpoint`, to be kept where the hub cannot
    /// change it.
    pub note: String,
    /// The key that verifies the note, C2SP `signed-note` verifier key.
    pub verifier_key: String,
}
