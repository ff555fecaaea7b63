//! The middle of a visit: from the command to unlock until the door closes.

use crate::device::{DeviceOrder, Tone};
use crate::door::{Bolt, Contact};
use crate::entry::Entered;
use crate::event::Alarm;
use crate::ids::DoorId;
use crate::io::Effect;

use super::super::Hub;
use super::super::site::Leaf;
use super::{HELD_OPEN, LOCK_WAIT, State, Wish};

impl Hub {
    /// The lock said where its bolt is, while a visit is in progress.
    pub(in crate::hub) fn visit_sees_bolt(&mut self, door: DoorId, bolt: Bolt) {
        let Some(site) = self.sites.get(&door) else {
            return;
        };
        let leaf = site.leaf();
        let Some(visit) = site.visit.as_ref() else {
            return;
        };
        match (&visit.state, bolt) {
            (State::Unlocking { .. }, Bolt::Retracted) => self.unlocked(door),
            (State::Unlocking { .. } | State::Unlocked { .. }, Bolt::Jammed) => self.jammed(door),
            // Somebody locked by hand, or the lock did by itself.
            (State::Unlocked { .. }, Bolt::Thrown) if leaf != Leaf::Open => self.secured(door),
            (State::Relocking, Bolt::Thrown) if leaf != Leaf::Open => self.secured(door),
            (State::Jammed | State::Unknown { .. }, _) => self.settle(door),
            (
                State::Arming { .. }
                | State::Deciding
                | State::Unlocking { .. }
                | State::Unlocked { .. }
                | State::Open { .. }
                | State::Relocking
                | State::Secured { .. },
                _,
            ) => {}
        }
    }

    /// The contact said whether the door is open, while a visit is in progress.
    pub(in crate::hub) fn visit_sees_contact(&mut self, door: DoorId, contact: Contact) {
        let Some(visit) = self.visit(door) else { return };
        let resumed = matches!(visit.state, State::Unknown { ask_until: Some(_) });
        if resumed && contact == Contact::Open {
            let entry = visit.record.id;
            self.alarm(Some(door), Some(entry), Alarm::OpenAfterRestart);
        }
        let Some(visit) = self.visit(door) else { return };
        match (&visit.state, contact) {
            (
                State::Unlocking { .. }
                | State::Unlocked { .. }
                | State::Relocking
                | State::Jammed
                | State::Unknown { .. },
                Contact::Open,
            ) => self.opened(door),
            (State::Open { .. }, Contact::Closed) => self.relock(door),
            (State::Jammed | State::Unknown { .. }, Contact::Closed) => self.settle(door),
            // A new visit of the same person: the camera still runs, the alarm
            // is the door's.
            (State::Secured { .. } | State::Open { .. }, Contact::Open)
            | (
                State::Arming { .. }
                | State::Deciding
                | State::Unlocking { .. }
                | State::Unlocked { .. }
                | State::Relocking
                | State::Secured { .. },
                _,
            ) => {}
        }
    }

    fn unlocked(&mut self, door: DoorId) {
        let Some(site) = self.sites.get(&door) else {
            return;
        };
        let until = self.now.mono + site.door.policy.relock_after;
        let stopped = site.visit.as_ref().is_some_and(|visit| visit.wish == Wish::Stop);
        if site.leaf() == Leaf::Open {
            return self.opened(door);
        }
        self.move_visit(door, State::Unlocked { until });
        if stopped {
            self.relock(door);
        }
    }

    fn opened(&mut self, door: DoorId) {
        if let Some(site) = self.sites.get_mut(&door) {
            site.throwing = None;
        }
        if let Some(visit) = self.visit_mut(door) {
            visit.record.entered = Entered::Yes;
        }
        self.move_visit(door, State::Open { since: self.now.mono, reminders: 0 });
        self.count_down(door, 0);
    }

    /// The lock has not reported its bolt retracted. There is no second try: it
    /// may have obeyed and lost its voice.
    pub(in crate::hub) fn unlock_overdue(&mut self, door: DoorId) {
        let entry = self.visit(door).map(|visit| visit.record.id);
        self.alarm(Some(door), entry, Alarm::LockSilent);
        self.move_visit(door, State::Unknown { ask_until: None });
        self.ask_lock(door);
    }

    /// Nobody opened the door.
    pub(in crate::hub) fn open_overdue(&mut self, door: DoorId) {
        self.relock(door);
    }

    /// The door has been open for another while.
    pub(in crate::hub) fn close_overdue(&mut self, door: DoorId) {
        let Some(visit) = self.visit_mut(door) else {
            return;
        };
        let entry = visit.record.id;
        let State::Open { reminders, .. } = &mut visit.state else {
            return;
        };
        *reminders += 1;
        let reminders = *reminders;
        self.tone(door, Tone::HeldOpen);
        if reminders == HELD_OPEN.len() {
            self.alarm(Some(door), Some(entry), Alarm::HeldOpen);
        } else {
            self.count_down(door, reminders);
        }
    }

    fn count_down(&mut self, door: DoorId, reminders: usize) {
        let before = reminders.checked_sub(1).and_then(|i| HELD_OPEN.get(i)).copied();
        let Some(next) = HELD_OPEN.get(reminders) else {
            return;
        };
        let wait = next.saturating_sub(before.unwrap_or_default());
        let seconds = u8::try_from(wait.as_secs()).unwrap_or(u8::MAX);
        self.tone(door, Tone::Countdown { seconds });
    }

    pub(super) fn tone(&mut self, door: DoorId, tone: Tone) {
        let Some(site) = self.sites.get(&door) else {
            return;
        };
        let keypads = site.door.keypads.clone();
        let orders = keypads.into_iter().map(|pad| Effect::Order(pad, DeviceOrder::Tone(tone)));
        self.outbox.extend(orders);
    }

    /// Asks a door's lock where its bolt is.
    pub(in crate::hub) fn ask_lock(&mut self, door: DoorId) {
        if let Some(site) = self.sites.get(&door) {
            let lock = site.door.lock.clone();
            self.effects.push_back(Effect::Order(lock, DeviceOrder::ReportBolt));
        }
    }

    /// Gives a lock that has just been asked the time to answer.
    pub(in crate::hub) fn await_lock(&mut self, door: DoorId) {
        let until = self.now.mono + LOCK_WAIT;
        self.move_visit(door, State::Unknown { ask_until: Some(until) });
        self.ask_lock(door);
    }
}
