//! The last word of a device that is gone: said once, and only when it is due.

use std::time::Duration;

use doorward_broker::{BrokerEvent, Limits, Retain};
use doorward_core::grants::DeviceKind;

use crate::support::packets::{DISCONNECT, packet, publish};
use crate::support::{Client, Hello, House, in_time, topic};

const STATUS: &str = "doorward/porch/status";

fn with_will(hello: Hello) -> Hello {
    hello.will(STATUS, "offline", 1, 1)
}

#[tokio::test]
async fn a_client_that_vanishes_has_its_will_said_once() {
    let mut house = House::new().await;
    let lock = house.native("porch", DeviceKind::Lock);
    let watcher = house.granted("watcher", &[], &["doorward/#"]);
    let mut listener = Client::connect(&house, &watcher, Hello::v4("l")).await;
    listener.subscribe(&[("doorward/+/status", 0)]).await;
    drop(Client::connect(&house, &lock, with_will(Hello::v4("c"))).await);
    let heard = house.heard().await;
    assert_eq!((heard.topic, &heard.payload[..]), (topic(STATUS), &b"offline"[..]));
    assert_eq!(heard.retained, Retain::Yes);
    assert_eq!(listener.heard().await, (STATUS.to_owned(), "offline".to_owned()));
    listener.nothing().await;
    assert!(house.link.messages.try_recv().is_none());
    // And it is retained for who comes later.
    let mut late = Client::connect(&house, &watcher, Hello::v4("late")).await;
    late.subscribe(&[(STATUS, 0)]).await;
    assert_eq!(late.heard().await.1, "offline");
}

#[tokio::test]
async fn a_goodbye_takes_the_will_along_unless_it_asks_for_it() {
    let mut house = House::new().await;
    let lock = house.native("porch", DeviceKind::Lock);
    for hello in [Hello::v4("c"), Hello::v5("c")] {
        let mut client = Client::connect(&house, &lock, with_will(hello)).await;
        client.send(&DISCONNECT).await;
        client.closed().await;
    }
    for leave in [packet(0xe0, &[4]), packet(0xe0, &[4, 0])] {
        let mut client = Client::connect(&house, &lock, with_will(Hello::v5("c"))).await;
        client.send(&leave).await;
        client.closed().await;
        assert_eq!(house.heard().await.payload, "offline");
    }
    assert!(house.link.messages.try_recv().is_none());
}

#[tokio::test]
async fn silence_beyond_the_keep_alive_ends_a_connection_whatever_it_is_sent() {
    let mut house = House::new().await;
    let lock = house.native("porch", DeviceKind::Lock);
    let hello = with_will(Hello::v5("c")).keep_alive(1);
    let mut client = Client::connect(&house, &lock, hello).await;
    client.subscribe(&[("doorward/porch/lock/set", 0)]).await;
    // What goes to the client says nothing about what comes from it.
    let sender = house.link.sender.clone();
    let talking = tokio::spawn(async move {
        let set = topic("doorward/porch/lock/set");
        let mut often = tokio::time::interval(Duration::from_millis(50));
        while !sender.publish(&set, "x", Retain::No).unwrap().is_nobody() {
            often.tick().await;
        }
    });
    let said = client.closed().await;
    assert_eq!(said.last().unwrap().body, [0x8d], "keep alive time-out");
    assert_eq!(house.heard().await.payload, "offline");
    in_time(talking).await.unwrap();
}

#[tokio::test]
async fn what_was_said_before_the_end_is_heard_before_the_will() {
    let mut house = House::with(Limits { hub_queue: 1, ..Limits::default() }).await;
    let lock = house.native("porch", DeviceKind::Lock);
    let mut client = Client::connect(&house, &lock, with_will(Hello::v4("c"))).await;
    for payload in ["1", "2", "3", "4"] {
        client.send(&publish("doorward/porch/lock/state", payload.as_bytes(), 0, 0, 0)).await;
    }
    drop(client);
    for expected in ["1", "2", "3", "4", "offline"] {
        assert_eq!(house.heard().await.payload, expected);
    }
    house.event(|e| matches!(e, BrokerEvent::Disconnected { .. })).await;
}
