//! Stopping in good order, and taking up what a stop or a crash interrupted.

use crate::batch::Change;
use crate::door::{Contact, Recording};
use crate::entry::{EntryRecord, Outcome, Reason, Stage};
use crate::event::LogEvent;
use crate::ids::{DoorId, RecordingId};
use crate::io::Effect;

use super::site::Leaf;
use super::visit::{Doubt, FILMED_AT_MOST, Filming, Shown, State, Visit, Wish, take};
use super::{Hub, Running, Site};

impl Hub {
    /// Takes up open entries. Whatever the last run told a lock, this run asks
    /// it first, and never repeats an unlock.
    pub(super) fn resume(&mut self, mut entries: Vec<EntryRecord>) {
        entries.sort_unstable_by_key(|record| record.id);
        while let Some(record) = entries.pop() {
            let (entry, door) = (record.id, record.door);
            self.log(LogEvent::EntryResumed { entry, door });
            if record.stage == Stage::Arming {
                self.drop_entry(record);
            } else if self.visit(door).is_some() {
                self.end_entry(record);
            } else {
                self.resume_entry(record);
            }
        }
        let doors: Vec<DoorId> = self.sites.keys().copied().collect();
        doors.into_iter().for_each(|door| self.ask_lock(door));
    }

    fn resume_entry(&mut self, record: EntryRecord) {
        let door = record.door;
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        let rule = match site.door.policy.recording {
            Recording::Required | Recording::Preferred => Recording::Preferred,
            Recording::Off => Recording::Off,
        };
        // The contact's last word holds until it says otherwise.
        if record.stage == Stage::Open && site.door.contact.is_some() {
            site.contact = Some(Contact::Open);
        }
        let state = State::Unknown { doubt: Doubt::Restarted, ask_until: None };
        let (wish, shown, filming) = (Wish::Proceed, Shown::NotYet, Filming::Resting);
        let visit = Visit { record, state, rule, wish, shown, filming, told: 1, sprung: 0 };
        site.visit = Some(visit);
        // It moves on to a question, and with that it is filmed again.
        self.await_lock(door);
    }

    /// Denies an entry that was never decided: its bolt was never told to move.
    fn drop_entry(&mut self, record: EntryRecord) {
        let (entry, door, by) = (record.id, record.door, record.by.clone());
        let reason = Reason::Interrupted;
        let outcome = Some(Outcome::Denied(reason));
        self.change(Change::Entry(EntryRecord { outcome, ..record }));
        self.log(LogEvent::EntryDenied { entry, door, by, reason });
    }

    /// Ends an entry after which a later one began at the same door: it was over,
    /// and only its end was lost on the way to the disk.
    fn end_entry(&mut self, record: EntryRecord) {
        let (entry, door) = (record.id, record.door);
        let outcome = record.entered.outcome();
        self.change(Change::Entry(EntryRecord { outcome: Some(outcome), ..record }));
        self.log(LogEvent::EntryClosed { entry, door, outcome });
    }

    /// The old recording has ended, with the old run or because it was long
    /// enough; the rest of the entry goes into one of its own.
    pub(super) fn film_again(&mut self, door: DoorId) {
        let until = self.now.mono + FILMED_AT_MOST;
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
        visit.shown = Shown::NotYet;
        visit.filming = Filming::Until(until);
        let EntryRecord { id: entry, household, .. } = visit.record;
        take(&mut self.ids.recording);
        self.emit(Effect::Film { recording, entry, household, camera });
    }

    /// Visits that have not been let in are denied, and nobody is let in any
    /// more. A door that stands closed is locked; the visits themselves stay
    /// open on the disk and are taken up by the next start.
    pub(super) fn stop(&mut self) {
        self.running = Running::Stopping;
        let doors: Vec<DoorId> = self.sites.keys().copied().collect();
        for door in doors {
            match self.visit(door).map(|visit| &visit.state) {
                Some(State::Arming { .. }) => self.deny(door, Reason::Interrupted),
                Some(State::Secured { .. }) => self.close_visit(door),
                Some(State::Unlocking { .. } | State::Unlocked { .. }) => {
                    self.leave_locked(door);
                    self.leave_visit(door);
                }
                Some(
                    State::Deciding { .. }
                    | State::Open { .. }
                    | State::Relocking
                    | State::Jammed { .. }
                    | State::Unknown { .. },
                ) => self.leave_visit(door),
                None => {}
            }
        }
        self.log(LogEvent::HubStopped);
    }

    fn leave_locked(&mut self, door: DoorId) {
        match self.sites.get(&door).map(Site::leaf) {
            Some(Leaf::Closed | Leaf::Unwatched) => self.throw_in_visit(door),
            Some(Leaf::Open | Leaf::Unknown) | None => {}
        }
    }

    fn leave_visit(&mut self, door: DoorId) {
        if let Some(recording) = self.visit(door).and_then(|visit| visit.record.recording) {
            self.emit(Effect::StopFilming(recording));
        }
        if let Some(visit) = self.visit_mut(door)
            && matches!(visit.state, State::Deciding { .. })
        {
            visit.wish = Wish::Stop(Reason::Interrupted);
        }
    }
}
