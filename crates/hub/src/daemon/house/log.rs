//! The log: read, verified, witnessed.

use doorward_api as api;
use doorward_api::log::{Checkpoint, Finding, LogLine, LogPage, LogQuery, Verification};
use doorward_store::{LeavesFrom, NumberedLeaf, VerifyError};
use jiff::Timestamp;

use super::super::awake::Awake;
use super::super::convert::Shown;
use super::failed;
use crate::http::Answer;

/// How many lines a page has unless asked for fewer.
const MOST: u32 = 500;

impl Awake {
    pub(super) async fn page_of_log(&self, query: LogQuery) -> Answer<LogPage> {
        let from = match (query.after, query.since) {
            (Some(after), _) => LeavesFrom::Number(after.saturating_add(1)),
            (None, Some(since)) => LeavesFrom::Moment(since),
            (None, None) => LeavesFrom::Number(0),
        };
        let limit = query.limit.map_or(MOST, |limit| limit.clamp(1, MOST));
        let leaves = self.store.leaves(from, limit).await;
        let leaves = leaves.map_err(failed("the log cannot be read"))?;
        let full = u32::try_from(leaves.len()).is_ok_and(|read| read == limit);
        let next = leaves.last().filter(|_| full).map(|leaf| leaf.number);
        Ok(LogPage { lines: self.lines(&leaves), next })
    }

    pub(super) fn lines(&self, leaves: &[NumberedLeaf]) -> Vec<LogLine> {
        let shown = Shown(&self.directory);
        leaves
            .iter()
            .map(|NumberedLeaf { number, leaf }| match leaf {
                Some(leaf) => shown.line(*number, leaf),
                None => erased(*number),
            })
            .collect()
    }

    pub(super) async fn verify(&self, kept: Vec<String>) -> Answer<Verification> {
        let began = std::time::Instant::now();
        let head = self.store.checkpoint().await.map_err(failed("the log cannot be read"))?;
        let root_hash = head.root.iter().map(|byte| format!("{byte:02x}")).collect();
        let (leaves, erased, checkpoints, finding) = match self.store.verify(kept).await {
            Ok(report) => (report.leaves, report.erased, report.checkpoints, Finding::Whole),
            Err(VerifyError::Mismatch(mismatch)) => {
                tracing::error!(%mismatch, "the log does not hold together");
                let what = mismatch.to_string();
                (head.size, 0, 0, Finding::Broken { leaf: mismatch.leaf(), what })
            }
            Err(VerifyError::Read(error)) => return Err(failed("the log cannot be read")(error)),
        };
        let took_ms = super::super::convert::millis(began.elapsed());
        Ok(Verification { leaves, erased, checkpoints, root_hash, took_ms, finding })
    }

    pub(super) async fn newest_checkpoint(&self) -> Answer<Checkpoint> {
        let signed = self.store.checkpoint().await;
        let signed = signed.map_err(failed("the log cannot be read"))?;
        let last = LeavesFrom::Number(signed.size.saturating_sub(1));
        let last = self.store.leaves(last, 1).await.map_err(failed("the log cannot be read"))?;
        Ok(Checkpoint {
            size: signed.size,
            at: last.first().and_then(|last| last.leaf.as_ref()).map(|leaf| leaf.at.wall),
            note: signed.note,
            verifier_key: self.store.log_verifier(),
        })
    }
}

/// What is left of an erased leaf: its place.
fn erased(number: u64) -> LogLine {
    LogLine {
        index: number,
        at: Timestamp::UNIX_EPOCH,
        hub_ms: 0,
        clock: api::status::ClockTrust::Untrusted,
        asked_by: None,
        event: api::event::LogEvent::Erased,
    }
}
