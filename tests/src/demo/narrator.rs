//! Plain lines: when, who, what.

use doorward_api::door::{Bolt, Contact};
use doorward_api::entry::{Outcome, Stage};
use doorward_api::event::LogEvent;
use jiff::Zoned;

use crate::console::say;

/// Prints what happens.
#[derive(Debug)]
pub(crate) struct Narrator;

impl Narrator {
    /// Starts to narrate.
    pub(crate) fn new() -> Self {
        Self
    }

    /// Prints a heading.
    pub(crate) fn headline(&self, text: &str) {
        say(&format!("\n── {text} {}", "─".repeat(74_usize.saturating_sub(text.chars().count()))));
    }

    /// Prints one line.
    pub(crate) fn tell(&self, who: &str, what: &str) {
        say(&format!("{}  {who:<8} {what}", Zoned::now().strftime("%H:%M:%S%.3f")));
    }

    /// Prints an indented line without a time.
    pub(crate) fn note(&self, text: &str) {
        say(&format!("{:23}{text}", ""));
    }

    /// Tells a line of the log, unless the house shows it already.
    pub(crate) fn log_line(&self, event: &LogEvent) {
        if let Some(what) = sentence(event) {
            self.tell("hub", &what);
        }
    }
}

/// A line of the log in words; nothing for lines that say what the onlooker saw.
pub(crate) fn sentence(event: &LogEvent) -> Option<String> {
    match event {
        LogEvent::CodeRefused { reason, .. } => {
            Some(format!("refuses the code; the log keeps why: {}", word(reason)))
        }
        LogEvent::KeypadLockedOut { for_ms, .. } => {
            Some(format!("takes no code from this keypad for {} s", for_ms / 1000))
        }
        LogEvent::KeypadSuspended { .. } => {
            Some("suspends couriers' and guests' codes on this keypad".to_owned())
        }
        LogEvent::UnlockGranted { .. } => {
            Some("decides to unlock; the code is spent, the decision on the disk".to_owned())
        }
        LogEvent::EntryDenied { reason, .. } => Some(format!("denies the entry: {}", word(reason))),
        LogEvent::EntryMoved { stage, .. } => stage_sentence(*stage).map(str::to_owned),
        LogEvent::EntryClosed { outcome, .. } => Some(match outcome {
            Outcome::Completed => "closes the entry: opened, closed, locked".to_owned(),
            Outcome::NotEntered => "closes the entry: nobody came in".to_owned(),
            Outcome::Denied { reason } => format!("closes the entry: denied, {}", word(reason)),
        }),
        LogEvent::EntryBlocked { .. } => Some("stops the visit, as the owner wishes".to_owned()),
        LogEvent::EntryApproved { .. } => Some("goes on, as the owner wishes".to_owned()),
        LogEvent::EntryResumed { .. } => Some("takes the entry up again".to_owned()),
        LogEvent::BoltReported { bolt, .. } => bolt_sentence(*bolt).map(str::to_owned),
        LogEvent::ContactReported { contact, .. } => Some(match contact {
            Contact::Open => "knows by the contact that the door is open".to_owned(),
            Contact::Closed => "knows by the contact that the door is closed".to_owned(),
            Contact::Unknown => "does not know whether the door is open".to_owned(),
        }),
        LogEvent::Alarm { alarm, .. } => Some(format!("ALARM: {}", word(alarm))),
        LogEvent::Trespass { device, .. } => Some(format!("ALARM: {device} tried what it may not")),
        LogEvent::RecordingOpened { camera, .. } => {
            Some(format!("records {camera}: live pictures that move, confirmed just now"))
        }
        LogEvent::SegmentSealed { sequence, sha256, .. } => {
            let digest = sha256.get(..16).unwrap_or(sha256);
            Some(format!("sealed segment {sequence}, sha256 {digest}… in the log"))
        }
        LogEvent::RecordingClosed { .. } => {
            Some("closes the recording and forgets its key".to_owned())
        }
        LogEvent::RecordingErased { .. } => Some("erased a recording".to_owned()),
        LogEvent::FilmingRested { .. } => Some("lets the camera rest".to_owned()),
        LogEvent::EntryErased { .. } => Some("erased an entry".to_owned()),
        LogEvent::CodeNotesErased { .. } => Some("erased what a code was for".to_owned()),
        LogEvent::ClockStepped { step_s } => Some(format!("sees the clock jump by {step_s} s")),
        LogEvent::ClockConfirmed => Some("trusts the clock again".to_owned()),
        LogEvent::DevicePaired { .. } => Some("knows another paired device".to_owned()),
        LogEvent::PairingEnded { .. } => Some("ends a device's pairing".to_owned()),
        LogEvent::PinRests { .. } => Some("lets a device's PIN rest".to_owned()),
        LogEvent::PasskeyAdded { .. } => Some("takes a device's passkey".to_owned()),
        LogEvent::HubStarted
        | LogEvent::HubStopped
        | LogEvent::PersonAdded { .. }
        | LogEvent::PersonChanged { .. }
        | LogEvent::PersonRemoved { .. }
        | LogEvent::PinLifted { .. }
        | LogEvent::DoorAdded { .. }
        | LogEvent::DoorPolicyChanged { .. }
        | LogEvent::DeviceEnrolled { .. }
        | LogEvent::DeviceRevoked { .. }
        | LogEvent::CertificateIssued { .. }
        | LogEvent::CertificateReplaced { .. }
        | LogEvent::AuthorityAdded { .. }
        | LogEvent::AuthorityRetired { .. }
        | LogEvent::DeviceAllowed { .. }
        | LogEvent::DeviceDisallowed { .. }
        | LogEvent::DeviceRefused { .. }
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
        | LogEvent::KeypadRearmed { .. }
        | LogEvent::LockAsked { .. }
        | LogEvent::Erased => None,
    }
}

const fn stage_sentence(stage: Stage) -> Option<&'static str> {
    match stage {
        Stage::Arming => Some("asks the camera for a live picture"),
        Stage::Unlocking => Some("tells the lock to retract the bolt, once, within 5 s"),
        Stage::Unlocked => Some("waits for the door to open"),
        Stage::Open => Some("waits for the door to close; it never throws the bolt before"),
        Stage::Relocking => Some("tells the lock to throw the bolt"),
        Stage::Jammed => Some("says: jammed"),
        Stage::Unknown => Some("says: unknown"),
        Stage::Secured => Some("says: locked, by the lock's own report; films on for 10 s"),
    }
}

const fn bolt_sentence(bolt: Bolt) -> Option<&'static str> {
    match bolt {
        Bolt::Thrown => Some("knows by the lock that the bolt is thrown"),
        Bolt::Retracted => Some("knows by the lock that the bolt is retracted"),
        Bolt::Jammed => Some("knows by the lock that the bolt is jammed"),
        Bolt::Unknown => Some("knows that the lock does not know its bolt"),
        Bolt::Moving => None,
    }
}

/// A value's name as the log writes it, with spaces.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(|name| name.replace('_', " ")))
        .unwrap_or_default()
}
