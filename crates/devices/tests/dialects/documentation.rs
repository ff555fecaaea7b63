//! The examples in `docs/mqtt.md` are what the hub reads and writes.

use std::path::Path;

use doorward_core::device::{DeviceOrder, KeypadAnswer, LockCommand, Motion, Tone};
use doorward_core::ids::{CommandId, DoorId};
use doorward_devices::{
    CertificateRefused, IssuedCertificate, Outgoing, Retained, certificate_issued,
    certificate_refused, certificate_to_renew,
};

use crate::house::{House, name, packet};

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
    written.extend(certificates().iter().map(packet));
    assert_eq!(examples("```mqtt out"), written);
}

fn certificates() -> [Outgoing; 3] {
    let (lock, pem) = (name("porch-lock"), || "-----BEGIN…".to_owned());
    let issued = IssuedCertificate {
        certificate_pem: pem(),
        ca_pem: pem(),
        until: "2029-02-24T10:00:00.9Z".parse().unwrap(),
    };
    let ends = "2028-02-25T10:00:00Z".parse().unwrap();
    [
        certificate_to_renew(&lock, Some(ends)),
        certificate_issued(&lock, &issued),
        certificate_refused(&lock, CertificateRefused::TooEarly),
    ]
    .map(Result::unwrap)
}

#[test]
fn a_request_for_a_certificate_is_handed_on_unread_and_never_a_retained_one() {
    let mut house = House::new();
    let topic = "doorward/porch-lock/cert/request";
    let heard = house.read(topic, br#"{"csr":"x"}"#, Retained::No).unwrap();
    assert_eq!(heard.certificate.map(|request| request.csr).as_deref(), Some("x"));
    assert!(heard.reports.is_empty() && heard.send.is_empty());
    let heard = house.read(topic, br#"{"csr":"x"}"#, Retained::Yes).unwrap();
    assert_eq!(heard.certificate, None);
    assert!(house.read(topic, br#"{"csr":7}"#, Retained::No).is_err());
    let long = format!(r#"{{"csr":"{}"}}"#, "x".repeat(4096));
    assert!(house.read(topic, long.as_bytes(), Retained::No).is_err());
}

#[test]
fn what_is_no_longer_to_renew_is_taken_back() {
    let taken = certificate_to_renew(&name("porch-lock"), None).unwrap();
    assert_eq!(packet(&taken), "doorward/porch-lock/cert/renew ");
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
