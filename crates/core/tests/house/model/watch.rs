//! The watcher: sees what goes in and what comes out, remembers what the
//! promises are about, and knows nothing of how the hub does it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use doorward_core::batch::{Batch, Change, Snapshot};
use doorward_core::code::{CodeRecord, Tombstone, Window};
use doorward_core::device::{DeviceOrder, KeypadAnswer, LockCommand, Motion};
use doorward_core::door::{Approval, Bolt, Contact, DoorPolicy, Recording};
use doorward_core::entry::{Actor, EntryRecord, Outcome, Reason};
use doorward_core::event::LogEvent;
use doorward_core::hub::DoorView;
use doorward_core::ids::{CodeId, CommandId, CommitTicket, DoorId, EntryId, RecordingId};
use doorward_core::io::Effect;
use doorward_core::time::{HubTime, Now};

use super::pads::{Pads, Targets, count_wrong, is_guess, porch_of};
use super::time::Wall;
use crate::house::show;

/// What the hub is told at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Typed { pad: String, transaction: u64 },
    Committed,
    CommitFailed,
    SomethingElse,
}

/// What is known of a code from the moment it was given out.
#[derive(Debug, Clone)]
pub(super) struct Promise {
    /// The code whose uses it shares.
    pub(super) twin: CodeId,
    pub(super) is_break_glass: bool,
    /// How often it may open, if that is limited.
    pub(super) uses: Option<u32>,
    pub(super) door: DoorId,
    /// When it may open, if that is one time only.
    pub(super) window: Option<Window>,
}

/// Whether anything of this run is on the disk.
#[derive(Default, PartialEq, Eq)]
enum Started {
    #[default]
    InMemory,
    OnDisk,
}

struct Granted {
    entry: EntryId,
    by: Actor,
    ticket: CommitTicket,
    run: u32,
}

struct Begun {
    policy: DoorPolicy,
    /// When the camera was last seen alive for it.
    live_at: Option<HubTime>,
    approved_at: Option<HubTime>,
}

#[derive(Default)]
struct Door {
    contact: Option<Contact>,
    /// Where the bolt is by the lock's word, as long as that word holds.
    bolt: Option<Bolt>,
}

#[derive(Default)]
pub(super) struct Watch {
    pub(super) told: Option<Told>,
    pub(super) now: Option<Now>,
    pub(super) retractions: usize,
    run: u32,
    doors: BTreeMap<DoorId, Door>,
    pub(super) policies: BTreeMap<DoorId, DoorPolicy>,
    pub(super) codes: BTreeMap<CodeId, Promise>,
    opened: BTreeMap<CodeId, u32>,
    pub(super) cancelled: BTreeSet<CodeId>,
    /// Of which the owner was told that they are paused, and that he has not asked for
    /// again since.
    pub(super) paused: BTreeSet<CodeId>,
    pub(super) wall: Option<Wall>,
    grants: BTreeMap<CommandId, Granted>,
    commands: BTreeSet<CommandId>,
    /// Commands of a run of which nothing is on the disk so far: the next run
    /// cannot know their numbers.
    unheard_of: BTreeSet<CommandId>,
    started: Started,
    committed: BTreeSet<CommitTicket>,
    last_ticket: Option<CommitTicket>,
    begun: BTreeMap<EntryId, Begun>,
    films: BTreeMap<RecordingId, EntryId>,
    /// Commands to retract after which the lock has not said "thrown".
    unanswered: BTreeMap<EntryId, Vec<CommandId>>,
    pub(super) pads: Pads,
    /// The codes that are not over at the door where somebody types.
    pub(super) live: Vec<CodeId>,
    pads_in_batch: BTreeMap<CommitTicket, Pads>,
    pub(super) pads_on_disk: Pads,
    tries: BTreeMap<u64, Option<KeypadAnswer>>,
    pub(super) digits: BTreeSet<String>,
    /// What became of the try being typed.
    refused_for: Option<Reason>,
    let_on: Option<Actor>,
}

impl Watch {
    fn now(&self) -> HubTime {
        self.now.expect("time has begun").mono
    }

    fn door(&mut self, door: DoorId) -> &mut Door {
        self.doors.entry(door).or_default()
    }

    // What goes in.

    pub(super) fn is_told(&mut self, told: Told, now: Now) {
        if let Told::Typed { transaction, .. } = &told {
            self.tries.insert(*transaction, None);
        }
        (self.refused_for, self.let_on) = (None, None);
        self.wall.get_or_insert(Wall::from_disk(None, now)).look(now);
        (self.told, self.now) = (Some(told), Some(now));
    }

    pub(super) fn committed(&mut self, ticket: CommitTicket) {
        self.committed.insert(ticket);
    }

    pub(super) fn on_disk(&mut self, ticket: CommitTicket) {
        self.started = Started::OnDisk;
        self.unheard_of.clear();
        let pads = self.pads_in_batch.get(&ticket).cloned().unwrap_or_default();
        self.pads_on_disk.extend(pads);
    }

    pub(super) fn lock_said(&mut self, door: DoorId, bolt: Bolt, entries: &[EntryId]) {
        self.door(door).bolt = Some(bolt);
        if bolt == Bolt::Thrown {
            entries.iter().for_each(|entry| drop(self.unanswered.remove(entry)));
        }
    }

    pub(super) fn lock_gone(&mut self, door: DoorId) {
        self.door(door).bolt = None;
    }

    pub(super) fn contact_said(&mut self, door: DoorId, contact: Option<Contact>) {
        self.door(door).contact = contact;
    }

    pub(super) fn camera_said(&mut self, recording: RecordingId, live: bool, now: HubTime) {
        let Some(entry) = self.films.get(&recording) else { return };
        if let Some(begun) = self.begun.get_mut(entry) {
            begun.live_at = live.then_some(now);
        }
    }

    pub(super) fn camera_lost(&mut self) {
        self.begun.values_mut().for_each(|begun| begun.live_at = None);
    }

    pub(super) fn approved(&mut self, entry: EntryId, now: HubTime) {
        if let Some(begun) = self.begun.get_mut(&entry) {
            begun.approved_at.get_or_insert(now);
        }
    }

    pub(super) fn undelivered(&mut self, command: CommandId) {
        self.unanswered.values_mut().for_each(|owed| owed.retain(|id| *id != command));
    }

    /// The plug was pulled: what was only said is forgotten, what is on the disk
    /// holds.
    pub(super) fn restarted(&mut self, disk: &Snapshot, now: Now) {
        self.wall = Some(Wall::from_disk(disk.mark, now));
        let over = |code: &&CodeRecord| code.tombstone == Some(Tombstone::Cancelled);
        self.cancelled = disk.codes.iter().filter(over).map(|code| code.id).collect();
        // An entry that the disk never heard of has left its number to another.
        self.begun.retain(|entry, _| entry.0 < disk.next_ids.entry);
        let (run, committed) = (self.run, &self.committed);
        // A decision that was not on the disk was never carried out.
        self.grants.retain(|_, granted| granted.run < run || committed.contains(&granted.ticket));
        for command in std::mem::take(&mut self.unheard_of) {
            self.commands.remove(&command);
        }
        self.started = Started::InMemory;
        self.run += 1;
        self.committed.clear();
        self.last_ticket = None;
        self.films.clear();
        self.doors.clear();
        self.tries.clear();
        let policies = disk.doors.iter().map(|door| (door.id, door.policy.clone()));
        self.policies = policies.collect();
        let beginning = HubTime::from_millis(0);
        self.pads.values_mut().for_each(|porch| *porch = porch.blank(beginning));
        self.pads.extend(self.pads_on_disk.clone());
        self.pads_in_batch.clear();
    }

    // What comes out.

    pub(super) fn sees(&mut self, effect: &Effect) {
        if self.is_worth_a_search(effect) {
            self.assert_tells_no_digits(&show(effect));
        }
        match effect {
            Effect::Commit(batch) => self.sees_batch(batch),
            Effect::Order(pad, DeviceOrder::Answer { transaction, answer }) => {
                self.sees_answer(pad.as_str(), *transaction, *answer);
            }
            Effect::Order(_, DeviceOrder::Move(command)) => self.sees_command(command),
            Effect::Film { recording, entry, .. } => {
                self.films.insert(*recording, *entry);
            }
            Effect::Order(_, DeviceOrder::ReportBolt | DeviceOrder::Tone(_))
            | Effect::StopFilming(_)
            | Effect::Notify(_)
            | Effect::Reply(..) => {}
        }
    }

    /// Digits come in when somebody types and go out when a code is given out.
    fn is_worth_a_search(&self, effect: &Effect) -> bool {
        let typed = matches!(self.told, Some(Told::Typed { .. }));
        let issues = |change: &Change| matches!(change, Change::CodeAdded { .. });
        let issued = matches!(effect, Effect::Commit(batch) if batch.changes.iter().any(issues));
        typed || issued || !matches!(effect, Effect::Commit(_))
    }

    /// S11: codes are eight digits, in one piece or in two.
    fn assert_tells_no_digits(&self, text: &str) {
        let mut piece = String::new();
        for byte in text.bytes().chain([b'.']) {
            match byte {
                b'0'..=b'9' => piece.push(char::from(byte)),
                b' ' => {}
                _ if piece.is_empty() => {}
                _ => {
                    let told = piece.len() == 8 && self.digits.contains(&piece);
                    assert!(!told, "S11: an effect tells a code's digits");
                    piece.clear();
                }
            }
        }
    }

    fn sees_batch(&mut self, batch: &Batch) {
        assert!(self.last_ticket.is_none_or(|last| last < batch.ticket), "tickets go up");
        self.last_ticket = Some(batch.ticket);
        for change in &batch.changes {
            if let Change::Entry(record) = change {
                self.sees_entry(record);
            }
        }
        for leaf in &batch.leaves {
            self.sees_leaf(&leaf.event, batch.ticket);
        }
        self.count_try();
        let pads = batch.changes.iter().filter_map(|change| match change {
            Change::Throttle(pad, _) => Some(porch_of(pad.as_str()).to_owned()),
            Change::DoorAdded(_)
            | Change::DoorPolicy(..)
            | Change::CodeAdded { .. }
            | Change::CodeUsesLeft(..)
            | Change::CodeEnded(..)
            | Change::CodeStanding(..)
            | Change::Entry(_)
            | Change::Segment(_)
            | Change::RecordingClosed(_)
            | Change::RecordingErased(_)
            | Change::EntryErased(_)
            | Change::CodeNotesErased(_)
            | Change::PermitGiven(_)
            | Change::PermitTaken(..) => None,
        });
        let written: Pads = pads.map(|pad| (pad.clone(), self.pads[&pad].clone())).collect();
        self.pads_in_batch.insert(batch.ticket, written);
    }

    fn sees_entry(&mut self, record: &EntryRecord) {
        if let Entry::Vacant(place) = self.begun.entry(record.id) {
            let policy = self.policies[&record.door].clone();
            place.insert(Begun { policy, live_at: None, approved_at: None });
            self.let_on = Some(record.by.clone());
        }
    }

    fn sees_leaf(&mut self, event: &LogEvent, ticket: CommitTicket) {
        if let LogEvent::UnlockGranted { entry, by, command, door } = event {
            if let Actor::Code(code) = by {
                self.assert_good(*code, *door);
            }
            let run = self.run;
            let granted = Granted { entry: *entry, by: by.clone(), ticket, run };
            let first = self.grants.insert(*command, granted).is_none();
            assert!(first, "S1: one command number, two decisions");
            self.let_on = Some(by.clone());
        }
        if let LogEvent::CodeRefused { reason, .. } = event {
            self.refused_for = Some(*reason);
        }
        if let LogEvent::EntryClosed { entry, outcome, .. } = event {
            assert!(matches!(outcome, Outcome::Completed | Outcome::NotEntered));
            assert!(self.is_locked_after(*entry), "S4: {entry} ended without the lock's word");
        }
        if let LogEvent::EntryDenied { entry, .. } = event {
            assert!(self.is_locked_after(*entry), "S4: {entry} denied after the bolt was told");
        }
    }

    /// Whatever was good when it was typed must be good when it is decided.
    fn assert_good(&self, code: CodeId, door: DoorId) {
        let promise = &self.codes[&code];
        assert_eq!(promise.door, door, "{code} opened another door than its own");
        let over = self.cancelled.contains(&code) || self.cancelled.contains(&promise.twin);
        assert!(!over, "{code} opened after it was cancelled");
        let paused = self.paused.contains(&code) || self.paused.contains(&promise.twin);
        assert!(!paused, "{code} opened while it was paused");
        if promise.is_break_glass {
            return;
        }
        let wall = self.wall.expect("time has begun").believed();
        let wall = wall.expect("a code opened by a clock that nobody believes");
        if let Some(window) = promise.window {
            assert!(window.from <= wall && wall < window.until, "{code} opened out of its time");
        }
    }

    fn is_locked_after(&self, entry: EntryId) -> bool {
        self.unanswered.get(&entry).is_none_or(Vec::is_empty)
    }

    /// S10: a keypad hears exactly what the law lets it hear.
    fn count_try(&mut self) {
        let Some(Told::Typed { pad, .. }) = self.told.clone() else { return };
        let now = self.now();
        let (law, targets) = (&self.pads[porch_of(&pad)], self.targets());
        if !law.listens(&pad, now) {
            assert!(self.let_on.is_none(), "S10: a silenced keypad let somebody on");
            assert!(matches!(self.refused_for, None | Some(Reason::Throttled)), "S10");
            return;
        }
        assert_ne!(self.refused_for, Some(Reason::Throttled), "the law says that it listens");
        if let Some(Actor::Code(code)) = self.let_on {
            let bound = !self.codes[&code].is_break_glass;
            assert!(!(bound && law.rests(now, targets)), "S10: a resting code was let on");
        }
        if self.refused_for == Some(Reason::Suspended) {
            assert!(law.rests(now, targets), "a code was made to rest without a cause");
        }
        if self.refused_for.is_some_and(is_guess) {
            count_wrong(&mut self.pads, &pad, now, targets);
        }
        self.told = Some(Told::SomethingElse);
    }

    /// What a guess could hit; a clock in doubt rules nothing out.
    fn targets(&self) -> Targets {
        let wall = self.wall.expect("time has begun").believed();
        let is_time = |promise: &&Promise| match (promise.window, wall) {
            (Some(window), Some(wall)) => window.from <= wall && wall < window.until,
            (None, _) | (_, None) => true,
        };
        let promises = || self.live.iter().map(|code| &self.codes[code]);
        let number = |count| u32::try_from(count).unwrap();
        Targets {
            all: number(promises().filter(is_time).count()),
            emergency: number(promises().filter(|promise| promise.is_break_glass).count()),
        }
    }

    fn sees_answer(&mut self, pad: &str, transaction: u64, answer: KeypadAnswer) {
        assert!(self.pads.contains_key(porch_of(pad)));
        let written = match answer {
            KeypadAnswer::Accepted => self.told == Some(Told::Committed),
            KeypadAnswer::Refused => {
                matches!(self.told, Some(Told::Committed | Told::CommitFailed))
            }
        };
        assert!(written, "a keypad was answered before it was on record");
        let before = self.tries.insert(transaction, Some(answer));
        assert_eq!(before, Some(None), "each try is answered once");
    }

    fn sees_command(&mut self, command: &LockCommand) {
        assert!(self.commands.insert(command.id), "a command number was used twice");
        if self.started == Started::InMemory {
            self.unheard_of.insert(command.id);
        }
        let door = self.door(command.door);
        match command.motion {
            Motion::Throw => {
                assert_ne!(door.contact, Some(Contact::Open), "S4: a bolt thrown on an open door");
            }
            Motion::Retract => {
                door.bolt = None;
                self.sees_retraction(command.id);
            }
        }
    }

    fn sees_retraction(&mut self, command: CommandId) {
        self.retractions += 1;
        let granted = self.grants.get(&command).expect("S1: an unlock without a decision");
        assert_eq!(granted.run, self.run, "S1: a decision of a run that is over");
        assert!(self.committed.contains(&granted.ticket), "S1: the decision is not on the disk");
        let (entry, by) = (granted.entry, granted.by.clone());
        self.unanswered.entry(entry).or_default().push(command);
        let Actor::Code(code) = by else { return };
        let promise = self.codes[&code].clone();
        let opened = self.opened.entry(promise.twin).or_default();
        *opened += 1;
        assert!(promise.uses.is_none_or(|uses| *opened <= uses), "S2: {code} opened too often");
        if !promise.is_break_glass {
            self.assert_seen(entry);
        }
    }

    /// S3, and that the owner was asked if he wanted to be.
    fn assert_seen(&self, entry: EntryId) {
        let begun = &self.begun[&entry];
        let (recent, now) = (std::time::Duration::from_secs(5), self.now());
        if begun.policy.approval == Approval::Tap {
            assert!(begun.approved_at.is_some(), "the owner was not asked");
        }
        if begun.policy.recording == Recording::Required {
            let live_at = begun.live_at.expect("S3: nobody was filmed");
            assert!(begun.approved_at.is_none_or(|at| live_at >= at), "S3: filmed too early");
            assert!(now.since(live_at) <= recent, "S3: filmed too long ago");
        }
    }

    /// Nobody hears "locked" unless the lock's own word still holds.
    pub(super) fn looks_at(&mut self, view: &DoorView) {
        if view.bolt == Bolt::Thrown {
            let word = self.door(view.door.id).bolt;
            assert_eq!(word, Some(Bolt::Thrown), "S4: called locked without the lock's word");
        }
    }

    pub(super) fn assert_all_answered(&self) {
        let silent = self.tries.values().filter(|answer| answer.is_none()).count();
        assert_eq!(silent, 0, "tries that were never answered");
    }
}
