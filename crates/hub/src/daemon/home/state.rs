//! How a door stands, in Home Assistant's words.

use doorward_core::door::{Bolt, Contact};
use doorward_core::entry::{Outcome, Stage};
use doorward_core::event::LogEvent;
use doorward_core::hub::DoorView;
use doorward_core::ids::{DeviceName, DoorId, EntryId};
use doorward_recorder::CameraHealth;
use doorward_recorder::camera::Streaming;

use super::super::links::{Links, Presence};
use super::{Messages, topic};

/// The words for a bolt.
pub(super) const BOLT: [&str; 5] = ["LOCKED", "UNLOCKED", "LOCKING", "UNLOCKING", "JAMMED"];

/// What is not known. Home Assistant shows it as such.
const UNKNOWN: &str = "None";

/// The words for what happens in an entry: its stages and its ends.
pub(super) const EVENTS: [&str; 11] = [
    "arming",
    "unlocking",
    "unlocked",
    "open",
    "relocking",
    "jammed",
    "unknown",
    "secured",
    "completed",
    "not_entered",
    "denied",
];

/// Says how a door stands. `camera` is absent if it has none, and holds nothing
/// if its camera is not known to the recorder.
pub(super) fn door(
    door: &DoorView,
    links: &Links,
    camera: Option<Option<&CameraHealth>>,
    into: &mut Messages,
) {
    let id = door.door.id;
    let mut say = |tail: &str, word: &'static str| {
        into.insert(topic(id, tail), word.into());
    };
    say("lock/state", bolt(door));
    say("lock/availability", availability(links, &door.door.lock));
    if let Some(contact) = &door.door.contact {
        say("contact/state", contact_word(door.contact));
        say("contact/availability", availability(links, contact));
    }
    if let Some(health) = camera {
        say("camera/state", health.map_or("problem", camera_word));
    }
}

/// What moves is neither locked nor unlocked; which way it goes is known only
/// of an entry.
fn bolt(door: &DoorView) -> &'static str {
    match door.bolt {
        Bolt::Thrown => "LOCKED",
        Bolt::Retracted => "UNLOCKED",
        Bolt::Jammed => "JAMMED",
        Bolt::Unknown => UNKNOWN,
        Bolt::Moving => match door.entry.as_ref().map(|entry| entry.record.stage) {
            Some(Stage::Unlocking) => "UNLOCKING",
            Some(Stage::Relocking) => "LOCKING",
            Some(
                Stage::Arming
                | Stage::Unlocked
                | Stage::Open
                | Stage::Jammed
                | Stage::Unknown
                | Stage::Secured,
            )
            | None => UNKNOWN,
        },
    }
}

/// A device of which only its bridge is known to be there may be there: what it
/// says is unknown until it says it.
fn availability(links: &Links, device: &DeviceName) -> &'static str {
    match links.presence(device) {
        Presence::Online | Presence::Unknown => "online",
        Presence::Offline => "offline",
    }
}

const fn contact_word(contact: Option<Contact>) -> &'static str {
    match contact {
        Some(Contact::Open) => "open",
        Some(Contact::Closed) => "closed",
        None => UNKNOWN,
    }
}

fn camera_word(health: &CameraHealth) -> &'static str {
    match (health.fault, health.streaming) {
        (Some(_), _) => "problem",
        (None, Streaming::Yes) => "fine",
        (None, Streaming::No) => UNKNOWN,
    }
}

/// Returns the door, the entry and the word for what a line of the log tells of
/// an entry, without who came and why it was denied.
pub(super) fn event(event: &LogEvent) -> Option<(DoorId, EntryId, &'static str)> {
    match event {
        LogEvent::EntryMoved { entry, door, stage } => Some((*door, *entry, stage_word(*stage))),
        LogEvent::EntryClosed { entry, door, outcome } => {
            Some((*door, *entry, outcome_word(*outcome)))
        }
        LogEvent::EntryDenied { entry, door, .. } => Some((*door, *entry, "denied")),
        LogEvent::HubStarted
        | LogEvent::HubStopped
        | LogEvent::DoorAdded { .. }
        | LogEvent::DoorPolicyChanged { .. }
        | LogEvent::DeviceEnrolled { .. }
        | LogEvent::DeviceRevoked { .. }
        | LogEvent::DeviceAllowed { .. }
        | LogEvent::DeviceDisallowed { .. }
        | LogEvent::DeviceRefused { .. }
        | LogEvent::NoticesAllowed { .. }
        | LogEvent::NoticesDisallowed { .. }
        | LogEvent::HomeAssistantOn
        | LogEvent::HomeAssistantOff
        | LogEvent::CertificateIssued { .. }
        | LogEvent::CertificateReplaced { .. }
        | LogEvent::AuthorityAdded { .. }
        | LogEvent::AuthorityRetired { .. }
        | LogEvent::PersonAdded { .. }
        | LogEvent::PersonChanged { .. }
        | LogEvent::PersonRemoved { .. }
        | LogEvent::DevicePaired { .. }
        | LogEvent::PairingEnded { .. }
        | LogEvent::PinRests { .. }
        | LogEvent::PinLifted { .. }
        | LogEvent::PasskeyAdded { .. }
        | LogEvent::CameraAdded { .. }
        | LogEvent::CameraRemoved { .. }
        | LogEvent::CameraWatched { .. }
        | LogEvent::BackupMade
        | LogEvent::HubRestored { .. }
        | LogEvent::CodePaused { .. }
        | LogEvent::CodeResumed { .. }
        | LogEvent::CodeIssued { .. }
        | LogEvent::CodeEnded { .. }
        | LogEvent::CodeRefused { .. }
        | LogEvent::KeypadLockedOut { .. }
        | LogEvent::KeypadSuspended { .. }
        | LogEvent::KeypadRearmed { .. }
        | LogEvent::UnlockGranted { .. }
        | LogEvent::EntryResumed { .. }
        | LogEvent::EntryBlocked { .. }
        | LogEvent::EntryApproved { .. }
        | LogEvent::BoltReported { .. }
        | LogEvent::ContactReported { .. }
        | LogEvent::LockAsked { .. }
        | LogEvent::Alarm { .. }
        | LogEvent::Trespass { .. }
        | LogEvent::RecordingOpened { .. }
        | LogEvent::SegmentSealed { .. }
        | LogEvent::RecordingClosed { .. }
        | LogEvent::RecordingErased { .. }
        | LogEvent::FilmingRested { .. }
        | LogEvent::EntryErased { .. }
        | LogEvent::CodeNotesErased { .. }
        | LogEvent::ClockStepped { .. }
        | LogEvent::ClockConfirmed => None,
    }
}

const fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Arming => "arming",
        Stage::Unlocking => "unlocking",
        Stage::Unlocked => "unlocked",
        Stage::Open => "open",
        Stage::Relocking => "relocking",
        Stage::Jammed => "jammed",
        Stage::Unknown => "unknown",
        Stage::Secured => "secured",
    }
}

const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::NotEntered => "not_entered",
        Outcome::Denied(_) => "denied",
    }
}
