//! What one input changes, gathered into one batch, and what waits for it.

use std::collections::{BTreeMap, BTreeSet};

use crate::batch::{Batch, Change};
use crate::code::Standing;
use crate::entry::Reason;
use crate::event::{Alarm, Leaf, LogEvent};
use crate::ids::{CodeId, CommitTicket, DeviceName};
use crate::io::{Effect, Notice, Refusal, Reply, RequestId};
use crate::policy::{Decision, Receipt};

use super::Hub;

/// The batch being gathered, and those on their way to the disk.
#[derive(Default)]
pub(super) struct Ledger {
    changes: Vec<Change>,
    leaves: Vec<Leaf>,
    then: Vec<Then>,
    waiting: BTreeMap<CommitTicket, Waiting>,
    /// Codes of which the disk may not know what is left of them. They go with
    /// the next batch, whatever that is about.
    owed: BTreeSet<CodeId>,
    /// Whether a batch was lost: then the next one says so in the log, and brings
    /// all counts of wrong tries with it.
    lost: Lost,
    last_ticket: u64,
    mark_wanted: MarkWanted,
}

/// What a batch on its way holds up.
#[derive(Default)]
struct Waiting {
    then: Vec<Then>,
    spends: BTreeSet<CodeId>,
}

#[derive(Default, PartialEq, Eq)]
enum Lost {
    #[default]
    Nothing,
    Batches,
}

#[derive(Default, PartialEq, Eq)]
enum MarkWanted {
    #[default]
    No,
    Yes,
}

/// What a batch's arrival on the disk sets off.
pub(super) enum Then {
    /// A try is refused at its keypad.
    Refuse(Try),
    /// A decision becomes a grant.
    Grant(Decision, Option<Try>),
    /// The people of the house are told.
    Tell(Notice),
    /// The owner is answered.
    Reply(RequestId, Reply),
}

/// Where the answer to a typed code goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Try {
    pub(super) keypad: DeviceName,
    pub(super) transaction: u64,
}

impl Hub {
    /// Adds a leaf to the batch.
    pub(super) fn log(&mut self, event: LogEvent) {
        let leaf = Leaf { at: self.now, clock: self.clock.trust(), by: self.asker.clone(), event };
        self.ledger.leaves.push(leaf);
    }

    /// Adds a changed row to the batch.
    pub(super) fn change(&mut self, change: Change) {
        self.ledger.changes.push(change);
    }

    /// Has something done once the batch is on the disk.
    pub(super) fn once_written(&mut self, then: Then) {
        self.ledger.then.push(then);
    }

    /// Asks for a batch even if nothing but the time has changed.
    pub(super) fn write_mark(&mut self) {
        self.ledger.mark_wanted = MarkWanted::Yes;
    }

    /// Lets out what was gathered: the batch first, then what else is to be
    /// done, so that nothing refers to a row that is not on its way.
    pub(super) fn close_batch(&mut self) {
        self.send_batch();
        self.effects.append(&mut self.outbox);
    }

    fn send_batch(&mut self) {
        let ledger = &mut self.ledger;
        let wanted = std::mem::take(&mut ledger.mark_wanted) == MarkWanted::Yes;
        let empty = ledger.changes.is_empty() && ledger.leaves.is_empty();
        if empty && ledger.then.is_empty() && !wanted {
            return;
        }
        self.pay_what_is_owed();
        let ledger = &mut self.ledger;
        ledger.last_ticket += 1;
        let ticket = CommitTicket(ledger.last_ticket);
        let spends = ledger.changes.iter().filter_map(spent_code).collect();
        ledger.waiting.insert(ticket, Waiting { then: std::mem::take(&mut ledger.then), spends });
        let batch = Batch {
            ticket,
            changes: std::mem::take(&mut ledger.changes),
            leaves: std::mem::take(&mut ledger.leaves),
            mark: self.clock.mark(),
            next_ids: self.ids,
        };
        self.effects.push_back(Effect::Commit(batch));
    }

    fn pay_what_is_owed(&mut self) {
        for code in std::mem::take(&mut self.ledger.owed) {
            for change in self.codes.rows_of(code) {
                self.log_owed(&change);
                self.change(change);
            }
        }
        if std::mem::take(&mut self.ledger.lost) == Lost::Batches {
            let alarm = Alarm::StorageFailed;
            self.log(LogEvent::Alarm { door: None, entry: None, alarm });
            let counts = self.throttles.clone();
            counts.into_iter().for_each(|(pad, count)| self.change(Change::Throttle(pad, count)));
        }
    }

    /// Tells the log of what a lost batch would have told. What the batch at hand is about has its
    /// leaf already.
    fn log_owed(&mut self, change: &Change) {
        if self.ledger.changes.contains(change) {
            return;
        }
        if let Change::CodeEnded(code, why) = *change {
            self.log(LogEvent::CodeEnded { code, why });
        }
        if let Change::CodeStanding(code, Standing::Paused) = *change {
            self.log(LogEvent::CodePaused { code });
        }
    }

    pub(super) fn committed(&mut self, ticket: CommitTicket) {
        let receipt = Receipt::of(ticket);
        for then in self.ledger.waiting.remove(&ticket).unwrap_or_default().then {
            match then {
                Then::Refuse(attempt) => self.refuse_at_keypad(attempt),
                Then::Grant(decision, attempt) => {
                    self.granted(decision.recorded(&receipt), attempt);
                }
                Then::Tell(notice) => self.notify(notice),
                Then::Reply(request, reply) => self.reply(request, Ok(reply)),
            }
        }
    }

    /// The batch may be on the disk or not. Nothing is actuated; what it spent
    /// stays spent, and the disk is told so again.
    pub(super) fn commit_failed(&mut self, ticket: CommitTicket) {
        let Waiting { then, mut spends } = self.ledger.waiting.remove(&ticket).unwrap_or_default();
        self.ledger.owed.append(&mut spends);
        self.ledger.lost = Lost::Batches;
        let alarm = Alarm::StorageFailed;
        self.notify(Notice::Alarm { door: None, entry: None, alarm });
        for then in then {
            match then {
                Then::Refuse(attempt) => self.refuse_at_keypad(attempt),
                Then::Grant(decision, attempt) => self.not_recorded(&decision, attempt),
                Then::Tell(notice) => self.untold(&notice),
                Then::Reply(request, reply) => {
                    self.undo(&reply);
                    self.reply(request, Err(Refusal::NotRecorded));
                }
            }
        }
    }

    /// Drops a notice whose number may not be on the disk: after a crash that
    /// number could be another visit's. The visit that waits for a tap is denied,
    /// for nobody will be asked.
    fn untold(&mut self, notice: &Notice) {
        if let Notice::ApprovalWanted { door, entry } = notice
            && self.door_of(*entry) == Some(*door)
        {
            self.deny(*door, Reason::NotRecorded);
        }
    }

    /// Forgets what was made for a wish that is not on the disk: whatever refers
    /// to it later would be refused by the disk as well.
    fn undo(&mut self, reply: &Reply) {
        match reply {
            Reply::Door(door) => drop(self.sites.remove(door)),
            Reply::Code { code, .. } => self.codes.forget(*code),
            // Its owner hears that it was not taken up; so it opens nothing.
            Reply::Resumed(code) => self.codes.stand(*code, Standing::Paused),
            Reply::Done | Reply::Entry(_) | Reply::OnceClosed => {}
        }
    }

    pub(super) fn reply(&mut self, request: RequestId, reply: Result<Reply, Refusal>) {
        self.emit(Effect::Reply(request, reply));
    }
}

/// Returns the code of which a change says what is left.
fn spent_code(change: &Change) -> Option<CodeId> {
    match change {
        Change::CodeUsesLeft(code, _)
        | Change::CodeEnded(code, _)
        | Change::CodeStanding(code, _) => Some(*code),
        Change::DoorAdded(_)
        | Change::DoorPolicy(..)
        | Change::CodeAdded { .. }
        | Change::Throttle(..)
        | Change::Entry(_)
        | Change::Segment(_)
        | Change::RecordingClosed(_)
        | Change::RecordingErased(_)
        | Change::EntryErased(_)
        | Change::CodeNotesErased(_)
        | Change::PermitGiven(_)
        | Change::PermitTaken(..) => None,
    }
}
