//! What the program says by itself: on the tray icon, in notifications, and to a page that it leaves.

use doorward_api::DoorName;
use doorward_api::event::Alarm;

use crate::mood::Mood;

/// Said to a page that the window is about to leave.
pub(crate) const ANOTHER: &str = "the window shows another hub";

/// The longest name that is shown, in letters; the hub's own are no longer.
const LONGEST_NAME: usize = 64;

/// The longest sentence that is shown, in letters.
const LONGEST_SENTENCE: usize = 300;

/// How a door is called in a sentence.
pub(crate) fn door(name: &DoorName) -> String {
    let name = self::name(name.as_str());
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

/// A name as a hub tells it, which may be any hub's.
pub(crate) fn name(text: &str) -> String {
    brief(text, LONGEST_NAME)
}

/// A sentence as a hub tells it.
pub(crate) fn sentence(text: &str) -> String {
    brief(text, LONGEST_SENTENCE)
}

/// Text that came from outside, as one line of at most so many letters, in which nothing is turned
/// around, hidden, or made to look like another line.
pub(crate) fn brief(text: &str, most: usize) -> String {
    let mut letters = text.chars().filter(|letter| is_seen(*letter));
    let mut brief: String = letters.by_ref().take(most).collect();
    if letters.next().is_some() {
        brief.pop();
        brief.push('…');
    }
    brief
}

/// Neither a control character, nor one that directs how others are written or is not seen (Unicode's
/// bidirectional controls and zero-width characters), nor the end of a line.
fn is_seen(letter: char) -> bool {
    !letter.is_control()
        && !matches!(
            letter,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
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

    #[test]
    fn no_name_is_longer_than_a_line_or_turns_what_follows_around() {
        let long = door(&"x".repeat(100_000).as_str().into());
        assert_eq!(long.chars().count(), "the  door".len() + LONGEST_NAME);
        assert!(long.contains("x…"), "{long}");
        assert_eq!(name("front\u{202e}kcol"), "frontkcol");
        assert_eq!(name("a\nb\u{2028}c\u{7}d\u{2066}e\u{200b}"), "abcde");
        assert_eq!(name("Tür 门 🚪"), "Tür 门 🚪");
        assert_eq!(name(&"ä".repeat(LONGEST_NAME)), "ä".repeat(LONGEST_NAME));
    }
}
