//! The hub: one value that owns every door's truth.
//!
//! [`Hub::handle`] is told what happened, [`Hub::poll_effect`] says what to do,
//! [`Hub::poll_deadline`] says when to come back. Whatever one input changes is
//! written down as one batch. A bolt is retracted only when the batch with its
//! decision is reported to be on the disk; a bolt is thrown without waiting for
//! the disk, because a locked door is the safe one.

mod asked;
mod bolt;
mod deadlines;
mod devices;
mod keypad;
mod ledger;
mod owner;
mod restart;
mod site;
mod trespass;
mod view;
mod visit;

use std::collections::{BTreeMap, VecDeque};

use jiff::tz::TimeZone;
use rand_core::CryptoRng;

use crate::batch::{NextIds, Snapshot};
use crate::clock::Clock;
use crate::code::CodeMacKey;
use crate::codes::Codes;
use crate::entry::Actor;
use crate::event::{Alarm, LogEvent};
use crate::ids::{DeviceName, DoorId, EntryId, RecordingId};
use crate::io::{Effect, Input, Notice};
use crate::throttle::ThrottleRecord;
use crate::time::{HubTime, Now};

use ledger::Ledger;
use site::Site;

pub use trespass::{TOLD_EVERY, TrespassView};
pub use view::{DoorView, EntryView, KeypadView};

/// Every door's truth, and the rules.
pub struct Hub {
    sites: BTreeMap<DoorId, Site>,
    codes: Codes,
    throttles: BTreeMap<DeviceName, ThrottleRecord>,
    trespasses: BTreeMap<DeviceName, trespass::Record>,
    asked: asked::Asked,
    clock: Clock,
    zone: TimeZone,
    key: CodeMacKey,
    ids: NextIds,
    ledger: Ledger,
    /// What the input being handled sets off, behind its batch.
    outbox: VecDeque<Effect>,
    effects: VecDeque<Effect>,
    /// The moment of the input being handled.
    now: Now,
    /// When the clock's mark is next written down for its own sake.
    mark_due: HubTime,
    running: Running,
    /// Who asked for what is being met; leaves bear it.
    asker: Option<Actor>,
    /// The recordings to which segments may still be added, and what they show.
    filming: BTreeMap<RecordingId, EntryId>,
}

/// Whether anybody may still be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Running {
    Up,
    /// Whoever came in would find nobody to lock the door behind him.
    Stopping,
}

/// How many command numbers a start leaves out. A bolt is thrown without
/// waiting for the disk, so that the last run may have used numbers that the
/// disk never heard of, and a lock obeys each number once.
const COMMANDS_NOT_WRITTEN: u64 = 1000;

impl Hub {
    /// Takes up where the last run left off. Entries that were open are taken
    /// up again: their doors' locks are asked first.
    ///
    /// `zone` is the time zone of the doors, in which schedules are read.
    #[must_use]
    pub fn restore(snapshot: Snapshot, key: CodeMacKey, zone: TimeZone, now: Now) -> Self {
        let Snapshot { doors, codes, throttles, permits, open_entries, mark, next_ids } = snapshot;
        let mut hub = Self {
            sites: doors.into_iter().map(|door| (door.id, Site::new(door))).collect(),
            codes: Codes::restore(codes),
            throttles: throttles.into_iter().collect(),
            trespasses: BTreeMap::new(),
            asked: asked::Asked::restore(permits),
            clock: Clock::resume(mark, now),
            zone,
            key,
            ids: next_ids,
            ledger: Ledger::default(),
            outbox: VecDeque::new(),
            effects: VecDeque::new(),
            now,
            mark_due: now.mono,
            running: Running::Up,
            asker: None,
            filming: BTreeMap::new(),
        };
        if mark.is_some() {
            hub.ids.command = hub.ids.command.saturating_add(COMMANDS_NOT_WRITTEN);
        }
        hub.look_at_clock(now);
        hub.log(LogEvent::HubStarted);
        hub.resume(open_entries);
        hub.close_batch();
        hub
    }

    /// Takes in what happened. `now` never goes back on hub time; `chance` is
    /// the operating system's, or a test's seed.
    pub fn handle(&mut self, input: Input, now: Now, chance: &mut dyn CryptoRng) {
        self.look_at_clock(now);
        match input {
            Input::Deadline => {}
            Input::Committed(ticket) => self.committed(ticket),
            Input::CommitFailed(ticket) => self.commit_failed(ticket),
            Input::Device(device, report) => self.device_reported(&device, report),
            Input::Asked(device, door, wish) => self.device_asked(&device, door, wish),
            Input::Refused(trespass) => self.refused(trespass),
            Input::Undelivered(command) => self.undelivered(command),
            Input::Filming(recording, outcome) => self.filming(recording, outcome),
            Input::CameraLost(camera) => self.camera_lost(&camera),
            Input::SegmentSealed(segment) => self.segment_sealed(segment),
            Input::RecordingClosed(recording) => self.recording_closed(recording),
            Input::Owner(request, by, wish) => {
                self.asker = Some(by);
                self.owner_asked(request, wish, chance);
                self.asker = None;
            }
            Input::Stop => self.stop(),
        }
        self.meet_deadlines();
        self.close_batch();
    }

    /// Returns the next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Returns when to call [`Hub::handle`] with [`Input::Deadline`], and why.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<(HubTime, &'static str)> {
        let visits = self.sites.values().filter_map(Site::deadline);
        visits.chain([(self.mark_due, "clock mark")]).min_by_key(|(at, _)| *at)
    }

    fn look_at_clock(&mut self, now: Now) {
        self.now = Now { wall: now.wall, mono: now.mono.max(self.now.mono) };
        if let Some(step_s) = self.clock.observe(self.now) {
            self.expire_codes();
            self.log(LogEvent::ClockStepped { step_s });
            self.alarm(None, None, Alarm::ClockStepped);
        }
    }

    fn alarm(&mut self, door: Option<DoorId>, entry: Option<EntryId>, alarm: Alarm) {
        self.log(LogEvent::Alarm { door, entry, alarm });
        self.notify(Notice::Alarm { door, entry, alarm });
    }

    fn notify(&mut self, notice: Notice) {
        self.emit(Effect::Notify(notice));
    }

    fn emit(&mut self, effect: Effect) {
        if let Effect::Film { recording, entry, .. } = &effect {
            self.filming.insert(*recording, *entry);
        }
        self.outbox.push_back(effect);
    }
}
