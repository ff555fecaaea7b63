//! What the Eclipse Paho interoperability suite asks of a broker, as far as no
//! other file here has it. `docs/mqtt.md` has the list of all behaviours.

use std::time::{Duration, Instant};

use doorward_broker::Limits;

use crate::support::packets::{ack, publish, publish5, subscribe, subscribe5, unsubscribe};
use crate::support::packets::{packet, text, unsubscribe5};
use crate::support::{Client, Hello, House, Identity};

fn hello(level: u8, id: &str) -> Hello {
    if level == 5 { Hello::v5(id) } else { Hello::v4(id) }
}

fn said(level: u8, name: &str, payload: &str, qos: u8, retain: u8) -> Vec<u8> {
    match level {
        5 => publish5(name, &[], payload.as_bytes(), qos, 9, retain),
        _ => publish(name, payload.as_bytes(), qos, 9, retain),
    }
}

async fn house() -> (House, Identity) {
    let house = House::new().await;
    let identity = house.granted("d", &["#"], &["A/#", "+/+", "B"]);
    (house, identity)
}

#[tokio::test]
async fn a_client_hears_itself_at_every_qos() {
    for level in [4, 5] {
        let (house, identity) = house().await;
        let mut listener = Client::connect(&house, &identity, hello(level, "a")).await;
        listener.subscribe(&[("B", 2)]).await;
        for qos in 0..=2 {
            listener.send(&said(level, "B", "x", qos, 0)).await;
            let mut heard = None;
            let mut released = qos < 2;
            let mut answered = qos == 0;
            while heard.is_none() || !released || !answered {
                let packet = listener.next().await;
                match packet.kind() {
                    3 => heard = Some(packet.qos()),
                    4 => answered = true,
                    5 => {
                        answered = true;
                        listener.send(&ack(0x62, 9)).await;
                    }
                    _ => released = true,
                }
            }
            assert_eq!(heard, Some(qos));
        }
    }
}

#[tokio::test]
async fn connect_is_said_once_and_by_its_name() {
    for level in [4, 5] {
        let (house, identity) = house().await;
        let mut client = Client::connect(&house, &identity, hello(level, "a")).await;
        client.send(&hello(level, "a").bytes()).await;
        client.closed().await;
        let mut client = Client::tls(&house, &identity).await.unwrap();
        let mut body = text("hj");
        body.extend([level, 2, 0, 60, 0, 0, 0]);
        client.send(&packet(0x10, &body)).await;
        assert_eq!(client.closed().await, []);
    }
}

#[tokio::test]
async fn retained_messages_come_at_their_qos_and_an_empty_one_takes_them_back() {
    for level in [4, 5] {
        let (house, identity) = house().await;
        let mut client = Client::connect(&house, &identity, hello(level, "a")).await;
        for payload in ["kept", ""] {
            for qos in 0..=2 {
                client.send(&said(level, &format!("A/{qos}"), payload, qos, 1)).await;
                if qos > 0 {
                    client.next().await;
                }
            }
            client.send(&ack(0x62, 9)).await;
            assert_eq!(client.next().await.first, 0x70);
            let mut listener = Client::connect(&house, &identity, hello(level, "b")).await;
            listener.subscribe(&[("+/+", 2)]).await;
            if payload.is_empty() {
                listener.nothing().await;
                continue;
            }
            let mut qos = Vec::new();
            for _ in 0..3 {
                let packet = listener.next().await;
                assert!(packet.retain());
                assert_eq!(packet.parts(level).0, format!("A/{}", packet.qos()));
                qos.push(packet.qos());
            }
            qos.sort_unstable();
            assert_eq!(qos, [0, 1, 2]);
        }
    }
}

#[tokio::test]
async fn a_client_without_an_id_is_given_one_if_it_wants_no_session() {
    let (house, identity) = house().await;
    let (_, answer) = Client::greet(&house, &identity, Hello::v4("").resume()).await;
    assert_eq!(answer.body, [0, 2], "identifier rejected");
    Client::connect(&house, &identity, Hello::v4("")).await.ping().await;
    for hello in [Hello::v5(""), Hello::v5("").resume()] {
        let (_, answer) = Client::greet(&house, &identity, hello).await;
        assert_eq!(answer.body[..2], [0, 0]);
        let assigned = b"assigned-";
        assert!(answer.body.windows(assigned.len()).any(|window| window == assigned));
    }
}

#[tokio::test]
async fn silence_ends_a_connection_and_another_client_hears_the_will_once() {
    for level in [4, 5] {
        let (house, identity) = house().await;
        let mut listener = Client::connect(&house, &identity, hello(level, "b")).await;
        listener.subscribe(&[("B", 2)]).await;
        let silent = hello(level, "a").keep_alive(1).will("B", "silent", 0, 0);
        let since = Instant::now();
        let mut silent = Client::connect(&house, &identity, silent).await;
        assert_eq!(listener.heard().await, ("B".to_owned(), "silent".to_owned()));
        assert!(since.elapsed() >= Duration::from_millis(1_500));
        listener.nothing().await;
        silent.closed().await;
    }
}

#[tokio::test]
async fn a_subscription_that_is_not_granted_fails_and_the_others_hold() {
    let (house, identity) = house().await;
    let filters = [("not/granted/this", 2), ("B", 2)];
    let mut client = Client::connect(&house, &identity, Hello::v4("a")).await;
    client.send(&subscribe(1, &filters)).await;
    assert_eq!(client.next().await.body, [0, 1, 0x80, 2]);
    let mut client = Client::connect(&house, &identity, Hello::v5("b")).await;
    client.send(&subscribe5(1, &[], &filters)).await;
    assert_eq!(client.next().await.body, [0, 1, 0, 0x87, 2]);
}

#[tokio::test]
async fn a_wildcard_does_not_hear_what_begins_with_a_dollar() {
    for level in [4, 5] {
        let (house, identity) = house().await;
        let mut listener = Client::connect(&house, &identity, hello(level, "b")).await;
        listener.subscribe(&[("+/+", 2)]).await;
        let mut speaker = Client::connect(&house, &identity, hello(level, "a")).await;
        speaker.try_send(&said(level, "$A/1", "x", 1, 0)).await;
        listener.nothing().await;
    }
}

#[tokio::test]
async fn who_unsubscribes_from_one_hears_the_others() {
    for level in [4, 5] {
        let (house, identity) = house().await;
        let mut listener = Client::connect(&house, &identity, hello(level, "b")).await;
        listener.subscribe(&[("A/1", 2), ("A/2", 2), ("A/3", 2)]).await;
        let bytes = if level == 5 { unsubscribe5(2, &["A/1"]) } else { unsubscribe(2, &["A/1"]) };
        listener.send(&bytes).await;
        assert_eq!(listener.next().await.first, 0xb0);
        let mut speaker = Client::connect(&house, &identity, hello(level, "a")).await;
        for name in ["A/1", "A/2", "A/3"] {
            speaker.publish(name, "x", 1).await;
        }
        let mut heard = vec![listener.takes().await.0, listener.takes().await.0];
        heard.sort();
        assert_eq!(heard, ["A/2", "A/3"]);
        listener.nothing().await;
    }
}

#[tokio::test]
async fn a_session_of_mqtt_5_lasts_as_long_as_asked_in_coming_or_leaving() {
    let (mut house, identity) = house().await;
    let resume = || Hello::v5("a").resume();
    // Asked for nothing: nothing is there.
    let mut client = Client::connect(&house, &identity, Hello::v5("a").lasting(0)).await;
    client.subscribe(&[("B", 2)]).await;
    client.leave().await;
    Client::connect(&house, &identity, resume()).await.leave().await;
    // One second asked for in coming, a hundred in leaving.
    let mut client = Client::connect(&house, &identity, Hello::v5("a").lasting(1)).await;
    client.subscribe(&[("B", 2)]).await;
    client.send(&packet(0xe0, &[0, 5, 17, 0, 0, 0, 100])).await;
    client.closed().await;
    house.a_second_is_over().await;
    let mut client = Client::back(&house, &identity, resume().lasting(1)).await;
    // And nothing in leaving.
    client.send(&packet(0xe0, &[0, 5, 17, 0, 0, 0, 0])).await;
    client.closed().await;
    Client::connect(&house, &identity, resume()).await;
}

#[tokio::test]
async fn what_an_mqtt_5_publisher_adds_arrives() {
    let (house, identity) = house().await;
    let mut listener = Client::connect(&house, &identity, Hello::v5("b")).await;
    listener.subscribe(&[("B", 2)]).await;
    let mut speaker = Client::connect(&house, &identity, Hello::v5("a")).await;
    // Payload format, response topic, correlation data, two user properties
    // and content type.
    let mut properties = vec![1, 1, 8];
    properties.extend(text("B"));
    properties.push(9);
    properties.extend(text("334"));
    for (key, value) in [("a", "2"), ("c", "3")] {
        properties.push(38);
        properties.extend(text(key));
        properties.extend(text(value));
    }
    properties.push(3);
    properties.extend(text("My name"));
    for qos in 0..=2 {
        speaker.send(&publish5("B", &properties, b"", qos, 9, 0)).await;
        let heard = listener.next().await;
        assert_eq!(heard.qos(), qos);
        assert_eq!(heard.parts(5).2, properties);
    }
}

#[tokio::test]
async fn subscription_identifiers_of_all_matches_come_with_one_message() {
    let (house, identity) = house().await;
    let mut client = Client::connect(&house, &identity, Hello::v5("a")).await;
    // 456,789 takes three bytes.
    for (properties, filter) in
        [(&[11, 0xd5, 0xf0, 0x1b][..], "A/#"), (&[11, 2][..], "+/+"), (&[11, 3][..], "A/1")]
    {
        client.send(&subscribe5(1, properties, &[(filter, 2)])).await;
        assert_eq!(client.next().await.body[3..], [2]);
    }
    let mut speaker = Client::connect(&house, &identity, Hello::v5("b")).await;
    speaker.publish("A/1", "x", 0).await;
    let properties = client.next().await.parts(5).2;
    assert_eq!(properties, [11, 0xd5, 0xf0, 0x1b, 11, 2, 11, 3]);
    client.nothing().await;
}

#[tokio::test]
async fn a_client_is_sent_nothing_longer_than_it_can_take() {
    let (house, identity) = house().await;
    let hello = Hello::v5("a").properties(&[39, 0, 0, 0, 64]);
    let mut client = Client::connect(&house, &identity, hello).await;
    client.subscribe(&[("B", 2)]).await;
    let mut speaker = Client::connect(&house, &identity, Hello::v5("b")).await;
    speaker.publish("B", &".".repeat(64), 1).await;
    speaker.publish("B", &".".repeat(32), 1).await;
    assert_eq!(client.takes().await.1.len(), 32);
    client.nothing().await;
}

#[tokio::test]
async fn a_keep_alive_that_is_too_long_is_answered_with_a_shorter_one() {
    let limits = Limits { keep_alive: Duration::from_secs(1), ..Limits::default() };
    let house = House::with(limits).await;
    let identity = house.granted("d", &[], &[]);
    for asked in [0, 120] {
        let hello = Hello::v5("a").keep_alive(asked);
        let (mut client, answer) = Client::greet(&house, &identity, hello).await;
        assert!(answer.body.windows(3).any(|window| window == [19, 0, 1]), "{answer:?}");
        assert_eq!(client.closed().await.last().unwrap().body, [0x8d]);
    }
    let (_, answer) = Client::greet(&house, &identity, Hello::v5("a").keep_alive(1)).await;
    assert!(!answer.body.windows(3).any(|window| window == [19, 0, 1]));
}

#[tokio::test]
async fn no_more_is_in_flight_than_the_client_allows() {
    let (house, identity) = house().await;
    let hello = Hello::v5("a").properties(&[33, 0, 2]);
    let mut client = Client::connect(&house, &identity, hello).await;
    client.subscribe(&[("B", 2)]).await;
    let mut speaker = Client::connect(&house, &identity, Hello::v5("b")).await;
    for payload in ["1", "2", "3"] {
        speaker.publish("B", payload, 1).await;
    }
    let one = client.next().await;
    client.next().await;
    client.nothing().await;
    client.send(&ack(0x40, one.id_of_publish(5))).await;
    assert_eq!(client.takes().await.1, "3");
}
