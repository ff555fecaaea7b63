//! What Home Assistant is shown of the doors, if the owner switched it on.
//!
//! Each time something may have changed, all retained messages that ought to
//! stand are made anew from what the hub knows, and what differs from what was
//! said last is said. So nothing is forgotten, and switching off or removing is
//! the same as wanting fewer. No code, no person and no reason is in any of it.

mod announce;
mod state;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use doorward_core::event::LogEvent;
use doorward_core::grants::HOME;
use doorward_core::hub::DoorView;
use doorward_core::ids::DoorId;
use doorward_core::permit::{DevicePermit, DeviceWish};
use doorward_core::time::HubTime;
use doorward_core::topic::TopicName;
use doorward_recorder::Recorder;
use serde_json::{Value, json};

use super::links::Links;

/// How often cameras are looked at. A state is to follow within a second.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Whether Home Assistant is shown the doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Switch {
    On,
    Off,
}

/// What is to stand, by topic.
pub(super) type Messages = BTreeMap<TopicName, Bytes>;

/// What Home Assistant is shown, and was told last.
pub(super) struct Home {
    pub(super) switch: Switch,
    recorder: Recorder,
    said: Messages,
    look_at: HubTime,
    stale: Stale,
}

/// Whether something may have changed since it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stale {
    No,
    Yes,
}

/// What there is to show.
pub(super) struct View<'a> {
    pub(super) doors: &'a [DoorView],
    pub(super) links: &'a Links,
    pub(super) permits: &'a [DevicePermit],
}

impl Switch {
    /// Reads the setting.
    pub(super) fn read(setting: Option<&str>) -> Self {
        if setting == Some("on") { Self::On } else { Self::Off }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

impl Home {
    pub(super) fn new(switch: Switch, recorder: Recorder) -> Self {
        Self {
            switch,
            recorder,
            said: Messages::new(),
            look_at: HubTime::default(),
            stale: Stale::Yes,
        }
    }

    /// Takes note that something may have changed.
    pub(super) fn touch(&mut self) {
        self.stale = Stale::Yes;
    }

    /// Switches it on or off.
    pub(super) fn turn(&mut self, switch: Switch) {
        self.switch = switch;
        self.touch();
    }

    /// Says whether there may be news.
    pub(super) fn is_stale(&self) -> bool {
        let quiet = self.switch == Switch::Off && self.said.is_empty();
        !quiet && self.stale == Stale::Yes
    }

    /// Says when the cameras are looked at next.
    pub(super) fn deadline(&self) -> Option<HubTime> {
        match self.switch {
            Switch::On => Some(self.look_at),
            Switch::Off => None,
        }
    }

    /// Returns what must be said so that what ought to stand stands; an empty
    /// message takes back. Announcements are taken back before what they name,
    /// and made after it.
    pub(super) fn news(&mut self, view: &View<'_>, now: HubTime) -> Vec<(TopicName, Bytes)> {
        (self.look_at, self.stale) = (now + LOOK_EVERY, Stale::No);
        let wanted = self.wanted(view);
        let gone = self.said.keys().rev().filter(|topic| !wanted.contains_key(topic));
        let gone = gone.map(|topic| (topic.clone(), Bytes::new()));
        let changed = wanted.iter().filter(|(topic, text)| self.said.get(topic) != Some(text));
        gone.chain(changed.map(|(topic, text)| (topic.clone(), text.clone()))).collect()
    }

    /// Takes note that a message stands, or was taken back.
    pub(super) fn said(&mut self, topic: TopicName, text: Bytes) {
        if text.is_empty() {
            self.said.remove(&topic);
        } else {
            self.said.insert(topic, text);
        }
    }

    fn wanted(&self, view: &View<'_>) -> Messages {
        let mut wanted = Messages::new();
        if self.switch == Switch::Off {
            return wanted;
        }
        let health: BTreeMap<_, _> = self.recorder.camera_health().into_iter().collect();
        for door in view.doors {
            let id = door.door.id;
            let permit = view.permits.iter().filter(|one| one.door == id).map(|one| one.permit);
            announce::door(&door.door, permit.max(), &mut wanted);
            let camera = door.door.camera.as_ref().map(|camera| health.get(camera));
            state::door(door, view.links, camera, &mut wanted);
        }
        wanted
    }
}

/// Returns what a line of the log tells Home Assistant, for those who listen at
/// that moment.
pub(super) fn told_of(event: &LogEvent) -> Option<(TopicName, Bytes)> {
    let (door, entry, what) = state::event(event)?;
    let text = json!({ "event_type": what, "entry": entry.0 }).to_string();
    Some((topic(door, "entry/event"), text.into()))
}

/// Reads what Home Assistant asks of a door.
pub(super) fn wish(payload: &[u8]) -> Option<DeviceWish> {
    match payload {
        b"LOCK" => Some(DeviceWish::Lock),
        b"UNLOCK" => Some(DeviceWish::Unlock),
        _ => None,
    }
}

fn topic(door: DoorId, tail: &str) -> TopicName {
    let text = format!("{HOME}/{door}/{tail}");
    TopicName::parse(&text).expect("a number and plain words make a topic")
}

fn bytes(value: &Value) -> Bytes {
    value.to_string().into()
}
