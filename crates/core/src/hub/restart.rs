//! Stopping in good order, and taking up what a stop or a crash interrupted.

use crate::batch::Change;
use crate::door::Recording;
use crate::entry::{EntryRecord, Outcome, Reason, Stage};
use crate::event::LogEvent;
use crate::ids::{DoorId, RecordingId};
use crate::io::Effect;

use super::Hub;
use super::visit::{Shown, State, Visit, Wish, take};

impl Hub {
    /// Takes up open entries. Whatever the last run told a lock, this run asks
    /// it first, and never repeats an unlock.
    pub(super) fn resume(&mut self, entries: Vec<EntryRecord>) {
        for record in entries {
            let (entry, door) = (record.id, record.door);
            self.log(LogEvent::EntryResumed { entry, door });
            self.resume_entry(record);
        }
        let doors: Vec<DoorId> = self.sites.keys().copied().collect();
        doors.into_iter().for_each(|door| self.ask_lock(door));
    }

    fn resume_entry(&mut self, record: EntryRecord) {
        if record.stage == Stage::Arming {
            return self.drop_entry(record);
        }
        let door = record.door;
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        let rule = match site.door.policy.recording {
            Recording::Required | Recording::Preferred => Recording::Preferred,
            Recording::Off => Recording::Off,
        };
        let state = State::Unknown { ask_until: None };
        site.visit = Some(Visit { record, state, rule, wish: Wish::Proceed, shown: Shown::NotYet });
        self.film_again(door);
        self.await_lock(door);
    }

    /// Denies an entry that was never decided: its bolt was never told to move.
    fn drop_entry(&mut self, record: EntryRecord) {
        let EntryRecord { id: entry, door, by, .. } = record;
        let reason = Reason::Interrupted;
        let outcome = Some(Outcome::Denied(reason));
        self.change(Change::Entry(EntryRecord { outcome, ..record }));
        self.log(LogEvent::EntryDenied { entry, door, by, reason });
    }

    /// The old recording ended with the old run; the rest of the entry goes
    /// into one of its own.
    fn film_again(&mut self, door: DoorId) {
        let recording = RecordingId(self.ids.recording);
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        let Some(visit) = site.visit.as_mut() else {
            return;
        };
        let (Some(_), Some(camera)) = (visit.record.recording, site.door.camera.clone()) else {
            return;
        };
        visit.record.recording = Some(recording);
        let EntryRecord { id: entry, household, .. } = visit.record;
        take(&mut self.ids.recording);
        self.emit(Effect::Film { recording, entry, household, camera });
    }

    /// Visits that have not been let in are denied; those inside stay open on
    /// the disk and are taken up by the next start.
    pub(super) fn stop(&mut self) {
        let doors: Vec<DoorId> = self.sites.keys().copied().collect();
        for door in doors {
            match self.visit(door).map(|visit| &visit.state) {
                Some(State::Arming { .. }) => self.deny(door, Reason::Interrupted),
                Some(State::Secured { .. }) => self.close_visit(door),
                Some(
                    State::Deciding
                    | State::Unlocking { .. }
                    | State::Unlocked { .. }
                    | State::Open { .. }
                    | State::Relocking
                    | State::Jammed
                    | State::Unknown { .. },
                ) => self.leave_visit(door),
                None => {}
            }
        }
        self.log(LogEvent::HubStopped);
    }

    fn leave_visit(&mut self, door: DoorId) {
        if let Some(recording) = self.visit(door).and_then(|visit| visit.record.recording) {
            self.emit(Effect::StopFilming(recording));
        }
        if let Some(visit) = self.visit_mut(door)
            && matches!(visit.state, State::Deciding)
        {
            visit.wish = Wish::Stop;
        }
    }
}
