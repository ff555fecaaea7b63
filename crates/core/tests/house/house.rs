//! A house: a hub with a clock, a disk, and doors whose devices do as told.

mod seen;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use doorward_core::batch::Batch;
use doorward_core::code::{AccessCode, CodeMacKey, Window};
use doorward_core::device::{DeviceReport, KeypadAnswer};
use doorward_core::door::{Approval, Bolt, Contact, Recording};
use doorward_core::entry::{Actor, Stage};
use doorward_core::hub::Hub;
use doorward_core::ids::{
    CameraName, CodeId, DeviceName, DoorId, DoorName, EntryId, HouseholdId, RecordingId,
};
use doorward_core::io::{
    CameraFault, Effect, Input, NewCode, NewCodeKind, NewDoor, OwnerRequest, PolicyChange, Refusal,
    Reply, RequestId,
};
use doorward_core::time::{HubTime, Now};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use secrecy::SecretBox;

use crate::disk::Disk;

pub(crate) const HOUSEHOLD: HouseholdId = HouseholdId(1);
pub(crate) const LOCK: &str = "porch-lock";
pub(crate) const KEYPAD: &str = "porch-pad";
pub(crate) const SECOND_KEYPAD: &str = "gate-pad";
pub(crate) const CONTACT: &str = "porch-contact";
pub(crate) const CAMERA: &str = "porch-cam";

/// What becomes of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commits {
    /// Each is written and reported at once.
    Written,
    /// None is written, and each is reported to have failed.
    Failing,
    /// None is written or reported before the test says so.
    Held,
}

/// What the camera does when it is asked to film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filming {
    Live,
    Silent,
    Faulty(CameraFault),
}

pub(crate) struct House {
    pub(crate) hub: Hub,
    pub(crate) disk: Disk,
    pub(crate) now: Now,
    pub(crate) commits: Commits,
    pub(crate) filming: Filming,
    pub(crate) door: DoorId,
    /// Everything the hub has asked for, in order, but for its answers to the
    /// owner.
    pub(crate) effects: Vec<Effect>,
    replies: BTreeMap<RequestId, Result<Reply, Refusal>>,
    held: VecDeque<Batch>,
    inbox: VecDeque<Input>,
    zone: TimeZone,
    chance: ChaCha20Rng,
    last_request: u64,
    last_transaction: u64,
    /// The digits of every code given out, for the search for leaks.
    digits: Vec<String>,
}

/// Which parts the first door has.
#[derive(Clone, Copy)]
pub(crate) struct Parts {
    pub(crate) contact: Option<&'static str>,
    pub(crate) camera: Option<&'static str>,
}

pub(crate) const ALL_PARTS: Parts = Parts { contact: Some(CONTACT), camera: Some(CAMERA) };

pub(crate) fn device(name: &str) -> DeviceName {
    DeviceName::parse(name).unwrap()
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn key() -> CodeMacKey {
    CodeMacKey::new(SecretBox::new(Box::new([7; 32])))
}

impl House {
    /// A house whose door is closed and locked, with everything in order. It is
    /// Monday, 2 March 2026, nine o'clock in the morning, UTC.
    pub(crate) fn new() -> Self {
        Self::with(ALL_PARTS, TimeZone::UTC, "2026-03-02T09:00:00Z")
    }

    pub(crate) fn with_parts(parts: Parts) -> Self {
        Self::with(parts, TimeZone::UTC, "2026-03-02T09:00:00Z")
    }

    pub(crate) fn with(parts: Parts, zone: TimeZone, wall: &str) -> Self {
        let now = Now { wall: wall.parse().unwrap(), mono: HubTime::from_millis(1000) };
        let disk = Disk::default();
        let mut house = Self {
            hub: Hub::restore(disk.snapshot(), key(), zone.clone(), now),
            disk,
            now,
            commits: Commits::Written,
            filming: Filming::Live,
            door: DoorId(0),
            effects: Vec::new(),
            replies: BTreeMap::new(),
            held: VecDeque::new(),
            inbox: VecDeque::new(),
            zone,
            chance: ChaCha20Rng::seed_from_u64(1),
            last_request: 0,
            last_transaction: 0,
            digits: Vec::new(),
        };
        house.run();
        house.door = house.add_door("Porch", &[HOUSEHOLD], LOCK, &[KEYPAD, SECOND_KEYPAD], parts);
        house.door_stands_locked();
        house
    }

    pub(crate) fn add_door(
        &mut self,
        name: &str,
        households: &[HouseholdId],
        lock: &str,
        keypads: &[&str],
        parts: Parts,
    ) -> DoorId {
        let wish = OwnerRequest::AddDoor(NewDoor {
            name: DoorName::parse(name).unwrap(),
            households: households.to_vec(),
            lock: device(lock),
            keypads: keypads.iter().map(|pad| device(pad)).collect(),
            contact: parts.contact.map(device),
            camera: parts.camera.map(|name| CameraName::parse(name).unwrap()),
        });
        match self.ask(wish) {
            Ok(Reply::Door(door)) => door,
            _ => panic!("the door was not added"),
        }
    }

    fn door_stands_locked(&mut self) {
        self.contact_says(Contact::Closed);
        self.lock_says(Bolt::Thrown);
        self.forget();
    }

    /// Forgets what the hub has asked for so far, not what the disk holds.
    pub(crate) fn forget(&mut self) {
        self.effects.clear();
    }

    // What happens.

    pub(crate) fn feed(&mut self, input: Input) {
        self.inbox.push_back(input);
        self.run();
    }

    fn run(&mut self) {
        self.drain();
        while let Some(input) = self.inbox.pop_front() {
            self.hub.handle(input, self.now, &mut self.chance);
            self.drain();
        }
    }

    fn drain(&mut self) {
        while let Some(effect) = self.hub.poll_effect() {
            self.assert_tells_no_digits(&effect);
            match effect {
                Effect::Reply(request, reply) => {
                    self.replies.insert(request, reply);
                    continue;
                }
                Effect::Commit(ref batch) => self.commit(batch.clone()),
                Effect::Film { recording, .. } => self.film(recording),
                Effect::Order(..) | Effect::StopFilming(_) | Effect::Notify(_) => {}
            }
            self.effects.push(effect);
        }
    }

    fn commit(&mut self, batch: Batch) {
        match self.commits {
            Commits::Written => {
                let ticket = batch.ticket;
                self.disk.write(&batch).expect("a batch changes only what is there");
                self.inbox.push_back(Input::Committed(ticket));
            }
            Commits::Failing => self.inbox.push_back(Input::CommitFailed(batch.ticket)),
            Commits::Held => self.held.push_back(batch),
        }
    }

    fn film(&mut self, recording: RecordingId) {
        match self.filming {
            Filming::Live => self.inbox.push_back(Input::Filming(recording, Ok(()))),
            Filming::Faulty(fault) => self.inbox.push_back(Input::Filming(recording, Err(fault))),
            Filming::Silent => {}
        }
    }

    /// Writes the batches that were held back, and goes on writing.
    pub(crate) fn write_held(&mut self) {
        self.commits = Commits::Written;
        for batch in std::mem::take(&mut self.held) {
            self.commit(batch);
        }
        self.run();
    }

    /// Has the disk take what was held back without saying so.
    pub(crate) fn write_held_silently(&mut self) {
        for batch in std::mem::take(&mut self.held) {
            self.disk.write(&batch).unwrap();
        }
    }

    pub(crate) fn fail_held(&mut self) {
        for batch in std::mem::take(&mut self.held) {
            self.inbox.push_back(Input::CommitFailed(batch.ticket));
        }
        self.commits = Commits::Written;
        self.run();
    }

    /// Lets time pass, waking the hub whenever it wants to be.
    pub(crate) fn wait(&mut self, time: Duration) {
        let end = self.now.mono + time;
        let mut wakings_at_once = 0;
        while let Some((at, _)) = self.hub.poll_deadline().filter(|(at, _)| *at <= end) {
            let ahead = at.since(self.now.mono);
            wakings_at_once = if ahead.is_zero() { wakings_at_once + 1 } else { 0 };
            assert!(wakings_at_once < 8, "the hub asks to be woken for ever");
            self.pass(ahead);
            self.feed(Input::Deadline);
        }
        self.pass(end.since(self.now.mono));
    }

    fn pass(&mut self, time: Duration) {
        self.now.mono = self.now.mono + time;
        self.now.wall += time;
    }

    /// Sets the machine's clock.
    pub(crate) fn set_clock_by(&mut self, step: SignedDuration) {
        self.now.wall += step;
        self.feed(Input::Deadline);
    }

    /// Pulls the plug and starts anew from the disk.
    pub(crate) fn restart(&mut self) {
        self.held.clear();
        self.inbox.clear();
        self.commits = Commits::Written;
        let snapshot = self.disk.snapshot();
        self.now.mono = snapshot.mark.unwrap().at.mono;
        self.hub = Hub::restore(snapshot, key(), self.zone.clone(), self.now);
        self.run();
    }

    // What devices say.

    pub(crate) fn says(&mut self, name: &str, report: DeviceReport) {
        self.feed(Input::Device(device(name), report));
    }

    pub(crate) fn lock_says(&mut self, bolt: Bolt) {
        self.says(LOCK, DeviceReport::Bolt(bolt));
    }

    pub(crate) fn contact_says(&mut self, contact: Contact) {
        self.says(CONTACT, DeviceReport::Contact(contact));
    }

    /// Types at the first keypad; returns the number of the try.
    pub(crate) fn type_code(&mut self, digits: &str) -> u64 {
        self.type_at(KEYPAD, digits)
    }

    pub(crate) fn type_at(&mut self, keypad: &str, digits: &str) -> u64 {
        self.last_transaction += 1;
        let (code, transaction) = (AccessCode::parse(digits), self.last_transaction);
        self.says(keypad, DeviceReport::Typed { code, transaction });
        transaction
    }

    // What the owner does.

    pub(crate) fn ask(&mut self, wish: OwnerRequest) -> Result<Reply, Refusal> {
        let request = self.tell(wish);
        self.replies.remove(&request).expect("the owner is answered once it is written down")
    }

    pub(crate) fn tell(&mut self, wish: OwnerRequest) -> RequestId {
        self.last_request += 1;
        let request = RequestId(self.last_request);
        self.feed(Input::Owner(request, Actor::LocalOwner, wish));
        request
    }

    pub(crate) fn reply_to(&mut self, request: RequestId) -> Option<Result<Reply, Refusal>> {
        self.replies.remove(&request)
    }

    pub(crate) fn issue(
        &mut self,
        household: HouseholdId,
        doors: &[DoorId],
        kind: NewCodeKind,
    ) -> Result<(CodeId, String), Refusal> {
        let doors = doors.to_vec();
        let personal = String::from("{}");
        match self.ask(OwnerRequest::IssueCode(NewCode { household, doors, kind, personal }))? {
            Reply::Code { code, digits } => {
                let digits = digits.expose_for_owner().to_string();
                self.digits.push(digits.clone());
                self.digits.push(digits.replace(' ', ""));
                Ok((code, digits))
            }
            Reply::Done
            | Reply::Door(_)
            | Reply::Entry(_)
            | Reply::Resumed(_)
            | Reply::OnceClosed => {
                panic!("a code was asked for")
            }
        }
    }

    /// Gives out a one-time code for the first door, for the next four hours.
    pub(crate) fn delivery(&mut self) -> (CodeId, String) {
        let window = self.window(0, 4 * 3600);
        self.issue(HOUSEHOLD, &[self.door], NewCodeKind::OneTime(window)).unwrap()
    }

    /// A window that begins and ends so many seconds from this moment.
    pub(crate) fn window(&self, from_s: i64, until_s: i64) -> Window {
        let at = |s| self.now.wall + SignedDuration::from_secs(s);
        Window { from: at(from_s), until: at(until_s) }
    }

    pub(crate) fn policy(&mut self, change: PolicyChange) {
        assert!(self.ask(OwnerRequest::SetPolicy(self.door, change)).is_ok());
    }

    pub(crate) fn want_recording(&mut self, recording: Recording) {
        self.policy(PolicyChange { recording: Some(recording), ..PolicyChange::default() });
    }

    pub(crate) fn want_approval(&mut self) {
        self.policy(PolicyChange { approval: Some(Approval::Tap), ..PolicyChange::default() });
    }

    pub(crate) fn owner_unlocks(&mut self) -> EntryId {
        match self.ask(OwnerRequest::Unlock(self.door)) {
            Ok(Reply::Entry(entry)) => entry,
            Ok(_) | Err(_) => panic!("the owner was kept out"),
        }
    }

    // How a visit gets on.

    /// A courier's code is taken and the lock is told to retract.
    pub(crate) fn courier_is_let_in(&mut self) -> EntryId {
        let (_, digits) = self.delivery();
        let attempt = self.type_code(&digits);
        assert_eq!(self.answers(attempt), [KeypadAnswer::Accepted]);
        self.entry()
    }

    /// …and the lock reports its bolt retracted.
    pub(crate) fn door_is_unlocked(&mut self) -> EntryId {
        let entry = self.courier_is_let_in();
        self.lock_says(Bolt::Retracted);
        assert_eq!(self.stage(), Some(Stage::Unlocked));
        entry
    }

    /// …and the door is opened.
    pub(crate) fn door_is_open(&mut self) -> EntryId {
        let entry = self.door_is_unlocked();
        self.contact_says(Contact::Open);
        assert_eq!(self.stage(), Some(Stage::Open));
        entry
    }

    /// …and closed, and the lock is told to throw.
    pub(crate) fn door_is_relocking(&mut self) -> EntryId {
        let entry = self.door_is_open();
        self.contact_says(Contact::Closed);
        assert_eq!(self.stage(), Some(Stage::Relocking));
        entry
    }

    pub(crate) fn wall(&self) -> Timestamp {
        self.now.wall
    }

    fn assert_tells_no_digits(&self, effect: &Effect) {
        let text = show(effect);
        let told = self.digits.iter().any(|digits| text.contains(digits));
        assert!(!told, "an effect tells a code's digits");
    }
}

/// Prints an effect as a careless log line would.
pub(crate) fn show(effect: &Effect) -> String {
    match effect {
        Effect::Commit(batch) => format!("{batch:?}"),
        Effect::Order(device, order) => format!("{device:?} {order:?}"),
        Effect::Film { recording, entry, household, camera } => {
            format!("{recording:?} {entry:?} {household:?} {camera:?}")
        }
        Effect::StopFilming(recording) => format!("{recording:?}"),
        Effect::Notify(notice) => format!("{notice:?}"),
        Effect::Reply(request, Err(refusal)) => format!("{request:?} {refusal:?}"),
        Effect::Reply(request, Ok(_)) => format!("{request:?}"),
    }
}
