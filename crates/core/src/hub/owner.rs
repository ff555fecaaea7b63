//! What the owner asks for. Every answer waits for the disk.

mod codes;
mod doors;

use rand_core::CryptoRng;

use super::ledger::Then;
use super::site::{Leaf, OnceClosed};
use super::visit::{ApprovalWait, Caller, State, Wish};
use super::{Hub, Running};
use crate::batch::Change;
use crate::door::{Approval, Recording};
use crate::entry::{Actor, Reason};
use crate::event::{Alarm, LogEvent};
use crate::ids::{DeviceName, DoorId, EntryId};
use crate::io::{Note, OwnerRequest, Refusal, Reply, RequestId};

impl Hub {
    pub(super) fn owner_asked(
        &mut self,
        request: RequestId,
        wish: OwnerRequest,
        chance: &mut dyn CryptoRng,
    ) {
        let answer = match wish {
            OwnerRequest::AddDoor(door) => self.add_door(door),
            OwnerRequest::SetPolicy(door, change) => self.set_policy(door, change),
            // Answers by itself, with the digits.
            OwnerRequest::IssueCode(wanted) => return self.issue(request, wanted, chance),
            OwnerRequest::CancelCode(code) => self.cancel_code(code),
            OwnerRequest::PauseCode(code) => self.pause_code(code),
            OwnerRequest::ResumeCode(code) => self.resume_code(code),
            OwnerRequest::Unlock(door) => self.owner_unlocks(door),
            OwnerRequest::Lock(door) => self.lock_for(door, self.asker()),
            OwnerRequest::Block(entry) => self.block(entry),
            OwnerRequest::Approve(entry) => self.approve(entry),
            OwnerRequest::Rearm(keypad) => self.rearm(&keypad),
            OwnerRequest::Allow(device, door, permit) => self.allow(device, door, permit),
            OwnerRequest::Disallow(device, door) => self.disallow(&device, door),
            OwnerRequest::ConfirmClock => Ok(self.confirm_clock()),
            OwnerRequest::Note(note) => Ok(self.note(note)),
            OwnerRequest::EraseRecording(recording) => self.recording_erased(recording),
            OwnerRequest::EraseEntry(entry) => self.entry_erased(entry),
            OwnerRequest::EraseCodeNotes(code) => Ok(self.code_notes_erased(code)),
        };
        self.answer_owner(request, answer);
    }

    pub(super) fn answer_owner(&mut self, request: RequestId, answer: Result<Reply, Refusal>) {
        match answer {
            Ok(reply) => self.once_written(Then::Reply(request, reply)),
            Err(refusal) => self.reply(request, Err(refusal)),
        }
    }

    /// Returns who asked for what is being met.
    pub(super) fn asker(&self) -> Actor {
        self.asker.clone().unwrap_or(Actor::Hub)
    }

    /// The owner's own leave. Neither a camera that fails nor a visit that got
    /// stuck keeps the owner out; a gap is marked.
    fn owner_unlocks(&mut self, door: DoorId) -> Result<Reply, Refusal> {
        if self.running == Running::Stopping {
            return Err(Refusal::NotRecorded);
        }
        self.close_if_secured(door);
        let by = self.asker();
        let site = self.sites.get(&door).ok_or(Refusal::NoSuchDoor)?;
        if let Some(visit) = &site.visit {
            if !visit.state.can_be_entered_again() {
                return Err(Refusal::DoorBusy);
            }
            let entry = self.let_in_again(door, by, None);
            return entry.map(Reply::Entry).ok_or(Refusal::NoSuchDoor);
        }
        let household = *site.door.households.first().ok_or(Refusal::NotThisHousehold)?;
        let rule = match site.door.policy.recording {
            Recording::Required | Recording::Preferred => Recording::Preferred,
            Recording::Off => Recording::Off,
        };
        let approval = Approval::None;
        let caller = Caller { by, household, rule, approval, attempt: None };
        self.begin_visit(door, caller).map(Reply::Entry).ok_or(Refusal::NoSuchDoor)
    }

    /// The bolt may be thrown although the contact says nothing, never although
    /// it says "open".
    pub(super) fn lock_for(&mut self, door: DoorId, by: Actor) -> Result<Reply, Refusal> {
        let site = self.sites.get_mut(&door).ok_or(Refusal::NoSuchDoor)?;
        let (leaf, visiting) = (site.leaf(), site.visit.as_ref().map(|visit| &visit.state));
        let reply = match (visiting, leaf) {
            (Some(State::Arming { .. } | State::Deciding { .. } | State::Unlocking { .. }), _) => {
                return Err(Refusal::DoorBusy);
            }
            (_, Leaf::Open) => {
                site.once_closed = OnceClosed::Lock;
                Reply::OnceClosed
            }
            (None | Some(State::Secured { .. }), _) => {
                self.throw(door);
                Reply::Done
            }
            (
                Some(
                    State::Unlocked { .. }
                    | State::Open { .. }
                    | State::Relocking
                    | State::Jammed { .. }
                    | State::Unknown { .. },
                ),
                _,
            ) => {
                self.throw_in_visit(door);
                Reply::Done
            }
        };
        self.log(LogEvent::LockAsked { door, by });
        Ok(reply)
    }

    /// Stops a visit: before the bolt moves by denying it, after by locking as
    /// soon as the door is closed.
    fn block(&mut self, entry: EntryId) -> Result<Reply, Refusal> {
        let door = self.door_of(entry).ok_or(Refusal::NoSuchEntry)?;
        let visit = self.visit_mut(door).ok_or(Refusal::NoSuchEntry)?;
        visit.wish = Wish::Stop(Reason::Blocked);
        let denied = matches!(visit.state, State::Arming { .. });
        let inside = !matches!(visit.state, State::Arming { .. } | State::Deciding { .. });
        let waits = matches!(visit.state, State::Unlocked { .. });
        self.log(LogEvent::EntryBlocked { entry, door });
        if denied {
            self.deny(door, Reason::Blocked);
        }
        if inside {
            self.alarm(Some(door), Some(entry), Alarm::VisitStopped);
        }
        if waits {
            self.relock(door);
        }
        Ok(Reply::Done)
    }

    fn approve(&mut self, entry: EntryId) -> Result<Reply, Refusal> {
        let door = self.door_of(entry).ok_or(Refusal::NoSuchEntry)?;
        let now = self.now.mono;
        match self.visit(door).map(|visit| &visit.state) {
            Some(State::Arming { approval: ApprovalWait::Waiting { until }, .. })
                if now < *until => {}
            Some(_) | None => return Err(Refusal::NotWaiting),
        }
        self.log(LogEvent::EntryApproved { entry, door });
        self.approved(door);
        Ok(Reply::Done)
    }

    fn rearm(&mut self, keypad: &DeviceName) -> Result<Reply, Refusal> {
        if self.door_of_keypad(keypad).is_none() && !self.throttles.contains_key(keypad) {
            return Err(Refusal::NoSuchKeypad);
        }
        let now = self.now.mono;
        for keypad in self.keypads_beside(keypad) {
            let throttle = self.throttles.entry(keypad.clone()).or_default();
            throttle.rearm(now);
            let record = throttle.clone();
            self.change(Change::Throttle(keypad.clone(), record));
            self.log(LogEvent::KeypadRearmed { keypad });
        }
        Ok(Reply::Done)
    }

    fn confirm_clock(&mut self) -> Reply {
        // What was over by the clock that was trusted stays over.
        self.expire_codes();
        self.clock.confirm(self.now);
        self.log(LogEvent::ClockConfirmed);
        Reply::Done
    }

    fn note(&mut self, note: Note) -> Reply {
        let event = match note {
            Note::DeviceEnrolled(device) => LogEvent::DeviceEnrolled { device },
            Note::DeviceRevoked(device) => {
                self.disallow_everywhere(&device);
                LogEvent::DeviceRevoked { device }
            }
            Note::CertificateIssued(device) => LogEvent::CertificateIssued { device },
            Note::CertificateReplaced(device) => LogEvent::CertificateReplaced { device },
            Note::AuthorityAdded(authority) => LogEvent::AuthorityAdded { authority },
            Note::AuthorityRetired(authority) => LogEvent::AuthorityRetired { authority },
            Note::CameraAdded(camera) => LogEvent::CameraAdded { camera },
            Note::CameraRemoved(camera) => LogEvent::CameraRemoved { camera },
            Note::PersonAdded(person, role) => LogEvent::PersonAdded { person, role },
            Note::PersonChanged(person, role) => LogEvent::PersonChanged { person, role },
            Note::PersonRemoved(person) => LogEvent::PersonRemoved { person },
            Note::DevicePaired(paired, person) => LogEvent::DevicePaired { paired, person },
            Note::PairingEnded(paired) => LogEvent::PairingEnded { paired },
            Note::PinRests(paired) => LogEvent::PinRests { paired },
            Note::PinLifted(paired) => LogEvent::PinLifted { paired },
            Note::PasskeyAdded(paired) => LogEvent::PasskeyAdded { paired },
            Note::NoticesAllowed(device) => LogEvent::NoticesAllowed { device },
            Note::NoticesDisallowed(device) => LogEvent::NoticesDisallowed { device },
            Note::HomeAssistantOn => LogEvent::HomeAssistantOn,
            Note::HomeAssistantOff => LogEvent::HomeAssistantOff,
            Note::BackupMade => LogEvent::BackupMade,
            Note::CameraWatched { camera, from, until } => {
                LogEvent::CameraWatched { camera, from, until }
            }
        };
        self.log(event);
        Reply::Done
    }
}
