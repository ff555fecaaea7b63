//! Throwing a bolt: told, awaited, told again, and in the end called jammed.

use crate::device::{DeviceOrder, Motion};
use crate::door::Bolt;
use crate::event::Alarm;
use crate::ids::{CommandId, DoorId};
use crate::io::Effect;

use super::Hub;
use super::site::{Leaf, Throwing};
use super::visit::{LOCK_WAIT, State};

/// How often a bolt that does not go out is told again.
const RETRIES: u8 = 2;

impl Hub {
    /// Tells a lock to throw its bolt. Callers have looked at the leaf.
    pub(super) fn throw(&mut self, door: DoorId) {
        self.throw_attempt(door, 0);
    }

    fn throw_attempt(&mut self, door: DoorId, attempt: u8) {
        let command = CommandId(super::visit::take(&mut self.ids.command));
        let now = self.now;
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        let until = now.mono + LOCK_WAIT;
        site.throwing = Some(Throwing { command, attempt, until });
        let order = DeviceOrder::Move(site.door.throw(command, now));
        self.effects.push_back(Effect::Order(site.door.lock.clone(), order));
    }

    /// A lock that is throwing its bolt said where it is.
    pub(super) fn throwing_sees_bolt(&mut self, door: DoorId, bolt: Bolt) {
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        if site.throwing.is_none() {
            return;
        }
        match bolt {
            Bolt::Thrown => site.throwing = None,
            Bolt::Jammed => self.throw_failed(door),
            Bolt::Retracted | Bolt::Moving | Bolt::Unknown => {}
        }
    }

    /// The bolt did not go out, or nobody says that it did.
    pub(super) fn throw_failed(&mut self, door: DoorId) {
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        let Some(throwing) = site.throwing.take() else {
            return;
        };
        let closed = match site.leaf() {
            Leaf::Closed | Leaf::Unwatched => true,
            Leaf::Open | Leaf::Unknown => false,
        };
        if closed && throwing.attempt < RETRIES {
            return self.throw_attempt(door, throwing.attempt + 1);
        }
        match self.visit(door).map(|visit| &visit.state) {
            Some(State::Relocking) => self.jammed(door, Motion::Throw),
            Some(_) | None => self.alarm_jam(door),
        }
    }

    /// Nobody was there to take a command.
    pub(super) fn undelivered(&mut self, command: CommandId) {
        if let Some(door) = self.door_unlocking(command) {
            return self.unlock_undelivered(door);
        }
        let thrown = |site: &&super::Site| {
            site.throwing.as_ref().is_some_and(|throwing| throwing.command == command)
        };
        // The retry waits for its deadline: the lock may be back by then.
        if let Some(door) = self.sites.values().find(thrown).map(|site| site.door.id) {
            let entry = self.visit(door).map(|visit| visit.record.id);
            self.alarm(Some(door), entry, Alarm::LockUnreachable);
        }
    }

    fn door_unlocking(&self, command: CommandId) -> Option<DoorId> {
        let told =
            |state: &State| matches!(state, State::Unlocking { command: c, .. } if *c == command);
        let site = self.sites.values().find(|s| s.visit.as_ref().is_some_and(|v| told(&v.state)));
        site.map(|site| site.door.id)
    }
}
