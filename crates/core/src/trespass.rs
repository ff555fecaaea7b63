//! What a device tried and may not, in words that are safe to show.
//!
//! A device chooses the topics that it names, so its text is the one thing in
//! the log that a stranger can write. [`SafeWords`] is such a text with nothing
//! left that could act on a terminal, and cut to a length that fits a line.

use serde::{Deserialize, Serialize};

use crate::ids::{DeviceName, DoorId};

/// The longest piece of a device's own text that is shown, in characters.
pub const MAX_WORDS: usize = 80;

/// Something that a device tried and was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trespass {
    /// The device whose certificate the connection proved.
    pub device: DeviceName,
    /// What it tried.
    pub attempt: Attempt,
    /// What it aimed at.
    pub target: Target,
}

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attempt {
    /// To publish.
    Publish,
    /// To leave a will.
    LeaveWill,
    /// To have answers sent somewhere.
    AskForAnswers,
    /// To subscribe.
    Subscribe,
    /// To use a name that is no topic.
    Misname,
    /// To take more than its share: topics, subscriptions, bytes, connections.
    Exceed,
    /// To send bytes that are not MQTT.
    Garble,
    /// To come in by a wrong password. Whoever did named this device, and need not be it.
    GuessPassword,
}

/// What a device aimed at, as its broker and the dialects have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A topic of another device.
    Device(DeviceName),
    /// A topic that is nobody's.
    Topic(SafeWords),
    /// It named none.
    Unnamed,
}

/// What a device aimed at, as people know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Victim {
    /// A part of a door.
    Part {
        /// The door.
        door: DoorId,
        /// Which part of it.
        part: Part,
    },
    /// A device that hangs on no door.
    Device {
        /// Its name.
        name: DeviceName,
    },
    /// A topic that is nobody's.
    Topic {
        /// As much of it as is shown.
        words: SafeWords,
    },
    /// It named none.
    Unnamed,
}

/// What a device is at a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// It moves the bolt.
    Lock,
    /// It takes codes.
    Keypad,
    /// It tells open from closed.
    Contact,
}

/// A text as a device wrote it, a topic for example, cleaned and cut.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct SafeWords(String);

impl SafeWords {
    /// Takes as much of a text as can be shown: without characters that
    /// control a terminal or turn the direction of writing, each of which
    /// becomes a `�`, and cut after [`MAX_WORDS`] characters with a `…`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let shown = |c: char| if is_shown(c) { c } else { char::REPLACEMENT_CHARACTER };
        let mut words: String = text.chars().take(MAX_WORDS).map(shown).collect();
        if text.chars().nth(MAX_WORDS).is_some() {
            words.pop();
            words.push('…');
        }
        Self(words)
    }

    /// Returns the words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for SafeWords {
    fn from(text: String) -> Self {
        Self::of(&text)
    }
}

impl From<SafeWords> for String {
    fn from(words: SafeWords) -> Self {
        words.0
    }
}

impl std::fmt::Display for SafeWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Control characters, line and paragraph separators, invisible characters and
/// those that turn the direction of writing (UAX #9) are not shown.
fn is_shown(c: char) -> bool {
    let misleads = matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    !c.is_control() && !misleads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hold_nothing_that_acts_on_a_terminal() {
        let words = SafeWords::of("a/\u{1b}[2J\n\u{202e}b\u{200b}/é\u{9b}");
        assert_eq!(words.as_str(), "a/�[2J��b�/é�");
    }

    #[test]
    fn words_are_cut_with_a_mark() {
        let exact = "é".repeat(MAX_WORDS);
        assert_eq!(SafeWords::of(&exact).as_str(), exact);
        let cut = SafeWords::of(&"é".repeat(MAX_WORDS + 1));
        assert_eq!(cut.as_str(), format!("{}…", "é".repeat(MAX_WORDS - 1)));
    }

    #[test]
    fn words_that_were_tampered_with_are_cleaned_when_they_are_read() {
        let words: SafeWords = serde_json::from_str("\"\\u001b[2J\"").unwrap();
        assert_eq!(words.as_str(), "�[2J");
        assert_eq!(serde_json::to_string(&words).unwrap(), "\"�[2J\"");
    }
}
