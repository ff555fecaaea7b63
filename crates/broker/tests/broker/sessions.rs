//! Sessions that outlive their connections, and what is not kept for anybody.

use std::time::{Duration, Instant};

use doorward_broker::{BrokerEvent, Limits, Retain};
use doorward_core::grants::DeviceKind;

use crate::support::packets::{ack, packet, publish, publish5};
use crate::support::{Client, Hello, House, Identity, device, in_time, topic};

fn pair(house: &House) -> (Identity, Identity) {
    (house.granted("speaker", &["t/#"], &[]), house.granted("listener", &[], &["t/#"]))
}

/// Both ways to ask for a session that lasts.
fn lasting(id: &str) -> [Hello; 2] {
    [Hello::v4(id).resume(), Hello::v5(id).resume().lasting(100)]
}

async fn gone(house: &mut House, name: &str) {
    let name = device(name);
    house
        .event(|event| matches!(event, BrokerEvent::Disconnected { device } if *device == name))
        .await;
}

/// Waits until so many messages gave way. What is still on its way to an absent
/// client when it returns is delivered as if it had been there.
async fn dropped(house: &House, messages: u64) {
    in_time(async {
        while house.broker.stats().dropped_for_absent != messages {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_said_in_a_clients_absence_is_heard_on_its_return_in_order() {
    let mut house = House::new().await;
    let (speaking, listening) = pair(&house);
    for hello in lasting("l") {
        let mut listener = Client::connect(&house, &listening, hello.clone()).await;
        listener.subscribe(&[("t/x", 2), ("t/c", 0)]).await;
        listener.leave().await;
        gone(&mut house, "listener").await;
        assert_eq!(house.broker.stats().absent_sessions, 1);
        assert!(!house.broker.stats().connected.contains_key(&device("listener")));
        let mut speaker = Client::connect(&house, &speaking, Hello::v4("s")).await;
        for (payload, qos) in [("1", 1), ("2", 1), ("3", 1), ("4", 2)] {
            speaker.publish("t/x", payload, qos).await;
        }
        let mut listener = Client::back(&house, &listening, hello.clone()).await;
        for payload in ["1", "2", "3", "4"] {
            assert_eq!(listener.takes().await, ("t/x".to_owned(), payload.to_owned()));
        }
        // The subscriptions are in force, and it is heard live too.
        speaker.publish("t/c", "live", 0).await;
        assert_eq!(listener.takes().await.1, "live");
        listener.nothing().await;
        listener.leave().await;
        // Who wants no session has none, and the old one ends.
        let hello = Hello { flags: 2, properties: Vec::new(), ..hello };
        Client::connect(&house, &listening, hello.clone()).await.leave().await;
        Client::connect(&house, &listening, Hello { flags: 0, ..hello }).await.leave().await;
        let clean = Hello::v4("l");
        Client::connect(&house, &listening, clean).await.leave().await;
    }
}

#[tokio::test]
async fn a_command_of_the_hub_waits_for_nobody() {
    let mut house = House::new().await;
    let lock = house.native("porch", DeviceKind::Lock);
    let set = topic("doorward/porch/lock/set");
    for hello in lasting("l") {
        let mut client = Client::connect(&house, &lock, hello.clone()).await;
        client.subscribe(&[(set.as_str(), 1)]).await;
        // Taken, and never acknowledged: it is not sent again.
        assert!(!house.link.sender.publish(&set, "first", Retain::No).unwrap().is_nobody());
        assert_eq!(client.heard().await.1, "first");
        client.leave().await;
        gone(&mut house, "porch").await;
        assert!(house.link.sender.publish(&set, "late", Retain::No).unwrap().is_nobody());
        let mut client = Client::back(&house, &lock, hello).await;
        client.ping().await;
        client.nothing().await;
        assert!(!house.link.sender.publish(&set, "fresh", Retain::No).unwrap().is_nobody());
        assert_eq!(client.takes().await.1, "fresh");
        client.send(&[0xe0, 0]).await;
        client.closed().await;
        let clean = Hello::v4("l");
        Client::connect(&house, &lock, clean).await.leave().await;
    }
}

#[tokio::test]
async fn a_command_tells_an_mqtt_5_lock_how_long_it_is_worth_anything() {
    let house = House::new().await;
    let lock = house.native("porch", DeviceKind::Lock);
    let set = topic("doorward/porch/lock/set");
    let mut client = Client::connect(&house, &lock, Hello::v5("l")).await;
    client.subscribe(&[(set.as_str(), 1)]).await;
    assert!(!house.link.sender.publish(&set, "go", Retain::No).unwrap().is_nobody());
    let (_, _, properties, payload) = client.next().await.parts(5);
    assert_eq!((properties, payload), (vec![2, 0, 0, 0, 5], b"go".to_vec()));
}

#[tokio::test]
async fn a_command_that_cannot_be_delivered_in_time_is_not_delivered() {
    let limits = Limits { command_validity: Duration::from_millis(200), ..Limits::default() };
    let house = House::with(limits).await;
    let lock = house.native("porch", DeviceKind::Lock);
    let set = topic("doorward/porch/lock/set");
    // One unacknowledged message at a time, and the first is not acknowledged
    // until the second has expired.
    let hello = Hello::v5("l").properties(&[33, 0, 1]);
    let mut client = Client::connect(&house, &lock, hello).await;
    client.subscribe(&[(set.as_str(), 1)]).await;
    for payload in ["first", "second"] {
        assert!(!house.link.sender.publish(&set, payload, Retain::No).unwrap().is_nobody());
    }
    let first = client.next().await;
    let since = Instant::now();
    while since.elapsed() < Duration::from_millis(250) {
        client.ping().await;
    }
    client.send(&ack(0x40, first.id_of_publish(5))).await;
    client.ping().await;
    client.nothing().await;
}

#[tokio::test]
async fn a_lock_that_does_not_read_is_cut_before_a_command_gets_to_it_late() {
    let limits = Limits { command_validity: Duration::from_millis(200), ..Limits::default() };
    let mut house = House::with(limits).await;
    let lock = house.granted("lock", &[], &["t"]);
    let mut client = Client::connect(&house, &lock, Hello::v4("l")).await;
    client.subscribe(&[("t", 0)]).await;
    // More than the sockets between take.
    let big = vec![b'x'; 1_000_000];
    let since = Instant::now();
    while !house.link.sender.publish(&topic("t"), big.clone(), Retain::No).unwrap().is_nobody() {
        tokio::task::yield_now().await;
    }
    gone(&mut house, "lock").await;
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}

#[tokio::test]
async fn what_was_not_acknowledged_is_sent_again_under_the_same_id() {
    let mut house = House::new().await;
    let (speaking, listening) = pair(&house);
    for (hello, level) in lasting("l").into_iter().zip([4, 5]) {
        let mut listener = Client::connect(&house, &listening, hello.clone()).await;
        listener.subscribe(&[("t/#", 2)]).await;
        let mut speaker = Client::connect(&house, &speaking, Hello::v4("s")).await;
        for (payload, qos) in [("1", 1), ("2", 2), ("3", 2)] {
            speaker.publish("t/x", payload, qos).await;
        }
        let (one, two, three) =
            (listener.next().await, listener.next().await, listener.next().await);
        assert!(!one.dup());
        // Of the third, everything but the last step has been done.
        listener.send(&ack(0x50, three.id_of_publish(level))).await;
        assert_eq!(listener.next().await.first, 0x62);
        drop(listener);
        gone(&mut house, "listener").await;
        let mut listener = Client::back(&house, &listening, hello.clone()).await;
        for before in [one, two] {
            let again = listener.next().await;
            assert!(again.dup());
            assert_eq!(again.first & !8, before.first);
            assert_eq!(again.body, before.body);
            let id = again.id_of_publish(level);
            match again.qos() {
                1 => listener.send(&ack(0x40, id)).await,
                _ => {
                    listener.send(&ack(0x50, id)).await;
                }
            }
        }
        let releases = [listener.next().await, listener.next().await];
        assert!(releases.iter().all(|release| release.first == 0x62));
        for release in releases {
            listener.send(&ack(0x70, release.id())).await;
        }
        listener.ping().await;
        listener.leave().await;
        let mut listener = Client::back(&house, &listening, hello).await;
        listener.nothing().await;
        listener.leave().await;
        Client::connect(&house, &listening, Hello::v4("l")).await.leave().await;
    }
}

#[tokio::test]
async fn a_qos_2_publish_is_told_once_over_two_connections() {
    let mut house = House::new().await;
    let (speaking, _) = pair(&house);
    let hello = Hello::v4("s").resume();
    let mut speaker = Client::connect(&house, &speaking, hello.clone()).await;
    speaker.send(&publish("t/x", b"once", 2, 3, 0)).await;
    assert_eq!(speaker.next().await.first, 0x50);
    drop(speaker);
    gone(&mut house, "speaker").await;
    let mut speaker = Client::back(&house, &speaking, hello).await;
    let mut again = publish("t/x", b"once", 2, 3, 0);
    again[0] |= 8;
    speaker.send(&again).await;
    assert_eq!(speaker.next().await.first, 0x50);
    speaker.send(&ack(0x62, 3)).await;
    assert_eq!(speaker.next().await.first, 0x70);
    assert_eq!(house.heard().await.payload, "once");
    assert!(house.link.messages.try_recv().is_none());
}

#[tokio::test]
async fn what_waits_for_an_absent_client_is_bounded_and_the_oldest_gives_way() {
    let limits = Limits { absent_messages: 3, absent_bytes: 50, ..Limits::default() };
    let mut house = House::with(limits).await;
    let (speaking, listening) = pair(&house);
    let hello = Hello::v4("l").resume();
    let mut listener = Client::connect(&house, &listening, hello.clone()).await;
    listener.subscribe(&[("t/x", 1)]).await;
    listener.leave().await;
    gone(&mut house, "listener").await;
    let mut speaker = Client::connect(&house, &speaking, Hello::v4("s")).await;
    for number in 0..10 {
        speaker.publish("t/x", &number.to_string(), 1).await;
    }
    dropped(&house, 7).await;
    let mut listener = Client::back(&house, &listening, hello.clone()).await;
    for number in 7..10 {
        assert_eq!(listener.takes().await.1, number.to_string());
    }
    listener.leave().await;
    gone(&mut house, "listener").await;
    for payload in ["x".repeat(40), "y".repeat(40), "z".repeat(60)] {
        speaker.publish("t/x", &payload, 1).await;
    }
    dropped(&house, 10).await;
    let mut listener = Client::back(&house, &listening, hello).await;
    listener.nothing().await;
}

#[tokio::test]
async fn a_device_keeps_so_many_sessions_and_the_oldest_gives_way() {
    let limits = Limits { absent_sessions: 2, ..Limits::default() };
    let house = House::with(limits).await;
    let identity = house.granted("d", &[], &["t"]);
    for id in ["1", "2", "3"] {
        let hello = Hello::v4(id).resume();
        Client::connect(&house, &identity, hello).await.leave().await;
    }
    in_time(async {
        while house.broker.stats().absent_sessions != 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    Client::back(&house, &identity, Hello::v4("3").resume()).await;
    Client::back(&house, &identity, Hello::v4("2").resume()).await;
    Client::connect(&house, &identity, Hello::v4("1").resume()).await;
}

#[tokio::test]
async fn a_session_lasts_no_longer_than_the_broker_allows_and_says_so() {
    let limits = Limits { session_expiry: Duration::from_secs(1), ..Limits::default() };
    let mut house = House::with(limits).await;
    let identity = house.granted("d", &["t/will"], &["t"]);
    // Will Delay Interval 60 s: the session's end says it sooner.
    let hello = Hello::v5("c").resume().lasting(u32::MAX);
    let hello = hello.will5("t/will", "over", 1, 0, &[24, 0, 0, 0, 60]);
    let (client, answer) = Client::greet(&house, &identity, hello.clone()).await;
    assert_eq!(answer.body[3..8], [17, 0, 0, 0, 1]);
    client.leave().await;
    drop(Client::back(&house, &identity, hello.clone()).await);
    assert_eq!(house.heard().await.payload, "over");
    Client::connect(&house, &identity, hello).await;
}

#[tokio::test]
async fn a_session_that_was_to_end_cannot_be_prolonged_in_leaving() {
    let house = House::new().await;
    let identity = house.granted("d", &[], &["t"]);
    let mut client = Client::connect(&house, &identity, Hello::v5("c")).await;
    client.send(&packet(0xe0, &[0, 5, 17, 0, 0, 0, 9])).await;
    assert_eq!(client.closed().await[0].body, [0x82]);
}

#[tokio::test]
async fn a_take_over_takes_the_session_along_and_nothing_is_missed() {
    let house = House::new().await;
    let (speaking, listening) = pair(&house);
    let hello = Hello::v5("l").resume().lasting(100);
    let mut first = Client::connect(&house, &listening, hello.clone()).await;
    first.subscribe(&[("t/x", 1)]).await;
    let mut speaker = Client::connect(&house, &speaking, Hello::v4("s")).await;
    let mut heard = Vec::new();
    for round in 0..5 {
        speaker.publish("t/x", &format!("{round}"), 1).await;
        let mut next = Client::back(&house, &listening, hello.clone()).await;
        assert_eq!(first.closed().await.last().unwrap().body, [0x8e]);
        heard.push(next.takes().await.1);
        first = next;
    }
    assert_eq!(heard, ["0", "1", "2", "3", "4"]);
    assert_eq!(house.broker.stats().absent_sessions, 0);
}

#[tokio::test]
async fn a_revoked_device_has_no_session_and_a_smaller_grant_keeps_less() {
    let mut house = House::new().await;
    let (speaking, listening) = pair(&house);
    let hello = Hello::v4("l").resume();
    let mut listener = Client::connect(&house, &listening, hello.clone()).await;
    listener.subscribe(&[("t/a", 1), ("t/b", 1)]).await;
    listener.leave().await;
    gone(&mut house, "listener").await;
    let mut speaker = Client::connect(&house, &speaking, Hello::v4("s")).await;
    speaker.publish("t/a", "not any more", 1).await;
    speaker.publish("t/b", "still", 1).await;
    let less = doorward_broker::Enrolled {
        device: device("listener"),
        grants: crate::support::grants(&[], &["t/b"]),
    };
    house.registry.enrol(listening.fingerprint, less.clone());
    speaker.publish("t/a", "nor this", 1).await;
    let mut listener = Client::back(&house, &listening, hello.clone()).await;
    assert_eq!(listener.takes().await.1, "still");
    listener.nothing().await;
    listener.leave().await;
    gone(&mut house, "listener").await;
    house.registry.revoke(listening.fingerprint);
    in_time(async {
        while house.broker.stats().absent_sessions > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    house.registry.enrol(listening.fingerprint, less);
    Client::connect(&house, &listening, hello).await;
}

#[tokio::test]
async fn a_delayed_will_is_said_late_or_with_the_sessions_end_and_not_after_a_return() {
    let mut house = House::new().await;
    let identity = house.granted("d", &["t/#"], &["t"]);
    // Will Delay Interval 1 s; the session lasts longer.
    let delayed = |seconds: u8| {
        Hello::v5("c").lasting(100).will5("t/will", "gone", 1, 0, &[24, 0, 0, 0, seconds])
    };
    let since = Instant::now();
    drop(Client::connect(&house, &identity, delayed(1)).await);
    assert_eq!(house.heard().await.payload, "gone");
    assert!(since.elapsed() >= Duration::from_secs(1));

    drop(Client::connect(&house, &identity, delayed(60)).await);
    gone(&mut house, "d").await;
    Client::back(&house, &identity, Hello::v5("c").resume().lasting(100)).await.leave().await;
    assert!(house.link.messages.try_recv().is_none(), "it came back in time");

    drop(Client::connect(&house, &identity, delayed(60)).await);
    let clean = Hello::v5("c");
    Client::connect(&house, &identity, clean).await;
    assert_eq!(house.heard().await.payload, "gone", "the session ended with a clean start");

    let short = Hello::v5("s").lasting(1).will5("t/will", "over", 1, 0, &[24, 0, 0, 0, 60]);
    drop(Client::connect(&house, &identity, short).await);
    assert_eq!(house.heard().await.payload, "over", "the session ended with its time");
}

#[tokio::test]
async fn an_expired_message_waits_for_nobody() {
    let mut house = House::new().await;
    let (speaking, listening) = pair(&house);
    let hello = Hello::v5("l").resume().lasting(100);
    let mut listener = Client::connect(&house, &listening, hello.clone()).await;
    listener.subscribe(&[("t/x", 1)]).await;
    listener.leave().await;
    gone(&mut house, "listener").await;
    let mut speaker = Client::connect(&house, &speaking, Hello::v5("s")).await;
    for (seconds, payload) in [(1, "short"), (60, "long")] {
        speaker.send(&publish5("t/x", &[2, 0, 0, 0, seconds], payload.as_bytes(), 1, 1, 0)).await;
        assert_eq!(speaker.next().await.first, 0x40);
    }
    house.a_second_is_over().await;
    let mut listener = Client::back(&house, &listening, hello).await;
    let (_, _, properties, payload) = listener.next().await.parts(5);
    assert_eq!(payload, b"long");
    assert!(properties[4] < 60, "what is left of its time: {properties:?}");
}
