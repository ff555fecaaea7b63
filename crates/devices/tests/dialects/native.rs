//! Our own dialect: what only shows over several messages, and what is sent.

use std::time::Duration;

use doorward_core::device::{DeviceOrder, KeypadAnswer, Motion, Tone};
use doorward_core::grants::Dialect;
use doorward_devices::{REPEAT_WINDOW, Retained, Unwritable};

use crate::house::{House, in_words, movement, name};

const LOCK: &str = "doorward/porch-lock/lock/state";
const CONTACT: &str = "doorward/porch-contact/contact/state";
const ENTRY: &str = "doorward/porch-keypad/keypad/entry";
const BELL: &str = "doorward/porch-keypad/bell/pressed";
const TYPED: &str = r#"{"code":"48210573","seq":7}"#;

#[test]
fn the_same_entry_delivered_twice_is_one_try() {
    let mut house = House::new();
    assert_eq!(house.hears(ENTRY, TYPED), "porch-keypad typed 48210573 #7");
    assert_eq!(house.hears(ENTRY, TYPED), "");
    house.wait(REPEAT_WINDOW - Duration::from_millis(1));
    assert_eq!(house.hears(ENTRY, TYPED), "");
    house.wait(Duration::from_millis(1));
    assert_eq!(house.hears(ENTRY, TYPED), "porch-keypad typed 48210573 #7");
}

#[test]
fn the_same_entry_is_one_try_across_a_reconnection() {
    let mut house = House::new();
    assert_eq!(house.hears(ENTRY, TYPED), "porch-keypad typed 48210573 #7");
    house.hears("doorward/porch-keypad/status", "offline");
    house.hears("doorward/porch-keypad/status", "online");
    assert_eq!(house.hears(ENTRY, TYPED), "");
}

#[test]
fn a_keypad_that_counts_from_the_beginning_again_is_heard() {
    let mut house = House::new();
    house.hears(ENTRY, TYPED);
    let other = r#"{"code":"11223344","seq":7}"#;
    assert_eq!(house.hears(ENTRY, other), "porch-keypad typed 11223344 #7");
}

#[test]
fn the_same_ring_delivered_twice_is_one_ring() {
    let mut house = House::new();
    assert_eq!(house.hears(BELL, r#"{"seq":7}"#), "porch-keypad bell");
    assert_eq!(house.hears(BELL, r#"{"seq":7}"#), "");
    assert_eq!(house.hears(BELL, r#"{"seq":8}"#), "porch-keypad bell");
}

#[test]
fn retained_events_are_ignored_and_do_not_count_as_heard() {
    let mut house = House::new();
    assert_eq!(house.finds(ENTRY, TYPED), "");
    assert_eq!(house.finds(BELL, r#"{"seq":7}"#), "");
    assert_eq!(house.hears(ENTRY, TYPED), "porch-keypad typed 48210573 #7");
}

#[test]
fn a_late_older_state_does_not_make_a_door_locked() {
    let mut house = House::new();
    let retracted = r#"{"bolt":"retracted","seq":8}"#;
    let thrown = r#"{"bolt":"thrown","seq":7}"#;
    assert_eq!(house.hears(LOCK, retracted), "porch-lock bolt Retracted");
    assert_eq!(house.hears(LOCK, thrown), "");
    assert_eq!(house.hears(LOCK, retracted), "porch-lock bolt Retracted");
    assert_eq!(house.hears(CONTACT, r#"{"contact":"open","seq":2}"#), "porch-contact contact Open");
    assert_eq!(house.hears(CONTACT, r#"{"contact":"closed","seq":1}"#), "");
}

#[test]
fn a_lock_that_comes_back_may_count_from_the_beginning() {
    let mut house = House::new();
    house.hears(LOCK, r#"{"bolt":"retracted","seq":800}"#);
    house.hears("doorward/porch-lock/status", "online");
    assert_eq!(house.hears(LOCK, r#"{"bolt":"thrown","seq":1}"#), "porch-lock bolt Thrown");
}

#[test]
fn nobody_speaks_for_another() {
    let mut house = House::new();
    let payload = br#"{"bolt":"thrown","seq":7}"#;
    for from in ["porch-keypad", "z2m", "stranger"] {
        let heard = house.dialects.read(&name(from), LOCK, payload, Retained::No, house.now);
        assert_eq!(in_words(&heard), "", "{from}");
    }
    let heard = house.dialects.read(
        &name("porch-lock"),
        "zigbee2mqtt/Front door",
        br#"{"lock_state":"locked"}"#,
        Retained::No,
        house.now,
    );
    assert_eq!(in_words(&heard), "");
}

#[test]
fn orders_read_as_the_schema_says() {
    let mut house = House::new();
    for (order, expected) in [
        (
            movement("porch-lock", Motion::Retract),
            r#"doorward/porch-lock/lock/set {"bolt":"retract","id":"18446744073709551615","expires":"2026-11-22T10:00:05Z"}"#,
        ),
        (
            movement("porch-lock", Motion::Throw),
            r#"doorward/porch-lock/lock/set {"bolt":"throw","id":"18446744073709551615","expires":"2026-11-22T10:00:05Z"}"#,
        ),
    ] {
        assert_eq!(house.writes("porch-lock", &order), [expected]);
    }
    let answer = |answer| DeviceOrder::Answer { transaction: 7, answer };
    for (order, expected) in [
        (answer(KeypadAnswer::Accepted), r#"{"seq":7,"answer":"accepted"}"#),
        (answer(KeypadAnswer::Refused), r#"{"seq":7,"answer":"refused"}"#),
        (DeviceOrder::Tone(Tone::Countdown { seconds: 60 }), r#"{"countdown_s":60}"#),
        (DeviceOrder::Tone(Tone::HeldOpen), r#"{"tone":"held_open"}"#),
        (DeviceOrder::Tone(Tone::Quiet), r#"{"countdown_s":0}"#),
    ] {
        let expected = format!("doorward/porch-keypad/keypad/answer {expected}");
        assert_eq!(house.writes("porch-keypad", &order), [expected]);
    }
}

#[test]
fn a_lock_is_not_asked_for_what_it_retains() {
    let mut house = House::new();
    assert!(house.writes("porch-lock", &DeviceOrder::ReportBolt).is_empty());
}

#[test]
fn an_order_for_nobody_is_an_error() {
    let mut house = House::new();
    for (device, why) in [
        ("stranger", Unwritable::NotEnrolled),
        ("stranger/Front door", Unwritable::NotEnrolled),
        ("porch-lock/Front door", Unwritable::NotAddressable),
        ("z2m", Unwritable::NotAddressable),
    ] {
        let written = house.dialects.write(&name(device), &DeviceOrder::ReportBolt);
        assert_eq!(written, Err(why), "{device}");
    }
}

#[test]
fn a_revoked_device_is_gone_and_unheard_until_it_is_enrolled_again() {
    let mut house = House::new();
    let gone = house.dialects.revoke(&name("porch-lock"));
    assert_eq!(gone.len(), 1);
    assert_eq!(house.hears(LOCK, r#"{"bolt":"thrown","seq":7}"#), "");
    house.dialects.enrol(&name("porch-lock"), &Dialect::Native);
    assert_eq!(house.hears(LOCK, r#"{"bolt":"thrown","seq":7}"#), "porch-lock bolt Thrown");
}
