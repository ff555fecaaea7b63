//! Who gets in, as whom, and how one is put out.

use std::time::{Duration, Instant};

use doorward_broker::{BrokerEvent, Enrolled, KeyFingerprint, Limits, Retain};
use doorward_core::grants::DeviceKind;

use crate::support::packets::{packet, publish, text};
use crate::support::{Authority, Client, Hello, House, device, grants, in_time, topic};

#[tokio::test]
async fn a_certificate_of_another_authority_gets_nowhere() {
    let house = House::new().await;
    let stranger = Authority::new().client("porch");
    assert!(!Client::may_come(&house, &stranger).await);
    let server = house.authority.server();
    assert!(!Client::may_come(&house, &server).await, "a server's certificate is no client's");
    assert_eq!(house.broker.stats().strangers, 0);
}

#[tokio::test]
async fn a_believed_certificate_that_is_not_enrolled_is_a_stranger() {
    let mut house = House::new().await;
    let identity = house.authority.client("porch");
    let mut client = Client::tls(&house, &identity).await.unwrap();
    assert_eq!(client.closed().await, []);
    assert_eq!(house.event(|_| true).await, BrokerEvent::Stranger);
    assert_eq!(house.broker.stats().strangers, 1);
}

#[tokio::test]
async fn two_authorities_are_believed_during_a_rollover() {
    let (old, new) = (Authority::new(), Authority::new());
    let cas = vec![old.der(), new.der()];
    let by_new = new.client("d");
    let house = House::start(old, cas, Limits::default()).await;
    let by_old = house.granted("d", &[], &[]);
    let enrolled = Enrolled { device: device("d"), grants: grants(&[], &[]) };
    house.registry.enrol(by_new.fingerprint, enrolled);
    for identity in [by_old, by_new] {
        Client::connect(&house, &identity, Hello::v5("c")).await.ping().await;
    }
}

#[tokio::test]
async fn the_fingerprint_is_the_keys_and_not_the_certificates() {
    let authority = Authority::new();
    let identity = authority.client("a");
    use rcgen::PublicKeyData;
    let of_key = KeyFingerprint::of_public_key(&identity.key.subject_public_key_info());
    assert_eq!(of_key, identity.fingerprint);
    assert_eq!(KeyFingerprint::from_bytes(*of_key.as_bytes()), of_key);
    assert!(KeyFingerprint::of_certificate(b"not a certificate").is_err());
}

#[tokio::test]
async fn a_revoked_device_is_out_within_a_second() {
    let mut house = House::new().await;
    let identity = house.granted("d", &["t/#"], &["t/#"]);
    let hello = Hello::v5("c").will("t/will", "gone", 1, 1);
    let mut client = Client::connect(&house, &identity, hello).await;
    client.subscribe(&[("t/#", 1)]).await;
    client.send(&publish("t/kept", b"\0x", 0, 0, 1)).await;
    assert_eq!(house.heard().await.topic.as_str(), "t/kept");
    let revoked = house.registry.revoke(identity.fingerprint).unwrap();
    let since = Instant::now();
    assert_eq!(revoked.device, device("d"));
    // What it was sent before aside, it hears that it is out.
    let said = client.closed().await;
    assert_eq!(said.last().map(|p| (p.first, p.body.clone())), Some((0xe0, vec![0x87])));
    assert!(since.elapsed() < Duration::from_secs(1));
    house.event(|e| matches!(e, BrokerEvent::Disconnected { .. })).await;
    assert!(house.link.messages.try_recv().is_none(), "its will is not its own any more");
    in_time(async {
        while house.broker.stats().retained > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut again = Client::tls(&house, &identity).await.unwrap();
    assert_eq!(again.closed().await, []);
}

#[tokio::test]
async fn a_revoked_device_that_floods_or_does_not_read_is_out_as_well() {
    let mut house = House::new().await;
    let identity = house.granted("d", &["t"], &["t"]);
    let mut client = Client::connect(&house, &identity, Hello::v4("c")).await;
    client.subscribe(&[("t", 0)]).await;
    let flood = publish("t", &[b'x'; 10_000], 0, 0, 0).repeat(20);
    client.send(&flood).await;
    house.heard().await;
    house.registry.replace_all([]);
    house.event(|e| matches!(e, BrokerEvent::Disconnected { .. })).await;
    assert!(house.link.sender.publish(&topic("t"), "x", Retain::No).unwrap().is_nobody());
}

#[tokio::test]
async fn a_key_that_stands_for_another_device_starts_anew() {
    let house = House::new().await;
    let identity = house.granted("one", &["t"], &[]);
    let mut client = Client::connect(&house, &identity, Hello::v4("c")).await;
    let enrolled = Enrolled { device: device("two"), grants: grants(&["t"], &[]) };
    house.registry.enrol(identity.fingerprint, enrolled);
    assert_eq!(client.closed().await, []);
    let mut client = Client::connect(&house, &identity, Hello::v4("c")).await;
    client.ping().await;
    assert_eq!(house.broker.stats().connected.keys().collect::<Vec<_>>(), [&device("two")]);
}

#[tokio::test]
async fn the_same_certificate_takes_over_after_the_will_of_the_first() {
    let mut house = House::new().await;
    let lock = house.native("porch", DeviceKind::Lock);
    let hello = |payload| Hello::v5("c").will("doorward/porch/status", payload, 1, 1);
    let mut first = Client::connect(&house, &lock, hello("offline")).await;
    let mut second = Client::connect(&house, &lock, hello("offline")).await;
    // The second is welcome only when the will of the first has been said.
    second.send(&publish("doorward/porch/status", b"\0online", 1, 1, 1)).await;
    assert_eq!(first.closed().await[0].body, [0x8e], "session taken over");
    assert_eq!(house.heard().await.payload, "offline");
    assert_eq!(house.heard().await.payload, "\0online".trim_start_matches('\0'));
    second.next().await;
    second.ping().await;
    assert_eq!(house.broker.stats().connected[&device("porch")], 1);
    house.event(|e| matches!(e, BrokerEvent::Connected { .. })).await;
}

#[tokio::test]
async fn a_client_without_an_id_is_given_one() {
    let house = House::new().await;
    let identity = house.granted("d", &[], &[]);
    let (mut one, answer) = Client::greet(&house, &identity, Hello::v5("")).await;
    assert!(answer.body.windows(9).any(|w| w == b"assigned-"), "{answer:?}");
    let mut two = Client::connect(&house, &identity, Hello::v4("")).await;
    one.ping().await;
    two.ping().await;
    let mut hello = Hello::v4("");
    hello.flags = 0;
    let (_, answer) = Client::greet(&house, &identity, hello).await;
    assert_eq!(answer.body, [0, 2]);
}

#[tokio::test]
async fn other_versions_of_mqtt_are_told_so() {
    let house = House::new().await;
    let identity = house.granted("d", &[], &[]);
    let mut hello = Hello::v4("c");
    hello.level = 3;
    assert_eq!(Client::greet(&house, &identity, hello).await.1.body, [0, 1]);
    // MQTT 3.1 had another name.
    let body = [text("MQIsdp"), vec![3, 2, 0, 60], text("c")].concat();
    let mut client = Client::tls(&house, &identity).await.unwrap();
    client.send(&packet(0x10, &body)).await;
    assert_eq!(client.next().await.body, [0, 1]);
}

#[tokio::test]
async fn what_is_not_connect_ends_the_connection_at_once() {
    let house = House::new().await;
    let identity = house.granted("d", &["#"], &["#"]);
    for bytes in [
        publish("t", b"x", 0, 0, 0),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        packet(0x10, b"no"),
        vec![0x11],
        vec![0x10, 0xff, 0xff, 0xff, 0xff],
        vec![0x10, 0xff, 0xff, 0x7f],
    ] {
        let mut client = Client::tls(&house, &identity).await.unwrap();
        client.send(&bytes).await;
        assert_eq!(client.closed().await, [], "{bytes:?}");
    }
    assert_eq!(house.broker.stats().failed_handshakes, 6);
    assert_eq!(house.broker.stats().malformed, 6);
}
