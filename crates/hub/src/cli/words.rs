//! What things are called in sentences.

use doorward_api::code::{CodeKind, CodeState};
use doorward_api::device::{DeviceKind, Dialect, Permit};
use doorward_api::door::{ApprovalRule, Bolt, Contact, RecordingRule};
use doorward_api::entry::{Actor, Outcome, Reason, Stage};
use doorward_api::event::{Alarm, Attempt, CodeEnd, LogEvent, Part, Victim};
use doorward_api::log::LogLine;
use doorward_api::status::{Link, UnlockMode};
use doorward_api::{PairedDeviceId, PersonId, Role};

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Returns a duration as people say it: two units at most.
pub(super) fn duration(ms: u64) -> String {
    let two = |big: u64, name: &str, small: u64, small_name: &str| {
        let (whole, rest) = (ms / big, ms % big / small);
        if rest == 0 {
            format!("{whole} {name}")
        } else {
            format!("{whole} {name} {rest} {small_name}")
        }
    };
    match ms {
        0..SECOND => format!("{}.{} s", 0, ms / 100),
        SECOND..MINUTE => format!("{} s", ms / SECOND),
        MINUTE..HOUR => two(MINUTE, "min", SECOND, "s"),
        HOUR..DAY => two(HOUR, "h", MINUTE, "min"),
        DAY.. => two(DAY, "d", HOUR, "h"),
    }
}

/// Returns a size as people say it.
pub(super) fn bytes(bytes: u64) -> String {
    let units = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    units.iter().find(|(_, size)| bytes >= *size).map_or_else(
        || format!("{bytes} B"),
        |(name, size)| format!("{}.{} {name}", bytes / size, bytes % size * 10 / size),
    )
}

/// Returns a number and what it counts.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

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
        DeviceKind::Other => "device",
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
        CodeKind::BreakGlass => "break-glass",
        CodeKind::Duress => "duress",
    }
}

pub(super) const fn code_state(state: CodeState) -> &'static str {
    match state {
        CodeState::Waiting => "waiting",
        CodeState::Live => "live",
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

/// Tells what a device tried, as a sentence about it: `tried to publish to the lock of
/// front`.
pub(super) fn trespass(attempt: Attempt, victim: &Victim) -> String {
    let tried = match attempt {
        Attempt::Publish => "tried to publish",
        Attempt::LeaveWill => "tried to leave a will",
        Attempt::AskForAnswers => "tried to have answers sent",
        Attempt::Subscribe => "tried to subscribe",
        Attempt::Misname => "used a name that is no topic",
        Attempt::Exceed => "took more than its share",
        Attempt::Garble => "sent what is not MQTT",
        Attempt::GuessPassword => "was named with a wrong password",
    };
    let aim = match victim {
        Victim::Part { door, part } => format!("the {} of {door}", self::part(*part)),
        Victim::Device { name } => name.to_string(),
        Victim::Topic { words } => format!("\"{words}\""),
        Victim::Unnamed => return tried.to_owned(),
    };
    match attempt {
        Attempt::Publish | Attempt::LeaveWill | Attempt::AskForAnswers | Attempt::Subscribe => {
            format!("{tried} to {aim}")
        }
        Attempt::Misname | Attempt::Exceed | Attempt::Garble | Attempt::GuessPassword => {
            format!("{tried}: {aim}")
        }
    }
}

pub(super) const fn part(part: Part) -> &'static str {
    match part {
        Part::Lock => "lock",
        Part::Keypad => "keypad",
        Part::Contact => "contact",
    }
}

const fn code_end(end: CodeEnd) -> &'static str {
    match end {
        CodeEnd::Spent => "used up",
        CodeEnd::Expired => "its time is over",
        CodeEnd::Cancelled => "taken back",
    }
}

const fn moved(stage: Stage) -> &'static str {
    match stage {
        Stage::Arming => "waiting for a live picture, or for you",
        Stage::Unlocking => "told the lock to unlock",
        Stage::Unlocked => "unlocked",
        Stage::Open => "opened",
        Stage::Relocking => "told the lock to lock",
        Stage::Jammed => "jammed: the bolt is stuck",
        Stage::Unknown => "nobody knows where the bolt is",
        Stage::Secured => "locked, by the lock's own report",
    }
}

/// Says what a device may ask of a door.
pub(super) const fn may(permit: Permit) -> &'static str {
    match permit {
        Permit::Lock => "lock it",
        Permit::Unlock => "lock it, and unlock it as its policy says",
    }
}

/// Tells a log line without its door, which stands in a column of its own.
pub(super) fn event(event: &LogEvent) -> String {
    match event {
        LogEvent::HubStarted => "the hub began to watch".to_owned(),
        LogEvent::HubStopped => "the hub stopped in good order".to_owned(),
        LogEvent::DoorAdded { door } => format!("door {door} described"),
        LogEvent::DoorPolicyChanged { door } => format!("policy of door {door} changed"),
        LogEvent::DeviceEnrolled { device } => format!("device {device} enrolled"),
        LogEvent::DeviceRevoked { device } => format!("device {device} revoked"),
        LogEvent::CertificateIssued { device } => {
            format!("device {device} was issued another certificate")
        }
        LogEvent::CertificateReplaced { device } => {
            format!("device {device} uses its new certificate; the one before is void")
        }
        LogEvent::AuthorityAdded { authority } => {
            format!("authority {authority} issues certificates from here on")
        }
        LogEvent::AuthorityRetired { authority } => {
            format!("authority {authority} is no longer believed")
        }
        LogEvent::DeviceAllowed { device, permit, .. } => {
            format!("device {device} may {}", may(*permit))
        }
        LogEvent::DeviceDisallowed { device, .. } => {
            format!("device {device} may ask nothing any more")
        }
        LogEvent::DeviceRefused { device, reason: why, .. } => {
            format!("device {device} asked in vain: {}", reason(*why))
        }
        LogEvent::HomeAssistantOn => "Home Assistant is shown the doors".to_owned(),
        LogEvent::HomeAssistantOff => "Home Assistant is shown nothing any more".to_owned(),
        LogEvent::CameraAdded { camera } => format!("camera {camera} added"),
        LogEvent::CameraRemoved { camera } => format!("camera {camera} removed"),
        LogEvent::CodeIssued { code, kind, .. } => {
            format!("code {code} given out ({})", code_kind(*kind))
        }
        LogEvent::CodeEnded { code, why } => format!("code {code} is over: {}", code_end(*why)),
        LogEvent::CodeRefused { keypad, code, reason: why, .. } => {
            let which = code.map_or_else(String::new, |code| format!(" (code {code})"));
            format!("refused at {keypad}{which}: {}", reason(*why))
        }
        LogEvent::KeypadLockedOut { keypad, for_ms } => {
            format!("{keypad} takes no code for {}", duration(*for_ms))
        }
        LogEvent::KeypadSuspended { keypad, for_ms } => {
            format!("couriers' and guests' codes rest at {keypad} for {}", duration(*for_ms))
        }
        LogEvent::KeypadRearmed { keypad } => format!("{keypad} re-armed"),
        LogEvent::UnlockGranted { by, .. } => format!("leave to unlock: {}", actor(by)),
        LogEvent::EntryDenied { reason: why, .. } => format!("denied: {}", reason(*why)),
        LogEvent::EntryMoved { stage, .. } => moved(*stage).to_owned(),
        LogEvent::EntryClosed { outcome: end, .. } => format!("over: {}", outcome(*end)),
        LogEvent::EntryResumed { .. } => "taken up again after a restart".to_owned(),
        LogEvent::EntryBlocked { .. } => "the visit was stopped".to_owned(),
        LogEvent::EntryApproved { .. } => "the visit was approved".to_owned(),
        LogEvent::BoltReported { bolt: at, .. } => format!("lock reports: {}", bolt(*at)),
        LogEvent::ContactReported { contact: at, .. } => {
            format!("contact reports: {}", contact(*at))
        }
        LogEvent::LockAsked { by, .. } => format!("lock the door: asked by {}", actor(by)),
        LogEvent::Alarm { alarm: what, .. } => format!("ALARM: {}", alarm(*what)),
        LogEvent::Trespass { device, attempt, victim, untold } => {
            let tried = trespass(*attempt, victim);
            let more = count(*untold, "try", "tries");
            let before = if *untold == 0 { String::new() } else { format!(", after {more} more") };
            format!("ALARM: {device} {tried}{before}")
        }
        LogEvent::RecordingOpened { recording, camera, .. } => {
            format!("recording {recording} began (camera {camera})")
        }
        LogEvent::SegmentSealed { recording, sequence, .. } => {
            format!("recording {recording}: segment {sequence} sealed")
        }
        LogEvent::RecordingClosed { recording } => format!("recording {recording} ended"),
        LogEvent::RecordingErased { recording } => format!("recording {recording} erased"),
        LogEvent::FilmingRested { recording, .. } => {
            format!("recording {recording} is long enough; filmed again when something moves")
        }
        LogEvent::EntryErased { entry } => format!("entry {entry} erased"),
        LogEvent::CodeNotesErased { code } => {
            format!("what was written about code {code} erased")
        }
        LogEvent::PersonAdded { person, name, role: may } => {
            format!("{} added: {}", person_named(*person, name.as_deref()), role(*may))
        }
        LogEvent::PersonChanged { person, name, role: may } => {
            format!("{} changed: {}", person_named(*person, name.as_deref()), role(*may))
        }
        LogEvent::PersonRemoved { person } => format!("person {person} removed"),
        LogEvent::DevicePaired { paired, name, person } => {
            format!("{} paired, person {person}", phone_named(*paired, name.as_deref()))
        }
        LogEvent::PairingEnded { paired, name } => {
            format!("{}: pairing ended", phone_named(*paired, name.as_deref()))
        }
        LogEvent::PinRests { paired, name } => {
            format!("{}: its PIN rests after wrong tries", phone_named(*paired, name.as_deref()))
        }
        LogEvent::PinLifted { paired, name } => {
            format!("{}: its PIN may be tried again", phone_named(*paired, name.as_deref()))
        }
        LogEvent::ClockStepped { step_s } => {
            let way = if *step_s < 0 { "back" } else { "forward" };
            format!("the clock jumped {way} by {}", duration(step_s.unsigned_abs() * SECOND))
        }
        LogEvent::ClockConfirmed => "the clock was confirmed".to_owned(),
        LogEvent::Erased => "erased at your wish".to_owned(),
    }
}

/// Tells a log line with who wished it, where that was a person on a device.
pub(super) fn line(line: &LogLine) -> String {
    let told = event(&line.event);
    match (&line.event, &line.asked_by) {
        // These say so themselves.
        (LogEvent::UnlockGranted { .. } | LogEvent::LockAsked { .. }, _) => told,
        (_, Some(by @ Actor::Person { .. })) => format!("{told} ({})", actor(by)),
        (
            _,
            Some(Actor::Code { .. } | Actor::Device { .. } | Actor::LocalOwner | Actor::Hub) | None,
        ) => told,
    }
}

fn person_named(person: PersonId, name: Option<&str>) -> String {
    name.map_or_else(|| format!("person {person}"), |name| format!("{name} (person {person})"))
}

fn phone_named(paired: PairedDeviceId, name: Option<&str>) -> String {
    name.map_or_else(|| format!("device {paired}"), |name| format!("{name} (device {paired})"))
}

/// Returns what a role is called.
pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Resident => "resident",
        Role::Owner => "owner",
    }
}

/// Returns the door that a log line is about.
pub(super) fn door_of(event: &LogEvent) -> Option<&str> {
    match event {
        LogEvent::DoorAdded { door }
        | LogEvent::DoorPolicyChanged { door }
        | LogEvent::UnlockGranted { door, .. }
        | LogEvent::EntryDenied { door, .. }
        | LogEvent::EntryMoved { door, .. }
        | LogEvent::EntryClosed { door, .. }
        | LogEvent::EntryResumed { door, .. }
        | LogEvent::EntryBlocked { door, .. }
        | LogEvent::EntryApproved { door, .. }
        | LogEvent::FilmingRested { door, .. }
        | LogEvent::BoltReported { door, .. }
        | LogEvent::ContactReported { door, .. }
        | LogEvent::DeviceAllowed { door, .. }
        | LogEvent::DeviceDisallowed { door, .. }
        | LogEvent::DeviceRefused { door, .. }
        | LogEvent::LockAsked { door, .. } => Some(door.as_str()),
        LogEvent::CodeRefused { door, .. } | LogEvent::Alarm { door, .. } => {
            door.as_ref().map(|door| door.as_str())
        }
        LogEvent::Trespass { victim: Victim::Part { door, .. }, .. } => Some(door.as_str()),
        LogEvent::Trespass {
            victim: Victim::Device { .. } | Victim::Topic { .. } | Victim::Unnamed,
            ..
        }
        | LogEvent::HubStarted
        | LogEvent::HubStopped
        | LogEvent::DeviceEnrolled { .. }
        | LogEvent::DeviceRevoked { .. }
        | LogEvent::CertificateIssued { .. }
        | LogEvent::CertificateReplaced { .. }
        | LogEvent::AuthorityAdded { .. }
        | LogEvent::AuthorityRetired { .. }
        | LogEvent::HomeAssistantOn
        | LogEvent::HomeAssistantOff
        | LogEvent::CameraAdded { .. }
        | LogEvent::CameraRemoved { .. }
        | LogEvent::CodeIssued { .. }
        | LogEvent::CodeEnded { .. }
        | LogEvent::KeypadLockedOut { .. }
        | LogEvent::KeypadSuspended { .. }
        | LogEvent::KeypadRearmed { .. }
        | LogEvent::RecordingOpened { .. }
        | LogEvent::SegmentSealed { .. }
        | LogEvent::RecordingClosed { .. }
        | LogEvent::RecordingErased { .. }
        | LogEvent::PersonAdded { .. }
        | LogEvent::PersonChanged { .. }
        | LogEvent::PersonRemoved { .. }
        | LogEvent::DevicePaired { .. }
        | LogEvent::PairingEnded { .. }
        | LogEvent::PinRests { .. }
        | LogEvent::PinLifted { .. }
        | LogEvent::ClockStepped { .. }
        | LogEvent::EntryErased { .. }
        | LogEvent::CodeNotesErased { .. }
        | LogEvent::ClockConfirmed
        | LogEvent::Erased => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_two_units_at_most() {
        let said = [
            (0, "0.0 s"),
            (420, "0.4 s"),
            (999, "0.9 s"),
            (42_000, "42 s"),
            (60_000, "1 min"),
            (192_400, "3 min 12 s"),
            (11_520_000, "3 h 12 min"),
            (86_400_000 * 2 + 3_600_000 * 3 + 5, "2 d 3 h"),
        ];
        for (ms, words) in said {
            assert_eq!(duration(ms), words);
        }
    }

    #[test]
    fn sizes_are_said_with_one_decimal() {
        let said = [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (4_150_000, "4.1 MB")];
        for (size, words) in said {
            assert_eq!(bytes(size), words);
        }
    }

    #[test]
    fn a_trespass_is_told_as_a_sentence() {
        let part = |part| Victim::Part { door: "front".into(), part };
        let topic = || Victim::Topic { words: "home/#".into() };
        let device = || Victim::Device { name: "shed".into() };
        for (attempt, victim, words) in [
            (Attempt::Publish, part(Part::Lock), "tried to publish to the lock of front"),
            (Attempt::Subscribe, part(Part::Keypad), "tried to subscribe to the keypad of front"),
            (Attempt::LeaveWill, device(), "tried to leave a will to shed"),
            (Attempt::AskForAnswers, topic(), "tried to have answers sent to \"home/#\""),
            (Attempt::Misname, topic(), "used a name that is no topic: \"home/#\""),
            (Attempt::Exceed, Victim::Unnamed, "took more than its share"),
            (Attempt::Garble, Victim::Unnamed, "sent what is not MQTT"),
            (Attempt::GuessPassword, Victim::Unnamed, "was named with a wrong password"),
        ] {
            assert_eq!(trespass(attempt, &victim), words);
        }
        let device = "porch-cam".into();
        let attempt = Attempt::Publish;
        let event =
            super::event(&LogEvent::Trespass { device, attempt, victim: topic(), untold: 3 });
        let expected = "ALARM: porch-cam tried to publish to \"home/#\", after 3 tries more";
        assert_eq!(event, expected);
    }
}
