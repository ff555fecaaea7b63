//! Whatever a device sends, nothing breaks and no bolt moves by hearsay.

use std::time::Duration;

use doorward_devices::Retained;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::house::{House, in_words};

const TOPICS: &[&str] = &[
    "doorward/porch-lock/status",
    "doorward/porch-lock/lock/state",
    "doorward/porch-contact/contact/state",
    "doorward/porch-keypad/keypad/entry",
    "doorward/porch-keypad/bell/pressed",
    "zigbee2mqtt/Front door",
    "zigbee2mqtt/Hall lock",
    "zigbee2mqtt/Front contact",
    "zigbee2mqtt/Porch keypad",
    "zigbee2mqtt/Porch keypad/availability",
    "zigbee2mqtt/bridge/state",
];

/// Names of events, and of what comes with them.
const EVENT_FIELDS: &[&str] = &[
    "action",
    "action_code",
    "action_source",
    "action_source_name",
    "action_transaction",
    "action_user",
    "action_zone",
    "last_lock_source",
    "last_unlock_source",
    "last_unlock_user",
    "last_used_pin_code",
    "lock_status",
];

fn topic() -> impl Strategy<Value = &'static str> {
    prop::sample::select(TOPICS)
}

fn retained() -> impl Strategy<Value = Retained> {
    prop::sample::select(&[Retained::Yes, Retained::No][..])
}

/// Words and numbers that dialects give a meaning, and others.
fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(
            &[
                "lock",
                "unlock",
                "LOCK",
                "UNLOCK",
                "locked",
                "unlocked",
                "not_fully_locked",
                "manual_lock",
                "manual_unlock",
                "keypad_unlock",
                "one_touch_lock",
                "auto_lock",
                "thrown",
                "retracted",
                "disarm",
                "emergency",
                "online",
                "offline",
                "48210573",
                "keypad",
                "rf",
                "closed",
                "open",
            ][..]
        )
        .prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ]
}

/// JSON of any shape, with the dialects' field names among others.
fn any_json() -> impl Strategy<Value = Value> {
    let field = prop::sample::select(
        &[
            "bolt",
            "seq",
            "contact",
            "code",
            "state",
            "lock_state",
            "door_state",
            "action",
            "action_code",
            "action_transaction",
            "x",
        ][..],
    );
    scalar().prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(field.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn event() -> impl Strategy<Value = Map<String, Value>> {
    let field = prop::sample::select(EVENT_FIELDS).prop_map(str::to_owned);
    prop::collection::btree_map(field, scalar(), 1..8).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn no_bytes_on_any_topic_make_the_interpreter_panic(
        messages in prop::collection::vec(
            (topic(), prop::collection::vec(any::<u8>(), 0..200), retained(), 0_u64..40),
            1..8,
        )
    ) {
        let mut house = House::new();
        for (topic, payload, retained, seconds) in messages {
            house.wait(Duration::from_secs(seconds));
            let _ = house.read(topic, &payload, retained);
            let _ = house.dialects.poll(house.now.mono);
        }
    }

    #[test]
    fn no_topic_makes_the_interpreter_panic(topic in ".{0,80}", payload in any_json()) {
        let mut house = House::new();
        let payload = payload.to_string().into_bytes();
        for topic in [topic.clone(), format!("zigbee2mqtt/{topic}"), format!("doorward/porch-lock/{topic}")] {
            for from in ["z2m", "porch-lock"] {
                let from = crate::house::name(from);
                let _ = house.dialects.read(&from, &topic, &payload, Retained::No, house.now);
            }
        }
    }

    #[test]
    fn no_json_makes_the_interpreter_panic_or_a_retained_event_count(
        topic in topic(), payload in any_json(),
    ) {
        let mut house = House::new();
        let payload = payload.to_string();
        let found = house.finds(topic, &payload);
        prop_assert!(!found.contains("typed") && !found.contains("bell"), "{found}");
        let _ = house.hears(topic, &payload);
    }

    #[test]
    fn an_event_never_tells_where_a_bolt_is(
        topic in prop::sample::select(&["zigbee2mqtt/Front door", "zigbee2mqtt/Hall lock"][..]),
        event in event(),
        retained in retained(),
    ) {
        let mut house = House::new();
        let payload = Value::Object(event).to_string();
        let heard = house.read(topic, payload.as_bytes(), retained);
        prop_assert!(!in_words(&heard).contains("bolt"), "{payload}");
    }

    #[test]
    fn an_event_beside_a_state_changes_nothing(
        event in event(),
        lock_state in prop::sample::select(&["locked", "unlocked", "not_fully_locked", "?"][..]),
    ) {
        let state = json!({ "lock_state": lock_state });
        let mut both = event;
        both.insert("lock_state".to_owned(), lock_state.into());
        let topic = "zigbee2mqtt/Front door";
        let alone = House::new().hears(topic, &state.to_string());
        let beside = House::new().hears(topic, &Value::Object(both).to_string());
        prop_assert_eq!(beside, alone);
    }

    #[test]
    fn only_eight_digits_become_a_code(typed in "[0-9 a-z٣]{0,12}", seq in any::<u64>()) {
        let payload = json!({ "code": typed, "seq": seq }).to_string();
        let heard = House::new().hears("doorward/porch-keypad/keypad/entry", &payload);
        let digits: String = typed.chars().filter(|c| *c != ' ').collect();
        let is_code = digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit());
        let code = if is_code { digits.as_str() } else { "no code" };
        prop_assert_eq!(heard, format!("porch-keypad typed {code} #{seq}"));
    }
}
