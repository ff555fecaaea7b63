//! Messages from device to device: QoS, retained messages, options, aliases.

use doorward_broker::{Limits, Retain};

use crate::support::packets::{DISCONNECT, ack, publish, publish5, subscribe5};
use crate::support::{Client, Hello, House, Identity, topic};

fn pair(house: &House) -> (Identity, Identity) {
    (house.granted("speaker", &["t/#"], &[]), house.granted("listener", &[], &["t/#"]))
}

#[tokio::test]
async fn each_qos_is_delivered_at_the_lower_of_both_sides() {
    let mut house = House::new().await;
    let (speaking, listening) = pair(&house);
    for (level, published, subscribed) in
        [(4, 0, 2), (4, 1, 0), (4, 1, 1), (4, 2, 1), (4, 2, 2), (5, 1, 2), (5, 2, 2)]
    {
        let hello = |id| if level == 5 { Hello::v5(id) } else { Hello::v4(id) };
        let mut listener = Client::connect(&house, &listening, hello("l")).await;
        listener.subscribe(&[("t/x", subscribed)]).await;
        let mut speaker = Client::connect(&house, &speaking, hello("s")).await;
        let bytes = match level {
            5 => publish5("t/x", &[], b"m", published, 3, 0),
            _ => publish("t/x", b"m", published, 3, 0),
        };
        speaker.send(&bytes).await;
        match published {
            1 => assert_eq!(speaker.next().await.first, 0x40),
            2 => {
                assert_eq!(speaker.next().await.first, 0x50);
                speaker.send(&ack(0x62, 3)).await;
                assert_eq!(speaker.next().await.first, 0x70);
            }
            _ => {}
        }
        assert_eq!(house.heard().await.payload, "m");
        let packet = listener.next().await;
        assert_eq!(packet.qos(), published.min(subscribed), "{published} to {subscribed}");
        let id = packet.parts(level).1;
        match packet.qos() {
            1 => listener.send(&ack(0x40, id)).await,
            2 => {
                listener.send(&ack(0x50, id)).await;
                let release = listener.next().await;
                assert_eq!((release.first, release.id()), (0x62, id));
                listener.send(&ack(0x70, id)).await;
            }
            _ => {}
        }
        listener.ping().await;
        listener.nothing().await;
    }
}

#[tokio::test]
async fn a_qos_2_message_sent_again_before_its_release_is_told_once() {
    let mut house = House::new().await;
    let (speaking, _) = pair(&house);
    let mut speaker = Client::connect(&house, &speaking, Hello::v4("s")).await;
    for _ in 0..3 {
        speaker.send(&publish("t/x", b"once", 2, 3, 0)).await;
        assert_eq!(speaker.next().await.first, 0x50);
    }
    speaker.send(&ack(0x62, 3)).await;
    assert_eq!(speaker.next().await.first, 0x70);
    speaker.send(&publish("t/x", b"next", 2, 3, 0)).await;
    assert_eq!(speaker.next().await.first, 0x50);
    assert_eq!(house.heard().await.payload, "once");
    assert_eq!(house.heard().await.payload, "next");
}

#[tokio::test]
async fn many_messages_arrive_in_order_and_none_is_missing() {
    let mut house = House::new().await;
    let (speaking, listening) = pair(&house);
    let mut listener = Client::connect(&house, &listening, Hello::v4("l")).await;
    listener.subscribe(&[("t/x", 1)]).await;
    let mut speaker = Client::connect(&house, &speaking, Hello::v4("s")).await;
    let talking = tokio::spawn(async move {
        for number in 0..500u16 {
            let payload = number.to_string();
            speaker.send(&publish("t/x", payload.as_bytes(), 1, number + 1, 0)).await;
            assert_eq!(speaker.next().await.id(), number + 1);
        }
        speaker
    });
    for number in 0..500 {
        let (_, id, _, payload) = listener.next().await.parts(4);
        assert_eq!(payload, number.to_string().into_bytes());
        listener.send(&ack(0x40, id)).await;
        assert_eq!(house.heard().await.payload, number.to_string());
    }
    talking.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_takes_its_time_gets_all_of_what_the_router_had_to_hold_back() {
    let limits = Limits { publish_burst: 10_000, ..Limits::default() };
    let mut house = House::with(limits).await;
    let (speaking, listening) = pair(&house);
    // Receive Maximum 1: the router fills its buffer and has to stop.
    let hello = Hello::v5("l").properties(&[33, 0, 1]);
    let mut listener = Client::connect(&house, &listening, hello).await;
    listener.subscribe(&[("t/x", 1)]).await;
    let mut speaker = Client::connect(&house, &speaking, Hello::v4("s")).await;
    for number in 0..1_000u16 {
        speaker.send(&publish("t/x", number.to_string().as_bytes(), 0, 0, 0)).await;
        house.heard().await;
    }
    speaker.send(&publish("t/x", b"last", 1, 1, 0)).await;
    assert_eq!(speaker.next().await.first, 0x40);
    for number in 0..1_000 {
        let packet = listener.next().await;
        assert_eq!(packet.parts(5).3, number.to_string().into_bytes());
    }
    let packet = listener.next().await;
    assert_eq!((packet.qos(), packet.parts(5).3), (1, b"last".to_vec()));
    assert_eq!(house.broker.stats().router_restarts, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coming_and_going_at_once_leaves_everybody_understood() {
    let limits = Limits {
        publish_burst: 100_000,
        sessions_per_device: 100,
        hub_queue: 8,
        ..Limits::default()
    };
    let House { broker, link, registry, authority, address } = House::with(limits).await;
    let doorward_broker::HubLink { mut messages, events: _events, sender } = link;
    let hub = tokio::spawn(async move {
        let mut heard = 0;
        while messages.recv().await.is_some() {
            heard += 1;
        }
        heard
    });
    let identity = {
        let identity = authority.client("d");
        let enrolled = doorward_broker::Enrolled {
            device: crate::support::device("d"),
            grants: crate::support::grants(&["t/#"], &["t/#"]),
        };
        registry.enrol(identity.fingerprint, enrolled);
        identity
    };
    let roots = authority.der();
    let mut tasks = Vec::new();
    for number in 0..12u16 {
        let (identity, roots) = (identity.clone(), roots.clone());
        tasks.push(tokio::spawn(async move {
            for round in 0..12u16 {
                // Two share each client id and keep taking over from each other.
                let hello = Hello::v5(&format!("c{}", number / 2)).will("t/will", "x", 0, 0);
                let Ok(mut client) = Client::tls_to(address, roots.clone(), &identity).await else {
                    continue;
                };
                client.try_send(&hello.bytes()).await;
                client.try_send(&subscribe5(1, &[], &[("t/#", 1), ("t/+", 2)])).await;
                for id in 1..=20 {
                    client.try_send(&publish5(format!("t/{id}"), &[], b"x", 1, id, 0)).await;
                }
                if round % 3 == 0 {
                    client.try_send(&DISCONNECT).await;
                    client.closed().await;
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let name = topic("t/x");
    let mut client = Client::tls_to(address, roots, &identity).await.unwrap();
    client.send(&Hello::v4("after").bytes()).await;
    assert_eq!(client.next().await.first, 0x20);
    client.subscribe(&[("t/x", 0)]).await;
    assert!(!sender.publish(&name, "well", Retain::No).unwrap().is_nobody());
    assert_eq!(client.heard().await, ("t/x".to_owned(), "well".to_owned()));
    assert_eq!(broker.stats().router_restarts, 0);
    broker.stop().await;
    assert!(hub.await.unwrap() > 100);
}

#[tokio::test]
async fn what_is_retained_greets_a_new_subscriber_and_only_within_its_filter() {
    let house = House::new().await;
    let (speaking, listening) = pair(&house);
    let mut speaker = Client::connect(&house, &speaking, Hello::v4("s")).await;
    for (name, payload) in [("t/a", "1"), ("t/b", "2"), ("t/a", "3")] {
        speaker.send(&publish(name, payload.as_bytes(), 1, 1, 1)).await;
        speaker.next().await;
    }
    let mut listener = Client::connect(&house, &listening, Hello::v4("l")).await;
    listener.subscribe(&[("t/a", 1)]).await;
    let packet = listener.next().await;
    assert!(packet.retain());
    assert_eq!(packet.qos(), 1);
    assert_eq!(packet.parts(4).3, b"3");
    listener.nothing().await;
    // A live message does not carry the flag.
    speaker.send(&publish("t/a", b"4", 1, 1, 1)).await;
    assert!(!listener.next().await.retain());
}

#[tokio::test]
async fn a_full_store_still_delivers_and_says_what_it_did_not_keep() {
    let limits = Limits { retained_count: 2, ..Limits::default() };
    let mut house = House::with(limits).await;
    let (speaking, listening) = pair(&house);
    let mut speaker = Client::connect(&house, &speaking, Hello::v4("s")).await;
    for name in ["t/1", "t/2", "t/3"] {
        speaker.send(&publish(name, b"x", 1, 1, 1)).await;
        assert_eq!(speaker.next().await.first, 0x40);
        assert_eq!(house.heard().await.retained, Retain::Yes);
    }
    assert_eq!(house.broker.stats().retained, 2);
    assert_eq!(house.broker.stats().refusals.values().sum::<u64>(), 1);
    let mut listener = Client::connect(&house, &listening, Hello::v4("l")).await;
    listener.subscribe(&[("t/3", 0)]).await;
    listener.nothing().await;
}

#[tokio::test]
async fn options_of_an_mqtt_5_subscription_are_kept() {
    let house = House::new().await;
    let both = house.granted("d", &["t/#"], &["t/#"]);
    let mut one = Client::connect(&house, &both, Hello::v5("1")).await;
    one.send(&publish5("t/r", &[], b"old", 1, 1, 1)).await;
    one.next().await;
    // Retain handling 2: nothing retained. No Local. Identifier 5.
    one.send(&subscribe5(1, &[11, 5], &[("t/#", 0x20 | 0x04 | 1)])).await;
    assert_eq!(one.next().await.body, [0, 1, 0, 1]);
    one.send(&publish5("t/x", &[], b"mine", 1, 2, 0)).await;
    assert_eq!(one.next().await.first, 0x40);
    one.nothing().await;
    let mut other = Client::connect(&house, &both, Hello::v5("2")).await;
    other.send(&publish5("t/x", &[38, 0, 1, b'k', 0, 1, b'v'], b"theirs", 1, 1, 0)).await;
    let (name, _, properties, payload) = one.next().await.parts(5);
    assert_eq!((name.as_str(), &payload[..]), ("t/x", &b"theirs"[..]));
    assert_eq!(properties, [38, 0, 1, b'k', 0, 1, b'v', 11, 5]);
    // Retain As Published, and what is retained only for a new subscription.
    other.send(&subscribe5(2, &[], &[("t/#", 0x10 | 0x08)])).await;
    other.next().await;
    other.next().await;
    assert_eq!(other.heard().await.1, "old");
    other.send(&subscribe5(3, &[], &[("t/#", 0x10 | 0x08)])).await;
    other.next().await;
    one.send(&publish5("t/r", &[], b"new", 0, 0, 1)).await;
    let packet = other.next().await;
    assert!(packet.retain());
    assert_eq!(packet.parts(5).3, b"new");
}

#[tokio::test]
async fn overlapping_subscriptions_hear_a_message_once() {
    let house = House::new().await;
    let (speaking, listening) = pair(&house);
    let mut listener = Client::connect(&house, &listening, Hello::v4("l")).await;
    listener.subscribe(&[("t/#", 0), ("t/+", 1), ("t/x", 0)]).await;
    let mut speaker = Client::connect(&house, &speaking, Hello::v4("s")).await;
    for number in 0..20 {
        speaker.send(&publish("t/x", number.to_string().as_bytes(), 1, 1, 0)).await;
        let packet = listener.next().await;
        assert_eq!((packet.qos(), packet.parts(4).3), (1, number.to_string().into_bytes()));
        listener.send(&ack(0x40, packet.parts(4).1)).await;
    }
    listener.nothing().await;
}

#[tokio::test]
async fn a_topic_alias_means_what_its_client_said() {
    let mut house = House::new().await;
    let (speaking, _) = pair(&house);
    let mut speaker = Client::connect(&house, &speaking, Hello::v5("s")).await;
    speaker.send(&publish5("t/a", &[35, 0, 1], b"1", 0, 0, 0)).await;
    speaker.send(&publish5("t/b", &[35, 0, 2], b"2", 0, 0, 0)).await;
    speaker.send(&publish5("", &[35, 0, 1], b"3", 0, 0, 0)).await;
    for (name, payload) in [("t/a", "1"), ("t/b", "2"), ("t/a", "3")] {
        let heard = house.heard().await;
        assert_eq!((heard.topic, &heard.payload[..]), (topic(name), payload.as_bytes()));
    }
    for wrong in [[35, 0, 0], [35, 0, 17]] {
        let mut speaker = Client::connect(&house, &speaking, Hello::v5("w")).await;
        speaker.send(&publish5("t/a", &wrong, b"x", 0, 0, 0)).await;
        assert_eq!(speaker.closed().await[0].body, [0x94]);
    }
    let mut speaker = Client::connect(&house, &speaking, Hello::v5("w")).await;
    speaker.send(&publish5("", &[35, 0, 3], b"x", 0, 0, 0)).await;
    assert_eq!(speaker.closed().await[0].body, [0x82]);
}

#[tokio::test]
async fn an_expired_message_is_not_delivered() {
    let house = House::new().await;
    let (speaking, listening) = pair(&house);
    let mut speaker = Client::connect(&house, &speaking, Hello::v5("s")).await;
    speaker.send(&publish5("t/dead", &[2, 0, 0, 0, 0], b"x", 1, 1, 1)).await;
    speaker.next().await;
    speaker.send(&publish5("t/live", &[2, 0, 0, 0, 90], b"y", 1, 2, 1)).await;
    speaker.next().await;
    let mut listener = Client::connect(&house, &listening, Hello::v5("l")).await;
    listener.subscribe(&[("t/#", 0)]).await;
    let (name, _, properties, _) = listener.next().await.parts(5);
    assert_eq!((name.as_str(), properties), ("t/live", vec![2, 0, 0, 0, 90]));
    listener.nothing().await;
}
