//! What the hub hears, and whom it reaches.

use doorward_broker::{BrokerEvent, Limits, Retain};
use doorward_core::grants::DeviceKind;

use crate::support::packets::{DISCONNECT, publish};
use crate::support::{Client, Hello, House, device, topic};

#[tokio::test]
async fn the_hub_hears_who_said_what() {
    let mut house = House::new().await;
    let pad = house.native("pad", DeviceKind::Keypad);
    let mut client = Client::connect(&house, &pad, Hello::v4("x")).await;
    client.send(&publish("doorward/pad/keypad/entry", b"{}", 1, 5, 0)).await;
    assert_eq!(client.next().await.first, 0x40);
    let heard = house.heard().await;
    assert_eq!(heard.device, device("pad"));
    assert_eq!(heard.topic, topic("doorward/pad/keypad/entry"));
    assert_eq!(&heard.payload[..], b"{}");
    assert_eq!(heard.retained, Retain::No);
}

#[tokio::test]
async fn a_command_reaches_who_is_connected_and_subscribed_and_nobody_else() {
    let mut house = House::new().await;
    let lock = house.native("porch", DeviceKind::Lock);
    let set = topic("doorward/porch/lock/set");
    let reach = |house: &House| house.link.sender.publish(&set, "go", Retain::No).unwrap();
    assert!(reach(&house).is_nobody());

    let mut client = Client::connect(&house, &lock, Hello::v4("x")).await;
    assert!(reach(&house).is_nobody(), "connected but not subscribed");
    client.subscribe(&[("doorward/porch/lock/set", 1)]).await;
    assert_eq!(reach(&house).devices, [device("porch")]);
    assert_eq!(client.heard().await, (set.to_string(), "go".to_owned()));

    client.send(&DISCONNECT).await;
    house.event(|e| matches!(e, BrokerEvent::Disconnected { .. })).await;
    assert!(reach(&house).is_nobody());

    // What was said in its absence is not said when it is back.
    let mut client = Client::connect(&house, &lock, Hello::v4("x")).await;
    client.subscribe(&[("doorward/porch/lock/set", 1)]).await;
    client.nothing().await;
}

#[tokio::test]
async fn a_slow_hub_slows_the_device_down_and_loses_nothing() {
    let mut house = House::with(Limits { hub_queue: 2, ..Limits::default() }).await;
    let pad = house.native("pad", DeviceKind::Keypad);
    let mut client = Client::connect(&house, &pad, Hello::v4("x")).await;
    for number in 0..50u16 {
        let payload = number.to_string();
        client
            .send(&publish("doorward/pad/keypad/entry", payload.as_bytes(), 1, number + 1, 0))
            .await;
    }
    for number in 0..50 {
        assert_eq!(house.heard().await.payload, number.to_string());
    }
    for number in 1..=50 {
        let ack = client.next().await;
        assert_eq!((ack.first, ack.id()), (0x40, number));
    }
}

#[tokio::test]
async fn a_slow_hub_does_not_keep_a_command_from_the_device_that_waits() {
    let mut house = House::with(Limits { hub_queue: 1, ..Limits::default() }).await;
    let lock = house.native("porch", DeviceKind::Lock);
    let mut client = Client::connect(&house, &lock, Hello::v4("x")).await;
    client.subscribe(&[("doorward/porch/lock/set", 0)]).await;
    for payload in ["1", "2", "3"] {
        client.send(&publish("doorward/porch/lock/state", payload.as_bytes(), 0, 0, 0)).await;
    }
    let set = topic("doorward/porch/lock/set");
    assert!(!house.link.sender.publish(&set, "go", Retain::No).unwrap().is_nobody());
    assert_eq!(client.heard().await.1, "go");
    for expected in ["1", "2", "3"] {
        assert_eq!(house.heard().await.payload, expected);
    }
}

#[tokio::test]
async fn the_first_and_the_last_connection_of_a_device_are_told() {
    let mut house = House::new().await;
    let identity = house.granted("d", &[], &[]);
    let mut one = Client::connect(&house, &identity, Hello::v4("1")).await;
    let two = Client::connect(&house, &identity, Hello::v4("2")).await;
    assert_eq!(house.broker.stats().connected[&device("d")], 2);
    drop(two);
    one.send(&DISCONNECT).await;
    let device = device("d");
    assert_eq!(house.event(|_| true).await, BrokerEvent::Connected { device: device.clone() });
    assert_eq!(house.event(|_| true).await, BrokerEvent::Disconnected { device });
}

#[tokio::test]
async fn what_the_hub_retains_greets_a_device_that_subscribes_later() {
    let house = House::with(Limits { retained_count: 1, ..Limits::default() }).await;
    let lock = house.native("porch", DeviceKind::Lock);
    let set = topic("doorward/porch/lock/set");
    assert!(house.link.sender.publish(&set, "kept", Retain::Yes).unwrap().is_nobody());
    assert!(house.link.sender.publish(&topic("other"), "x", Retain::Yes).is_err());
    let mut client = Client::connect(&house, &lock, Hello::v4("x")).await;
    client.subscribe(&[("doorward/porch/lock/set", 1)]).await;
    let greeted = client.next().await;
    assert!(greeted.retain());
    assert_eq!(greeted.parts(4).3, b"kept");
}

#[tokio::test]
async fn a_broker_that_stops_says_so_and_ends() {
    let house = House::new().await;
    let lock = house.native("porch", DeviceKind::Lock);
    let hello = Hello::v5("x").will("doorward/porch/status", "offline", 1, 0);
    let mut client = Client::connect(&house, &lock, hello).await;
    let House { broker, mut link, address, .. } = house;
    broker.stop().await;
    assert_eq!(client.closed().await[0].body, [0x8b], "server shutting down");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    assert!(link.recv().await.is_none(), "the hub leaves, not the device");
    while link.events.recv().await.is_some() {}
}

#[tokio::test]
async fn a_command_is_there_long_before_a_delayed_acknowledgement_would_be() {
    let mut house = House::new().await;
    let lock = house.native("porch", DeviceKind::Lock);
    let mut client = Client::connect(&house, &lock, Hello::v4("x")).await;
    client.subscribe(&[("doorward/porch/lock/set", 1)]).await;
    let set = topic("doorward/porch/lock/set");
    let mut took = Vec::new();
    for number in 1..=200u16 {
        let since = std::time::Instant::now();
        // The whole way: a device's report to the hub, its command back.
        client.send(&publish("doorward/porch/lock/state", b"{}", 0, 0, 0)).await;
        house.heard().await;
        assert!(!house.link.sender.publish(&set, "go", Retain::No).unwrap().is_nobody());
        let (_, id, _, _) = client.next().await.parts(4);
        took.push(since.elapsed());
        assert_eq!(id, number);
        client.send(&crate::support::packets::ack(0x40, id)).await;
    }
    took.sort();
    println!("report in, command out: p50 {:?}, p99 {:?}", took[100], took[198]);
    assert!(took[100] < std::time::Duration::from_millis(20), "{:?}", took[100]);
}
