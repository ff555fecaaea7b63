//! A hub's memory that comes from a backup.
//!
//! A backup is older than the house: codes were used, taken back or given out after it,
//! devices lost their permits, visits came to their end, and none of that is in it. So
//! whatever could let somebody in by what the backup does not know is put out of force
//! before the hub starts, and the log says so:
//!
//! - Codes with a number of uses are over. How many are left, nobody knows.
//! - Guests' codes without one, and emergency codes, are paused: the owner takes up again
//!   those that he had not taken back.
//! - Devices that were allowed to ask something of a door, or were sent the notices, are not
//!   any more.
//! - Home Assistant is shown nothing of the doors, until the owner wishes it again.
//! - Paired devices are not paired any more: one of them may have been lost since.
//! - Visits in progress are over.
//! - The wall clock is not believed, since the mark below which it must not run is as old
//!   as the backup.
//! - Numbers are left out, so that none stands for two things.

use jiff::Timestamp;

use crate::batch::{Batch, Change, ClockMark, NextIds, Snapshot};
use crate::code::{CodeKind, CodeRecord, Standing, Tombstone};
use crate::entry::{Actor, EntryRecord, Outcome, Reason, Stage};
use crate::event::{ClockTrust, Leaf, LogEvent};
use crate::ids::{CommitTicket, DeviceName, PairedDeviceId};
use crate::time::{HubTime, Now};

/// How many numbers of each kind are left out: more than a house gives out between two
/// backups.
const LEFT_OUT: u64 = 10_000;

/// The same for commands. A lock obeys each number once, and a bolt that sticks takes
/// several for one visit. As many again as the backup is old in milliseconds, so that one
/// that is restored a second time does not begin where the first hub did.
const COMMANDS_LEFT_OUT: u64 = 1 << 32;

/// What a backup holds, and when it was made and is restored.
pub struct Restored<'a> {
    /// What the hub knew.
    pub snapshot: &'a Snapshot,
    /// The devices that were paired.
    pub paired: &'a [PairedDeviceId],
    /// The devices that were sent the notices.
    pub hearers: &'a [DeviceName],
    /// What Home Assistant was shown.
    pub home_assistant: HomeAssistant,
    /// When the backup was made.
    pub backup_of: Timestamp,
    /// What the machine's clock says.
    pub wall: Timestamp,
}

/// What Home Assistant was shown when the backup was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HomeAssistant {
    /// The doors.
    Shown,
    /// Nothing.
    ShownNothing,
}

/// What becomes of a code.
enum Fate {
    Over,
    Paused,
    /// It follows the code that it resembles, or was over before.
    AsItIs,
}

impl Restored<'_> {
    /// Returns what is to be written before the hub starts. The rows of paired devices, who is
    /// sent the notices and what Home Assistant is shown are not the core's; whoever writes this ends
    /// them, too.
    #[must_use]
    pub fn batch(&self) -> Batch {
        let mut events = vec![LogEvent::HubRestored { backup_of: self.backup_of }];
        let mut changes = Vec::new();
        let mut write = |(change, event): (Change, LogEvent)| {
            changes.push(change);
            events.push(event);
        };
        let Snapshot { codes, permits, open_entries, .. } = self.snapshot;
        codes.iter().filter_map(|code| self.settle_code(code)).for_each(&mut write);
        open_entries.iter().map(end_visit).for_each(&mut write);
        permits.iter().for_each(|permit| {
            let (device, door) = (permit.device.clone(), permit.door);
            let taken = Change::PermitTaken(device.clone(), door);
            write((taken, LogEvent::DeviceDisallowed { device, door }));
        });
        let ended = self.paired.iter().map(|paired| LogEvent::PairingEnded { paired: *paired });
        events.extend(ended);
        let silenced = self.hearers.iter().cloned();
        events.extend(silenced.map(|device| LogEvent::NoticesDisallowed { device }));
        match self.home_assistant {
            HomeAssistant::Shown => events.push(LogEvent::HomeAssistantOff),
            HomeAssistant::ShownNothing => {}
        }
        Batch {
            ticket: CommitTicket(0),
            changes,
            leaves: events.into_iter().map(|event| self.leaf(event)).collect(),
            mark: ClockMark { trust: ClockTrust::Untrusted, ..self.mark() },
            next_ids: self.next_ids(),
        }
    }

    fn mark(&self) -> ClockMark {
        let now = Now { wall: self.wall, mono: HubTime::default() };
        self.snapshot.mark.unwrap_or(ClockMark { at: now, trust: ClockTrust::Untrusted })
    }

    /// A machine that does not know the time yet must not write into the past.
    fn leaf(&self, event: LogEvent) -> Leaf {
        let mark = self.mark().at;
        let at = Now { wall: self.wall.max(mark.wall), mono: mark.mono };
        Leaf { at, clock: ClockTrust::Untrusted, by: Some(Actor::LocalOwner), event }
    }

    fn next_ids(&self) -> NextIds {
        let NextIds { door, code, entry, recording, command } = self.snapshot.next_ids;
        NextIds {
            door: door.saturating_add(LEFT_OUT),
            code: code.saturating_add(LEFT_OUT),
            entry: entry.saturating_add(LEFT_OUT),
            recording: recording.saturating_add(LEFT_OUT),
            command: command.saturating_add(COMMANDS_LEFT_OUT).saturating_add(self.age_ms()),
        }
    }

    /// None if the machine's clock runs behind the backup's.
    fn age_ms(&self) -> u64 {
        u64::try_from(self.wall.duration_since(self.backup_of).as_millis()).unwrap_or(0)
    }

    fn settle_code(&self, code: &CodeRecord) -> Option<(Change, LogEvent)> {
        let id = code.id;
        match self.fate(code) {
            Fate::Over => {
                let why = Tombstone::Cancelled;
                Some((Change::CodeEnded(id, why), LogEvent::CodeEnded { code: id, why }))
            }
            Fate::Paused => {
                let paused = Change::CodeStanding(id, Standing::Paused);
                Some((paused, LogEvent::CodePaused { code: id }))
            }
            Fate::AsItIs => None,
        }
    }

    fn fate(&self, code: &CodeRecord) -> Fate {
        if code.tombstone.is_some() {
            return Fate::AsItIs;
        }
        match &code.kind {
            CodeKind::OneTime(_) | CodeKind::Scheduled { uses_left: Some(_), .. } => Fate::Over,
            CodeKind::Scheduled { uses_left: None, .. } | CodeKind::BreakGlass => {
                match code.standing {
                    Standing::InForce => Fate::Paused,
                    Standing::Paused => Fate::AsItIs,
                }
            }
            CodeKind::Duress { resembles } => {
                let model = self.snapshot.codes.iter().find(|code| code.id == *resembles);
                match model.map(|model| (self.fate(model), model.tombstone)) {
                    Some((Fate::Paused | Fate::AsItIs, None)) => Fate::AsItIs,
                    Some((Fate::Over, _) | (_, Some(_))) | None => Fate::Over,
                }
            }
        }
    }
}

/// Whoever came was let in or not; how it ended was lost with the machine.
fn end_visit(record: &EntryRecord) -> (Change, LogEvent) {
    let (entry, door, by) = (record.id, record.door, record.by.clone());
    let (outcome, event) = if record.stage == Stage::Arming {
        let reason = Reason::Interrupted;
        (Outcome::Denied(reason), LogEvent::EntryDenied { entry, door, by, reason })
    } else {
        let outcome = record.entered.outcome();
        (outcome, LogEvent::EntryClosed { entry, door, outcome })
    };
    (Change::Entry(EntryRecord { outcome: Some(outcome), ..record.clone() }), event)
}
