//! Notices for devices: what a lamp, an ntfy server or Home Assistant is told of the house.
//!
//! Each device that the owner lets hear them is sent the notices that are kept for a phone that is
//! away, on a topic of its own. They name doors, devices and entries: no code, no person, nothing that
//! an owner wrote. That a duress code was used is not among them, since a lamp at the door would
//! betray who typed it. A notice is for those who are connected: it is neither retained nor queued,
//! and expires within seconds, so that nothing old is taken for news.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use doorward_api::event::Alarm;
use doorward_api::notice::{News, Notice};
use doorward_broker::{HubSender, Retain};
use doorward_core::grants::notices_topic;
use doorward_core::ids::DeviceName;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::hearers::Hearers;
use super::notices::worth_keeping;
use crate::board::{Board, Listener};

/// How many notices are told at once.
const AT_ONCE: u32 = 30;

/// How soon there is room for one more.
const ONE_BACK_EVERY: Duration = Duration::from_secs(2);

/// Sends them.
pub(super) struct Herald {
    hearers: Hearers,
    listener: Listener,
    sender: HubSender,
    pace: Pace,
}

/// How many notices may be told, and how many were not.
struct Pace {
    room: u32,
    counted_at: Instant,
    left_out: u64,
}

impl Herald {
    /// Listens from this moment on.
    pub(super) fn new(hearers: Hearers, board: &Board, sender: HubSender) -> Self {
        let pace = Pace { room: AT_ONCE, counted_at: Instant::now(), left_out: 0 };
        Self { hearers, listener: board.transcribe(), sender, pace }
    }

    /// Tells until the hub ends.
    pub(super) async fn run(mut self, ending: CancellationToken) {
        while let Some(told) = ending.run_until_cancelled(self.listener.next()).await {
            self.tell(&told.notice);
        }
    }

    fn tell(&mut self, notice: &Notice) {
        let Some(news) = worth_telling(&notice.news) else { return };
        let hearers = self.hearers.all();
        if hearers.is_empty() {
            return;
        }
        let Some(left_out) = self.pace.step(Instant::now()) else { return };
        let missed = (left_out > 0).then_some(News::Missed { notices: left_out });
        for news in missed.into_iter().chain([news]) {
            self.send(&hearers, &Notice { at: notice.at, news });
        }
    }

    fn send(&self, hearers: &BTreeSet<DeviceName>, notice: &Notice) {
        let text = match serde_json::to_string(notice) {
            Ok(text) => Bytes::from(text),
            Err(error) => return warn!(%error, "devices are not told of a notice"),
        };
        for device in hearers {
            // Whoever is not there is told nothing, then or later.
            if let Err(error) =
                self.sender.publish(&notices_topic(device), text.clone(), Retain::No)
            {
                warn!(%device, %error, "a device is not told of a notice");
            }
        }
    }
}

impl Pace {
    /// Counts a notice. Returns how many were left out before it, if it may be told.
    fn step(&mut self, now: Instant) -> Option<u64> {
        let passed = now.saturating_duration_since(self.counted_at);
        let back = u32::try_from(passed.as_millis() / ONE_BACK_EVERY.as_millis());
        let back = back.unwrap_or(AT_ONCE).min(AT_ONCE);
        if back > 0 {
            self.room = (self.room + back).min(AT_ONCE);
            self.counted_at = now;
        }
        match self.room.checked_sub(1) {
            Some(room) => {
                self.room = room;
                Some(std::mem::take(&mut self.left_out))
            }
            None => {
                self.left_out += 1;
                None
            }
        }
    }
}

/// Picks what devices are told.
fn worth_telling(news: &News) -> Option<News> {
    let (_, news) = worth_keeping(news)?;
    let News::Alarm { alarm, .. } = &news else { return Some(news) };
    match alarm {
        Alarm::Duress => None,
        Alarm::ForcedOpen
        | Alarm::HeldOpen
        | Alarm::Jammed
        | Alarm::LockSilent
        | Alarm::LockUnreachable
        | Alarm::OpenAfterRestart
        | Alarm::ContactUnknown
        | Alarm::WrongCodeLimit
        | Alarm::BreakGlassUsed
        | Alarm::VisitStopped
        | Alarm::EvidenceGap
        | Alarm::StorageFailed
        | Alarm::ClockStepped => Some(news),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn alarm(alarm: Alarm) -> News {
        News::Alarm { door: Some("front".into()), entry: None, alarm }
    }

    #[test]
    fn nobody_at_the_door_is_shown_that_a_code_was_typed_under_threat() {
        assert_eq!(worth_telling(&alarm(Alarm::Duress)), None);
        let jammed = alarm(Alarm::Jammed);
        assert_eq!(worth_telling(&jammed), Some(jammed.clone()));
    }

    #[test]
    fn a_flood_is_cut_and_told_of_as_a_number() {
        let begin = Instant::now();
        let mut pace = Pace { room: AT_ONCE, counted_at: begin, left_out: 0 };
        for _ in 0..AT_ONCE {
            assert_eq!(pace.step(begin), Some(0));
        }
        for _ in 0..7 {
            assert_eq!(pace.step(begin), None);
        }
        let later = begin + ONE_BACK_EVERY;
        assert_eq!(pace.step(later), Some(7));
        assert_eq!(pace.step(later), None);
        assert_eq!(pace.step(later + Duration::from_secs(3600)), Some(1));
    }

    #[test]
    fn a_notice_is_told_with_its_time() {
        let at: Timestamp = "2026-11-22T10:00:05Z".parse().unwrap();
        let notice = Notice { at, news: alarm(Alarm::HeldOpen) };
        assert_eq!(
            serde_json::to_string(&notice).unwrap(),
            r#"{"at":"2026-11-22T10:00:05Z","news":"alarm","door":"front","entry":null,"alarm":"held_open"}"#
        );
    }
}
