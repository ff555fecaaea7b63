//! Zigbee2MQTT: what only shows over several messages, and what is sent.

use std::time::Duration;

use doorward_core::device::{DeviceOrder, KeypadAnswer, Motion, Tone};
use doorward_core::door::{Door, DoorPolicy};
use doorward_core::grants::{BaseTopic, Dialect};
use doorward_core::ids::{DoorId, DoorName};
use doorward_devices::{
    Dialects, QUIET_AFTER_START, REPEAT_WINDOW, Retained, Role, Unwritable, roles_of_door,
};

use crate::house::{House, in_words, movement, name, packet};

const STATE: &str = "zigbee2mqtt/bridge/state";
const ONLINE: &str = r#"{"state":"online"}"#;
const OFFLINE: &str = r#"{"state":"offline"}"#;
const DOOR: &str = "zigbee2mqtt/Front door";
const PAD: &str = "zigbee2mqtt/Porch keypad";
const DISARM: &str = r#"{"action":"disarm","action_code":"48210573","action_transaction":99}"#;
const TYPED: &str = "z2m/Porch keypad typed 48210573 #99";

const ASK_DOOR: &str = r#"zigbee2mqtt/Front door/get {"state":""}"#;
const ASK_HALL: &str = r#"zigbee2mqtt/Hall lock/get {"state":""}"#;
const SEED_PAD: &str = r#"zigbee2mqtt/Porch keypad/set {"arm_mode":{"mode":"disarm"}}"#;

fn answer(transaction: u64, answer: KeypadAnswer) -> DeviceOrder {
    DeviceOrder::Answer { transaction, answer }
}

#[test]
fn a_lock_that_told_jams_apart_does_not_know_when_it_leaves_the_word_out() {
    let mut house = House::new();
    house.hears(DOOR, r#"{"lock_state":"locked","state":"LOCK"}"#);
    for state in ["UNLOCK", "LOCK"] {
        let payload = format!(r#"{{"state":"{state}"}}"#);
        assert_eq!(house.hears(DOOR, &payload), "z2m/Front door bolt Unknown");
    }
    assert_eq!(house.hears(DOOR, r#"{"battery":95}"#), "");
}

#[test]
fn a_jam_ends_when_the_lock_says_so_and_can_come_again() {
    let mut house = House::new();
    for (lock_state, bolt) in [
        ("not_fully_locked", "Jammed"),
        ("locked", "Thrown"),
        ("not_fully_locked", "Jammed"),
        ("unlocked", "Retracted"),
    ] {
        let payload = format!(r#"{{"lock_state":"{lock_state}","state":"UNLOCK"}}"#);
        let expected = format!("z2m/Front door bolt {bolt}");
        assert_eq!(house.hears(DOOR, &payload), expected);
    }
}

#[test]
fn an_action_that_comes_before_the_movement_moves_nothing() {
    let mut house = House::new();
    let early = r#"{"action":"manual_lock","lock_state":"unlocked","state":"UNLOCK"}"#;
    assert_eq!(house.hears(DOOR, early), "z2m/Front door bolt Retracted");
    let late = r#"{"lock_state":"locked","state":"LOCK"}"#;
    assert_eq!(house.hears(DOOR, late), "z2m/Front door bolt Thrown");
}

#[test]
fn a_retained_state_is_a_report_and_a_retained_action_is_not() {
    let mut house = House::new();
    assert_eq!(
        house.finds(DOOR, r#"{"action":"unlock","lock_state":"locked"}"#),
        "z2m/Front door bolt Thrown"
    );
    assert_eq!(
        house.finds("zigbee2mqtt/Front contact", r#"{"contact":true}"#),
        "z2m/Front contact contact Closed"
    );
    assert_eq!(house.finds(PAD, DISARM), "");
}

#[test]
fn a_repeated_action_is_one_try() {
    let mut house = House::new();
    assert_eq!(house.hears(PAD, DISARM), TYPED);
    let republished =
        r#"{"action":"disarm","action_code":"48210573","action_transaction":99,"battery":90}"#;
    assert_eq!(house.hears(PAD, republished), "");
    house.wait(REPEAT_WINDOW);
    assert_eq!(house.hears(PAD, DISARM), TYPED);
}

#[test]
fn a_repeated_action_without_a_transaction_is_one_try() {
    let mut house = House::new();
    let disarm = r#"{"action":"disarm","action_code":"48210573"}"#;
    assert_ne!(house.hears(PAD, disarm), "");
    assert_eq!(house.hears(PAD, disarm), "");
}

#[test]
fn other_digits_are_another_try_even_if_the_transaction_came_round() {
    let mut house = House::new();
    house.hears(PAD, DISARM);
    let other = r#"{"action":"disarm","action_code":"11223344","action_transaction":99}"#;
    assert_eq!(house.hears(PAD, other), "z2m/Porch keypad typed 11223344 #99");
}

#[test]
fn a_bridge_that_starts_is_not_believed_about_codes_for_a_while() {
    let mut house = House::new();
    house.hears(STATE, ONLINE);
    assert_eq!(house.hears(PAD, DISARM), "");
    assert_eq!(house.hears(DOOR, r#"{"lock_state":"locked"}"#), "z2m/Front door bolt Thrown");
    house.wait(QUIET_AFTER_START - Duration::from_millis(1));
    assert_eq!(house.hears(PAD, DISARM), "");
    house.wait(Duration::from_millis(1));
    assert_eq!(house.hears(PAD, DISARM), TYPED);
}

#[test]
fn a_bridge_that_starts_has_panels_seeded_and_locks_asked_twice() {
    let mut house = House::new();
    let greetings = [ASK_DOOR, ASK_HALL, SEED_PAD];
    assert_eq!(house.replies(STATE, ONLINE), greetings);
    let due = house.now.mono + QUIET_AFTER_START;
    assert_eq!(house.dialects.poll_deadline(), Some(due));
    assert!(house.polls().is_empty());
    house.wait(QUIET_AFTER_START);
    assert_eq!(house.polls(), greetings);
    assert_eq!(house.dialects.poll_deadline(), None);
    assert!(house.polls().is_empty());
}

#[test]
fn everything_behind_a_bridge_goes_with_it() {
    let mut house = House::new();
    house.hears(STATE, ONLINE);
    let gone = house.hears(STATE, OFFLINE);
    assert_eq!(
        gone,
        "z2m offline, z2m/Front contact offline, z2m/Front door offline, \
         z2m/Hall lock offline, z2m/Porch keypad offline"
    );
    assert_eq!(house.dialects.poll_deadline(), None);
    assert_eq!(
        house.hears("zigbee2mqtt/Front door/availability", ONLINE),
        "",
        "nobody is there behind a bridge that is gone"
    );
}

#[test]
fn a_bridge_that_only_lost_its_connection_need_not_introduce_itself_again() {
    let mut house = House::new();
    house.hears(STATE, ONLINE);
    assert_eq!(house.dialects.lost(&name("z2m")).len(), 5);
    assert_eq!(house.dialects.poll_deadline(), None);
    let availability = "zigbee2mqtt/Front door/availability";
    assert_eq!(house.hears(availability, ONLINE), "z2m/Front door online");
}

#[test]
fn a_device_that_was_called_gone_does_not_come_back_with_its_bridge() {
    let mut house = House::new();
    house.hears("zigbee2mqtt/Front door/availability", OFFLINE);
    let back = house.hears(STATE, ONLINE);
    assert!(!back.contains("Front door"), "{back}");
    assert!(back.contains("z2m/Porch keypad online"), "{back}");
    assert_eq!(house.replies("zigbee2mqtt/Front door/availability", ONLINE), [ASK_DOOR]);
}

#[test]
fn a_keypad_that_comes_back_is_seeded_once() {
    let mut house = House::new();
    let availability = "zigbee2mqtt/Porch keypad/availability";
    assert_eq!(house.replies(availability, ONLINE), [SEED_PAD]);
    assert!(house.replies(availability, ONLINE).is_empty());
    house.hears(availability, OFFLINE);
    assert_eq!(house.replies(availability, "online"), [SEED_PAD]);
}

#[test]
fn a_device_that_gets_its_place_at_a_door_is_greeted_once() {
    let mut dialects = Dialects::new();
    dialects.enrol(&name("z2m"), &Dialect::zigbee2mqtt());
    let door = Door {
        id: DoorId(1),
        name: DoorName::parse("Porch").unwrap(),
        households: Vec::new(),
        lock: name("z2m/Front door"),
        keypads: vec![name("z2m/Porch keypad")],
        contact: Some(name("z2m/Front contact")),
        camera: None,
        policy: DoorPolicy::default(),
    };
    let sent = dialects.set_roles(roles_of_door(&door));
    assert_eq!(sent.iter().map(packet).collect::<Vec<_>>(), [ASK_DOOR, SEED_PAD]);
    assert!(dialects.set_roles(roles_of_door(&door)).is_empty());
}

#[test]
fn a_device_without_a_place_at_a_door_says_nothing() {
    let mut house = House::new();
    house.dialects.set_roles([(name("z2m/Front door"), Role::Keypad)]);
    assert_eq!(house.hears(DOOR, r#"{"lock_state":"locked"}"#), "");
    assert_eq!(house.hears(PAD, DISARM), "");
}

#[test]
fn a_lock_is_moved_and_asked() {
    let mut house = House::new();
    for (order, expected) in [
        (
            movement("z2m/Front door", Motion::Retract),
            r#"zigbee2mqtt/Front door/set {"state":"UNLOCK"}"#,
        ),
        (
            movement("z2m/Front door", Motion::Throw),
            r#"zigbee2mqtt/Front door/set {"state":"LOCK"}"#,
        ),
        (DeviceOrder::ReportBolt, ASK_DOOR),
    ] {
        assert_eq!(house.writes("z2m/Front door", &order), [expected]);
    }
}

#[test]
fn a_try_is_answered_and_then_the_panel_is_told() {
    let mut house = House::new();
    assert_eq!(
        house.writes("z2m/Porch keypad", &answer(99, KeypadAnswer::Accepted)),
        [
            r#"zigbee2mqtt/Porch keypad/set {"arm_mode":{"transaction":99,"mode":"disarm"}}"#,
            SEED_PAD,
        ]
    );
    assert_eq!(
        house.writes("z2m/Porch keypad", &answer(100, KeypadAnswer::Refused)),
        [
            r#"zigbee2mqtt/Porch keypad/set {"arm_mode":{"transaction":100,"mode":"invalid_code"}}"#,
            SEED_PAD,
        ]
    );
}

#[test]
fn a_try_without_a_transaction_is_answered_by_the_panel_alone() {
    let mut house = House::new();
    let heard = house.hears(PAD, r#"{"action":"disarm","action_code":"48210573"}"#);
    let (_, transaction) = heard.rsplit_once('#').unwrap();
    let order = answer(transaction.parse().unwrap(), KeypadAnswer::Refused);
    assert_eq!(house.writes("z2m/Porch keypad", &order), [SEED_PAD]);
}

#[test]
fn the_panel_counts_down_sounds_and_falls_quiet() {
    let mut house = House::new();
    for (tone, arm_mode) in [
        (
            Tone::Countdown { seconds: 120 },
            r#"{"mode":"entry_delay","delay":120,"audiblenotif":1}"#,
        ),
        (
            Tone::Countdown { seconds: 255 },
            r#"{"mode":"entry_delay","delay":255,"audiblenotif":1}"#,
        ),
        (Tone::HeldOpen, r#"{"mode":"entry_delay","delay":255,"audiblenotif":1}"#),
        (Tone::Quiet, r#"{"mode":"disarm"}"#),
    ] {
        let expected = format!(r#"zigbee2mqtt/Porch keypad/set {{"arm_mode":{arm_mode}}}"#);
        let order = DeviceOrder::Tone(tone);
        assert_eq!(house.writes("z2m/Porch keypad", &order), [expected]);
    }
}

#[test]
fn a_refusal_does_not_silence_a_countdown() {
    let mut house = House::new();
    let refused = answer(5, KeypadAnswer::Refused);
    house.writes("z2m/Porch keypad", &DeviceOrder::Tone(Tone::Countdown { seconds: 60 }));
    let reply =
        r#"zigbee2mqtt/Porch keypad/set {"arm_mode":{"transaction":5,"mode":"invalid_code"}}"#;
    assert_eq!(house.writes("z2m/Porch keypad", &refused), [reply]);
    house.writes("z2m/Porch keypad", &DeviceOrder::Tone(Tone::Quiet));
    assert_eq!(house.writes("z2m/Porch keypad", &refused), [reply, SEED_PAD]);
}

#[test]
fn no_order_touches_a_pin_in_a_lock() {
    let mut house = House::new();
    let mut sent = house.replies(STATE, ONLINE);
    for order in [
        movement("z2m/Front door", Motion::Retract),
        movement("z2m/Front door", Motion::Throw),
        DeviceOrder::ReportBolt,
        answer(1, KeypadAnswer::Accepted),
        DeviceOrder::Tone(Tone::HeldOpen),
    ] {
        sent.extend(house.writes("z2m/Front door", &order));
    }
    assert!(sent.iter().all(|one| !one.contains("pin_code")), "{sent:?}");
}

#[test]
fn a_bridge_may_have_a_base_topic_of_its_own() {
    let mut house = House::new();
    let base = BaseTopic::parse("flat2/z2m").unwrap();
    house.dialects.enrol(&name("z2m"), &Dialect::Zigbee2Mqtt { base });
    let said = br#"{"lock_state":"locked"}"#;
    let mut hears = |topic| {
        let heard = house.dialects.read(&name("z2m"), topic, said, Retained::No, house.now);
        in_words(&heard)
    };
    assert_eq!(hears("flat2/z2m/Front door"), "z2m/Front door bolt Thrown");
    assert_eq!(hears("zigbee2mqtt/Front door"), "");
    assert_eq!(
        house.writes("z2m/Front door", &DeviceOrder::ReportBolt),
        [r#"flat2/z2m/Front door/get {"state":""}"#]
    );
}

#[test]
fn two_bridges_do_not_speak_for_each_other() {
    let mut house = House::new();
    let base = BaseTopic::parse("shed").unwrap();
    house.dialects.enrol(&name("shed"), &Dialect::Zigbee2Mqtt { base });
    let heard = house.dialects.read(
        &name("shed"),
        DOOR,
        br#"{"lock_state":"locked"}"#,
        Retained::No,
        house.now,
    );
    assert_eq!(in_words(&heard), "");
}

#[test]
fn a_topic_that_would_be_too_long_is_an_error() {
    let mut house = House::new();
    let base = BaseTopic::parse(&"x".repeat(500)).unwrap();
    house.dialects.enrol(&name("z2m"), &Dialect::Zigbee2Mqtt { base });
    let written = house.dialects.write(&name("z2m/Front door"), &DeviceOrder::ReportBolt);
    assert!(matches!(written, Err(Unwritable::Topic(_))), "{written:?}");
}
