//! A visit: one entry on its way through its states.
//!
//! ```text
//! Arming ─→ Deciding ─→ Unlocking ─→ Unlocked ─→ Open ─→ Relocking ─→ Secured
//!    │          │            │           └────────────────↗  │  ↖        │
//!  denied     denied      Unknown                         Jammed         over
//! ```
//!
//! From `Jammed` and `Unknown` the door's own reports lead on, never a guess,
//! and from `Secured` back to `Unlocked` or `Open` if somebody leaves. From any
//! state in which the door's own visitor has been let in, the owner and the
//! emergency code lead back to `Deciding`.

mod arming;
mod closing;
mod deciding;
mod inside;

use std::time::Duration;

use crate::batch::Change;
use crate::device::Motion;
use crate::door::Recording;
use crate::entry::{EntryRecord, Reason, Stage};
use crate::event::LogEvent;
use crate::ids::{CommandId, DoorId, EntryId, RecordingId};
use crate::io::{Effect, Notice};
use crate::time::HubTime;

use super::Hub;
use super::ledger::Try;

pub(super) use arming::{Caller, take};

/// How long the camera has to show a live picture.
pub(in crate::hub) const CAMERA_WAIT: Duration = Duration::from_secs(3);
/// How long the owner has to approve.
pub(in crate::hub) const APPROVAL_WAIT: Duration = Duration::from_secs(60);
/// How long the disk has to take a decision. After that whoever typed may have
/// gone, and the camera's last picture is of the past.
pub(in crate::hub) const COMMIT_WAIT: Duration = Duration::from_secs(5);
/// How long a lock has to report what it was told to do.
pub(in crate::hub) const LOCK_WAIT: Duration = Duration::from_secs(10);
/// How long the camera runs on after the door is locked.
pub(in crate::hub) const POST_ROLL: Duration = Duration::from_secs(10);
/// How long a visit is filmed while nothing moves at the door: a bolt that is
/// stuck over a weekend would fill the disk with a closed door.
pub(in crate::hub) const FILMED_AT_MOST: Duration = Duration::from_secs(3600);
/// When a door that stands open is reminded of, twice, and then alarmed.
pub(in crate::hub) const HELD_OPEN: [Duration; 3] =
    [Duration::from_secs(60), Duration::from_secs(120), Duration::from_secs(300)];

/// One entry in progress.
pub(super) struct Visit {
    pub(super) record: EntryRecord,
    pub(super) state: State,
    /// What holds for this visit: the policy's word, softened for the owner and
    /// the emergency code.
    pub(super) rule: Recording,
    pub(super) wish: Wish,
    pub(super) shown: Shown,
    pub(super) filming: Filming,
    /// How often the bolt was told to go in, as far as anybody knows. While it
    /// is zero the door is as it was.
    pub(super) told: u32,
    /// How often the bolt came back by itself since the door was last open.
    pub(super) sprung: u32,
}

/// Whether the log says which recording shows the visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    NotYet,
    InLog,
}

/// Whether the camera films the visit, if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filming {
    Until(HubTime),
    /// It has filmed for long enough, and does so again when something moves.
    Resting,
}

/// What is wanted of this visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Proceed,
    Stop(Reason),
}

/// Where a visit is. See [`Stage`] for what each waits for.
pub(super) enum State {
    Arming {
        camera: CameraWait,
        approval: ApprovalWait,
        attempt: Option<Try>,
    },
    Deciding {
        command: CommandId,
        until: HubTime,
    },
    Unlocking {
        command: CommandId,
        until: HubTime,
    },
    Unlocked {
        until: HubTime,
    },
    Open {
        since: HubTime,
        reminders: usize,
    },
    Relocking,
    /// Stuck on its way in or out.
    Jammed {
        on_its_way: Motion,
    },
    Unknown {
        doubt: Doubt,
        ask_until: Option<HubTime>,
    },
    Secured {
        until: HubTime,
    },
}

/// Why nobody knows how a door stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The lock was told to let somebody in and may yet obey.
    LockSilent,
    /// The contact says nothing, or a decision was dropped on its way.
    Unsettled,
    /// The hub was not there to see.
    Restarted,
}

/// Whether the camera stands witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CameraWait {
    NotNeeded,
    Waiting { until: HubTime },
    Live,
    Missing,
}

/// Whether the owner has said yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ApprovalWait {
    NotNeeded,
    Waiting { until: HubTime },
    Given,
}

impl State {
    /// Says whether the owner or the emergency code may be let in although a
    /// visit is in progress: unless it is about to let its own visitor in.
    pub(super) fn can_be_entered_again(&self) -> bool {
        match self {
            Self::Arming { .. }
            | Self::Deciding { .. }
            | Self::Unlocking { .. }
            | Self::Secured { .. } => false,
            Self::Unlocked { .. }
            | Self::Open { .. }
            | Self::Relocking
            | Self::Jammed { .. }
            | Self::Unknown { .. } => true,
        }
    }
}

impl Visit {
    pub(super) fn deadline(&self) -> Option<(HubTime, &'static str)> {
        match &self.state {
            State::Arming { camera, approval, .. } => arming_deadline(*camera, *approval),
            State::Unlocking { until, .. } => Some((*until, "bolt not reported retracted")),
            State::Unlocked { until } => Some((*until, "door not opened")),
            State::Open { since, reminders } => {
                HELD_OPEN.get(*reminders).map(|wait| (*since + *wait, "door held open"))
            }
            State::Unknown { ask_until, .. } => ask_until.map(|until| (until, "lock not heard")),
            State::Secured { until } => Some((*until, "post-roll")),
            State::Deciding { until, .. } => Some((*until, "decision not on the disk")),
            State::Relocking | State::Jammed { .. } => None,
        }
    }

    /// Returns when the camera has filmed for long enough.
    pub(super) fn filming_deadline(&self) -> Option<(HubTime, &'static str)> {
        match (self.record.recording, self.filming) {
            (Some(_), Filming::Until(until)) => Some((until, "filmed for long enough")),
            (Some(_), Filming::Resting) | (None, _) => None,
        }
    }

    fn stage(&self) -> Stage {
        match &self.state {
            State::Arming { .. } | State::Deciding { .. } => Stage::Arming,
            State::Unlocking { .. } => Stage::Unlocking,
            State::Unlocked { .. } => Stage::Unlocked,
            State::Open { .. } => Stage::Open,
            State::Relocking => Stage::Relocking,
            State::Jammed { .. } => Stage::Jammed,
            State::Unknown { .. } => Stage::Unknown,
            State::Secured { .. } => Stage::Secured,
        }
    }
}

fn arming_deadline(camera: CameraWait, approval: ApprovalWait) -> Option<(HubTime, &'static str)> {
    let camera = match camera {
        CameraWait::Waiting { until } => Some((until, "camera not live")),
        CameraWait::NotNeeded | CameraWait::Live | CameraWait::Missing => None,
    };
    let approval = match approval {
        ApprovalWait::Waiting { until } => Some((until, "approval not given")),
        ApprovalWait::NotNeeded | ApprovalWait::Given => None,
    };
    [camera, approval].into_iter().flatten().min_by_key(|(at, _)| *at)
}

impl Hub {
    /// Moves a door's visit on, and writes down that it moved.
    pub(super) fn move_visit(&mut self, door: DoorId, state: State) {
        if self.visit(door).is_some_and(|visit| visit.filming == Filming::Resting) {
            self.film_again(door);
        }
        let Some(visit) = self.visit_mut(door) else {
            return;
        };
        visit.state = state;
        visit.record.stage = visit.stage();
        let (entry, stage, record) = (visit.record.id, visit.record.stage, visit.record.clone());
        self.change(Change::Entry(record));
        self.log(LogEvent::EntryMoved { entry, door, stage });
        self.notify(Notice::EntryChanged(entry));
    }

    pub(super) fn visit(&self, door: DoorId) -> Option<&Visit> {
        self.sites.get(&door).and_then(|site| site.visit.as_ref())
    }

    pub(super) fn visit_mut(&mut self, door: DoorId) -> Option<&mut Visit> {
        self.sites.get_mut(&door).and_then(|site| site.visit.as_mut())
    }

    /// The camera has filmed a door at which nothing moves for long enough. What
    /// is wrong there was told, and the visit goes on.
    pub(super) fn rest_filming(&mut self, door: DoorId) {
        let Some(visit) = self.visit_mut(door) else { return };
        let Some(recording) = visit.record.recording else { return };
        visit.filming = Filming::Resting;
        let entry = visit.record.id;
        self.emit(Effect::StopFilming(recording));
        self.log(LogEvent::FilmingRested { entry, door, recording });
    }

    /// Finds the door at which an entry is in progress.
    pub(super) fn door_of(&self, entry: EntryId) -> Option<DoorId> {
        self.find_visit(|visit| visit.record.id == entry)
    }

    /// Finds the door whose visit is shown in a recording.
    pub(super) fn door_filmed(&self, recording: RecordingId) -> Option<DoorId> {
        self.find_visit(|visit| visit.record.recording == Some(recording))
    }

    pub(super) fn find_visit(&self, fits: impl Fn(&Visit) -> bool) -> Option<DoorId> {
        let site = self.sites.values().find(|site| site.visit.as_ref().is_some_and(&fits));
        site.map(|site| site.door.id)
    }
}
