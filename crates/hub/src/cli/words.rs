//! What things are called in sentences.

mod line;

use doorward_api::Role;
use doorward_api::code::{CodeKind, CodeState};
use doorward_api::device::{DeviceKind, Dialect, Link, Part, Permit};
use doorward_api::door::{ApprovalRule, Bolt, Contact, RecordingRule};
use doorward_api::entry::{Actor, Outcome, Reason, Stage};
use doorward_api::event::Alarm;
use doorward_api::status::UnlockMode;

pub(super) use crate::amounts::{bytes, count, duration};
pub(super) use line::{door_of, line, trespass};

pub(super) const fn bolt(bolt: Bolt) -> &'static str {
    match bolt {
        Bolt::Thrown => "locked",
        Bolt::Retracted => "unlocked",
        Bolt::Moving => "moving",
        Bolt::Jammed => "JAMMED",
        Bolt::Unknown => "not known",
    }
}

pub(super) const fn contact(contact: Contact) -> &'static str {
    match contact {
        Contact::Open => "open",
        Contact::Closed => "closed",
        Contact::Unknown => "open or closed: not known",
    }
}

pub(super) const fn link(link: Link) -> &'static str {
    match link {
        Link::Online => "online",
        Link::Offline => "offline",
        Link::Unknown => "not heard of yet",
    }
}

pub(super) const fn unlock_mode(mode: UnlockMode) -> &'static str {
    match mode {
        UnlockMode::Passphrase => "a passphrase",
        UnlockMode::Keyfile => "a key file (no protection against a thief)",
        UnlockMode::SystemdCreds => "a systemd credential",
        UnlockMode::Keyring => "the desktop's keyring",
    }
}

pub(super) const fn device_kind(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Lock => "lock",
        DeviceKind::Keypad => "keypad",
        DeviceKind::Contact => "contact",
        DeviceKind::Bridge => "bridge",
        DeviceKind::HomeAssistant => "home-assistant",
        DeviceKind::Camera => "camera",
        DeviceKind::Other => "other",
    }
}

pub(super) const fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Native => "native",
        Dialect::Zigbee2mqtt => "zigbee2mqtt",
        Dialect::HomeAssistant => "home-assistant",
        Dialect::Frigate => "frigate",
        Dialect::Tasmota => "tasmota",
        Dialect::Shelly => "shelly",
        Dialect::Esphome => "esphome",
        Dialect::ZwaveJsUi => "zwave-js-ui",
    }
}

pub(super) const fn recording_rule(rule: RecordingRule) -> &'static str {
    match rule {
        RecordingRule::Required => "required",
        RecordingRule::Preferred => "preferred",
        RecordingRule::Off => "off",
    }
}

pub(super) const fn approval_rule(rule: ApprovalRule) -> &'static str {
    match rule {
        ApprovalRule::None => "none",
        ApprovalRule::Tap => "tap",
    }
}

pub(super) const fn code_kind(kind: CodeKind) -> &'static str {
    match kind {
        CodeKind::Delivery => "delivery",
        CodeKind::Guest => "guest",
        CodeKind::BreakGlass => "emergency",
        CodeKind::Duress => "duress",
    }
}

pub(super) const fn code_state(state: CodeState) -> &'static str {
    match state {
        CodeState::Waiting => "waiting",
        CodeState::Live => "live",
        CodeState::Paused => "paused",
        CodeState::Spent => "spent",
        CodeState::Expired => "expired",
        CodeState::Cancelled => "cancelled",
    }
}

/// Returns who came: `delivery Parcel Post 0034 (code 12)`.
pub(super) fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Code { code, kind, label } => {
            let kind = kind.map_or("somebody", code_kind);
            let label = label.as_deref().map_or_else(String::new, |label| format!(" {label}"));
            format!("{kind}{label} (code {code})")
        }
        Actor::LocalOwner => "you, at the hub".to_owned(),
        Actor::Person { person, name, device, device_name } => {
            let who = name.clone().unwrap_or_else(|| format!("somebody removed ({person})"));
            let phone = device_name.clone().unwrap_or_else(|| format!("device {device}"));
            format!("{who}, {phone}")
        }
        Actor::Device { device } => format!("device {device}"),
        Actor::Hub => "the hub".to_owned(),
    }
}

pub(super) const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Arming => "waiting for the camera or for you",
        Stage::Unlocking => "unlocking",
        Stage::Unlocked => "unlocked, not opened yet",
        Stage::Open => "door open",
        Stage::Relocking => "locking",
        Stage::Jammed => "the bolt is stuck",
        Stage::Unknown => "not known",
        Stage::Secured => "locked",
    }
}

pub(super) fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Completed => "completed".to_owned(),
        Outcome::NotEntered => "not entered".to_owned(),
        Outcome::Denied { reason: why } => format!("denied: {}", reason(why)),
    }
}

pub(super) const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::WrongCode => "no code has these digits",
        Reason::Malformed => "what was typed is not eight digits",
        Reason::Spent => "the code was used already",
        Reason::Expired => "the code's time was over",
        Reason::Cancelled => "you had taken the code back",
        Reason::Paused => "the code was paused",
        Reason::TooEarly => "the code's time had not come",
        Reason::OutsideSchedule => "not on this day or at this hour",
        Reason::WrongDoor => "a good code, but for another door",
        Reason::NoDoor => "the keypad belongs to no door",
        Reason::Throttled => "the keypad was locked out after wrong tries",
        Reason::Suspended => "couriers' and guests' codes were resting after too many wrong tries",
        Reason::ClockUntrusted => "the clock had jumped and nobody had confirmed it",
        Reason::DoorBusy => "another entry was in progress at this door",
        Reason::DoorOpen => "the door was open already",
        Reason::NoCamera => "the door requires recording and has no camera",
        Reason::CameraUnavailable => "the camera could not be reached or sent no pictures",
        Reason::CameraFrozen => "the camera's picture did not change",
        Reason::CameraRefused => "the camera refused the hub's password",
        Reason::CameraUnjudged => "the camera's picture could not be judged in time",
        Reason::NotApproved => "you did not approve it in time",
        Reason::Blocked => "you stopped the visit",
        Reason::NotRecorded => "the decision could not be written to the disk",
        Reason::LockUnreachable => "the lock could not be reached",
        Reason::Interrupted => "the hub stopped before it was decided",
    }
}

pub(super) const fn alarm(alarm: Alarm) -> &'static str {
    match alarm {
        Alarm::ForcedOpen => "the door was forced open",
        Alarm::HeldOpen => "the door has been open for too long",
        Alarm::Jammed => "the bolt is stuck",
        Alarm::LockSilent => "the lock did not answer",
        Alarm::LockUnreachable => "the lock could not be reached",
        Alarm::OpenAfterRestart => "the door was open when the hub came back",
        Alarm::ContactUnknown => "the contact is silent: nobody knows whether the door is open",
        Alarm::WrongCodeLimit => "too many wrong codes",
        Alarm::BreakGlassUsed => "the emergency code was used",
        Alarm::Duress => "a duress code was used",
        Alarm::VisitStopped => "you stopped a visit that was already inside",
        Alarm::EvidenceGap => "the camera was lost during the visit",
        Alarm::StorageFailed => "something could not be written to the disk",
        Alarm::ClockStepped => "the clock jumped",
    }
}

pub(super) const fn part(part: Part) -> &'static str {
    match part {
        Part::Lock => "lock",
        Part::Keypad => "keypad",
        Part::Contact => "contact",
    }
}

/// Says what a device may ask of a door.
pub(super) const fn may(permit: Permit) -> &'static str {
    match permit {
        Permit::Lock => "lock it",
        Permit::Unlock => "lock it, and unlock it as its policy says",
    }
}

/// Returns what a role is called.
pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Resident => "resident",
        Role::Owner => "owner",
    }
}
