//! `bridge/devices`: the list that Zigbee2MQTT keeps of what is behind it.
//!
//! The message is long and comes from converters for thousands of devices, so
//! everything but a device's name may be missing or null. What a device can do
//! is read from `definition.exposes`.

use std::collections::BTreeSet;

use doorward_core::ids::DeviceName;
use doorward_core::trespass::SafeWords;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::discovery::{Ability, Discovered};
use crate::parse;
use crate::speech::Malformed;

/// The most bytes that the list has: two hundred devices take half of it.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;

/// The most devices that are remembered; Zigbee coordinators end well below.
const MAX_DEVICES: usize = 1024;

#[derive(Deserialize)]
struct Listed {
    friendly_name: String,
    #[serde(default)]
    definition: Option<Definition>,
}

#[derive(Deserialize)]
struct Definition {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    vendor: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    exposes: Option<Vec<Expose>>,
}

/// One capability. Specific ones (`lock`) hold generic ones as features.
#[derive(Deserialize)]
struct Expose {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    values: Option<Vec<Choice>>,
    #[serde(default)]
    features: Option<Vec<Expose>>,
}

/// One of an enumeration's values; most are text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Choice {
    Text(String),
    Other(IgnoredAny),
}

/// Reads the list.
pub(super) fn read(bridge: &DeviceName, payload: &[u8]) -> Result<Vec<Discovered>, Malformed> {
    let text = parse::text(payload, MAX_BYTES)?;
    let listed: Vec<Listed> = parse::list(text)?;
    Ok(listed.into_iter().take(MAX_DEVICES).map(|one| discovered(bridge, one)).collect())
}

fn discovered(bridge: &DeviceName, listed: Listed) -> Discovered {
    let Listed { friendly_name, definition } = listed;
    let words = |text: Option<&String>| SafeWords::of(text.map_or("", String::as_str));
    let definition = definition.as_ref();
    let exposes = definition.and_then(|one| one.exposes.as_deref()).unwrap_or_default();
    Discovered {
        name: DeviceName::parse(&format!("{}/{friendly_name}", bridge.holder())).ok(),
        friendly: SafeWords::of(&friendly_name),
        vendor: words(definition.and_then(|one| one.vendor.as_ref())),
        model: words(definition.and_then(|one| one.model.as_ref())),
        description: words(definition.and_then(|one| one.description.as_ref())),
        abilities: abilities(exposes),
    }
}

fn abilities(exposes: &[Expose]) -> BTreeSet<Ability> {
    let has = |name: &str| exposes.iter().any(|one| one.name.as_deref() == Some(name));
    let lock = exposes.iter().find(|one| one.kind.as_deref() == Some("lock"));
    let locks = |name: &str| {
        let features = lock.and_then(|lock| lock.features.as_deref()).unwrap_or_default();
        features.iter().any(|one| one.name.as_deref() == Some(name))
    };
    let disarms = exposes
        .iter()
        .filter(|one| one.name.as_deref() == Some("action"))
        .flat_map(|one| one.values.as_deref().unwrap_or_default())
        .any(|choice| matches!(choice, Choice::Text(word) if word == "disarm"));
    let found = [
        (Ability::Bolt, locks("state")),
        (Ability::Jam, locks("lock_state")),
        (Ability::Pins, has("pin_code")),
        (Ability::AutoRelock, has("auto_relock_time") || has("auto_relock")),
        (Ability::Contact, has("contact") || has("door_state")),
        (Ability::Codes, disarms && has("action_code")),
        (Ability::Answers, disarms && has("action_transaction")),
    ];
    found.into_iter().filter(|(_, can)| *can).map(|(ability, _)| ability).collect()
}
