//! What an owner wrote about a code: the one part that names people, kept in a
//! row of its own and erasable by itself.

use serde::{Deserialize, Serialize};

/// What an owner wrote about a code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Personal {
    /// A guest's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) guest: Option<String>,
    /// Who brings a delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) carrier: Option<String>,
    /// The carrier's number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// Where to put the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) instructions: Option<String>,
}

/// The most bytes that any one of these texts may have.
pub(crate) const MAX_TEXT_BYTES: usize = 500;

impl Personal {
    /// Reads what the database has; what was erased says nothing.
    pub(crate) fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    pub(crate) fn write(&self) -> String {
        serde_json::to_string(self).expect("four optional texts are JSON")
    }

    /// Returns what the owner calls the code in a line.
    pub(crate) fn label(&self) -> Option<String> {
        match (&self.guest, &self.carrier, &self.reference) {
            (Some(guest), _, _) => Some(guest.clone()),
            (None, Some(carrier), Some(reference)) => Some(format!("{carrier} {reference}")),
            (None, Some(only), None) | (None, None, Some(only)) => Some(only.clone()),
            (None, None, None) => None,
        }
    }

    /// Says whether every text is of a bearable length and has no control
    /// characters, which could play tricks on a terminal.
    pub(crate) fn is_sound(&self) -> bool {
        let texts = [&self.guest, &self.carrier, &self.reference, &self.instructions];
        texts.into_iter().flatten().all(|text| {
            text.len() <= MAX_TEXT_BYTES && !text.chars().any(|c| c.is_control() && c != '\n')
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_says_what_there_is() {
        let carrier = Some("DHL".to_owned());
        let reference = Some("JD01".to_owned());
        let both = Personal { carrier, reference, ..Personal::default() };
        assert_eq!(both.label().unwrap(), "DHL JD01");
        assert_eq!(Personal::default().label(), None);
    }

    #[test]
    fn what_was_written_is_read_back_and_what_was_erased_is_empty() {
        let guest = Personal { guest: Some("Ana".to_owned()), ..Personal::default() };
        assert_eq!(Personal::read(Some(&guest.write())), guest);
        assert_eq!(Personal::read(None), Personal::default());
    }

    #[test]
    fn texts_that_play_tricks_are_not_sound() {
        let escape = Personal { guest: Some("\x1b[2J".to_owned()), ..Personal::default() };
        assert!(!escape.is_sound());
        let long = Personal { guest: Some("x".repeat(501)), ..Personal::default() };
        assert!(!long.is_sound());
    }
}
