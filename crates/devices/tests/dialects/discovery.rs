//! What a bridge says of the devices behind it.

use doorward_devices::{Ability, Discovered, Familiar, Malformed, Retained, Role};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::house::{House, name};

const TOPIC: &str = "zigbee2mqtt/bridge/devices";

/// The list as Zigbee2MQTT's pages on `bridge/devices` and on exposes have it:
/// the coordinator, a lock, a keypad, a contact, a plug, and a sensor that is
/// not supported.
const DEVICES: &str = r#"[
  {"ieee_address":"0x00124b00120144ae","type":"Coordinator","network_address":0,"supported":false,
   "friendly_name":"Coordinator","endpoints":{"1":{"bindings":[],"configured_reportings":[],
   "clusters":{"input":[],"output":[]}}},"definition":null,"power_source":null,"date_code":null,
   "model_id":null,"scenes":[],"interviewing":false,"interview_completed":true},
  {"ieee_address":"0x000d6f0010c21d4f","type":"EndDevice","network_address":41163,"supported":true,
   "friendly_name":"Front door","endpoints":{"1":{"bindings":[{"cluster":"closuresDoorLock",
   "target":{"type":"endpoint","endpoint":1,"ieee_address":"0x00124b00120144ae"}}],
   "configured_reportings":[{"cluster":"closuresDoorLock","attribute":"lockState",
   "minimum_report_interval":0,"maximum_report_interval":3600,"reportable_change":0}],
   "clusters":{"input":["genBasic","genPowerCfg","closuresDoorLock"],"output":["genOta"]}}},
   "definition":{"model":"YRD426NRSC","vendor":"Yale","description":"Assure lock",
   "supports_ota":false,"options":[{"access":2,"name":"expose_pin","property":"expose_pin",
   "type":"binary","value_on":true,"value_off":false}],
   "exposes":[
     {"type":"lock","features":[
       {"type":"binary","name":"state","property":"state","value_on":"LOCK","value_off":"UNLOCK",
        "access":7},
       {"type":"enum","name":"lock_state","property":"lock_state",
        "values":["not_fully_locked","locked","unlocked"],"access":1}]},
     {"type":"numeric","name":"battery","property":"battery","unit":"%","value_min":0,
      "value_max":100,"access":5},
     {"type":"composite","name":"pin_code","property":"pin_code","features":[
       {"type":"numeric","name":"user","property":"user","access":2},
       {"type":"enum","name":"user_type","property":"user_type","access":2,
        "values":["unrestricted","year_day_schedule"]},
       {"type":"binary","name":"user_enabled","property":"user_enabled","access":2,
        "value_on":true,"value_off":false},
       {"type":"numeric","name":"pin_code","property":"pin_code","access":2}]},
     {"type":"enum","name":"action","property":"action","access":1,
      "values":["unknown","lock","unlock","key_lock","manual_unlock"]},
     {"type":"numeric","name":"auto_relock_time","property":"auto_relock_time","unit":"s",
      "value_min":0,"value_max":3600,"access":7}]},
   "power_source":"Battery","model_id":"YRD426","interviewing":false,"interview_completed":true},
  {"ieee_address":"0x000d6f0011043dc4","type":"EndDevice","network_address":8211,"supported":true,
   "friendly_name":"Porch keypad","definition":{"model":"KEYZB-110","vendor":"Develco",
   "description":"Keypad","exposes":[
     {"type":"numeric","name":"battery","property":"battery","unit":"%","access":1},
     {"type":"text","name":"action_code","property":"action_code","access":1},
     {"type":"numeric","name":"action_transaction","property":"action_transaction","access":1},
     {"type":"text","name":"action_zone","property":"action_zone","access":1},
     {"type":"enum","name":"action","property":"action","access":1,
      "values":["disarm","arm_day_zones","arm_night_zones","arm_all_zones","emergency"]}]}},
  {"ieee_address":"0x00158d0002a1b2c3","type":"EndDevice","network_address":19,"supported":true,
   "friendly_name":"Front contact","definition":{"model":"MCCGQ11LM","vendor":"Aqara",
   "description":"Door and window sensor","exposes":[
     {"type":"binary","name":"contact","property":"contact","value_on":false,"value_off":true,
      "access":1}]}},
  {"ieee_address":"0x00158d00018255df","type":"Router","network_address":29159,"supported":true,
   "friendly_name":"hall/my_plug","endpoints":{"1":{"bindings":[],"configured_reportings":[],
   "clusters":{"input":["genOnOff","genBasic"],"output":[]}}},
   "definition":{"model":"ZNCZ02LM","vendor":"Xiaomi","description":"Mi power plug ZigBee",
   "options":[],"exposes":[{"type":"switch","features":[{"type":"binary","name":"state",
   "property":"state","value_on":"ON","value_off":"OFF","value_toggle":"TOGGLE","access":7}]}]},
   "power_source":"Mains (single phase)","scenes":[{"id":3,"name":"Chill scene"}]},
  {"ieee_address":"0x00169a00022256da","type":"Router","network_address":22160,"supported":false,
   "friendly_name":"my_sensor","definition":null,"power_source":"Battery","model_id":null}
]"#;

fn told() -> House {
    let mut house = House::new();
    assert_eq!(house.finds(TOPIC, DEVICES), "");
    house
}

fn find<'a>(house: &'a House, friendly: &str) -> &'a Discovered {
    let mut all = house.dialects.discovered();
    all.find(|one| one.friendly.as_str() == friendly).unwrap()
}

#[test]
fn a_bridges_list_says_who_is_there_and_what_each_can_do() {
    let house = told();
    assert_eq!(house.dialects.discovered().count(), 6);
    let lock = find(&house, "Front door");
    assert_eq!(lock.name, Some(name("z2m/Front door")));
    assert_eq!((lock.vendor.as_str(), lock.model.as_str()), ("Yale", "YRD426NRSC"));
    let can: Vec<_> = lock.abilities.iter().copied().collect();
    assert_eq!(can, [Ability::Bolt, Ability::Jam, Ability::Pins, Ability::AutoRelock]);
    let roles = |friendly| find(&house, friendly).roles().collect::<Vec<_>>();
    assert_eq!(roles("Front door"), [Role::Lock]);
    assert_eq!(roles("Porch keypad"), [Role::Keypad]);
    assert_eq!(roles("Front contact"), [Role::Contact]);
    for other in ["Coordinator", "hall/my_plug", "my_sensor"] {
        assert_eq!(roles(other), [], "{other}");
    }
    assert_eq!(find(&house, "hall/my_plug").name, None, "a name with a slash cannot be used");
}

#[test]
fn an_action_makes_a_keypad_only_with_disarm_and_a_code() {
    let keypad = |actions: &[&str], more: &str| {
        let mut house = House::new();
        let action = json!({ "type": "enum", "name": "action", "values": actions });
        let exposes = json!([action, { "type": "numeric", "name": more }]);
        let list = json!([{ "friendly_name": "x", "definition": { "exposes": exposes } }]);
        house.finds(TOPIC, &list.to_string());
        find(&house, "x").can_be(Role::Keypad)
    };
    assert!(keypad(&["disarm", "arm_all_zones"], "action_code"));
    assert!(!keypad(&["single", "double"], "action_code"));
    assert!(!keypad(&["disarm"], "action_zone"));
}

#[test]
fn a_name_is_known_unknown_or_nothing_was_said() {
    let mut house = House::new();
    let familiar = |house: &House, device| match house.dialects.familiar(&name(device)) {
        Familiar::Unsaid => "unsaid",
        Familiar::Unknown => "unknown",
        Familiar::Known(_) => "known",
    };
    assert_eq!(familiar(&house, "z2m/Front door"), "unsaid");
    house.finds(TOPIC, DEVICES);
    assert_eq!(familiar(&house, "z2m/Front door"), "known");
    assert_eq!(familiar(&house, "z2m/Frnt door"), "unknown");
    assert_eq!(familiar(&house, "porch-lock"), "unsaid");
    house.finds(TOPIC, "[]");
    assert_eq!(familiar(&house, "z2m/Front door"), "unknown");
}

#[test]
fn a_topic_finds_the_device_that_it_means() {
    let house = told();
    for (topic, device) in [
        ("doorward/porch-lock/lock/set", Some("porch-lock")),
        ("doorward/porch-lock/#", Some("porch-lock")),
        ("zigbee2mqtt/Front door/set", Some("z2m/Front door")),
        ("zigbee2mqtt/my_sensor", Some("z2m/my_sensor")),
        ("zigbee2mqtt/Nobody/set", Some("z2m")),
        ("zigbee2mqtt/#", Some("z2m")),
        ("doorward/+/lock/set", None),
        ("doorward/nobody/lock/set", None),
        ("homeassistant/lock/x/config", None),
        ("#", None),
    ] {
        assert_eq!(house.dialects.addressee(topic), device.map(name), "{topic}");
    }
}

#[test]
fn a_list_that_is_none_leaves_the_last_one_as_it_was() {
    let mut house = told();
    for (payload, why) in [
        ("{}", Malformed::WrongType),
        ("[{}]", Malformed::WrongType),
        ("[", Malformed::NotJson),
        (&format!("[{}]", " ".repeat(1024 * 1024)), Malformed::TooLarge),
    ] {
        assert_eq!(house.read(TOPIC, payload.as_bytes(), Retained::Yes).err(), Some(why));
    }
    assert_eq!(house.finds(TOPIC, ""), "");
    assert_eq!(house.dialects.discovered().count(), 6);
}

#[test]
fn a_list_as_long_as_allowed_is_read_and_the_devices_are_counted_out() {
    let mut house = House::new();
    let one = r#"{"friendly_name":"x"},"#;
    let list = format!("[{}{}]", one.repeat(40_000), one.trim_end_matches(','));
    assert!(list.len() < 1024 * 1024);
    house.finds(TOPIC, &list);
    assert_eq!(house.dialects.discovered().count(), 1024);
}

#[test]
fn a_deep_list_is_refused_and_breaks_nothing() {
    let mut house = House::new();
    let depth = 100_000;
    for open in [r#"[{"friendly_name":"x","definition":{"exposes":"#, "["] {
        let expose = r#"[{"features":"#.repeat(depth / 20);
        let deep = format!("{open}{expose}{}", "[".repeat(depth));
        assert!(house.read(TOPIC, deep.as_bytes(), Retained::No).is_err());
    }
}

#[test]
fn what_a_bridge_says_of_a_device_cannot_act_on_a_terminal() {
    let mut house = House::new();
    let definition = json!({ "vendor": "\u{1b}[2J", "model": "m".repeat(500) });
    let list = json!([{ "friendly_name": "\u{202e}x", "definition": definition }]);
    house.finds(TOPIC, &list.to_string());
    let one = house.dialects.discovered().next().unwrap();
    assert_eq!(one.vendor.as_str(), "�[2J");
    assert_eq!(one.model.as_str().chars().count(), 80);
    assert_eq!(one.friendly.as_str(), "�x");
}

fn any_json() -> impl Strategy<Value = Value> {
    let field = prop::sample::select(
        &["friendly_name", "definition", "exposes", "features", "values", "type", "name", "model"]
            [..],
    );
    let word = prop::sample::select(
        &["lock", "state", "lock_state", "pin_code", "contact", "action", "disarm", "action_code"]
            [..],
    );
    let scalar = prop_oneof![
        word.prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    scalar.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(field.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn no_list_makes_the_interpreter_panic_or_report(
        devices in prop::collection::vec(any_json(), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut house = House::new();
        let list = Value::from(devices).to_string();
        let bytes = list.as_bytes();
        for payload in [bytes, &bytes[..cut.index(bytes.len())]] {
            if let Ok(heard) = house.read(TOPIC, payload, Retained::Yes) {
                prop_assert!(heard.reports.is_empty() && heard.send.is_empty());
            }
        }
    }

    #[test]
    fn whatever_a_device_is_called_it_is_found_by_that_name(friendly in "[^/+#$\\\\\\p{C}]{1,16}") {
        prop_assume!(friendly.trim() == friendly);
        let mut house = House::new();
        house.finds(TOPIC, &json!([{ "friendly_name": friendly }]).to_string());
        let device = name(&format!("z2m/{friendly}"));
        prop_assert!(matches!(house.dialects.familiar(&device), Familiar::Known(_)));
    }
}
