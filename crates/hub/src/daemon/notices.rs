//! Notices that somebody should see even if nobody listened: kept until each paired
//! device has acknowledged them.
//!
//! What is kept names doors, devices and entries, and nothing that an owner wrote; a
//! notice about an entry goes with it when the entry is erased.

use doorward_api::entry::Actor;
use doorward_api::event::LogEvent;
use doorward_api::notice::{News, Notice, NumberedNotice};
use doorward_api::{EntryId, PairedDeviceId};
use doorward_core::ids;
use doorward_store::{KeptNotice, StoreHandle};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::awake::Awake;
use super::house::failed;
use crate::board::{Board, Listener};
use crate::http::Answer;
use crate::settings::NOTICES_FROM;

/// How many numbers a run takes at a time.
const BLOCK: u64 = 1 << 20;

/// How many notices are kept. A home has a few a day.
const ROOM: u32 = 500;

/// How many notices one answer holds.
const LIMIT: u32 = 200;

/// Writes notices down as they come.
pub(super) struct Keeper {
    store: StoreHandle,
    board: Board,
    listener: Listener,
    /// The first number of the next block.
    reserved: u64,
}

impl Keeper {
    /// Has the board go on beyond all numbers that were ever used, and listens to it.
    pub(super) async fn begin(store: &StoreHandle, board: &Board) -> anyhow::Result<Self> {
        let next =
            store.setting(NOTICES_FROM).await?.and_then(|next| next.parse().ok()).unwrap_or(1);
        let reserved = next + BLOCK;
        store.set(NOTICES_FROM, reserved.to_string()).await?;
        board.begin_at(next);
        let listener = board.transcribe();
        Ok(Self { store: store.clone(), board: board.clone(), listener, reserved })
    }

    /// Writes until the hub ends.
    pub(super) async fn run(mut self, ending: CancellationToken) {
        while let Some(told) = ending.run_until_cancelled(self.listener.next()).await {
            if let Err(error) = self.keep(&told).await {
                let error: &dyn std::error::Error = error.as_ref();
                error!(error, "a notice was not kept for those who are away");
            }
        }
    }

    async fn keep(&mut self, told: &NumberedNotice) -> anyhow::Result<()> {
        if self.board.newest() + BLOCK / 2 > self.reserved {
            let reserved = self.reserved + BLOCK;
            self.store.set(NOTICES_FROM, reserved.to_string()).await?;
            self.reserved = reserved;
        }
        let Some((entry, news)) = worth_keeping(&told.notice.news) else { return Ok(()) };
        let notice = Notice { at: told.notice.at, news };
        let kept = KeptNotice {
            seq: told.seq,
            at: notice.at,
            entry: entry.map(|entry| ids::EntryId(entry.0)),
            document: serde_json::to_string(&notice)?,
        };
        Ok(self.store.keep_notice(kept, ROOM).await?)
    }
}

/// Picks what somebody who was away must hear, and the entry that it is about.
pub(super) fn worth_keeping(news: &News) -> Option<(Option<EntryId>, News)> {
    let entry = match news {
        News::Logged { line } => return arrival(&line.event),
        News::ApprovalWanted { entry, .. } | News::Arrived { entry, .. } => Some(*entry),
        News::Alarm { entry, .. } => *entry,
        News::Bell { .. } | News::Trespass { .. } | News::CertificateEnds { .. } => None,
        News::EntryChanged { .. } | News::DoorChanged { .. } | News::Missed { .. } => return None,
    };
    Some((entry, news.clone()))
}

/// A door was unlocked for somebody who is not of the house.
fn arrival(event: &LogEvent) -> Option<(Option<EntryId>, News)> {
    let LogEvent::UnlockGranted { entry, door, by: Actor::Code { .. } } = event else {
        return None;
    };
    Some((Some(*entry), News::Arrived { door: door.clone(), entry: *entry }))
}

impl Awake {
    /// Returns what a device has not acknowledged.
    pub(super) async fn unseen_by(&self, device: PairedDeviceId) -> Answer<Vec<NumberedNotice>> {
        let rows = self.store.unseen(ids::PairedDeviceId(device.0), LIMIT).await;
        let rows = rows.map_err(failed("the notices cannot be read"))?;
        let read = |(seq, document): (u64, String)| {
            serde_json::from_str(&document).map(|notice| NumberedNotice { seq, notice })
        };
        rows.into_iter().map(read).collect::<Result<_, _>>().map_err(failed("a notice is damaged"))
    }

    /// Notes what a device's person has seen, which is at most what there is.
    pub(super) async fn seen_by(&self, device: PairedDeviceId, seq: u64) -> Answer<()> {
        let seq = seq.min(self.board.newest());
        let noted = self.store.acknowledge(ids::PairedDeviceId(device.0), seq).await;
        noted.map_err(failed("what was seen cannot be written down"))
    }
}
