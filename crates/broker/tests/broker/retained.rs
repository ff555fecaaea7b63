//! Retained messages over a restart: what outlives it, and who hears of it.

use bytes::Bytes;
use doorward_broker::{Limits, Registry, Retain, RetainedChange, RetainedMessage};
use doorward_core::grants::DeviceKind;

use crate::support::packets::{publish, publish5};
use crate::support::{Authority, Client, Hello, House, device, in_time, topic};

fn message(owner: &str, name: &str, payload: &'static str) -> RetainedMessage {
    RetainedMessage { device: device(owner), topic: topic(name), payload: payload.into() }
}

async fn changes(house: &House) -> Vec<RetainedChange> {
    let changes = house.broker.retained_changes();
    in_time(changes.changed()).await;
    changes.take(100, 100_000)
}

/// Starts a broker that had all of this, of which `a` may say `a/#`.
async fn restarted(retained: Vec<RetainedMessage>) -> (House, crate::support::Identity) {
    let (authority, registry) = (Authority::new(), Registry::new());
    let identity = authority.client("a");
    let enrolled = doorward_broker::Enrolled {
        device: device("a"),
        grants: crate::support::grants(&["a/#"], &["#"]),
    };
    registry.enrol(identity.fingerprint, enrolled);
    let cas = vec![authority.der()];
    let house = House::furnished(authority, cas, Limits::default(), registry, retained).await;
    (house, identity)
}

#[tokio::test]
async fn what_was_retained_greets_subscribers_after_a_restart() {
    let (house, identity) = restarted(vec![message("a", "a/1", "kept")]).await;
    let mut client = Client::connect(&house, &identity, Hello::v4("c")).await;
    client.subscribe(&[("a/#", 2)]).await;
    let greeted = client.next().await;
    assert!(greeted.retain());
    assert_eq!((greeted.qos(), greeted.parts(4).3), (1, b"kept".to_vec()));
    assert_eq!(house.broker.stats().retained, 1);
}

#[tokio::test]
async fn the_hub_is_never_told_what_was_retained_in_an_earlier_run() {
    let state = r#"{"bolt":"thrown"}"#;
    // Enrolled before the broker starts, as it is in a hub.
    let (authority, registry) = (Authority::new(), Registry::new());
    let lock = authority.client("porch");
    let kind = DeviceKind::Lock;
    let native = doorward_core::grants::Dialect::Native;
    let grants =
        doorward_core::grants::TopicGrants::for_device(kind, &native, &device("porch")).unwrap();
    let enrolled = doorward_broker::Enrolled { device: device("porch"), grants };
    registry.enrol(lock.fingerprint, enrolled);
    let cas = vec![authority.der()];
    let retained = vec![message("porch", "doorward/porch/lock/state", state)];
    let mut house = House::furnished(authority, cas, Limits::default(), registry, retained).await;
    assert_eq!(house.broker.stats().retained, 1);
    let watcher = house.granted("watcher", &[], &["doorward/#"]);
    let mut watcher = Client::connect(&house, &watcher, Hello::v4("w")).await;
    watcher.subscribe(&[("doorward/+/lock/state", 1)]).await;
    assert!(watcher.next().await.retain(), "who subscribes sees that it is old");
    let mut client = Client::connect(&house, &lock, Hello::v4("c")).await;
    client.subscribe(&[("doorward/porch/lock/set", 1)]).await;
    client.send(&publish("doorward/porch/lock/state", b"fresh", 1, 1, 1)).await;
    assert_eq!(client.next().await.first, 0x40);
    // The first that the hub hears is what the lock says itself.
    assert_eq!(house.heard().await.payload, "fresh");
    assert!(house.link.messages.try_recv().is_none());
}

#[tokio::test]
async fn what_is_no_longer_granted_is_forgotten_at_the_start() {
    let retained = vec![
        message("a", "a/1", "x"),
        message("a", "b/1", "beyond its grant"),
        message("gone", "c/1", "of a device that is not enrolled"),
    ];
    let (house, _) = restarted(retained).await;
    assert_eq!(house.broker.stats().retained, 1);
    let mut gone: Vec<_> = changes(&house).await;
    gone.sort_by_key(|change| change.topic().clone());
    assert_eq!(gone, [RetainedChange::Gone(topic("b/1")), RetainedChange::Gone(topic("c/1"))]);
}

#[tokio::test]
async fn changes_are_told_once_each_and_as_the_last_word() {
    let (house, identity) = restarted(vec![message("a", "a/1", "old")]).await;
    let mut client = Client::connect(&house, &identity, Hello::v5("c")).await;
    for payload in ["old", "1", "2"] {
        client.send(&publish5("a/1", &[], payload.as_bytes(), 1, 1, 1)).await;
        client.next().await;
    }
    let last = message("a", "a/1", "2");
    assert_eq!(changes(&house).await, [RetainedChange::Kept(last.clone())]);
    // What could not be written is told again, as it is by then.
    let told = house.broker.retained_changes();
    told.put_back(vec![RetainedChange::Kept(last)]);
    client.send(&publish5("a/1", &[], b"3", 1, 1, 1)).await;
    client.next().await;
    assert_eq!(changes(&house).await, [RetainedChange::Kept(message("a", "a/1", "3"))]);
    client.send(&publish5("a/1", &[], b"", 1, 1, 1)).await;
    client.next().await;
    assert_eq!(changes(&house).await, [RetainedChange::Gone(topic("a/1"))]);
    assert_eq!(told.take(9, 9), []);
}

#[tokio::test]
async fn a_device_that_is_revoked_takes_its_retained_messages_along() {
    let (house, identity) = restarted(vec![message("a", "a/1", "old")]).await;
    let mut client = Client::connect(&house, &identity, Hello::v4("c")).await;
    client.send(&publish("a/2", b"new", 1, 1, 1)).await;
    client.next().await;
    assert_eq!(changes(&house).await, [RetainedChange::Kept(message("a", "a/2", "new"))]);
    house.registry.revoke(identity.fingerprint);
    let mut gone = changes(&house).await;
    gone.sort_by_key(|change| change.topic().clone());
    assert_eq!(gone, [RetainedChange::Gone(topic("a/1")), RetainedChange::Gone(topic("a/2"))]);
    assert_eq!(house.broker.stats().retained, 0);
}

#[tokio::test]
async fn nobody_waits_for_whoever_writes_retained_messages_down() {
    let (mut house, identity) = restarted(Vec::new()).await;
    let mut client = Client::connect(&house, &identity, Hello::v4("c")).await;
    // Nobody takes the changes: the broker goes on, and what waits is the last
    // word on each topic.
    for number in 0..300u16 {
        let name = format!("a/{}", number % 3);
        client.send(&publish(&name, number.to_string().as_bytes(), 1, number + 1, 1)).await;
        assert_eq!(client.next().await.first, 0x40);
        assert_eq!(house.heard().await.retained, Retain::Yes);
    }
    let mut waiting = changes(&house).await;
    waiting.sort_by_key(|change| change.topic().clone());
    let last = |name, payload: &str| {
        let payload = Bytes::copy_from_slice(payload.as_bytes());
        RetainedChange::Kept(RetainedMessage { device: device("a"), topic: topic(name), payload })
    };
    assert_eq!(waiting, [last("a/0", "297"), last("a/1", "298"), last("a/2", "299")]);
}
