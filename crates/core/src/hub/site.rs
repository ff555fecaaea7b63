//! A door and what is known of it: its bolt, its contact, the visit in
//! progress, the throw in progress.

use crate::door::{Bolt, Contact, Door};
use crate::ids::CommandId;
use crate::time::HubTime;

use super::visit::Visit;

/// A door and what is known of it.
pub(super) struct Site {
    pub(super) door: Door,
    pub(super) bolt: Bolt,
    /// When the lock last said where its bolt is.
    pub(super) bolt_at: Option<HubTime>,
    pub(super) lock_link: LockLink,
    pub(super) contact: Option<Contact>,
    pub(super) contact_at: Option<HubTime>,
    pub(super) visit: Option<Visit>,
    pub(super) throwing: Option<Throwing>,
    pub(super) once_closed: OnceClosed,
}

/// Whether a command may reach the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockLink {
    /// Nothing says that it would not.
    Perhaps,
    /// The lock, or the bridge before it, said goodbye and has not come back.
    Gone,
}

/// A bolt on its way out.
pub(super) struct Throwing {
    pub(super) command: CommandId,
    pub(super) attempt: u8,
    pub(super) until: HubTime,
}

/// Whether the owner wants the door locked as soon as it closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnceClosed {
    Lock,
    Leave,
}

/// What is known of the leaf, for the question whether a bolt may be thrown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaf {
    /// The contact says so.
    Closed,
    /// The contact says so.
    Open,
    /// There is a contact, and it has said nothing that still holds.
    Unknown,
    /// There is no contact: the policy's timer stands in for it.
    Unwatched,
}

impl Site {
    pub(super) fn new(door: Door) -> Self {
        Self {
            door,
            bolt: Bolt::Unknown,
            bolt_at: None,
            lock_link: LockLink::Perhaps,
            contact: None,
            contact_at: None,
            visit: None,
            throwing: None,
            once_closed: OnceClosed::Leave,
        }
    }

    pub(super) fn leaf(&self) -> Leaf {
        match (&self.door.contact, self.contact) {
            (None, _) => Leaf::Unwatched,
            (Some(_), None) => Leaf::Unknown,
            (Some(_), Some(Contact::Open)) => Leaf::Open,
            (Some(_), Some(Contact::Closed)) => Leaf::Closed,
        }
    }

    /// Returns when this door wants to be looked at, and why.
    pub(super) fn deadline(&self) -> Option<(HubTime, &'static str)> {
        let throwing = self.throwing.as_ref().map(|t| (t.until, "bolt not reported thrown"));
        let visit = self.visit.as_ref().and_then(Visit::deadline);
        let filming = self.visit.as_ref().and_then(Visit::filming_deadline);
        [throwing, visit, filming].into_iter().flatten().min_by_key(|(at, _)| *at)
    }
}
