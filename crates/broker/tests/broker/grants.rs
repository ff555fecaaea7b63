//! What a device may not do, and what it gets for trying.

use doorward_broker::{BrokerEvent, Enrolled, Refusal};
use doorward_core::grants::DeviceKind;

use crate::support::packets::{publish, publish5, subscribe, subscribe5, text};
use crate::support::{Client, Hello, House, device, grants};

async fn refusal(house: &mut House) -> (String, Refusal, Option<String>) {
    let event = house.event(|e| matches!(e, BrokerEvent::Refused { .. })).await;
    let BrokerEvent::Refused { device, what, topic } = event else {
        panic!("{event:?}");
    };
    (device.to_string(), what, topic)
}

#[tokio::test]
async fn a_keypad_that_commands_the_lock_is_refused_and_reported() {
    let mut house = House::new().await;
    let pad = house.native("pad", DeviceKind::Keypad);
    let lock = house.native("porch", DeviceKind::Lock);
    let mut listener = Client::connect(&house, &lock, Hello::v4("l")).await;
    listener.subscribe(&[("doorward/porch/lock/set", 0)]).await;
    let target = "doorward/porch/lock/set";

    // MQTT 3.1.1 has no word for it: the connection ends.
    for qos in 0..3 {
        let mut rogue = Client::connect(&house, &pad, Hello::v4("r")).await;
        rogue.send(&publish(target, b"x", qos, 1, 0)).await;
        assert_eq!(rogue.closed().await, []);
        let told = refusal(&mut house).await;
        assert_eq!(told, ("pad".to_owned(), Refusal::Publish, Some(target.to_owned())));
    }
    // MQTT 5 has one, where there is an acknowledgement.
    let mut rogue = Client::connect(&house, &pad, Hello::v5("r")).await;
    for (qos, ack) in [(1, 0x40), (2, 0x50)] {
        rogue.send(&publish5(target, &[], b"x", qos, 1, 1)).await;
        let answer = rogue.next().await;
        assert_eq!((answer.first, &answer.body[..]), (ack, &[0, 1, 0x87, 0][..]));
    }
    rogue.send(&publish5(target, &[], b"x", 0, 0, 0)).await;
    assert_eq!(rogue.closed().await[0].body, [0x87]);

    listener.nothing().await;
    assert!(house.link.messages.try_recv().is_none(), "the hub heard nothing of it");
    assert_eq!(house.broker.stats().refusals[&device("pad")], 6);
    assert_eq!(house.broker.stats().retained, 0);
}

#[tokio::test]
async fn a_subscription_needs_a_grant_that_covers_all_of_it() {
    let mut house = House::new().await;
    let identity = house.granted("d", &[], &["home/+", "own/#"]);
    let mut old = Client::connect(&house, &identity, Hello::v4("4")).await;
    old.send(&subscribe(1, &[("home/a", 1), ("home/#", 1), ("#", 0), ("own/x/+", 2)])).await;
    assert_eq!(old.next().await.body, [0, 1, 1, 0x80, 0x80, 2]);
    assert_eq!(refusal(&mut house).await.1, Refusal::Subscribe);
    let mut new = Client::connect(&house, &identity, Hello::v5("5")).await;
    new.send(&subscribe5(1, &[], &[("home/#", 1), ("own/a#", 0), ("$SYS/#", 0)])).await;
    assert_eq!(new.next().await.body, [0, 1, 0, 0x87, 0x8f, 0x8f]);
}

#[tokio::test]
async fn a_will_is_judged_when_it_is_made() {
    let mut house = House::new().await;
    let pad = house.native("pad", DeviceKind::Keypad);
    let wrong = "doorward/porch/lock/set";
    for (hello, code) in [(Hello::v4("r"), 5), (Hello::v5("r"), 0x87)] {
        let (mut rogue, answer) = Client::greet(&house, &pad, hello.will(wrong, "x", 1, 1)).await;
        assert_eq!(answer.body[..2], [0, code]);
        assert!(rogue.closed().await.is_empty());
        let told = refusal(&mut house).await;
        assert_eq!(told, ("pad".to_owned(), Refusal::Will, Some(wrong.to_owned())));
    }
    // A will whose answers go elsewhere.
    let mut extra = vec![8];
    extra.extend(text(wrong));
    let hello = Hello::v5("r").will5("doorward/pad/status", "x", 0, 0, &extra);
    assert_eq!(Client::greet(&house, &pad, hello).await.1.body[..2], [0, 0x87]);
    assert_eq!(house.broker.stats().connected.len(), 0);
    assert!(house.link.messages.try_recv().is_none());
}

#[tokio::test]
async fn answers_may_be_asked_for_only_where_the_device_may_publish() {
    let mut house = House::new().await;
    let identity = house.granted("d", &["own/#"], &["own/#"]);
    let mut client = Client::connect(&house, &identity, Hello::v5("c")).await;
    let response = |to: &str| [&[8][..], &text(to)].concat();
    client.send(&publish5("own/a", &response("other/set"), b"x", 1, 1, 0)).await;
    assert_eq!(client.next().await.body, [0, 1, 0x87, 0]);
    assert_eq!(refusal(&mut house).await.1, Refusal::ResponseTopic);
    client.send(&publish5("own/a", &response("own/b"), b"x", 1, 2, 0)).await;
    assert_eq!(client.next().await.body, [0, 2]);
    assert_eq!(house.heard().await.topic.as_str(), "own/a");
}

#[tokio::test]
async fn grants_are_asked_again_at_delivery() {
    let house = House::new().await;
    let speaking = house.granted("speaker", &["t/#"], &[]);
    let listening = house.granted("listener", &[], &["t/#"]);
    let mut listener = Client::connect(&house, &listening, Hello::v4("l")).await;
    listener.subscribe(&[("t/#", 0)]).await;
    let mut speaker = Client::connect(&house, &speaking, Hello::v4("s")).await;
    let narrowed = Enrolled { device: device("listener"), grants: grants(&[], &["t/open/#"]) };
    house.registry.enrol(listening.fingerprint, narrowed);
    for name in ["t/closed/1", "t/open/1"] {
        speaker.send(&publish(name, b"x", 1, 1, 1)).await;
        speaker.next().await;
    }
    assert_eq!(listener.heard().await.0, "t/open/1");
    let closed = crate::support::topic("t/closed/1");
    let reach = house.link.sender.publish(&closed, "x", doorward_broker::Retain::No).unwrap();
    assert!(reach.is_nobody());
    listener.nothing().await;
    // And so it is for what is retained.
    listener.send(&subscribe(2, &[("t/closed/1", 0)])).await;
    assert_eq!(listener.next().await.body, [0, 2, 0x80]);
}

#[tokio::test]
async fn publishing_grants_are_those_of_the_moment() {
    let mut house = House::new().await;
    let identity = house.granted("d", &["a"], &[]);
    let mut client = Client::connect(&house, &identity, Hello::v5("c")).await;
    client.send(&publish5("b", &[], b"x", 1, 1, 0)).await;
    assert_eq!(client.next().await.body, [0, 1, 0x87, 0]);
    let widened = Enrolled { device: device("d"), grants: grants(&["b"], &[]) };
    house.registry.enrol(identity.fingerprint, widened);
    client.send(&publish5("b", &[], b"x", 1, 2, 0)).await;
    assert_eq!(client.next().await.body, [0, 2]);
    client.send(&publish5("a", &[], b"x", 1, 3, 0)).await;
    assert_eq!(client.next().await.body, [0, 3, 0x87, 0]);
    assert_eq!(house.heard().await.topic.as_str(), "b");
}
