//! What is announced to Home Assistant: retained, one message for each thing of
//! a door, as its MQTT integration documents discovery.

use doorward_core::door::Door;
use doorward_core::grants::{ANNOUNCEMENTS, HUBS_OWN_ID, asking_topic};
use doorward_core::ids::DoorId;
use doorward_core::permit::Permit;
use doorward_core::topic::TopicName;
use serde_json::{Value, json};

use super::{Messages, bytes, state, topic};

/// Announces what a door has.
///
/// Home Assistant's lock cannot do without a topic to ask on. A door of which
/// nobody may ask anything has a sensor in its place.
pub(super) fn door(door: &Door, permit: Option<Permit>, into: &mut Messages) {
    let mut announce = |component: &str, thing: &str, what: Value| {
        into.insert(place(door.id, component, thing), bytes(&with_origin(door, thing, what)));
    };
    match permit {
        Some(Permit::Lock | Permit::Unlock) => announce("lock", "lock", lock(door.id)),
        None => announce("sensor", "bolt", bolt(door.id)),
    }
    announce("event", "entry", entry(door.id));
    if door.contact.is_some() {
        announce("binary_sensor", "contact", contact(door.id));
    }
    if door.camera.is_some() {
        announce("binary_sensor", "camera", camera(door.id));
    }
}

fn place(door: DoorId, component: &str, thing: &str) -> TopicName {
    let text = format!("{ANNOUNCEMENTS}/{component}/{HUBS_OWN_ID}/door_{door}_{thing}/config");
    TopicName::parse(&text).expect("a number and plain words make a topic")
}

fn with_origin(door: &Door, thing: &str, mut what: Value) -> Value {
    let id = door.id;
    what["unique_id"] = json!(format!("{HUBS_OWN_ID}_door_{id}_{thing}"));
    what["device"] = json!({
        "identifiers": [format!("{HUBS_OWN_ID}_door_{id}")],
        "name": door.name.as_str(),
        "manufacturer": "Doorward",
        "model": "Door",
    });
    what["origin"] = json!({ "name": "Doorward", "sw_version": env!("CARGO_PKG_VERSION") });
    what
}

/// What is said with QoS 1 and not acknowledged is sent again once a lost connection is
/// back, however long that took; a wish to unlock is worth nothing by then. The states
/// are retained, so that QoS 0 loses none of them for good.
fn lock(door: DoorId) -> Value {
    json!({
        "name": "Lock",
        "qos": 0,
        "state_topic": topic(door, "lock/state").as_str(),
        "availability_topic": topic(door, "lock/availability").as_str(),
        "command_topic": asking_topic(door).as_str(),
        "optimistic": false,
        "retain": false,
    })
}

fn bolt(door: DoorId) -> Value {
    json!({
        "name": "Bolt",
        "qos": 1,
        "device_class": "enum",
        "options": state::BOLT,
        "state_topic": topic(door, "lock/state").as_str(),
        "availability_topic": topic(door, "lock/availability").as_str(),
    })
}

fn contact(door: DoorId) -> Value {
    json!({
        "name": "Contact",
        "qos": 1,
        "device_class": "door",
        "state_topic": topic(door, "contact/state").as_str(),
        "availability_topic": topic(door, "contact/availability").as_str(),
        "payload_on": "open",
        "payload_off": "closed",
    })
}

fn camera(door: DoorId) -> Value {
    json!({
        "name": "Camera",
        "qos": 1,
        "device_class": "problem",
        "entity_category": "diagnostic",
        "state_topic": topic(door, "camera/state").as_str(),
        "payload_on": "problem",
        "payload_off": "fine",
    })
}

fn entry(door: DoorId) -> Value {
    json!({
        "name": "Entry",
        "qos": 1,
        "state_topic": topic(door, "entry/event").as_str(),
        "event_types": state::EVENTS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_home_assistant_asks_is_not_sent_again_after_a_lost_connection() {
        let lock = lock(DoorId(1));
        assert_eq!(lock["command_topic"], "doorward-home/1/lock/set");
        assert_eq!(lock["qos"], 0);
        assert_eq!(lock["retain"], false);
    }
}
