//! The start of a visit: everything that must say yes before a bolt moves.

use super::super::Hub;
use super::super::ledger::{Then, Try};
use super::{
    APPROVAL_WAIT, ApprovalWait, CAMERA_WAIT, CameraWait, FILMED_AT_MOST, Filming, Shown, State,
    Visit, Wish,
};
use crate::batch::Change;
use crate::door::{Approval, Recording};
use crate::entry::{Actor, Entered, EntryRecord, Outcome, Reason, Stage};
use crate::event::{Alarm, LogEvent};
use crate::ids::{DoorId, EntryId, HouseholdId, RecordingId};
use crate::io::{CameraFault, Effect, Notice};

/// Who wants in, and under which rules.
pub(in crate::hub) struct Caller {
    pub(in crate::hub) by: Actor,
    pub(in crate::hub) household: HouseholdId,
    pub(in crate::hub) rule: Recording,
    pub(in crate::hub) approval: Approval,
    pub(in crate::hub) attempt: Option<Try>,
}

impl Hub {
    /// Begins a visit at a door at which none is in progress.
    pub(in crate::hub) fn begin_visit(&mut self, door: DoorId, caller: Caller) -> Option<EntryId> {
        let entry = EntryId(take(&mut self.ids.entry));
        let camera = self.sites.get(&door)?.door.camera.clone();
        let Caller { by, household, rule, approval, attempt } = caller;
        let camera = camera.filter(|_| rule != Recording::Off);
        let recording = camera.as_ref().map(|_| RecordingId(take(&mut self.ids.recording)));
        let record = EntryRecord {
            id: entry,
            door,
            household,
            by,
            opened_at: self.now,
            stage: Stage::Arming,
            entered: Entered::No,
            recording,
            outcome: None,
        };
        let state = State::Arming {
            camera: self.first_look(rule, recording),
            approval: self.first_ask(door, entry, approval),
            attempt,
        };
        let (wish, shown) = (Wish::Proceed, Shown::NotYet);
        let filming = Filming::Until(self.now.mono + FILMED_AT_MOST);
        let visit = Visit { record, state, rule, wish, shown, filming, told: 0, sprung: 0 };
        self.sites.get_mut(&door)?.visit = Some(visit);
        if let (Some(recording), Some(camera)) = (recording, camera) {
            self.emit(Effect::Film { recording, entry, household, camera });
        }
        self.arm(door);
        self.write_arming(door);
        Some(entry)
    }

    /// Writes down a visit that has to wait; one that is decided at once is
    /// written down with its decision.
    fn write_arming(&mut self, door: DoorId) {
        let Some(visit) = self.visit(door) else { return };
        if matches!(visit.state, State::Arming { .. }) {
            let record = visit.record.clone();
            let (entry, stage) = (record.id, record.stage);
            self.change(Change::Entry(record));
            self.log(LogEvent::EntryMoved { entry, door, stage });
            self.notify(Notice::EntryChanged(entry));
        }
    }

    fn first_look(&self, rule: Recording, recording: Option<RecordingId>) -> CameraWait {
        match (rule, recording) {
            (Recording::Off, _) => CameraWait::NotNeeded,
            (Recording::Required | Recording::Preferred, Some(_)) => {
                CameraWait::Waiting { until: self.now.mono + CAMERA_WAIT }
            }
            (Recording::Required | Recording::Preferred, None) => CameraWait::Missing,
        }
    }

    fn first_ask(&mut self, door: DoorId, entry: EntryId, approval: Approval) -> ApprovalWait {
        match approval {
            Approval::None => ApprovalWait::NotNeeded,
            Approval::Tap => {
                // Not before the entry's number is on the disk: after a crash
                // it could name another visit, and a late tap would let in the
                // wrong one.
                self.once_written(Then::Tell(Notice::ApprovalWanted { door, entry }));
                ApprovalWait::Waiting { until: self.now.mono + APPROVAL_WAIT }
            }
        }
    }

    /// Decides, once nothing is waited for any more.
    fn arm(&mut self, door: DoorId) {
        let Some(visit) = self.visit(door) else {
            return;
        };
        let State::Arming { camera, approval, .. } = &visit.state else {
            return;
        };
        let (camera, approval, rule) = (*camera, *approval, visit.rule);
        match (camera, rule) {
            (CameraWait::Missing, Recording::Required) => self.deny(door, Reason::NoCamera),
            (CameraWait::Waiting { .. }, _) => {}
            (CameraWait::NotNeeded | CameraWait::Live | CameraWait::Missing, _) => match approval {
                ApprovalWait::NotNeeded | ApprovalWait::Given => self.decide(door),
                ApprovalWait::Waiting { .. } => {}
            },
        }
    }

    /// The camera stands witness, or does not.
    pub(in crate::hub) fn filming(
        &mut self,
        recording: RecordingId,
        outcome: Result<(), CameraFault>,
    ) {
        let Some(door) = self.door_filmed(recording) else {
            return;
        };
        let Some(visit) = self.visit_mut(door) else {
            return;
        };
        let (entry, rule) = (visit.record.id, visit.rule);
        let State::Arming { camera, .. } = &mut visit.state else {
            match outcome {
                Ok(()) => self.log_recording(door),
                Err(_) => self.alarm(Some(door), Some(entry), Alarm::EvidenceGap),
            }
            return;
        };
        match (outcome, rule) {
            (Ok(()), _) => {
                *camera = CameraWait::Live;
                self.log_recording(door);
            }
            (Err(fault), Recording::Required) => return self.deny(door, fault.into()),
            (Err(_), Recording::Preferred | Recording::Off) => *camera = CameraWait::Missing,
        }
        self.arm(door);
    }

    /// Writes down which recording shows the visit, once.
    fn log_recording(&mut self, door: DoorId) {
        let Some(site) = self.sites.get_mut(&door) else { return };
        let (Some(visit), Some(camera)) = (site.visit.as_mut(), site.door.camera.clone()) else {
            return;
        };
        let first = std::mem::replace(&mut visit.shown, Shown::InLog) == Shown::NotYet;
        if let (Some(recording), true) = (visit.record.recording, first) {
            let entry = visit.record.id;
            self.log(LogEvent::RecordingOpened { recording, entry, camera });
        }
    }

    /// The owner said yes. The camera is asked again: its last word may be a
    /// minute old.
    pub(in crate::hub) fn approved(&mut self, door: DoorId) {
        let until = self.now.mono + CAMERA_WAIT;
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        let filmed_by = site.door.camera.clone();
        let Some(visit) = site.visit.as_mut() else {
            return;
        };
        let State::Arming { camera, approval, .. } = &mut visit.state else {
            return;
        };
        *approval = ApprovalWait::Given;
        if let (CameraWait::Live, Some(recording), Some(name)) =
            (*camera, visit.record.recording, filmed_by)
        {
            *camera = CameraWait::Waiting { until };
            let EntryRecord { id: entry, household, .. } = visit.record;
            self.emit(Effect::Film { recording, entry, household, camera: name });
        }
        self.arm(door);
    }

    /// Something that was waited for has not come in time.
    pub(in crate::hub) fn arming_overdue(&mut self, door: DoorId) {
        let now = self.now.mono;
        let Some(visit) = self.visit_mut(door) else {
            return;
        };
        let rule = visit.rule;
        let State::Arming { camera, approval, .. } = &mut visit.state else {
            return;
        };
        match (*camera, rule) {
            (CameraWait::Waiting { until }, Recording::Required) if now >= until => {
                return self.deny(door, Reason::CameraUnavailable);
            }
            (CameraWait::Waiting { until }, Recording::Preferred | Recording::Off)
                if now >= until =>
            {
                *camera = CameraWait::Missing;
            }
            (CameraWait::Waiting { .. }, _)
            | (CameraWait::NotNeeded | CameraWait::Live | CameraWait::Missing, _) => {}
        }
        match *approval {
            ApprovalWait::Waiting { until } if now >= until => {
                self.deny(door, Reason::NotApproved);
            }
            ApprovalWait::Waiting { .. } | ApprovalWait::NotNeeded | ApprovalWait::Given => {
                self.arm(door);
            }
        }
    }

    /// Ends a visit whose bolt was never told to move.
    pub(in crate::hub) fn deny(&mut self, door: DoorId, reason: Reason) {
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        let Some(visit) = site.visit.take() else {
            return;
        };
        let (entry, by) = (visit.record.id, visit.record.by.clone());
        if let State::Arming { attempt, .. } = visit.state {
            if let Actor::Code(code) = by {
                self.tell_of_duress(Some(door), Some(entry), code);
            }
            attempt.into_iter().for_each(|attempt| self.once_written(Then::Refuse(attempt)));
        }
        if let Some(recording) = visit.record.recording {
            self.emit(Effect::StopFilming(recording));
        }
        let outcome = Some(Outcome::Denied(reason));
        self.change(Change::Entry(EntryRecord { outcome, ..visit.record }));
        self.log(LogEvent::EntryDenied { entry, door, by, reason });
        self.notify(Notice::EntryChanged(entry));
    }
}

impl From<CameraFault> for Reason {
    fn from(fault: CameraFault) -> Self {
        match fault {
            CameraFault::Unavailable => Self::CameraUnavailable,
            CameraFault::Refused => Self::CameraRefused,
            CameraFault::Frozen => Self::CameraFrozen,
            CameraFault::Unjudged => Self::CameraUnjudged,
        }
    }
}

/// Takes the next number.
pub(in crate::hub) fn take(next: &mut u64) -> u64 {
    let number = *next;
    *next += 1;
    number
}
