//! What can be seen of the hub from outside: facts, for people to read.

use crate::code::CodeRecord;
use crate::door::{Bolt, Contact, Door};
use crate::entry::EntryRecord;
use crate::event::ClockTrust;
use crate::ids::{CodeId, DeviceName, DoorId};
use crate::throttle::ThrottleRecord;
use crate::time::HubTime;

use super::Hub;
use super::visit::{ApprovalWait, State};

/// A door as it stands.
#[derive(Debug, Clone)]
pub struct DoorView {
    /// The door as its owner described it.
    pub door: Door,
    /// Where its bolt is, by the lock's own report.
    pub bolt: Bolt,
    /// When the lock said so.
    pub bolt_at: Option<HubTime>,
    /// Whether it is open, by its contact's report.
    pub contact: Option<Contact>,
    /// When the contact said so.
    pub contact_at: Option<HubTime>,
    /// The entry in progress.
    pub entry: Option<EntryView>,
}

/// An entry in progress.
#[derive(Debug, Clone)]
pub struct EntryView {
    /// The entry.
    pub record: EntryRecord,
    /// Until when it waits for the owner, if it does.
    pub approval_until: Option<HubTime>,
}

/// A keypad's wrong tries.
#[derive(Debug, Clone)]
pub struct KeypadView {
    /// The keypad.
    pub keypad: DeviceName,
    /// Its wrong tries.
    pub throttle: ThrottleRecord,
}

impl Hub {
    /// Returns all doors.
    #[must_use]
    pub fn doors(&self) -> Vec<DoorView> {
        self.sites.keys().filter_map(|id| self.door(*id)).collect()
    }

    /// Returns one door.
    #[must_use]
    pub fn door(&self, id: DoorId) -> Option<DoorView> {
        let site = self.sites.get(&id)?;
        Some(DoorView {
            door: site.door.clone(),
            bolt: site.bolt,
            bolt_at: site.bolt_at,
            contact: site.contact,
            contact_at: site.contact_at,
            entry: site.visit.as_ref().map(|visit| EntryView {
                record: visit.record.clone(),
                approval_until: approval_until(&visit.state),
            }),
        })
    }

    /// Returns keypads at which something wrong was typed.
    #[must_use]
    pub fn keypads(&self) -> Vec<KeypadView> {
        let view = |(keypad, throttle): (&DeviceName, &ThrottleRecord)| KeypadView {
            keypad: keypad.clone(),
            throttle: throttle.clone(),
        };
        self.throttles.iter().map(view).collect()
    }

    /// Returns a code, live or over.
    #[must_use]
    pub fn code(&self, id: CodeId) -> Option<&CodeRecord> {
        self.codes.get(id)
    }

    /// Says whether the wall clock can be believed.
    #[must_use]
    pub fn clock_trust(&self) -> ClockTrust {
        self.clock.trust()
    }
}

fn approval_until(state: &State) -> Option<HubTime> {
    match state {
        State::Arming { approval: ApprovalWait::Waiting { until }, .. } => Some(*until),
        State::Arming { .. }
        | State::Deciding { .. }
        | State::Unlocking { .. }
        | State::Unlocked { .. }
        | State::Open { .. }
        | State::Relocking
        | State::Jammed { .. }
        | State::Unknown { .. }
        | State::Secured { .. } => None,
    }
}
