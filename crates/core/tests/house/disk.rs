//! A disk: takes whole batches or nothing, and hands back what a start reads.

use std::collections::BTreeMap;

use doorward_core::batch::{Batch, Change, Snapshot};
use doorward_core::code::{CodeKind, CodeRecord};
use doorward_core::entry::{EntryRecord, Outcome};
use doorward_core::event::{Leaf, LogEvent};
use doorward_core::ids::{CodeId, DoorId, EntryId};

/// What lasts.
#[derive(Default)]
pub(crate) struct Disk {
    snapshot: Snapshot,
    /// The log, in order.
    pub(crate) leaves: Vec<Leaf>,
    outcomes: BTreeMap<EntryId, Outcome>,
}

/// A change of something that is not there.
#[derive(Debug)]
pub(crate) struct Missing;

impl Disk {
    /// A disk onto which a backup was copied, with the log cut off behind it.
    pub(crate) fn holding(snapshot: Snapshot) -> Self {
        Self { snapshot, ..Self::default() }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.snapshot.clone()
    }

    pub(crate) fn code(&self, id: CodeId) -> &CodeRecord {
        self.snapshot.codes.iter().find(|code| code.id == id).unwrap()
    }

    pub(crate) fn open_entries(&self) -> &[EntryRecord] {
        &self.snapshot.open_entries
    }

    pub(crate) fn open_entry(&self, id: EntryId) -> Option<&EntryRecord> {
        self.snapshot.open_entries.iter().find(|entry| entry.id == id)
    }

    pub(crate) fn outcome(&self, id: EntryId) -> Option<Outcome> {
        self.outcomes.get(&id).copied()
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &LogEvent> {
        self.leaves.iter().map(|leaf| &leaf.event)
    }

    /// Writes a batch, all of it or nothing.
    pub(crate) fn write(&mut self, batch: &Batch) -> Result<(), Missing> {
        if !batch.changes.iter().all(|change| self.has_what_it_needs(change, batch)) {
            return Err(Missing);
        }
        batch.changes.iter().for_each(|change| self.apply(change));
        self.leaves.extend(batch.leaves.iter().cloned());
        self.snapshot.mark = Some(batch.mark);
        let (ids, next) = (&mut self.snapshot.next_ids, batch.next_ids);
        ids.door = ids.door.max(next.door);
        ids.code = ids.code.max(next.code);
        ids.entry = ids.entry.max(next.entry);
        ids.recording = ids.recording.max(next.recording);
        ids.command = ids.command.max(next.command);
        Ok(())
    }

    fn has_what_it_needs(&self, change: &Change, batch: &Batch) -> bool {
        match change {
            Change::DoorPolicy(door, _) => self.has_door(*door),
            Change::Entry(entry) => self.has_door(entry.door),
            Change::PermitGiven(given) => self.has_door(given.door),
            Change::CodeAdded { code, .. } => code.doors.iter().all(|door| self.has_door(*door)),
            Change::CodeUsesLeft(id, _)
            | Change::CodeEnded(id, _)
            | Change::CodeStanding(id, _) => {
                let added = |change: &Change| matches!(change, Change::CodeAdded { code, .. } if code.id == *id);
                self.snapshot.codes.iter().any(|code| code.id == *id)
                    || batch.changes.iter().any(added)
            }
            Change::DoorAdded(_)
            | Change::Throttle(..)
            | Change::Segment(_)
            | Change::RecordingClosed(_)
            | Change::RecordingErased(_)
            | Change::EntryErased(_)
            | Change::CodeNotesErased(_)
            | Change::PermitTaken(..) => true,
        }
    }

    fn has_door(&self, id: DoorId) -> bool {
        self.snapshot.doors.iter().any(|door| door.id == id)
    }

    fn apply(&mut self, change: &Change) {
        let snapshot = &mut self.snapshot;
        match change {
            Change::DoorAdded(door) => snapshot.doors.push(door.clone()),
            Change::DoorPolicy(id, policy) => {
                let door = snapshot.doors.iter_mut().find(|door| door.id == *id).unwrap();
                door.policy = policy.clone();
            }
            Change::CodeAdded { code, .. } => snapshot.codes.push(code.clone()),
            Change::CodeUsesLeft(id, uses) => match &mut self.code_mut(*id).kind {
                CodeKind::Scheduled { uses_left, .. } => *uses_left = Some(*uses),
                CodeKind::OneTime(_) | CodeKind::BreakGlass | CodeKind::Duress { .. } => {
                    panic!("only a guest's code has uses left")
                }
            },
            Change::CodeEnded(id, why) => self.code_mut(*id).tombstone = Some(*why),
            Change::CodeStanding(id, standing) => self.code_mut(*id).standing = *standing,
            Change::Throttle(keypad, record) => {
                snapshot.throttles.retain(|(name, _)| name != keypad);
                snapshot.throttles.push((keypad.clone(), record.clone()));
            }
            Change::Entry(record) => self.put_entry(record),
            Change::PermitGiven(given) => {
                snapshot
                    .permits
                    .retain(|one| (&one.device, one.door) != (&given.device, given.door));
                snapshot.permits.push(given.clone());
            }
            Change::PermitTaken(device, door) => {
                snapshot.permits.retain(|one| (&one.device, one.door) != (device, *door));
            }
            Change::Segment(_)
            | Change::RecordingClosed(_)
            | Change::RecordingErased(_)
            | Change::EntryErased(_)
            | Change::CodeNotesErased(_) => {}
        }
    }

    fn code_mut(&mut self, id: CodeId) -> &mut CodeRecord {
        self.snapshot.codes.iter_mut().find(|code| code.id == id).unwrap()
    }

    fn put_entry(&mut self, record: &EntryRecord) {
        self.snapshot.open_entries.retain(|entry| entry.id != record.id);
        match record.outcome {
            None => self.snapshot.open_entries.push(record.clone()),
            Some(outcome) => {
                self.outcomes.insert(record.id, outcome);
            }
        }
    }
}
