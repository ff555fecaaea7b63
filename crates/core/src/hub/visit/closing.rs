//! The end of a visit: the bolt goes out, the lock says so, the camera stops.

use crate::batch::Change;
use crate::device::{Motion, Tone};
use crate::door::Bolt;
use crate::entry::EntryRecord;
use crate::event::{Alarm, LogEvent};
use crate::ids::DoorId;
use crate::io::{Effect, Notice};

use super::super::Hub;
use super::super::site::{Leaf, OnceClosed};
use super::{Doubt, POST_ROLL, State};

/// How often a bolt that came back by itself is thrown anew before it counts as
/// stuck.
const MOST_SPRINGS: u32 = 2;

impl Hub {
    /// Locks, if nothing says that the door is open. A contact that says
    /// nothing is no leave to throw a bolt.
    pub(in crate::hub) fn relock(&mut self, door: DoorId) {
        let Some(site) = self.sites.get(&door) else {
            return;
        };
        let entry = site.visit.as_ref().map(|visit| visit.record.id);
        match site.leaf() {
            Leaf::Open => self.opened(door),
            Leaf::Closed | Leaf::Unwatched => self.throw_in_visit(door),
            Leaf::Unknown => {
                self.alarm(Some(door), entry, Alarm::ContactUnknown);
                self.move_visit(door, State::Unknown { doubt: Doubt::Unsettled, ask_until: None });
                self.ask_lock(door);
            }
        }
    }

    /// Throws the bolt and waits for it. Callers have looked at the leaf. A wish
    /// of the owner's to lock is met by it.
    pub(in crate::hub) fn throw_in_visit(&mut self, door: DoorId) {
        if let Some(site) = self.sites.get_mut(&door) {
            site.once_closed = OnceClosed::Leave;
        }
        self.move_visit(door, State::Relocking);
        self.throw(door);
    }

    /// The bolt came back though nobody told it to: somebody leaves, or it does
    /// not hold. It is thrown again, but not for ever.
    pub(in crate::hub) fn sprang_back(&mut self, door: DoorId) {
        let Some(visit) = self.visit_mut(door) else { return };
        visit.sprung = visit.sprung.saturating_add(1);
        let (entry, stuck) = (visit.record.id, visit.sprung > MOST_SPRINGS);
        match visit.state {
            State::Jammed { .. } if stuck => {}
            State::Secured { .. } if stuck => {
                self.alarm(Some(door), Some(entry), Alarm::Jammed);
                self.move_visit(door, State::Jammed { on_its_way: Motion::Throw });
            }
            State::Secured { .. } => self.unlocked(door),
            State::Jammed { .. }
            | State::Arming { .. }
            | State::Deciding { .. }
            | State::Unlocking { .. }
            | State::Unlocked { .. }
            | State::Open { .. }
            | State::Relocking
            | State::Unknown { .. } => self.relock(door),
        }
    }

    /// Goes on from `Unknown` by what the door itself has said. A contact that
    /// says nothing does not make the lock's own report untrue, but neither is
    /// it leave to throw a bolt.
    pub(in crate::hub) fn settle(&mut self, door: DoorId) {
        let Some(site) = self.sites.get(&door) else {
            return;
        };
        match (site.bolt, site.leaf()) {
            (Bolt::Thrown, Leaf::Closed | Leaf::Unwatched | Leaf::Unknown) => self.secured(door),
            (Bolt::Retracted, Leaf::Closed | Leaf::Unwatched) => self.relock(door),
            (Bolt::Thrown | Bolt::Retracted | Bolt::Moving | Bolt::Jammed | Bolt::Unknown, _) => {}
        }
    }

    /// A door that was asked how it stands has not said enough in time.
    pub(in crate::hub) fn answer_overdue(&mut self, door: DoorId) {
        let Some(site) = self.sites.get(&door) else {
            return;
        };
        let entry = site.visit.as_ref().map(|visit| visit.record.id);
        let (bolt, leaf) = (site.bolt, site.leaf());
        match bolt {
            Bolt::Moving | Bolt::Jammed | Bolt::Unknown => self.alarm_jam(door),
            Bolt::Thrown | Bolt::Retracted => {}
        }
        match leaf {
            Leaf::Unknown => self.alarm(Some(door), entry, Alarm::ContactUnknown),
            Leaf::Open => self.alarm(Some(door), entry, Alarm::OpenAfterRestart),
            Leaf::Closed | Leaf::Unwatched => {}
        }
        if let Some(State::Unknown { ask_until, .. }) =
            self.visit_mut(door).map(|visit| &mut visit.state)
        {
            *ask_until = None;
        }
        if leaf == Leaf::Open {
            self.opened(door);
        }
    }

    /// The bolt is stuck, or its lock does not say where it is.
    pub(in crate::hub) fn jammed(&mut self, door: DoorId, on_its_way: Motion) {
        self.alarm_jam(door);
        self.move_visit(door, State::Jammed { on_its_way });
    }

    /// Says that a bolt is stuck only if its lock says so.
    pub(in crate::hub) fn alarm_jam(&mut self, door: DoorId) {
        let Some(site) = self.sites.get(&door) else { return };
        let entry = site.visit.as_ref().map(|visit| visit.record.id);
        let alarm = match site.bolt {
            Bolt::Jammed => Alarm::Jammed,
            Bolt::Thrown | Bolt::Retracted | Bolt::Moving | Bolt::Unknown => Alarm::LockSilent,
        };
        self.alarm(Some(door), entry, alarm);
    }

    /// The lock says that the bolt is out.
    pub(in crate::hub) fn secured(&mut self, door: DoorId) {
        if let Some(site) = self.sites.get_mut(&door) {
            site.throwing = None;
            site.once_closed = OnceClosed::Leave;
        }
        self.tone(door, Tone::Quiet);
        self.move_visit(door, State::Secured { until: self.now.mono + POST_ROLL });
    }

    /// Ends a visit whose door is locked.
    pub(in crate::hub) fn close_visit(&mut self, door: DoorId) {
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        let Some(visit) = site.visit.take() else {
            return;
        };
        let outcome = visit.record.entered.outcome();
        let entry = visit.record.id;
        if let Some(recording) = visit.record.recording {
            self.emit(Effect::StopFilming(recording));
        }
        self.change(Change::Entry(EntryRecord { outcome: Some(outcome), ..visit.record }));
        self.log(LogEvent::EntryClosed { entry, door, outcome });
        self.notify(Notice::EntryChanged(entry));
    }
}
