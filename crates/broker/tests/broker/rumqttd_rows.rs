//! Everything known to stop rumqttd or to make it lie, sent to our broker by a
//! client that is allowed to be there. After each, everybody else must go on.

use std::time::Duration;

use doorward_broker::{BrokerEvent, Limits, Refusal};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::support::packets::{
    DISCONNECT, ack, packet, publish, publish5, subscribe, subscribe5, text, unsubscribe,
    unsubscribe5,
};
use crate::support::{Client, Hello, House, Identity, in_time};

/// A device that may do everything, since the attacks need it.
fn anybody(house: &House, name: &str) -> Identity {
    house.granted(name, &["#"], &["#"])
}

/// Two clients that must still understand each other at the end.
struct Witnesses {
    speaker: Client,
    listener: Client,
}

impl Witnesses {
    async fn new(house: &House) -> Self {
        let identity = anybody(house, "witness");
        let speaker = Client::connect(house, &identity, Hello::v4("speaker")).await;
        let mut listener = Client::connect(house, &identity, Hello::v5("listener")).await;
        listener.subscribe(&[("witness/#", 1)]).await;
        Self { speaker, listener }
    }

    async fn still_understand_each_other(&mut self) {
        self.speaker.send(&publish("witness/a", b"well", 1, 9, 0)).await;
        assert_eq!(self.speaker.next().await.first, 0x40);
        assert_eq!(self.listener.heard().await, ("witness/a".to_owned(), "well".to_owned()));
    }
}

#[tokio::test]
async fn a_topic_that_begins_beyond_ascii_stops_only_its_publisher() {
    let house = House::new().await;
    let mut witnesses = Witnesses::new(&house).await;
    let identity = anybody(&house, "rogue");
    let mut listener = Client::connect(&house, &identity, Hello::v4("l")).await;
    listener.subscribe(&[("#", 0)]).await;

    let mut rogue = Client::connect(&house, &identity, Hello::v4("r")).await;
    rogue.send(&publish("é/x", b"1", 1, 1, 0)).await;
    assert_eq!(rogue.closed().await, []);

    let mut rogue = Client::connect(&house, &identity, Hello::v5("r")).await;
    rogue.send(&publish5("é/x", &[], b"1", 1, 1, 0)).await;
    let answer = rogue.next().await;
    assert_eq!((answer.first, answer.body[2]), (0x40, 0x90), "topic name invalid");
    listener.nothing().await;
    witnesses.still_understand_each_other().await;
}

#[tokio::test]
async fn a_client_id_with_wildcards_twice_stops_nobody() {
    let house = House::new().await;
    let mut witnesses = Witnesses::new(&house).await;
    let identity = anybody(&house, "rogue");
    let mut first = Client::connect(&house, &identity, Hello::v4("a#b")).await;
    let mut second = Client::connect(&house, &identity, Hello::v4("a#b")).await;
    assert_eq!(first.closed().await, []);
    second.ping().await;
    Client::connect(&house, &identity, Hello::v4("other")).await.ping().await;
    witnesses.still_understand_each_other().await;
}

#[tokio::test]
async fn retries_beyond_the_connection_limit_stop_nobody() {
    let limits = Limits { connections: 4, ..Limits::default() };
    let mut house = House::with(limits).await;
    let mut witnesses = Witnesses::new(&house).await;
    let identity = anybody(&house, "rogue");
    let mut one = Client::connect(&house, &identity, Hello::v4("1")).await;
    let two = Client::connect(&house, &identity, Hello::v4("2")).await;
    for _ in 0..20 {
        assert!(Client::tls(&house, &identity).await.is_err());
    }
    assert_eq!(house.broker.stats().turned_away, 20);
    one.ping().await;
    witnesses.still_understand_each_other().await;
    drop((one, two));
    house.event(|e| matches!(e, BrokerEvent::Disconnected { .. })).await;
    // The places are given back right after the event.
    in_time(async {
        while Client::tls(&house, &identity).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_shared_subscription_is_refused_and_its_end_stops_nobody() {
    let mut house = House::new().await;
    let mut witnesses = Witnesses::new(&house).await;
    let identity = anybody(&house, "rogue");
    // Clean session off, as in the attack.
    let mut hello = Hello::v4("persistent");
    hello.flags = 0;
    let mut rogue = Client::connect(&house, &identity, hello).await;
    rogue.send(&subscribe(1, &[("$share/g/witness/a", 1)])).await;
    assert_eq!(rogue.next().await.body, [0, 1, 0x80]);
    witnesses.still_understand_each_other().await;
    drop(rogue);
    let mut rogue = Client::connect(&house, &identity, Hello::v5("5")).await;
    rogue.send(&subscribe5(1, &[], &[("$share/g/witness/a", 1)])).await;
    assert_eq!(rogue.next().await.body, [0, 1, 0, 0x9e]);
    let refused = house.event(|e| matches!(e, BrokerEvent::Refused { .. })).await;
    assert!(
        matches!(&refused, BrokerEvent::Refused { what: Refusal::SharedSubscription, .. }),
        "{refused:?}"
    );
    witnesses.still_understand_each_other().await;
}

#[tokio::test]
async fn properties_do_not_drop_a_subscriber_of_the_older_version() {
    let house = House::new().await;
    let identity = anybody(&house, "d");
    let mut old = Client::connect(&house, &identity, Hello::v4("old")).await;
    old.subscribe(&[("t/#", 1)]).await;
    let mut new = Client::connect(&house, &identity, Hello::v5("new")).await;
    // Content type, payload format, a user property and an expiry.
    let properties =
        [&[3, 0, 1, b'x', 1, 1, 38, 0, 1, b'k', 0, 1, b'v', 2, 0, 0, 0, 60][..]].concat();
    new.send(&publish5("t/1", &properties, b"hello", 1, 1, 1)).await;
    assert_eq!(new.next().await.first, 0x40);
    assert_eq!(old.heard().await, ("t/1".to_owned(), "hello".to_owned()));
    // The same from what is retained.
    let mut late = Client::connect(&house, &identity, Hello::v4("late")).await;
    late.subscribe(&[("t/#", 0)]).await;
    assert_eq!(late.heard().await, ("t/1".to_owned(), "hello".to_owned()));
    old.send(&ack(0x40, 1)).await;
    old.ping().await;
}

#[tokio::test]
async fn packets_that_only_a_server_sends_end_the_connection_and_keep_the_will() {
    let mut house = House::new().await;
    let mut witnesses = Witnesses::new(&house).await;
    let identity = anybody(&house, "rogue");
    for first in [0x20, 0x90, 0xb0, 0xd0, 0xf0, 0x00] {
        for hello in [Hello::v4("r"), Hello::v5("r")] {
            let mut rogue = Client::connect(&house, &identity, hello.will("w", "gone", 0, 0)).await;
            rogue.send(&packet(first, &[0, 1, 0, 0])).await;
            rogue.closed().await;
            let will = house.heard().await;
            assert_eq!((will.topic.as_str(), &will.payload[..]), ("w", &b"gone"[..]));
        }
    }
    assert_eq!(house.broker.stats().malformed, 12);
    witnesses.still_understand_each_other().await;
}

#[tokio::test]
async fn silent_connections_delay_nobody_and_are_closed_in_time() {
    let limits = Limits { handshake: Duration::from_millis(300), ..Limits::default() };
    let house = House::with(limits).await;
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(TcpStream::connect(house.address).await.unwrap());
    }
    let identity = anybody(&house, "d");
    Client::connect(&house, &identity, Hello::v4("c")).await.ping().await;
    for stream in &mut silent {
        assert_eq!(in_time(stream.read(&mut [0])).await.unwrap_or(0), 0);
    }
    // And one that is silent after TLS.
    let mut silent = Client::tls(&house, &identity).await.unwrap();
    assert_eq!(silent.closed().await, []);
}

#[tokio::test]
async fn a_wildcard_subscriber_with_topic_aliases_hears_each_topic_by_its_name() {
    let house = House::new().await;
    let identity = anybody(&house, "d");
    // Topic Alias Maximum 10.
    let hello = Hello::v5("listener").properties(&[34, 0, 10]);
    let mut listener = Client::connect(&house, &identity, hello).await;
    listener.subscribe(&[("t/+", 0)]).await;
    let mut speaker = Client::connect(&house, &identity, Hello::v5("speaker")).await;
    for round in 0..3 {
        for name in ["t/a", "t/b", "t/c"] {
            speaker.send(&publish5(name, &[], format!("{name}{round}").as_bytes(), 0, 0, 0)).await;
        }
    }
    for round in 0..3 {
        for name in ["t/a", "t/b", "t/c"] {
            let (topic, _, properties, payload) = listener.next().await.parts(5);
            assert_eq!((topic.as_str(), payload), (name, format!("{name}{round}").into_bytes()));
            assert!(properties.is_empty(), "no alias: {properties:?}");
        }
    }
}

#[tokio::test]
async fn an_empty_message_without_retain_flag_leaves_what_is_retained() {
    let house = House::new().await;
    let identity = anybody(&house, "d");
    let mut speaker = Client::connect(&house, &identity, Hello::v4("s")).await;
    speaker.send(&publish("t", b"kept", 1, 1, 1)).await;
    speaker.send(&publish("t", b"", 1, 2, 0)).await;
    speaker.next().await;
    speaker.next().await;
    let mut listener = Client::connect(&house, &identity, Hello::v4("l")).await;
    listener.subscribe(&[("t", 0)]).await;
    assert_eq!(listener.heard().await, ("t".to_owned(), "kept".to_owned()));
    // With the flag, it takes it away.
    speaker.send(&publish("t", b"", 1, 3, 1)).await;
    assert_eq!(listener.heard().await, ("t".to_owned(), String::new()));
    let mut listener = Client::connect(&house, &identity, Hello::v4("l2")).await;
    listener.subscribe(&[("t", 0)]).await;
    listener.nothing().await;
}

#[tokio::test]
async fn unsubscribing_is_answered_exactly_once() {
    let house = House::new().await;
    let identity = anybody(&house, "d");
    let mut client = Client::connect(&house, &identity, Hello::v4("c")).await;
    client.send(&unsubscribe(1, &["unknown"])).await;
    assert_eq!(client.next().await.body, [0, 1]);
    client.subscribe(&[("a", 0), ("b", 0)]).await;
    client.send(&unsubscribe(2, &["a", "b"])).await;
    assert_eq!(client.next().await.body, [0, 2]);
    client.nothing().await;

    let mut client = Client::connect(&house, &identity, Hello::v5("c5")).await;
    client.subscribe(&[("a", 0)]).await;
    client.send(&unsubscribe5(3, &["a", "unknown"])).await;
    let answer = client.next().await;
    assert_eq!((answer.first, &answer.body[..]), (0xb0, &[0, 3, 0, 0, 0x11][..]));
    client.send(&publish5("a", &[], b"x", 1, 1, 0)).await;
    assert_eq!(client.next().await.first, 0x40);
    client.nothing().await;
}

#[tokio::test]
async fn a_device_runs_out_of_topics_before_the_broker_runs_out_of_memory() {
    let limits = Limits { unique_topics: 5, ..Limits::default() };
    let house = House::with(limits).await;
    let mut witnesses = Witnesses::new(&house).await;
    let identity = anybody(&house, "rogue");
    let mut accepted = 0;
    // Coming back does not give it more.
    for connection in 0..3 {
        let mut rogue = Client::connect(&house, &identity, Hello::v5("r")).await;
        for topic in 0..10 {
            let topic = format!("flood/{connection}/{topic}");
            rogue.send(&publish5(&topic, &[], b"x", 1, 1, 0)).await;
            let answer = rogue.next().await;
            match answer.body.get(2) {
                None => accepted += 1,
                Some(reason) => assert_eq!(*reason, 0x97, "quota exceeded"),
            }
        }
        // Filters count too: the router forgets them no more than topics.
        rogue.send(&subscribe5(1, &[], &[(&format!("filter/{connection}"), 0)])).await;
        assert_eq!(rogue.next().await.body[3], 0x97);
    }
    assert_eq!(accepted, 5);
    witnesses.still_understand_each_other().await;
}

#[tokio::test]
async fn another_certificate_with_the_same_client_id_takes_nothing_over() {
    let house = House::new().await;
    let (one, two) = (anybody(&house, "one"), anybody(&house, "two"));
    let mut first = Client::connect(&house, &one, Hello::v4("mqttjs_1").will("w", "x", 0, 0)).await;
    let mut second = Client::connect(&house, &two, Hello::v4("mqttjs_1")).await;
    first.ping().await;
    second.ping().await;
    assert_eq!(house.broker.stats().connected.len(), 2);
}

#[tokio::test]
async fn a_wildcard_in_a_topic_name_is_delivered_to_nobody() {
    let house = House::new().await;
    let identity = anybody(&house, "d");
    let mut listener = Client::connect(&house, &identity, Hello::v4("l")).await;
    listener.subscribe(&[("#", 0)]).await;
    for name in ["a/#", "a/+", "#", "$SYS/x", "a\0b", ""] {
        let mut rogue = Client::connect(&house, &identity, Hello::v4("r")).await;
        rogue.send(&publish(name, b"x", 0, 0, 0)).await;
        assert_eq!(rogue.closed().await, [], "{name:?}");
    }
    let mut rogue = Client::connect(&house, &identity, Hello::v4("r")).await;
    rogue.send(&publish(b"a/\xff", b"x", 0, 0, 0)).await;
    assert_eq!(rogue.closed().await, []);
    listener.nothing().await;
}

#[tokio::test]
async fn keep_alive_zero_is_welcome() {
    let house = House::new().await;
    let identity = anybody(&house, "d");
    for hello in [Hello::v4("4"), Hello::v5("5")] {
        Client::connect(&house, &identity, hello.keep_alive(0)).await.ping().await;
    }
}

#[tokio::test]
async fn a_frame_that_lies_about_what_is_inside_is_malformed_and_not_waited_for() {
    let house = House::new().await;
    let mut witnesses = Witnesses::new(&house).await;
    let identity = anybody(&house, "rogue");
    let lies: [Vec<u8>; 5] = [
        packet(0x30, &[0, 200, b'a']),
        packet(0x32, &text("a")),
        packet(0x82, &[0, 1, 0, 9, b'a']),
        packet(0x40, &[0]),
        packet(0x30, &[]),
    ];
    for lie in lies {
        for hello in [Hello::v4("r"), Hello::v5("r")] {
            let is_v5 = hello.level == 5;
            let mut rogue = Client::connect(&house, &identity, hello).await;
            rogue.send(&lie).await;
            let said = rogue.closed().await;
            let reasons: Vec<_> = said.iter().map(|p| (p.first, p.body.clone())).collect();
            let expected = if is_v5 { vec![(0xe0, vec![0x81])] } else { vec![] };
            assert_eq!(reasons, expected, "{lie:?}");
        }
    }
    witnesses.still_understand_each_other().await;
}

#[tokio::test]
async fn acknowledgements_out_of_order_or_for_nothing_harm_nobody() {
    let house = House::new().await;
    let identity = anybody(&house, "d");
    let mut listener = Client::connect(&house, &identity, Hello::v4("l")).await;
    listener.subscribe(&[("t", 1)]).await;
    let mut speaker = Client::connect(&house, &identity, Hello::v4("s")).await;
    for id in 1..=3 {
        speaker.send(&publish("t", b"x", 1, id, 0)).await;
        speaker.next().await;
    }
    let ids = [listener.next().await, listener.next().await, listener.next().await]
        .map(|packet| packet.parts(4).1);
    for id in [ids[2], ids[0], 999, ids[1], ids[1]] {
        listener.send(&ack(0x40, id)).await;
    }
    listener.send(&[ack(0x50, 77), ack(0x70, 78)].concat()).await;
    let release = listener.next().await;
    assert_eq!((release.first, release.id()), (0x62, 77));
    listener.ping().await;
    speaker.send(&DISCONNECT).await;
}
