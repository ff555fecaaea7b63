//! What people read outside of the window: on the tray icon and in notifications.

use doorward_api::DoorName;
use doorward_api::event::Alarm;

use crate::follow::Mood;

/// How a door is called in a sentence.
pub(crate) fn door(name: &DoorName) -> String {
    let name = name.to_string();
    let last = name.split_whitespace().next_back().unwrap_or_default().to_lowercase();
    let says = ["door", "gate", "entrance", "entry", "garage", "hatch"];
    if says.contains(&last.as_str()) { format!("the {name}") } else { format!("the {name} door") }
}

/// How the doors are, for the icon's tip.
pub(crate) const fn mood(mood: Mood) -> &'static str {
    match mood {
        Mood::Away => "No hub answers",
        Mood::Sealed => "The hub waits for its passphrase",
        Mood::Unclaimed => "The hub has no household yet",
        Mood::LoggedOut => "This window is not logged in at the hub",
        Mood::NoDoor => "There is no door yet",
        Mood::Locked => "All doors are locked",
        Mood::Unknown => "Nobody knows whether a door is locked",
        Mood::Unlocked => "A door is unlocked",
        Mood::Open => "A door is open",
        Mood::Jammed => "The bolt of a door is stuck",
        Mood::Alarmed => "Something needs a look",
    }
}

/// An alarm in a sentence.
pub(crate) fn alarm(alarm: Alarm, at: Option<&DoorName>) -> String {
    let door = at.map_or_else(|| "a door".to_owned(), door);
    let sentence = match alarm {
        Alarm::ForcedOpen => format!("{door} was forced open"),
        Alarm::HeldOpen => format!("{door} has been open for too long"),
        Alarm::Jammed => format!("the bolt of {door} is stuck"),
        Alarm::LockSilent => format!("the lock of {door} does not answer"),
        Alarm::LockUnreachable => format!("the lock of {door} could not be reached"),
        Alarm::OpenAfterRestart => format!("{door} was open when the hub came back"),
        Alarm::ContactUnknown => format!("nobody knows whether {door} is open"),
        Alarm::WrongCodeLimit => format!("too many wrong codes at {door}"),
        Alarm::BreakGlassUsed => format!("the emergency code was used at {door}"),
        Alarm::Duress => format!("somebody may be forced to open {door}"),
        Alarm::VisitStopped => format!("you stopped a visit that was already inside {door}"),
        Alarm::EvidenceGap => format!("the camera was lost during a visit at {door}"),
        Alarm::StorageFailed => "the hub cannot write things down".to_owned(),
        Alarm::ClockStepped => "the hub's clock jumped".to_owned(),
    };
    capital(&sentence)
}

/// Begins a sentence.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_called_a_door_once() {
        assert_eq!(door(&"front".into()), "the front door");
        assert_eq!(door(&"Garden gate".into()), "the Garden gate");
        assert_eq!(
            alarm(Alarm::ForcedOpen, Some(&"front".into())),
            "The front door was forced open"
        );
    }
}
