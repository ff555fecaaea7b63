//! Lines of the log, told as sentences.

use doorward_api::entry::{Actor, Stage};
use doorward_api::event::{Attempt, CodeEnd, LogEvent, Victim};
use doorward_api::log::LogLine;
use doorward_api::{PairedDeviceId, PersonId};

use super::{actor, alarm, bolt, code_kind, contact, may, outcome, part, reason, role};
use crate::amounts::{SECOND, count, duration};

/// Tells a log line with who wished it, where that was a person on a device.
pub(in crate::cli) fn line(line: &LogLine) -> String {
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

/// Tells a log line without its door, which stands in a column of its own.
fn event(event: &LogEvent) -> String {
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
        LogEvent::NoticesAllowed { device } => format!("device {device} is sent the notices"),
        LogEvent::NoticesDisallowed { device } => {
            format!("device {device} is sent no notices any more")
        }
        LogEvent::HomeAssistantOn => "Home Assistant is shown the doors".to_owned(),
        LogEvent::HomeAssistantOff => "Home Assistant is shown nothing any more".to_owned(),
        LogEvent::CameraAdded { camera } => format!("camera {camera} added"),
        LogEvent::CameraRemoved { camera } => format!("camera {camera} removed"),
        LogEvent::CameraWatched { camera, from, until } => {
            let long = until.as_millisecond().abs_diff(from.as_millisecond());
            format!("camera {camera} was watched for {}", duration(long))
        }
        LogEvent::CodeIssued { code, kind, .. } => {
            format!("code {code} given out ({})", code_kind(*kind))
        }
        LogEvent::CodeEnded { code, why } => format!("code {code} is over: {}", code_end(*why)),
        LogEvent::CodePaused { code } => format!("code {code} is paused"),
        LogEvent::CodeResumed { code } => format!("code {code} opens again"),
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
        LogEvent::PasskeyAdded { paired, name } => {
            format!("{}: a passkey was added", phone_named(*paired, name.as_deref()))
        }
        LogEvent::ClockStepped { step_s } => {
            let way = if *step_s < 0 { "back" } else { "forward" };
            format!("the clock jumped {way} by {}", duration(step_s.unsigned_abs() * SECOND))
        }
        LogEvent::ClockConfirmed => "the clock was confirmed".to_owned(),
        LogEvent::BackupMade => "a backup was sealed and handed out".to_owned(),
        LogEvent::HubRestored { backup_of } => {
            let of = backup_of.strftime("%Y-%m-%d %H:%M UTC");
            format!("the hub was restored from a backup of {of}; what came after it is not here")
        }
        LogEvent::Erased => "erased at your wish".to_owned(),
    }
}

/// Tells what a device tried, as a sentence about it: `tried to publish to the lock of
/// front`.
pub(in crate::cli) fn trespass(attempt: Attempt, victim: &Victim) -> String {
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

/// Returns the door that a log line is about.
pub(in crate::cli) fn door_of(event: &LogEvent) -> Option<&str> {
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
        | LogEvent::NoticesAllowed { .. }
        | LogEvent::NoticesDisallowed { .. }
        | LogEvent::HomeAssistantOn
        | LogEvent::HomeAssistantOff
        | LogEvent::CameraAdded { .. }
        | LogEvent::CameraRemoved { .. }
        | LogEvent::CameraWatched { .. }
        | LogEvent::BackupMade
        | LogEvent::HubRestored { .. }
        | LogEvent::CodePaused { .. }
        | LogEvent::CodeResumed { .. }
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
        | LogEvent::PasskeyAdded { .. }
        | LogEvent::ClockStepped { .. }
        | LogEvent::EntryErased { .. }
        | LogEvent::CodeNotesErased { .. }
        | LogEvent::ClockConfirmed
        | LogEvent::Erased => None,
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

fn person_named(person: PersonId, name: Option<&str>) -> String {
    name.map_or_else(|| format!("person {person}"), |name| format!("{name} (person {person})"))
}

fn phone_named(paired: PairedDeviceId, name: Option<&str>) -> String {
    name.map_or_else(|| format!("device {paired}"), |name| format!("{name} (device {paired})"))
}

#[cfg(test)]
mod tests {
    use doorward_api::device::Part;

    use super::*;

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
