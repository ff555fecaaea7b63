//! Retained messages: they outlive the process, and go with their device.

use doorward_store::{Certificate, Credential, NewDevice, RetainedChange, RetainedMessage};

use crate::house::{House, at, raw};

fn message(device: &str, topic: &str, payload: &[u8]) -> RetainedMessage {
    RetainedMessage { device: device.into(), topic: topic.into(), payload: payload.to_vec() }
}

fn kept(device: &str, topic: &str, payload: &[u8]) -> RetainedChange {
    RetainedChange::Kept(message(device, topic, payload))
}

fn gone(topic: &str) -> RetainedChange {
    RetainedChange::Gone { topic: topic.into() }
}

#[test]
fn the_last_word_on_a_topic_outlives_the_process() {
    let (house, mut store) = House::new();
    store.write_retained(&[kept("a", "t/1", b"old"), kept("a", "t/2", b"x")]).unwrap();
    store.write_retained(&[kept("b", "t/1", b"\xff new"), gone("t/2"), gone("t/3")]).unwrap();
    drop(store);
    let mut store = house.open();
    let all = store.questions().unwrap().retained().unwrap();
    assert_eq!(all, [message("b", "t/1", b"\xff new")]);
}

#[test]
fn what_a_device_had_retained_goes_with_it_from_the_rows_and_from_the_disk() {
    let (house, mut store) = House::new();
    let device = NewDevice {
        name: "z2m".into(),
        kind: "bridge".into(),
        dialect: "zigbee2mqtt".into(),
        base_topic: "zigbee2mqtt".into(),
        credential: Credential::Certificate(Certificate {
            spki_sha256: [1; 32],
            expires: at(9_999).wall,
            authority: 1,
        }),
        enrolled_at: at(0).wall,
    };
    store.add_device(&device).unwrap();
    let canary = b"retained canary";
    store.write_retained(&[kept("z2m", "z/1", canary), kept("other", "o/1", b"stays")]).unwrap();
    store.revoke_device("z2m", at(5).wall).unwrap();
    store.scrub().unwrap();
    let all = store.questions().unwrap().retained().unwrap();
    assert_eq!(all, [message("other", "o/1", b"stays")]);
    let mut db = raw(&house.path());
    let image = db.serialize("main").unwrap();
    assert!(!image.windows(canary.len()).any(|window| window == canary));
}
