//! Telling whoever listens. Nobody has to: what matters is in the log.

use doorward_api::notice::{News, Notice as Told};
use doorward_core::event::Leaf;
use doorward_core::ids::{DoorId, EntryId};
use doorward_core::io::Notice;
use tracing::warn;

use super::super::convert::{self, Shown};
use super::super::house::door_status;
use super::Actor;

impl Actor {
    /// Tells of lines that have just reached the disk.
    pub(super) fn tell_lines(&self, lines: Vec<(u64, Leaf)>) {
        let shown = Shown(&self.directory);
        for (index, leaf) in lines {
            self.tell(News::Logged { line: shown.line(index, &leaf) });
        }
    }

    pub(super) fn announce(&self, notice: Notice) {
        let shown = Shown(&self.directory);
        let news = match notice {
            Notice::ApprovalWanted { door, entry } => Some(News::ApprovalWanted {
                door: shown.door(door),
                entry: doorward_api::EntryId(entry.0),
            }),
            Notice::EntryChanged(entry) => self.entry_news(entry),
            Notice::DoorChanged(door) => self.door_news(door),
            Notice::Bell(door) => Some(News::Bell { door: shown.door(door) }),
            Notice::Trespass { device, attempt, victim } => {
                warn!(%device, ?attempt, "alarm: a device tried what it may not");
                Some(News::Trespass {
                    device: convert::device(&device),
                    attempt: convert::attempt(attempt),
                    victim: shown.victim(&victim),
                })
            }
            Notice::Alarm { door, entry, alarm } => {
                warn!(?door, ?entry, ?alarm, "alarm");
                Some(News::Alarm {
                    door: door.map(|door| shown.door(door)),
                    entry: entry.map(|entry| doorward_api::EntryId(entry.0)),
                    alarm: convert::alarm(alarm),
                })
            }
        };
        if let Some(news) = news {
            self.tell(news);
        }
    }

    /// An entry that is over is no longer the hub's; the log line tells of it.
    fn entry_news(&self, entry: EntryId) -> Option<News> {
        let doors = self.hub.doors();
        let mut visits = doors.iter().filter_map(|door| door.entry.as_ref());
        let visit = visits.find(|visit| visit.record.id == entry)?;
        Some(News::EntryChanged { entry: Shown(&self.directory).entry(&visit.record, None) })
    }

    fn door_news(&self, door: DoorId) -> Option<News> {
        let view = self.hub.door(door)?;
        let keypads = self.hub.keypads();
        let status = door_status(&view, &keypads, &self.links, self.clock.now().mono);
        Some(News::DoorChanged { door: status })
    }

    fn tell(&self, news: News) {
        self.board.post(Told { at: self.clock.now().wall, news });
    }
}
