//! Leave to retract a bolt, as a value.
//!
//! The chain has three links and no way round it: policy makes a [`Decision`];
//! the store's word that the decision is on the disk makes a [`Receipt`]; both
//! together make a [`Grant`]; and only a grant makes a command to retract. None
//! of them can be copied, so one decision moves one bolt once.

use std::time::Duration;

use crate::device::{LockCommand, Motion};
use crate::door::Door;
use crate::ids::{CommandId, CommitTicket, DoorId, EntryId};
use crate::time::Now;

/// For how long a command to a lock is worth anything.
pub const COMMAND_LIFE: Duration = Duration::from_secs(5);

/// A visit may come in; not yet written down.
#[derive(Debug)]
#[must_use]
pub struct Decision {
    door: DoorId,
    entry: EntryId,
    command: CommandId,
}

/// The store's word that a batch is on the disk.
#[derive(Debug)]
pub struct Receipt {
    ticket: CommitTicket,
}

/// Leave to retract one bolt once. Made only from a decision and the receipt
/// for its commit; neither `Clone` nor `Copy`.
#[derive(Debug)]
#[must_use]
pub struct Grant {
    door: DoorId,
    entry: EntryId,
    command: CommandId,
    ticket: CommitTicket,
}

impl Decision {
    /// Lets a visit in whose conditions are met. Called by the hub alone, after
    /// code, schedule, camera and approval have each said yes.
    pub(crate) fn allow(door: DoorId, entry: EntryId, command: CommandId) -> Self {
        Self { door, entry, command }
    }

    /// Returns the entry it lets in.
    #[must_use]
    pub fn entry(&self) -> EntryId {
        self.entry
    }

    /// Returns the door it opens.
    #[must_use]
    pub fn door(&self) -> DoorId {
        self.door
    }

    /// Returns the number of the one command it leads to.
    pub(crate) fn command(&self) -> CommandId {
        self.command
    }

    /// Turns the decision into a grant once it is on the disk.
    pub fn recorded(self, receipt: &Receipt) -> Grant {
        let Self { door, entry, command } = self;
        Grant { door, entry, command, ticket: receipt.ticket }
    }
}

impl Receipt {
    /// Takes the store's word.
    pub(crate) fn of(ticket: CommitTicket) -> Self {
        Self { ticket }
    }
}

impl Grant {
    /// Returns the batch in which the decision is written down.
    #[must_use]
    pub fn ticket(&self) -> CommitTicket {
        self.ticket
    }

    /// Returns the entry it lets in.
    #[must_use]
    pub fn entry(&self) -> EntryId {
        self.entry
    }

    /// Returns the number of the one command it leads to.
    pub(crate) fn command(&self) -> CommandId {
        self.command
    }
}

impl Door {
    /// Turns a grant into the one command it is good for. A grant for another
    /// door is good for nothing.
    #[must_use]
    pub fn retract(&self, grant: Grant, now: Now) -> Option<LockCommand> {
        (grant.door == self.id).then(|| self.command(grant.command, Motion::Retract, now))
    }

    /// Returns the command to throw the bolt. Locking needs no leave; the hub
    /// gives the command only when nothing says that the door is open.
    pub(crate) fn throw(&self, command: CommandId, now: Now) -> LockCommand {
        self.command(command, Motion::Throw, now)
    }

    fn command(&self, id: CommandId, motion: Motion, now: Now) -> LockCommand {
        let expires = now.wall.saturating_add(COMMAND_LIFE).unwrap_or(now.wall);
        LockCommand { id, door: self.id, lock: self.lock.clone(), motion, expires }
    }
}
