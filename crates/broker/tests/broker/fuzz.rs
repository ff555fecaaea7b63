//! Arbitrary bytes after the handshake, and after CONNECT.

use doorward_broker::Limits;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::packets::{packet, publish};
use crate::support::{Client, Hello, House, in_time};

/// Bytes that look more or less like MQTT.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop::collection::vec(any::<u8>(), 0..200);
    let framed = (any::<u8>(), prop::collection::vec(any::<u8>(), 0..120))
        .prop_map(|(first, body)| packet(first, &body));
    let known = (
        prop::sample::select(vec![
            0x10u8, 0x30, 0x32, 0x34, 0x40, 0x50, 0x62, 0x70, 0x82, 0xa2, 0xc0, 0xe0,
        ]),
        prop::collection::vec(prop_oneof![0..8u8, any::<u8>(), Just(b'/'), Just(b'a')], 0..60),
    )
        .prop_map(|(first, body)| packet(first, &body));
    let several =
        prop::collection::vec(prop_oneof![framed, known], 0..6).prop_map(|all| all.concat());
    prop_oneof![1 => noise, 4 => several]
}

#[derive(Debug, Clone)]
struct Attack {
    level: Option<u8>,
    bytes: Vec<u8>,
}

fn attack() -> impl Strategy<Value = Attack> {
    let level = prop::sample::select(vec![None, Some(4), Some(5)]);
    (level, bytes()).prop_map(|(level, bytes)| Attack { level, bytes })
}

#[test]
fn no_bytes_from_one_client_stop_another() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let limits = Limits { publishes_per_second: 100_000, ..Limits::default() };
    let (house, mut speaker, mut listener, rogue) = runtime.block_on(async {
        let house = House::with(limits).await;
        let witness = house.granted("witness", &["w"], &["w"]);
        let rogue = house.granted("rogue", &["#"], &["#"]);
        let speaker = Client::connect(&house, &witness, Hello::v4("s")).await;
        let mut listener = Client::connect(&house, &witness, Hello::v5("l")).await;
        listener.subscribe(&[("w", 0)]).await;
        (house, speaker, listener, rogue)
    });
    let house = tokio::sync::Mutex::new(house);
    let witnesses = tokio::sync::Mutex::new((&mut speaker, &mut listener));
    let mut runner =
        TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() });
    let result = runner.run(&attack(), |attack| {
        runtime.block_on(async {
            let mut house = house.lock().await;
            let (speaker, listener) = &mut *witnesses.lock().await;
            let mut client = Client::tls(&house, &rogue).await.unwrap();
            let hello = match attack.level {
                Some(5) => Hello::v5("r").bytes(),
                Some(_) => Hello::v4("r").bytes(),
                None => Vec::new(),
            };
            client.try_send(&[hello, attack.bytes].concat()).await;
            client.hang_up().await;
            client.closed().await;
            speaker.send(&publish("w", b"well", 1, 1, 0)).await;
            assert_eq!(speaker.next().await.first, 0x40);
            // The rogue may have a publish of its own on `w`.
            in_time(async { while listener.heard().await.1 != "well" {} }).await;
            while house.link.messages.try_recv().is_some() {}
            assert_eq!(house.broker.stats().router_restarts, 0);
        });
        Ok(())
    });
    result.unwrap();
}
