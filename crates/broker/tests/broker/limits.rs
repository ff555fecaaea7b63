//! How much one device may take, and that it is the one who pays.

use std::time::{Duration, Instant};

use doorward_broker::{BrokerEvent, Limits, Refusal, Retain};

use crate::support::packets::{ack, packet, publish, publish5, subscribe, subscribe5};
use crate::support::{Client, Hello, House, device, in_time, tcp_from, topic};

async fn refused_for(house: &mut House, wanted: Refusal) {
    house.event(|e| matches!(e, BrokerEvent::Refused { what, .. } if *what == wanted)).await;
}

#[tokio::test]
async fn a_packet_that_is_too_long_is_not_even_read() {
    let limits = Limits { packet_bytes: 1_000, connect_bytes: 200, ..Limits::default() };
    let mut house = House::with(limits).await;
    let identity = house.granted("d", &["t"], &[]);
    let mut client = Client::connect(&house, &identity, Hello::v5("c")).await;
    client.send(&[0x30, 0xff, 0xff, 0x7f]).await;
    assert_eq!(client.closed().await[0].body, [0x95], "packet too large");
    refused_for(&mut house, Refusal::PacketTooLarge).await;

    let mut client = Client::tls(&house, &identity).await.unwrap();
    client.send(&Hello::v4(&"x".repeat(300)).bytes()).await;
    assert_eq!(client.closed().await, []);
    refused_for(&mut house, Refusal::PacketTooLarge).await;
}

#[tokio::test]
async fn subscriptions_and_sessions_are_counted() {
    let limits = Limits { subscriptions: 2, sessions_per_device: 2, ..Limits::default() };
    let mut house = House::with(limits).await;
    let identity = house.granted("d", &[], &["t/#"]);
    let mut client = Client::connect(&house, &identity, Hello::v4("1")).await;
    client.send(&subscribe(1, &[("t/1", 0), ("t/2", 0), ("t/3", 0), ("t/1", 1)])).await;
    assert_eq!(client.next().await.body, [0, 1, 0, 0, 0x80, 1]);
    refused_for(&mut house, Refusal::TooManySubscriptions).await;

    let _second = Client::connect(&house, &identity, Hello::v4("2")).await;
    let (_, answer) = Client::greet(&house, &identity, Hello::v5("3")).await;
    assert_eq!(answer.body[..2], [0, 0x97], "quota exceeded");
    refused_for(&mut house, Refusal::TooManySessions).await;
    // Taking over one's own place is no third session.
    Client::connect(&house, &identity, Hello::v4("2")).await.ping().await;
}

#[tokio::test]
async fn asking_again_and_again_without_listening_ends() {
    let limits =
        Limits { publishes_per_second: 100_000, publish_burst: 100_000, ..Limits::default() };
    let mut house = House::with(limits).await;
    let identity = house.granted("d", &["t/#"], &["t/#"]);
    let mut client = Client::connect(&house, &identity, Hello::v5("c")).await;
    for number in 0..1_000 {
        client.send(&publish5(format!("t/{number}"), &[], b"x", 1, 1, 1)).await;
        client.next().await;
        house.heard().await;
    }
    // Receive Maximum 1: what is retained waits for an acknowledgement.
    let hello = Hello::v5("deaf").properties(&[33, 0, 1]);
    let mut deaf = Client::connect(&house, &identity, hello).await;
    deaf.send(&subscribe5(1, &[], &[("t/#", 1)]).repeat(30)).await;
    assert_eq!(deaf.closed().await.last().unwrap().body, [0x97]);
    refused_for(&mut house, Refusal::TooManySubscriptions).await;

    let mut client = Client::connect(&house, &identity, Hello::v5("c")).await;
    client.send(&subscribe5(1, &[], &vec![("t/1", 0); 300])).await;
    assert_eq!(client.closed().await.last().unwrap().body, [0x97]);
}

#[tokio::test]
async fn wills_use_up_topics_too() {
    let mut house = House::with(Limits { unique_topics: 2, ..Limits::default() }).await;
    let identity = house.granted("d", &["t/#"], &[]);
    for (will, code) in [("t/1", 0), ("t/2", 0), ("t/3", 0x97), ("t/1", 0)] {
        let hello = Hello::v5("c").will(will, "x", 0, 0);
        assert_eq!(Client::greet(&house, &identity, hello).await.1.body[..2], [0, code], "{will}");
    }
    refused_for(&mut house, Refusal::TooManyTopics).await;
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let house = House::with(Limits { connections_per_address: 3, ..Limits::default() }).await;
    let identity = house.granted("d", &[], &[]);
    let mut kept = Vec::new();
    for id in ["1", "2", "3"] {
        kept.push(Client::connect(&house, &identity, Hello::v4(id)).await);
    }
    assert!(Client::tls(&house, &identity).await.is_err());
    assert_eq!(house.broker.stats().turned_away, 1);
}

#[tokio::test]
async fn silent_connections_of_an_address_take_its_own_share_and_no_more() {
    let house = House::new().await;
    let identity = house.granted("d", &[], &[]);
    let mut silent = Vec::new();
    for address in ["127.0.0.2:0", "127.0.0.3:0"] {
        for _ in 0..64 {
            silent.push(tcp_from(address, house.address).await);
        }
    }
    // Sixteen of each wait, the others are turned away, and there is room.
    in_time(async {
        while house.broker.stats().turned_away < 2 * 48 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    Client::connect(&house, &identity, Hello::v4("c")).await.ping().await;
    assert_eq!(house.broker.stats().turned_away, 2 * 48);
    assert_eq!(house.broker.stats().failed_handshakes, 0);
    // An address that is silent no more has its share again.
    drop(silent);
    in_time(async {
        while house.broker.stats().failed_handshakes < 2 * 16 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let tcp = tcp_from("127.0.0.2:0", house.address).await;
    let mut client = Client::over(tcp, house.authority.der(), &identity).await.unwrap();
    client.send(&Hello::v4("c").bytes()).await;
    assert_eq!(client.next().await.body, [0, 0]);
}

#[tokio::test]
async fn who_publishes_too_fast_is_slowed_down_and_loses_nothing() {
    let limits = Limits { publishes_per_second: 100, publish_burst: 10, ..Limits::default() };
    let mut house = House::with(limits).await;
    let identity = house.granted("d", &["t"], &[]);
    let since = Instant::now();
    let mut client = Client::connect(&house, &identity, Hello::v4("c")).await;
    for number in 0..60 {
        client.send(&publish("t", number.to_string().as_bytes(), 0, 0, 0)).await;
    }
    for number in 0..60 {
        assert_eq!(house.heard().await.payload, number.to_string());
    }
    assert!(since.elapsed() > Duration::from_millis(400), "{:?}", since.elapsed());
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_and_delays_nobody() {
    let limits = Limits {
        write_stall: Duration::from_millis(300),
        publishes_per_second: 100_000,
        publish_burst: 100_000,
        ..Limits::default()
    };
    let mut house = House::with(limits).await;
    let identity = house.granted("speaker", &["t"], &["t"]);
    let deaf = house.granted("deaf", &[], &["t"]);
    let mut deaf = Client::connect(&house, &deaf, Hello::v4("c")).await;
    deaf.subscribe(&[("t", 0)]).await;
    let mut speaker = Client::connect(&house, &identity, Hello::v4("s")).await;
    let payload = vec![b'x'; 100_000];
    let mut cut = false;
    for _ in 0..400 {
        speaker.send(&publish("t", &payload, 1, 1, 0)).await;
        assert_eq!(speaker.next().await.first, 0x40);
        house.heard().await;
        let stats = house.broker.stats();
        if !stats.connected.contains_key(&device("deaf")) {
            cut = true;
            break;
        }
    }
    if !cut {
        let gone = |e: &BrokerEvent| matches!(e, BrokerEvent::Disconnected { device } if device.as_str() == "deaf");
        house.event(gone).await;
    }
    speaker.ping().await;
}

#[tokio::test]
async fn a_client_that_never_acknowledges_is_cut() {
    let limits = Limits { acknowledge: Duration::from_millis(200), ..Limits::default() };
    let house = House::with(limits).await;
    let identity = house.granted("d", &[], &["t"]);
    let mut client = Client::connect(&house, &identity, Hello::v5("c")).await;
    client.subscribe(&[("t", 1)]).await;
    assert!(!house.link.sender.publish(&topic("t"), "x", Retain::No).unwrap().is_nobody());
    assert_eq!(client.next().await.qos(), 1);
    assert_eq!(client.closed().await[0].body, [0x80]);
}

#[tokio::test]
async fn a_connection_that_cannot_take_commands_is_cut_and_not_counted() {
    let limits = Limits { command_queue: 2, ..Limits::default() };
    let house = House::with(limits).await;
    let identity = house.granted("d", &[], &["t"]);
    // Receive Maximum 1, and nothing is ever acknowledged.
    let hello = Hello::v5("c").properties(&[33, 0, 1]);
    let mut client = Client::connect(&house, &identity, hello).await;
    client.subscribe(&[("t", 1)]).await;
    let mut reached = 0;
    while !house.link.sender.publish(&topic("t"), "x", Retain::No).unwrap().is_nobody() {
        reached += 1;
        assert!(reached < 10);
        tokio::task::yield_now().await;
    }
    let said = client.closed().await;
    assert_eq!(said[0].qos(), 1);
    assert_eq!(said.last().unwrap().body, [0x97]);
}

#[tokio::test]
async fn so_many_bytes_are_on_their_way_unacknowledged_and_no_more() {
    let house = House::with(Limits { in_flight_bytes: 100, ..Limits::default() }).await;
    let identity = house.granted("d", &["t"], &["t"]);
    let mut client = Client::connect(&house, &identity, Hello::v4("c")).await;
    client.subscribe(&[("t", 1)]).await;
    let mut speaker = Client::connect(&house, &identity, Hello::v4("s")).await;
    for size in [300, 50, 49, 10] {
        speaker.publish("t", &"x".repeat(size), 1).await;
    }
    // One always goes, however large; then as many as fit.
    let first = client.next().await;
    client.nothing().await;
    client.send(&ack(0x40, first.id_of_publish(4))).await;
    let second = client.next().await;
    client.nothing().await;
    client.send(&ack(0x40, second.id_of_publish(4))).await;
    assert_eq!(client.next().await.parts(4).3.len(), 49);
    assert_eq!(client.next().await.parts(4).3.len(), 10);
}

#[tokio::test]
async fn more_open_qos_2_publishes_than_allowed_end_the_connection() {
    let house = House::new().await;
    let identity = house.granted("d", &["t"], &[]);
    let mut client = Client::connect(&house, &identity, Hello::v5("c")).await;
    let mut body = vec![0, 1, b't'];
    for id in 1..=65u16 {
        body.truncate(3);
        body.extend(id.to_be_bytes());
        body.push(0);
        client.send(&packet(0x34, &body)).await;
    }
    let said = client.closed().await;
    assert_eq!(said.len(), 65);
    assert_eq!(said[64].body, [0x93]);
}
