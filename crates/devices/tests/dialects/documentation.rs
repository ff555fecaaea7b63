//! The examples in `docs/mqtt.md` are what the hub reads and writes.

use std::path::Path;

use doorward_core::device::{DeviceOrder, KeypadAnswer, LockCommand, Motion, Tone};
use doorward_core::ids::{CommandId, DoorId};

use crate::house::{House, name};

#[test]
fn every_example_of_a_message_to_the_hub_is_a_report() {
    let examples = examples("```mqtt in");
    assert!(examples.len() >= 9, "{examples:?}");
    for example in examples {
        let (topic, payload) = parts(&example);
        let heard = House::new().hears(topic, payload);
        assert!(!heard.is_empty() && !heard.starts_with('!'), "{example}: {heard}");
    }
}

#[test]
fn every_example_of_a_message_to_a_device_is_what_the_hub_writes() {
    let mut house = House::new();
    let answer = |answer| DeviceOrder::Answer { transaction: 7, answer };
    let lock = name("porch-lock");
    let retract = DeviceOrder::Move(LockCommand {
        id: CommandId(1973),
        door: DoorId(1),
        lock,
        motion: Motion::Retract,
        expires: "2026-11-22T10:00:05Z".parse().unwrap(),
    });
    let mut written = house.writes("porch-lock", &retract);
    for order in [
        answer(KeypadAnswer::Accepted),
        answer(KeypadAnswer::Refused),
        DeviceOrder::Tone(Tone::Countdown { seconds: 60 }),
        DeviceOrder::Tone(Tone::HeldOpen),
        DeviceOrder::Tone(Tone::Quiet),
    ] {
        written.extend(house.writes("porch-keypad", &order));
    }
    assert_eq!(examples("```mqtt out"), written);
}

/// The lines of all blocks that begin with `fence`.
fn examples(fence: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mqtt.md");
    let text = std::fs::read_to_string(page).unwrap();
    let mut lines = text.lines();
    let mut examples = Vec::new();
    while lines.any(|line| line == fence) {
        let block = lines.by_ref().take_while(|line| *line != "```");
        examples.extend(block.map(str::to_owned));
    }
    examples
}

/// Topic and payload; the names in the examples have no spaces.
fn parts(example: &str) -> (&str, &str) {
    example.split_once(' ').unwrap()
}
