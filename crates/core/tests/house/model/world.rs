//! The world around the hub: a disk that may fail, two doors, four keypads, a
//! camera, and an owner.

mod acts;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use doorward_core::batch::Batch;
use doorward_core::code::Window;
use doorward_core::device::{DeviceOrder, DeviceReport, LockCommand};
use doorward_core::door::{Bolt, Contact, DoorPolicy};
use doorward_core::entry::Actor;
use doorward_core::hub::Hub;
use doorward_core::ids::{CameraName, CodeId, DoorId, DoorName, EntryId, RecordingId};
use doorward_core::io::{
    Effect, Input, NewCode, NewCodeKind, NewDoor, OwnerRequest, PolicyChange, Refusal, Reply,
    RequestId,
};
use doorward_core::time::{HubTime, Now};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::pads::porch_of;
use super::step::{DiskDoes, Kind, Step, Typed};
use super::watch::{Promise, Told, Watch};
use crate::disk::Disk;
use crate::house::{HOUSEHOLD, device, key};
use crate::schedules::every_day;

const LOCKS: [&str; 2] = ["porch-lock", "gate-lock"];
const PADS: [&str; 4] = ["porch-a", "porch-b", "gate-a", "gate-b"];
const CONTACT: &str = "porch-contact";
const CAMERA: &str = "cam";

pub(super) struct World {
    hub: Hub,
    disk: Disk,
    now: Now,
    watch: Watch,
    doors: [DoorId; 2],
    pending: VecDeque<Batch>,
    films: VecDeque<RecordingId>,
    told: [Option<LockCommand>; 2],
    last_command: Option<LockCommand>,
    codes: Vec<(CodeId, String)>,
    replies: BTreeMap<RequestId, Result<Reply, Refusal>>,
    wanted: BTreeMap<RequestId, Kind>,
    /// Codes that are asked to be paused, until the hub says that they are.
    pausing: BTreeMap<RequestId, CodeId>,
    requests: u64,
    transactions: u64,
    chance: ChaCha20Rng,
}

impl World {
    pub(super) fn new() -> Self {
        let wall = "2026-03-28T20:00:00Z".parse().unwrap();
        let now = Now { wall, mono: HubTime::from_millis(0) };
        let disk = Disk::default();
        let mut world = Self {
            hub: Hub::restore(disk.snapshot(), key(), TimeZone::UTC, now),
            disk,
            now,
            watch: Watch::default(),
            doors: [DoorId(0); 2],
            pending: VecDeque::new(),
            films: VecDeque::new(),
            told: [None, None],
            last_command: None,
            codes: Vec::new(),
            replies: BTreeMap::new(),
            wanted: BTreeMap::new(),
            pausing: BTreeMap::new(),
            requests: 0,
            transactions: 0,
            chance: ChaCha20Rng::seed_from_u64(2),
        };
        for pad in PADS {
            world.watch.pads.entry(porch_of(pad).to_owned()).or_default().add(pad);
        }
        world.watch.now = Some(now);
        world.see();
        world.doors = [
            world.add_door("Porch", LOCKS[0], &PADS[..2], Some(CONTACT)),
            world.add_door("Gate", LOCKS[1], &PADS[2..], None),
        ];
        world.contact(Contact::Closed);
        for door in 0..2 {
            world.bolt(door, Bolt::Thrown);
            world.issue(door, Kind::OneTime { from_s: 0, length_s: 14_400 });
        }
        world.write_all();
        world
    }

    fn add_door(&mut self, name: &str, lock: &str, pads: &[&str], contact: Option<&str>) -> DoorId {
        let request = self.ask(OwnerRequest::AddDoor(NewDoor {
            name: DoorName::parse(name).unwrap(),
            households: vec![HOUSEHOLD],
            lock: device(lock),
            keypads: pads.iter().map(|pad| device(pad)).collect(),
            contact: contact.map(device),
            camera: Some(CameraName::parse(CAMERA).unwrap()),
        }));
        self.write_all();
        let Some(Ok(Reply::Door(door))) = self.replies.remove(&request) else {
            panic!("the door was not added")
        };
        self.watch.policies.insert(door, DoorPolicy::default());
        door
    }

    pub(super) fn retractions(&self) -> usize {
        self.watch.retractions
    }

    pub(super) fn take(&mut self, step: Step) {
        match step {
            Step::Type { pad, what } => self.type_code(PADS[pad], what),
            Step::Deliver { door } => {
                self.issue(door, Kind::OneTime { from_s: 0, length_s: 14_400 });
                self.write_all();
                self.type_code(PADS[2 * door], Typed::Latest);
                self.write_all();
                self.film(Ok(()));
                self.write_all();
            }
            Step::Bolt { door, bolt } => self.bolt(door, bolt),
            Step::Obey { door } => self.obey(door),
            Step::Contact(contact) => self.contact(contact),
            Step::Offline { device } => self.offline(device),
            Step::Online { device } => {
                let name = [LOCKS[0], LOCKS[1], CONTACT, PADS[0]][device];
                self.says(name, DeviceReport::Online);
            }
            Step::Undelivered => self.undelivered(),
            Step::Film(outcome) => self.film(outcome),
            Step::CameraLost => {
                self.watch.camera_lost();
                self.films.clear();
                self.feed(Input::CameraLost(CameraName::parse(CAMERA).unwrap()));
            }
            Step::Written => self.write_all(),
            Step::Disk(does) => self.disk_does(does),
            Step::Wait { ms } => self.wait(Duration::from_millis(ms)),
            Step::Sleep { ms } => {
                self.pass(Duration::from_millis(ms));
                self.feed(Input::Deadline);
            }
            Step::SetClock { by_s } => {
                let step = SignedDuration::from_secs(by_s);
                self.now.wall = self.now.wall.saturating_add(step).unwrap();
                self.feed(Input::Deadline);
            }
            Step::Crash { written } => self.crash(written),
            Step::Stop => {
                self.feed(Input::Stop);
                self.write_all();
                self.crash(0);
            }
            Step::Issue { door, kind } => self.issue(door, kind),
            Step::Cancel { code } => {
                if let Some(code) = pick(&self.codes, code).map(|(code, _)| *code) {
                    self.ask(OwnerRequest::CancelCode(code));
                    self.watch.cancelled.insert(code);
                }
            }
            Step::Pause { code } => {
                if let Some(code) = pick(&self.codes, code).map(|(code, _)| *code) {
                    let request = self.ask(OwnerRequest::PauseCode(code));
                    self.pausing.insert(request, code);
                }
            }
            Step::Resume { code } => {
                if let Some(code) = pick(&self.codes, code).map(|(code, _)| *code) {
                    self.pausing.retain(|_, pausing| *pausing != code);
                    self.watch.paused.remove(&code);
                    self.ask(OwnerRequest::ResumeCode(code));
                }
            }
            Step::Unlock { door } => drop(self.ask(OwnerRequest::Unlock(self.doors[door]))),
            Step::Lock { door } => drop(self.ask(OwnerRequest::Lock(self.doors[door]))),
            Step::Block { door } => {
                if let Some(entry) = self.entry(door) {
                    self.ask(OwnerRequest::Block(entry));
                }
            }
            Step::Approve { door } => self.approve(door),
            Step::Rearm { pad } => {
                let porch = self.watch.pads.get_mut(porch_of(PADS[pad])).unwrap();
                *porch = porch.blank(self.now.mono);
                self.ask(OwnerRequest::Rearm(device(PADS[pad])));
            }
            Step::ConfirmClock => {
                self.ask(OwnerRequest::ConfirmClock);
                self.watch.wall.as_mut().unwrap().confirm(self.now);
            }
            Step::Policy { door, recording, approval } => {
                let door = self.doors[door];
                let policy = self.watch.policies.get_mut(&door).unwrap();
                (policy.recording, policy.approval) = (recording, approval);
                let (recording, approval) = (Some(recording), Some(approval));
                let change = PolicyChange { recording, approval, relock_after: None };
                self.ask(OwnerRequest::SetPolicy(door, change));
            }
        }
    }

    // Into the hub and out of it.

    fn feed(&mut self, input: Input) {
        self.feed_as(input, Told::SomethingElse);
    }

    fn feed_as(&mut self, input: Input, told: Told) {
        let woken = matches!(input, Input::Deadline);
        self.watch.is_told(told, self.now);
        self.hub.handle(input, self.now, &mut self.chance);
        self.see();
        if woken {
            self.wake_until_it_sleeps();
        }
    }

    /// The hub, woken when it wanted to be, must come to want a later time.
    fn wake_until_it_sleeps(&mut self) {
        for _ in 0..8 {
            let wants = self.hub.poll_deadline();
            if wants.is_none_or(|(at, _)| at > self.now.mono) {
                return;
            }
            self.watch.is_told(Told::SomethingElse, self.now);
            self.hub.handle(Input::Deadline, self.now, &mut self.chance);
            self.see();
        }
        panic!("the hub wants to be woken for ever: {:?}", self.hub.poll_deadline());
    }

    fn see(&mut self) {
        while let Some(effect) = self.hub.poll_effect() {
            self.watch.sees(&effect);
            match effect {
                Effect::Commit(batch) => self.pending.push_back(batch),
                Effect::Film { recording, .. } => self.films.push_back(recording),
                Effect::Order(_, DeviceOrder::Move(command)) => self.note(command),
                Effect::Reply(request, reply) => self.hear(request, reply),
                Effect::Order(_, DeviceOrder::ReportBolt | DeviceOrder::Answer { .. })
                | Effect::Order(_, DeviceOrder::Tone(_))
                | Effect::StopFilming(_)
                | Effect::Notify(_) => {}
            }
        }
        for view in self.hub.doors() {
            self.watch.looks_at(&view);
        }
    }

    fn note(&mut self, command: LockCommand) {
        let door = self.doors.iter().position(|door| *door == command.door).unwrap();
        self.last_command = Some(command.clone());
        self.told[door] = Some(command);
    }

    fn hear(&mut self, request: RequestId, reply: Result<Reply, Refusal>) {
        match (self.wanted.remove(&request), reply) {
            (Some(_), Ok(Reply::Code { code, digits })) => {
                let digits = digits.expose_for_owner().to_string();
                self.watch.digits.insert(digits.replace(' ', ""));
                self.codes.push((code, digits));
            }
            (_, reply) => {
                let paused = self.pausing.remove(&request).filter(|_| reply.is_ok());
                self.watch.paused.extend(paused);
                self.replies.insert(request, reply);
            }
        }
    }

    fn ask(&mut self, wish: OwnerRequest) -> RequestId {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.feed(Input::Owner(request, Actor::LocalOwner, wish));
        request
    }

    fn issue(&mut self, door: usize, kind: Kind) {
        let (kind_wanted, promise) = self.describe(kind);
        let wish = OwnerRequest::IssueCode(NewCode {
            household: HOUSEHOLD,
            doors: vec![self.doors[door]],
            kind: kind_wanted,
            personal: String::from("{}"),
        });
        self.wanted.insert(RequestId(self.requests + 1), kind);
        let before = self.pending.len();
        self.ask(wish);
        // The number that the code was given is in the batch that tells of it.
        let added = self.pending.iter().skip(before).find_map(|batch| {
            batch.changes.iter().find_map(|change| {
                if let doorward_core::batch::Change::CodeAdded { code, .. } = change {
                    Some(code.id)
                } else {
                    None
                }
            })
        });
        if let Some(id) = added {
            let twin = promise.as_ref().map_or(id, |promise| promise.twin);
            let plain = self.plain_promise(id, door, kind);
            self.watch.codes.insert(id, Promise { twin, ..promise.unwrap_or(plain) });
        }
    }

    fn plain_promise(&self, id: CodeId, door: usize, kind: Kind) -> Promise {
        let (uses, window) = match kind {
            Kind::OneTime { from_s, length_s } => (Some(1), Some(self.window(from_s, length_s))),
            Kind::Guest { uses } => (uses, None),
            Kind::BreakGlass | Kind::Duress { .. } => (None, None),
        };
        let is_break_glass = matches!(kind, Kind::BreakGlass);
        Promise { twin: id, is_break_glass, uses, door: self.doors[door], window }
    }

    fn window(&self, from_s: i64, length_s: i64) -> Window {
        let from = self.now.wall.saturating_add(SignedDuration::from_secs(from_s)).unwrap();
        Window { from, until: from.saturating_add(SignedDuration::from_secs(length_s)).unwrap() }
    }

    /// Returns what is asked of the hub, and for a twin what its model is worth.
    fn describe(&self, kind: Kind) -> (NewCodeKind, Option<Promise>) {
        match kind {
            Kind::OneTime { from_s, length_s } => {
                (NewCodeKind::OneTime(self.window(from_s, length_s)), None)
            }
            Kind::Guest { uses } => {
                (NewCodeKind::Scheduled { schedule: every_day("00:00", "00:00"), uses }, None)
            }
            Kind::BreakGlass => (NewCodeKind::BreakGlass, None),
            Kind::Duress { of } => {
                let resembles = pick(&self.codes, of).map_or(CodeId(u64::MAX), |(code, _)| *code);
                let promise = self.watch.codes.get(&resembles).cloned();
                (NewCodeKind::Duress { resembles }, promise)
            }
        }
    }

    // The disk.

    fn write_all(&mut self) {
        while !self.pending.is_empty() {
            self.disk_does(DiskDoes::Writes);
        }
    }

    fn disk_does(&mut self, does: DiskDoes) {
        let Some(batch) = self.pending.pop_front() else { return };
        let ticket = batch.ticket;
        let written = match does {
            DiskDoes::Writes | DiskDoes::FailsAfterWriting => self.disk.write(&batch).is_ok(),
            DiskDoes::Fails => false,
        };
        if written {
            self.watch.on_disk(ticket);
        }
        if written && matches!(does, DiskDoes::Writes) {
            self.watch.committed(ticket);
            self.feed_as(Input::Committed(ticket), Told::Committed);
        } else {
            self.feed_as(Input::CommitFailed(ticket), Told::CommitFailed);
        }
    }

    fn crash(&mut self, written: usize) {
        for _ in 0..written {
            if let Some(batch) = self.pending.pop_front()
                && self.disk.write(&batch).is_ok()
            {
                self.watch.on_disk(batch.ticket);
            }
        }
        self.pending.clear();
        self.films.clear();
        self.wanted.clear();
        self.pausing.clear();
        self.told = [None, None];
        let snapshot = self.disk.snapshot();
        self.now.mono = snapshot.mark.unwrap().at.mono;
        self.watch.restarted(&snapshot, self.now);
        self.watch.is_told(Told::SomethingElse, self.now);
        self.hub = Hub::restore(snapshot, key(), TimeZone::UTC, self.now);
        self.see();
    }

    // Time.

    fn pass(&mut self, time: Duration) {
        self.now.mono = self.now.mono + time;
        let time = SignedDuration::try_from(time).unwrap();
        self.now.wall = self.now.wall.saturating_add(time).unwrap();
    }

    fn wait(&mut self, time: Duration) {
        let end = self.now.mono + time;
        // Over a long time only the clock's mark falls due, minute by minute.
        for _ in 0..100 {
            let Some((at, _)) = self.hub.poll_deadline().filter(|(at, _)| *at <= end) else {
                break;
            };
            self.pass(at.since(self.now.mono));
            self.feed(Input::Deadline);
        }
        self.pass(end.since(self.now.mono));
        self.feed(Input::Deadline);
    }

    fn entry(&self, door: usize) -> Option<EntryId> {
        let view = self.hub.door(self.doors[door])?;
        view.entry.map(|entry| entry.record.id)
    }

    // The end.

    /// From here on everybody is honest, the disk has room, and the owner locks
    /// up: whatever happened before, every visit ends, every try is answered,
    /// and the disk holds nothing that is still open.
    pub(super) fn end_well(&mut self) {
        self.settle();
        self.watch.assert_all_answered();
        self.crash(0);
        self.settle();
        assert_eq!(self.disk.open_entries(), [], "the disk holds a visit that never ends");
    }

    fn settle(&mut self) {
        self.write_all();
        self.wait(Duration::from_secs(100));
        self.write_all();
        self.contact(Contact::Open);
        self.contact(Contact::Closed);
        for door in 0..2 {
            self.ask(OwnerRequest::Lock(self.doors[door]));
        }
        for _ in 0..40 {
            self.write_all();
            (0..2).for_each(|door| self.obey(door));
            self.film(Ok(()));
            self.write_all();
            self.wait(Duration::from_secs(5));
        }
        self.write_all();
        for door in 0..2 {
            assert_eq!(self.entry(door), None, "a visit never ends");
        }
    }
}

fn pick(codes: &[(CodeId, String)], number: usize) -> Option<&(CodeId, String)> {
    codes.get(number.checked_rem(codes.len())?)
}
