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
