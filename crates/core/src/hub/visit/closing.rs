//! The end of a visit: the bolt goes out, the lock says so, the camera stops.

use crate::batch::Change;
use crate::device::Tone;
use crate::door::Bolt;
use crate::entry::{Entered, EntryRecord, Outcome};
use crate::event::{Alarm, LogEvent};
use crate::ids::DoorId;
use crate::io::{Effect, Notice};

use super::super::Hub;
use super::super::site::Leaf;
use super::{POST_ROLL, State};

impl Hub {
    /// Locks, if nothing says that the door is open. A contact that says
    /// nothing is no leave to throw a bolt.
    pub(in crate::hub) fn relock(&mut self, door: DoorId) {
        let Some(site) = self.sites.get(&door) else {
            return;
        };
        let entry = site.visit.as_ref().map(|visit| visit.record.id);
        match site.leaf() {
            Leaf::Open => {}
            Leaf::Closed | Leaf::Unwatched => {
                self.move_visit(door, State::Relocking);
                self.throw(door);
            }
            Leaf::Unknown => {
                self.alarm(Some(door), entry, Alarm::ContactUnknown);
                self.move_visit(door, State::Unknown { ask_until: None });
                self.ask_lock(door);
            }
        }
    }

    /// Goes on from `Jammed` or `Unknown` by what the door itself has said.
    pub(in crate::hub) fn settle(&mut self, door: DoorId) {
        let Some(site) = self.sites.get(&door) else {
            return;
        };
        match (site.bolt, site.leaf()) {
            (Bolt::Thrown, Leaf::Closed | Leaf::Unwatched) => self.secured(door),
            (Bolt::Retracted, Leaf::Closed | Leaf::Unwatched) => self.relock(door),
            (Bolt::Thrown | Bolt::Retracted | Bolt::Moving | Bolt::Jammed | Bolt::Unknown, _) => {}
        }
    }

    /// A lock that was asked has not answered.
    pub(in crate::hub) fn answer_overdue(&mut self, door: DoorId) {
        let Some(site) = self.sites.get(&door) else {
            return;
        };
        let entry = site.visit.as_ref().map(|visit| visit.record.id);
        let alarm = match site.leaf() {
            Leaf::Unknown => Alarm::ContactUnknown,
            Leaf::Open | Leaf::Closed | Leaf::Unwatched => Alarm::LockSilent,
        };
        self.alarm(Some(door), entry, alarm);
        if let Some(visit) = self.visit_mut(door) {
            visit.state = State::Unknown { ask_until: None };
        }
    }

    /// The bolt is stuck, or its lock does not say where it is.
    pub(in crate::hub) fn jammed(&mut self, door: DoorId) {
        self.alarm_jam(door);
        self.move_visit(door, State::Jammed);
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
        let outcome = match visit.record.entered {
            Entered::Yes => Outcome::Completed,
            Entered::No => Outcome::NotEntered,
        };
        let entry = visit.record.id;
        if let Some(recording) = visit.record.recording {
            self.emit(Effect::StopFilming(recording));
        }
        self.change(Change::Entry(EntryRecord { outcome: Some(outcome), ..visit.record }));
        self.log(LogEvent::EntryClosed { entry, door, outcome });
        self.notify(Notice::EntryChanged(entry));
    }
}
