//! What must hold of any conversation with a dialect. Fuzzing looks for one of which it does not;
//! here the files that it starts from, and those that it has found, are read again.

use std::time::Duration;

use doorward_devices::Retained;

use crate::house::{House, holder, in_words, packet};

/// Whose messages are read; the others' are skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    Native,
    Zigbee2Mqtt,
}

/// Ends a message and begins the next.
const NEXT: u8 = 0x1e;

/// Begins a message that was retained.
const RETAINED: u8 = b'~';

/// Reads messages one after the other, each a topic, a line feed and a payload.
///
/// # Panics
/// If one of them breaks a promise of the dialect.
pub(crate) fn messages(speaker: Speaker, bytes: &[u8]) {
    let mut house = House::new();
    for message in bytes.split(|byte| *byte == NEXT).take(64) {
        if let Some((retained, topic, payload)) = parts(message)
            && of(topic) == Some(speaker)
        {
            read(&mut house, topic, payload, retained);
        }
        house.wait(Duration::from_secs(7));
        house.polls();
    }
}

fn parts(message: &[u8]) -> Option<(Retained, &str, &[u8])> {
    let (retained, message) = match message.split_first() {
        Some((&RETAINED, rest)) => (Retained::Yes, rest),
        _ => (Retained::No, message),
    };
    let end = message.iter().position(|byte| *byte == b'\n')?;
    let (topic, payload) = message.split_at(end);
    Some((retained, std::str::from_utf8(topic).ok()?, payload.get(1..)?))
}

fn of(topic: &str) -> Option<Speaker> {
    match topic.split('/').next() {
        Some("doorward") => {
            let known = ["porch-lock", "porch-keypad", "porch-contact"];
            known.contains(&topic.split('/').nth(1)?).then_some(Speaker::Native)
        }
        Some("zigbee2mqtt") => Some(Speaker::Zigbee2Mqtt),
        _ => None,
    }
}

fn read(house: &mut House, topic: &str, payload: &[u8], retained: Retained) {
    let heard = house.read(topic, payload, retained);
    let words = in_words(&heard);
    if retained == Retained::Yes {
        assert!(!words.contains("typed") && !words.contains("bell"), "old news: {topic}: {words}");
    }
    if words.contains("typed") {
        let keypad = ["doorward/porch-keypad/keypad/entry", "zigbee2mqtt/Porch keypad"];
        assert!(keypad.contains(&topic), "{topic}: {words}");
    }
    if words.contains("bolt") {
        let locks =
            ["doorward/porch-lock/lock/state", "zigbee2mqtt/Front door", "zigbee2mqtt/Hall lock"];
        assert!(locks.contains(&topic), "{topic}: {words}");
    }
    let speaker = holder(topic);
    for (device, _) in heard.iter().flat_map(|heard| &heard.reports) {
        assert_eq!(device.holder(), speaker.holder(), "{topic} speaks for {device}");
    }
    for sent in heard.iter().flat_map(|heard| &heard.send) {
        assert_eq!(of(sent.topic.as_str()), of(topic), "{topic} is answered by {}", packet(sent));
    }
}

#[test]
fn what_fuzzing_starts_from_and_has_found_breaks_nothing() {
    let mut read = 0;
    for folder in ["corpus/read", "corpus/found"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for file in std::fs::read_dir(folder).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            messages(Speaker::Native, &bytes);
            messages(Speaker::Zigbee2Mqtt, &bytes);
            read += 1;
        }
    }
    assert!(read > 100, "{read} files: where is the corpus?");
}
