//! The middle of a visit: from the command to unlock until the door closes.

use crate::device::{DeviceOrder, Motion, Tone};
use crate::door::{Bolt, Contact, Recording};
use crate::entry::{Entered, Reason};
use crate::event::Alarm;
use crate::ids::DoorId;
use crate::io::Effect;

use super::super::Hub;
use super::super::site::Leaf;
use super::{Doubt, Filming, HELD_OPEN, LOCK_WAIT, State, Visit, Wish};

impl Hub {
    /// The lock said where its bolt is, and where it was before, while a visit
    /// is in progress.
    pub(in crate::hub) fn visit_sees_bolt(&mut self, door: DoorId, before: Bolt, bolt: Bolt) {
        let Some(site) = self.sites.get(&door) else {
            return;
        };
        let leaf = site.leaf();
        let Some(visit) = site.visit.as_ref() else {
            return;
        };
        match (&visit.state, bolt) {
            (State::Unlocking { .. }, Bolt::Retracted) => self.unlocked(door),
            (State::Unlocking { .. }, Bolt::Jammed) => self.jammed(door, Motion::Retract),
            (State::Unlocked { .. }, Bolt::Jammed) => self.jammed(door, Motion::Throw),
            // Somebody locked by hand, or the lock did by itself.
            (State::Unlocked { .. } | State::Relocking | State::Jammed { .. }, Bolt::Thrown)
                if leaf != Leaf::Open =>
            {
                self.secured(door)
            }
            // It let the visitor in after all, late.
            (
                State::Unknown { doubt: Doubt::LockSilent, .. }
                | State::Jammed { on_its_way: Motion::Retract },
                Bolt::Retracted,
            ) => self.unlocked(door),
            (State::Jammed { .. } | State::Secured { .. }, Bolt::Retracted) if before != bolt => {
                self.sprang_back(door);
            }
            (State::Unknown { .. }, _) => self.settle(door),
            (
                State::Arming { .. }
                | State::Deciding { .. }
                | State::Jammed { .. }
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
        let resumed = matches!(visit.state, State::Unknown { doubt: Doubt::Restarted, .. });
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
                | State::Jammed { .. }
                | State::Unknown { .. }
                // Somebody leaves, or comes after all: the camera still runs.
                | State::Secured { .. },
                Contact::Open,
            ) => self.opened(door),
            (State::Open { .. }, Contact::Closed) => self.relock(door),
            (State::Unknown { .. }, Contact::Closed) => self.settle(door),
            (State::Open { .. }, Contact::Open)
            | (
                State::Arming { .. }
                | State::Deciding { .. }
                | State::Unlocking { .. }
                | State::Unlocked { .. }
                | State::Relocking
                | State::Jammed { .. }
                | State::Secured { .. },
                _,
            ) => {}
        }
    }

    /// The camera that films this visit is lost. A visit that still waits asks it
    /// again before anybody is let in; one whose decision is on its way to the
    /// disk is let in no more, if it must be filmed.
    pub(in crate::hub) fn visit_loses_camera(&mut self, door: DoorId) {
        let filmed = |visit: &&mut Visit| {
            visit.record.recording.is_some() && visit.filming != Filming::Resting
        };
        let Some(visit) = self.visit_mut(door).filter(filmed) else { return };
        let entry = visit.record.id;
        match (&visit.state, visit.rule) {
            (State::Arming { .. }, _) => return,
            (State::Deciding { .. }, Recording::Required) => {
                visit.wish = Wish::Stop(Reason::CameraUnavailable);
                return;
            }
            (
                State::Deciding { .. }
                | State::Unlocking { .. }
                | State::Unlocked { .. }
                | State::Open { .. }
                | State::Relocking
                | State::Jammed { .. }
                | State::Unknown { .. }
                | State::Secured { .. },
                _,
            ) => {}
        }
        self.alarm(Some(door), Some(entry), Alarm::EvidenceGap);
    }

    /// The bolt is in: the visitor has a while to open the door.
    pub(super) fn unlocked(&mut self, door: DoorId) {
        let Some(site) = self.sites.get(&door) else {
            return;
        };
        let until = self.now.mono + site.door.policy.relock_after;
        let stopped = site.visit.as_ref().is_some_and(|visit| visit.wish != Wish::Proceed);
        if site.leaf() == Leaf::Open {
            return self.opened(door);
        }
        self.move_visit(door, State::Unlocked { until });
        if stopped {
            self.relock(door);
        }
    }

    /// The door is open, whatever the bolt was doing.
    pub(super) fn opened(&mut self, door: DoorId) {
        if let Some(site) = self.sites.get_mut(&door) {
            site.throwing = None;
        }
        if let Some(visit) = self.visit_mut(door) {
            visit.record.entered = Entered::Yes;
            visit.sprung = 0;
        }
        self.move_visit(door, State::Open { since: self.now.mono, reminders: 0 });
        self.count_down(door, 0);
    }

    /// The lock has not reported its bolt retracted. There is no second try: it
    /// may have obeyed and lost its voice.
    pub(in crate::hub) fn unlock_overdue(&mut self, door: DoorId) {
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        // A report from before the command may have come after it.
        site.forget_bolt();
        let (leaf, entry) = (site.leaf(), site.visit.as_ref().map(|visit| visit.record.id));
        self.alarm(Some(door), entry, Alarm::LockSilent);
        match leaf {
            Leaf::Open => self.opened(door),
            Leaf::Closed | Leaf::Unknown | Leaf::Unwatched => {
                let doubt = Doubt::LockSilent;
                self.move_visit(door, State::Unknown { doubt, ask_until: None });
            }
        }
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
        let doubt = Doubt::Restarted;
        self.move_visit(door, State::Unknown { doubt, ask_until: Some(until) });
        self.ask_lock(door);
    }
}
