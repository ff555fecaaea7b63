//! What happens when nothing happens.

use std::time::Duration;

use crate::batch::Change;
use crate::code::Tombstone;
use crate::event::LogEvent;
use crate::ids::DoorId;

use super::Hub;
use super::visit::State;

/// How often the clocks' mark is written down when nothing else is.
const MARK_EVERY: Duration = Duration::from_secs(60);

impl Hub {
    pub(super) fn meet_deadlines(&mut self) {
        let now = self.now.mono;
        let due = |site: &&super::Site| site.deadline().is_some_and(|(at, _)| at <= now);
        let doors: Vec<DoorId> = self.sites.values().filter(due).map(|site| site.door.id).collect();
        for door in doors {
            self.meet_throw(door);
            self.meet_filming(door);
            self.meet_visit(door);
        }
        if now >= self.mark_due {
            self.mark_due = now + MARK_EVERY;
            self.expire_codes();
            self.write_mark();
        }
    }

    fn meet_throw(&mut self, door: DoorId) {
        let throwing = self.sites.get(&door).and_then(|site| site.throwing.as_ref());
        if throwing.is_some_and(|throwing| throwing.until <= self.now.mono) {
            self.throw_failed(door);
        }
    }

    fn meet_filming(&mut self, door: DoorId) {
        let filming = self.visit(door).and_then(super::visit::Visit::filming_deadline);
        if filming.is_some_and(|(until, _)| until <= self.now.mono) {
            self.rest_filming(door);
        }
    }

    fn meet_visit(&mut self, door: DoorId) {
        let Some(visit) = self.visit(door) else {
            return;
        };
        if visit.deadline().is_none_or(|(at, _)| at > self.now.mono) {
            return;
        }
        match &visit.state {
            State::Arming { .. } => self.arming_overdue(door),
            State::Unlocking { .. } => self.unlock_overdue(door),
            State::Unlocked { .. } => self.open_overdue(door),
            State::Open { .. } => self.close_overdue(door),
            State::Unknown { .. } => self.answer_overdue(door),
            State::Secured { .. } => self.close_visit(door),
            State::Deciding { .. } => self.decision_overdue(door),
            State::Relocking | State::Jammed { .. } => {}
        }
    }

    /// Gives codes that are over their tombstones, by the highest wall time
    /// that was trusted: what a clock that jumped says ends nothing.
    pub(super) fn expire_codes(&mut self) {
        for (code, why) in self.codes.overdue(self.clock.mark().at.wall, &self.zone) {
            self.end_code(code, why);
        }
    }

    pub(super) fn end_code(&mut self, code: crate::ids::CodeId, why: Tombstone) {
        self.codes.end(code, why);
        self.change(Change::CodeEnded(code, why));
        self.log(LogEvent::CodeEnded { code, why });
    }
}
