//! A contact behind Zigbee2MQTT, or a lock that has one built in.

use doorward_core::door::Contact;
use serde::Deserialize;

use crate::parse;
use crate::speech::Malformed;

#[derive(Deserialize)]
struct Said {
    /// True when magnet and sensor touch: the leaf is in its frame.
    contact: Option<bool>,
    /// What the few locks with a contact of their own say.
    door_state: Option<String>,
}

/// Reads whether the door is open, if the message tells.
pub(crate) fn read(text: &str) -> Result<Option<Contact>, Malformed> {
    let said: Said = parse::object(text)?;
    let from_contact = said.contact.map(|touching| match touching {
        true => Contact::Closed,
        false => Contact::Open,
    });
    Ok(from_contact.or_else(|| said.door_state.as_deref().and_then(from_door_state)))
}

/// A leaf that is forced, jammed or out of order is not known to be in its
/// frame, and a bolt must not be thrown against it.
fn from_door_state(word: &str) -> Option<Contact> {
    match word {
        "closed" => Some(Contact::Closed),
        "open" | "error_jammed" | "error_forced_open" | "error_unspecified" => Some(Contact::Open),
        _ => None,
    }
}
