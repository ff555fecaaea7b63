//! A typed code: heard or not, judged, and answered only once it is on record.
//!
//! Every refusal takes the same way: one MAC, one look-up, one batch, one
//! answer. What a keypad hears and when it hears it tell nothing of the reason.

use super::ledger::{Then, Try};
use super::site::{Leaf, LockLink};
use super::visit::{Caller, State};
use super::{Hub, Running};
use crate::batch::Change;
use crate::code::{AccessCode, CodeFormat, CodeKind, CodeKindName, CodeRecord};
use crate::codes::Presented;
use crate::door::{Approval, Recording};
use crate::entry::{Actor, Reason};
use crate::event::{Alarm, LogEvent};
use crate::ids::{CodeId, DeviceName, DoorId};
use crate::throttle::{ALERT_AT, POINTS_A_DAY, SUSPEND_AT, SUSPEND_HUB_AT, ThrottleRecord};

/// Of how many keypads without a door wrong tries are counted.
const MOST_STRANGERS: usize = 64;

/// A try that opens nothing, and the code it named, if any.
struct Miss {
    code: Option<CodeId>,
    reason: Reason,
}

impl Hub {
    pub(super) fn typed(
        &mut self,
        keypad: &DeviceName,
        code: Result<AccessCode, CodeFormat>,
        transaction: u64,
    ) {
        if self.is_sent_again(keypad, &code, transaction) {
            return;
        }
        let attempt = Try { keypad: keypad.clone(), transaction };
        let door = self.door_of_keypad(keypad);
        match self.judge_try(keypad, door, code) {
            Ok((door, caller)) => self.take_in(door, Caller { attempt: Some(attempt), ..caller }),
            Err(miss) => self.refuse(attempt, door, miss),
        }
    }

    /// Begins a visit. Only the emergency code comes here while another is in
    /// progress: it does not wait for anybody.
    fn take_in(&mut self, door: DoorId, caller: Caller) {
        match self.visit(door).map(|visit| &visit.state) {
            Some(State::Arming { .. }) => self.deny(door, Reason::DoorBusy),
            Some(state) if state.can_be_entered_again() => {
                self.let_in_again(door, caller.by, caller.attempt);
                return;
            }
            Some(_) | None => self.close_if_secured(door),
        }
        self.begin_visit(door, caller);
    }

    fn judge_try(
        &self,
        keypad: &DeviceName,
        door: Option<DoorId>,
        code: Result<AccessCode, CodeFormat>,
    ) -> Result<(DoorId, Caller), Miss> {
        let known = code.as_ref().map(|code| self.codes.by_mac(&self.key.mac(code)));
        if self.running == Running::Stopping {
            return Err(Miss { code: None, reason: Reason::Interrupted });
        }
        let throttle = self.throttles.get(keypad);
        if throttle.is_some_and(|throttle| !throttle.listens(self.now.mono)) {
            return Err(Miss { code: None, reason: Reason::Throttled });
        }
        let Ok(known) = known else {
            return Err(Miss { code: None, reason: Reason::Malformed });
        };
        let Some(code) = known else {
            return Err(Miss { code: None, reason: Reason::WrongCode });
        };
        let miss = |reason| Miss { code: Some(code.id), reason };
        let door = door.ok_or(miss(Reason::NoDoor))?;
        self.codes.judge(code, &self.presented_at(door)).map_err(miss)?;
        let urgent = code.kind.name() == CodeKindName::BreakGlass;
        if !urgent && self.rests(keypad, door) {
            return Err(miss(Reason::Suspended));
        }
        self.door_takes_visit(door, urgent).map_err(miss)?;
        self.caller(door, code).map(|caller| (door, caller)).ok_or(miss(Reason::NoDoor))
    }

    fn presented_at(&self, door: DoorId) -> Presented<'_> {
        Presented { door, wall: self.clock.wall(), trust: self.clock.trust(), zone: &self.zone }
    }

    pub(super) fn door_takes_visit(&self, door: DoorId, urgent: bool) -> Result<(), Reason> {
        let Some(site) = self.sites.get(&door) else {
            return Err(Reason::NoDoor);
        };
        match site.visit.as_ref().map(|visit| &visit.state) {
            None | Some(State::Secured { .. }) => {}
            Some(State::Arming { .. }) if urgent => {}
            Some(state) if urgent && state.can_be_entered_again() => {}
            Some(_) => return Err(Reason::DoorBusy),
        }
        if site.leaf() == Leaf::Open && !urgent {
            return Err(Reason::DoorOpen);
        }
        // A code is not spent on a lock that said goodbye; an emergency is worth
        // the try all the same.
        if site.lock_link == LockLink::Gone && !urgent {
            return Err(Reason::LockUnreachable);
        }
        Ok(())
    }

    fn caller(&self, door: DoorId, code: &CodeRecord) -> Option<Caller> {
        let policy = &self.sites.get(&door)?.door.policy;
        let urgent = matches!(code.kind, CodeKind::BreakGlass);
        let (rule, approval) = match (urgent, policy.recording) {
            (true, Recording::Required) => (Recording::Preferred, Approval::None),
            (true, rule) => (rule, Approval::None),
            (false, rule) => (rule, policy.approval),
        };
        let by = Actor::Code(code.id);
        Some(Caller { by, household: code.household, rule, approval, attempt: None })
    }

    /// Says whether a keypad sends once more what has opened already. The visit is
    /// on its way, or over; there is nothing to answer.
    fn is_sent_again(
        &self,
        keypad: &DeviceName,
        code: &Result<AccessCode, CodeFormat>,
        transaction: u64,
    ) -> bool {
        let Some(throttle) = self.throttles.get(keypad) else {
            return false;
        };
        let named = code.as_ref().ok().and_then(|code| self.codes.by_mac(&self.key.mac(code)));
        named.is_some_and(|code| throttle.has_opened(transaction, code.id, self.now.mono))
    }

    fn refuse(&mut self, attempt: Try, door: Option<DoorId>, miss: Miss) {
        let Miss { code, reason } = miss;
        let keypad = attempt.keypad.clone();
        if door.is_none() && self.is_one_stranger_too_many(&keypad) {
            return self.once_written(Then::Refuse(attempt));
        }
        if let Some(code) = code {
            self.tell_of_duress(door, None, code);
        }
        self.count(&keypad, door, reason);
        if self.is_worth_a_leaf(&keypad, reason) {
            self.log(LogEvent::CodeRefused { keypad, door, code, reason });
        }
        self.once_written(Then::Refuse(attempt));
    }

    /// A bridge may invent as many keypads as it likes; those that no door has
    /// leave a bounded trace.
    fn is_one_stranger_too_many(&self, keypad: &DeviceName) -> bool {
        let strangers = || self.throttles.keys().filter(|pad| self.door_of_keypad(pad).is_none());
        !self.throttles.contains_key(keypad) && strangers().count() >= MOST_STRANGERS
    }

    /// A keypad that is hammered while it does not listen writes one leaf per
    /// lock-out, not one per try: the log would grow as fast as somebody types.
    fn is_worth_a_leaf(&self, keypad: &DeviceName, reason: Reason) -> bool {
        let unheard = self.throttles.get(keypad).map_or(0, |throttle| throttle.unheard);
        reason != Reason::Throttled || unheard == 1
    }

    fn count(&mut self, keypad: &DeviceName, door: Option<DoorId>, reason: Reason) {
        match counts(reason) {
            Counts::Unheard => self.throttles.entry(keypad.clone()).or_default().count_unheard(),
            Counts::NotAtAll => {}
            Counts::Wrong => self.count_wrong(keypad, door),
        }
        for keypad in self.keypads_beside(keypad) {
            let record = self.throttles.entry(keypad.clone()).or_default().clone();
            self.change(Change::Throttle(keypad, record));
        }
    }

    fn count_wrong(&mut self, keypad: &DeviceName, door: Option<DoorId>) {
        let (now, beside) = (self.now.mono, self.keypads_beside(keypad));
        let resting = door.is_some_and(|door| self.rests(keypad, door));
        let points = match door {
            Some(door) if resting => self.codes.urgent(door),
            Some(door) => self.codes.openable(&self.presented_at(door)),
            None => 0,
        };
        let unforgiven = |pad| self.throttles.get(pad).map_or(0, |record| record.unforgiven(now));
        let failures = if resting {
            beside.iter().map(unforgiven).max().unwrap_or(0)
        } else {
            unforgiven(keypad)
        };
        let throttle = self.throttles.entry(keypad.clone()).or_default();
        throttle.count_wrong(now, points, failures);
        let record = throttle.clone();
        for other in beside.into_iter().filter(|other| resting && other != keypad) {
            self.throttles.entry(other).or_default().share_delay(&record);
        }
        self.follow_from_wrong_try(keypad, door, &record);
    }

    fn follow_from_wrong_try(
        &mut self,
        keypad: &DeviceName,
        door: Option<DoorId>,
        record: &ThrottleRecord,
    ) {
        let now = self.now.mono;
        if !record.listens(now) {
            let until_mono_ms = record.locked_until.as_millis();
            self.log(LogEvent::KeypadLockedOut { keypad: keypad.clone(), until_mono_ms });
        }
        let beside = self.keypads_beside(keypad);
        let today: usize = self.records(&beside).map(|record| record.wrong_today(now)).sum();
        if today == ALERT_AT {
            self.alarm(door, None, Alarm::WrongCodeLimit);
        }
        if today >= SUSPEND_AT || door.is_some_and(|door| self.rests(keypad, door)) {
            self.suspend(door, beside);
        }
        let doors = || self.sites.values().map(|site| &site.door);
        let tried = doors().flat_map(|door| self.records(&door.keypads));
        if tried.map(|throttle| throttle.wrong_today(now)).sum::<usize>() >= SUSPEND_HUB_AT {
            let all: Vec<_> = doors().map(|door| (door.id, door.keypads.clone())).collect();
            all.into_iter().for_each(|(door, keypads)| self.suspend(Some(door), keypads));
        }
    }

    /// Says whether couriers' and guests' codes rest at this keypad: they were
    /// suspended, or the day's points would not bear another try. The codes of
    /// the moment may be more than those of the last try.
    fn rests(&self, keypad: &DeviceName, door: DoorId) -> bool {
        let (now, beside) = (self.now.mono, self.keypads_beside(keypad));
        let spent: u32 = self.records(&beside).map(|record| record.points_today(now)).sum();
        let openable = self.codes.openable(&self.presented_at(door));
        self.throttles.get(keypad).is_some_and(|record| record.suspends(now))
            || spent.saturating_add(openable) > POINTS_A_DAY
    }

    /// Returns the keypads of a keypad's door, itself among them.
    pub(super) fn keypads_beside(&self, keypad: &DeviceName) -> Vec<DeviceName> {
        let site = self.door_of_keypad(keypad).and_then(|door| self.sites.get(&door));
        site.map_or_else(|| vec![keypad.clone()], |site| site.door.keypads.clone())
    }

    fn records<'a>(
        &'a self,
        keypads: &'a [DeviceName],
    ) -> impl Iterator<Item = &'a ThrottleRecord> {
        keypads.iter().filter_map(|keypad| self.throttles.get(keypad))
    }

    /// Lets couriers' and guests' codes rest at those of a door's keypads where
    /// they do not rest so far.
    fn suspend(&mut self, door: Option<DoorId>, keypads: Vec<DeviceName>) {
        let now = self.now.mono;
        let resting = |pad: &DeviceName| self.throttles.get(pad).is_some_and(|t| t.suspends(now));
        let listening: Vec<_> = keypads.into_iter().filter(|pad| !resting(pad)).collect();
        if listening.is_empty() {
            return;
        }
        for keypad in listening {
            let throttle = self.throttles.entry(keypad.clone()).or_default();
            throttle.suspend(now);
            let until_mono_ms = throttle.suspended_until.as_millis();
            let record = throttle.clone();
            self.change(Change::Throttle(keypad.clone(), record));
            self.log(LogEvent::KeypadSuspended { keypad, until_mono_ms });
        }
        self.alarm(door, None, Alarm::WrongCodeLimit);
    }

    /// A visit whose door is locked again gives way to the next.
    pub(super) fn close_if_secured(&mut self, door: DoorId) {
        if matches!(self.visit(door).map(|visit| &visit.state), Some(State::Secured { .. })) {
            self.close_visit(door);
        }
    }
}

/// How a refused try counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    Wrong,
    Unheard,
    NotAtAll,
}

/// Whatever names no code that could open here counts as a guess. A good code
/// that came at a bad moment does not.
fn counts(reason: Reason) -> Counts {
    match reason {
        Reason::WrongCode
        | Reason::Malformed
        | Reason::Spent
        | Reason::Expired
        | Reason::Cancelled
        | Reason::Paused
        | Reason::TooEarly
        | Reason::OutsideSchedule
        | Reason::WrongDoor
        | Reason::NoDoor
        | Reason::Suspended => Counts::Wrong,
        Reason::Throttled => Counts::Unheard,
        Reason::ClockUntrusted
        | Reason::DoorBusy
        | Reason::DoorOpen
        | Reason::NoCamera
        | Reason::CameraUnavailable
        | Reason::CameraFrozen
        | Reason::CameraRefused
        | Reason::CameraUnjudged
        | Reason::NotApproved
        | Reason::Blocked
        | Reason::NotRecorded
        | Reason::LockUnreachable
        | Reason::Interrupted => Counts::NotAtAll,
    }
}
