//! The decision: judged once more, written down, and only then carried out.

use super::super::Hub;
use super::super::ledger::{Then, Try};
use super::super::site::OnceClosed;
use super::{COMMIT_WAIT, CameraWait, Doubt, LOCK_WAIT, State, Wish, take};
use crate::batch::Change;
use crate::code::{CodeKindName, Tombstone};
use crate::codes::{Presented, Spending};
use crate::device::{DeviceOrder, KeypadAnswer};
use crate::door::Bolt;
use crate::entry::{Actor, Reason, Stage};
use crate::event::{Alarm, LogEvent};
use crate::ids::{CodeId, CommandId, DoorId, EntryId};
use crate::io::Effect;
use crate::policy::{Decision, Grant};
use crate::throttle::OpenedBy;

impl Hub {
    /// Lets the visit in: spends the code, writes the decision down, and waits
    /// for the disk. The code is judged once more, for it may have been
    /// cancelled, spent elsewhere or outlived while the camera was asked.
    pub(super) fn decide(&mut self, door: DoorId) {
        let Some(by) = self.visit(door).map(|visit| visit.record.by.clone()) else {
            return;
        };
        if let Err(reason) = self.judge_again(door, &by) {
            return self.deny(door, reason);
        }
        if let Actor::Code(code) = by {
            let spending = self.codes.spend(code);
            self.write_spending(spending);
        }
        let Some(State::Arming { camera, attempt, .. }) =
            self.visit_mut(door).map(|visit| &mut visit.state)
        else {
            return;
        };
        let (camera, attempt) = (*camera, attempt.take());
        self.write_decision(door, by, attempt);
        if camera == CameraWait::Missing {
            let entry = self.visit(door).map(|visit| visit.record.id);
            self.alarm(Some(door), entry, Alarm::EvidenceGap);
        }
    }

    /// Lets somebody else in at a door at which a visit got stuck or is not
    /// over: the owner, or the emergency code. It remains the same entry, so
    /// that it ends only when the door is locked.
    pub(in crate::hub) fn let_in_again(
        &mut self,
        door: DoorId,
        by: Actor,
        attempt: Option<Try>,
    ) -> Option<EntryId> {
        let site = self.sites.get_mut(&door)?;
        site.throwing = None;
        let visit = site.visit.as_mut()?;
        visit.wish = Wish::Proceed;
        let entry = visit.record.id;
        self.write_decision(door, by, attempt);
        Some(entry)
    }

    fn write_decision(&mut self, door: DoorId, by: Actor, attempt: Option<Try>) {
        let command = CommandId(take(&mut self.ids.command));
        let until = self.now.mono + COMMIT_WAIT;
        let Some(visit) = self.visit_mut(door) else {
            return;
        };
        let entry = visit.record.id;
        visit.state = State::Deciding { command, until };
        // On the disk the entry is past its decision: should the hub die here,
        // the next start must assume that the command went out.
        visit.record.stage = Stage::Unlocking;
        let record = visit.record.clone();
        self.change(Change::Entry(record));
        self.tell_of_code(door, entry, &by);
        self.note_opening(&by, attempt.as_ref());
        self.log(LogEvent::UnlockGranted { entry, door, by, command });
        self.once_written(Then::Grant(Decision::allow(door, entry, command), attempt));
    }

    /// Keeps which try opens, so that it opens once however often it is sent.
    fn note_opening(&mut self, by: &Actor, attempt: Option<&Try>) {
        let (Actor::Code(code), Some(Try { keypad, transaction })) = (by, attempt) else {
            return;
        };
        let (code, transaction, at) = (*code, *transaction, self.now.mono);
        let throttle = self.throttles.entry(keypad.clone()).or_default();
        throttle.opened = Some(OpenedBy { transaction, code, at });
        let record = throttle.clone();
        self.change(Change::Throttle(keypad.clone(), record));
    }

    fn judge_again(&self, door: DoorId, by: &Actor) -> Result<(), Reason> {
        let code = match by {
            Actor::Code(code) => *code,
            Actor::Device(device) => return self.judge_device_again(device, door),
            Actor::LocalOwner | Actor::Person { .. } | Actor::Hub => return Ok(()),
        };
        let Some(code) = self.codes.get(code) else {
            return Err(Reason::WrongCode);
        };
        let at = Presented {
            door,
            wall: self.clock.wall(),
            trust: self.clock.trust(),
            zone: &self.zone,
        };
        self.codes.judge(code, &at)
    }

    fn write_spending(&mut self, spending: Spending) {
        match spending {
            Spending::Ends(code) => {
                let why = Tombstone::Spent;
                self.change(Change::CodeEnded(code, why));
                self.log(LogEvent::CodeEnded { code, why });
            }
            Spending::Leaves(code, left) => self.change(Change::CodeUsesLeft(code, left)),
            Spending::Nothing => {}
        }
    }

    /// Whoever types a duress code is in danger, whether or not the door opens.
    pub(in crate::hub) fn tell_of_duress(
        &mut self,
        door: Option<DoorId>,
        entry: Option<EntryId>,
        code: CodeId,
    ) {
        let kind = self.codes.get(code).map(|code| code.kind.name());
        if kind == Some(CodeKindName::Duress) {
            self.alarm(door, entry, Alarm::Duress);
        }
    }

    fn tell_of_code(&mut self, door: DoorId, entry: EntryId, by: &Actor) {
        let Actor::Code(code) = by else { return };
        match self.codes.get(*code).map(|code| code.kind.name()) {
            Some(CodeKindName::BreakGlass) => {
                self.alarm(Some(door), Some(entry), Alarm::BreakGlassUsed);
            }
            Some(CodeKindName::Duress) => self.alarm(Some(door), Some(entry), Alarm::Duress),
            Some(CodeKindName::OneTime | CodeKindName::Scheduled) | None => {}
        }
    }

    /// The decision is on the disk: the bolt is told to go in, once.
    pub(in crate::hub) fn granted(&mut self, grant: Grant, attempt: Option<Try>) {
        let Some(door) = self.door_deciding(grant.entry(), grant.command()) else {
            return self.refuse_if_typed(attempt);
        };
        match self.visit(door).map(|visit| visit.wish) {
            Some(Wish::Proceed) => self.carry_out(door, grant, attempt),
            Some(Wish::Stop(reason)) => {
                self.refuse_if_typed(attempt);
                self.turn_away(door, reason);
            }
            None => self.refuse_if_typed(attempt),
        }
    }

    fn carry_out(&mut self, door: DoorId, grant: Grant, attempt: Option<Try>) {
        let now = self.now;
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        let Some(command) = site.door.retract(grant, now) else {
            return;
        };
        // What the lock said before it was told is no answer, and a throw that
        // is still being tried would shut the door in the visitor's face.
        site.forget_bolt();
        site.throwing = None;
        site.once_closed = OnceClosed::Leave;
        let lock = site.door.lock.clone();
        if let Some(visit) = site.visit.as_mut() {
            visit.told = visit.told.saturating_add(1);
        }
        let state = State::Unlocking { command: command.id, until: now.mono + LOCK_WAIT };
        self.effects.push_back(Effect::Order(lock, DeviceOrder::Move(command)));
        self.answer(attempt, KeypadAnswer::Accepted);
        self.move_visit(door, state);
    }

    /// The decision may not be on the disk: the door stays as it is.
    pub(in crate::hub) fn not_recorded(&mut self, decision: &Decision, attempt: Option<Try>) {
        self.refuse_if_typed(attempt);
        if let Some(door) = self.door_deciding(decision.entry(), decision.command()) {
            self.turn_away(door, Reason::NotRecorded);
        }
    }

    /// The disk has not said a word about the decision.
    pub(in crate::hub) fn decision_overdue(&mut self, door: DoorId) {
        let entry = self.visit(door).map(|visit| visit.record.id);
        self.alarm(Some(door), entry, Alarm::StorageFailed);
        self.turn_away(door, Reason::NotRecorded);
    }

    /// Ends a decision that is not carried out. A visit whose bolt was told to
    /// go in before is not over by that.
    fn turn_away(&mut self, door: DoorId, reason: Reason) {
        match self.visit(door).map(|visit| visit.told) {
            Some(0) | None => self.deny(door, reason),
            Some(_) => {
                self.move_visit(door, State::Unknown { doubt: Doubt::Unsettled, ask_until: None });
                self.ask_lock(door);
            }
        }
    }

    /// The command to unlock reached nobody, and never will: the door is as it
    /// was. The code stays spent; the owner can give out another.
    pub(in crate::hub) fn unlock_undelivered(&mut self, door: DoorId) {
        let entry = self.visit(door).map(|visit| visit.record.id);
        self.alarm(Some(door), entry, Alarm::LockUnreachable);
        if let Some(visit) = self.visit_mut(door) {
            visit.told = visit.told.saturating_sub(1);
        }
        self.turn_away(door, Reason::LockUnreachable);
    }

    fn door_deciding(&self, entry: EntryId, command: CommandId) -> Option<DoorId> {
        self.find_visit(|visit| {
            let decides =
                matches!(&visit.state, State::Deciding { command: c, .. } if *c == command);
            decides && visit.record.id == entry
        })
    }

    fn refuse_if_typed(&mut self, attempt: Option<Try>) {
        self.answer(attempt, KeypadAnswer::Refused);
    }

    pub(in crate::hub) fn refuse_at_keypad(&mut self, attempt: Try) {
        self.answer(Some(attempt), KeypadAnswer::Refused);
    }

    fn answer(&mut self, attempt: Option<Try>, answer: KeypadAnswer) {
        if let Some(Try { keypad, transaction }) = attempt {
            let order = DeviceOrder::Answer { transaction, answer };
            self.emit(Effect::Order(keypad, order));
        }
    }
}

impl super::super::Site {
    /// What the lock said last holds no longer.
    pub(in crate::hub) fn forget_bolt(&mut self) {
        self.bolt = Bolt::Unknown;
        self.bolt_at = None;
    }
}
