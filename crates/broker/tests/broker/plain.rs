//! Devices that have no TLS: a listener of its own, and a password each.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use doorward_broker::{
    Broker, BrokerConfig, BrokerEvent, Enrolled, Limits, ListenPlainError, PasswordDigest, Refusal,
    Registry, Retain,
};
use doorward_core::network::HomeNetworks;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::support::packets::publish5;
use crate::support::{
    Authority, Client, Hello, House, config, device, grants, in_time, tcp_from, topic,
};

const PASSWORD: &str = "8sHk2Qm9ZrT4vXw7";
const BAD_LOGIN_V4: [u8; 2] = [0, 4];
const BAD_LOGIN_V5: [u8; 2] = [0, 0x86];

fn digest(name: &str, password: &str) -> PasswordDigest {
    PasswordDigest::of(name, &password.to_owned().into())
}

impl House {
    /// A house with a listener without TLS, and a device that uses it.
    async fn with_plug(limits: Limits) -> (Self, SocketAddr) {
        let house = Self::with(limits).await;
        let plain = house.broker.listen_plain("127.0.0.1:0".parse().unwrap()).await.unwrap();
        house.enrol_plug("plug");
        (house, plain)
    }

    fn enrol_plug(&self, name: &str) {
        let own = format!("{name}/#");
        let enrolled = Enrolled { device: device(name), grants: grants(&[&own], &[&own]) };
        self.registry.enrol(digest(name, PASSWORD), enrolled);
    }
}

/// Says hello; returns the two bytes of the answer that matter.
async fn greet(plain: SocketAddr, hello: Hello) -> (Client, Vec<u8>) {
    let mut client = Client::plain(plain).await.unwrap();
    let answer = client.say_hello(&hello).await.expect("an answer");
    assert_eq!(answer.first, 0x20, "{answer:?}");
    (client, answer.body[..2].to_vec())
}

async fn connect(plain: SocketAddr, hello: Hello) -> Client {
    let (client, answer) = greet(plain, hello).await;
    assert_eq!(answer, [0, 0], "welcome");
    client
}

fn plug() -> Hello {
    Hello::v5("c").login("plug", PASSWORD)
}

#[tokio::test]
async fn a_device_with_a_password_is_one_like_any_other() {
    let (mut house, plain) = House::with_plug(Limits::default()).await;
    assert_eq!(house.broker.plain_addr(), Some(plain));
    let hello = || plug().will("plug/status", "offline", 1, 0);
    let mut client = connect(plain, hello()).await;
    assert_eq!(
        house.event(|_| true).await,
        BrokerEvent::Connected { device: device("plug") },
        "who it is follows from the password"
    );
    client.subscribe(&[("plug/set", 1)]).await;
    client.publish("plug/state", "on", 1).await;
    let heard = house.heard().await;
    assert_eq!((heard.device, heard.topic.as_str()), (device("plug"), "plug/state"));
    let reach = house.link.sender.publish(&topic("plug/set"), "off", Retain::No).unwrap();
    assert_eq!(reach.devices, [device("plug")]);
    assert_eq!(client.takes().await, ("plug/set".to_owned(), "off".to_owned()));

    client.send(&publish5("plug2/state", &[], b"on", 0, 0, 0)).await;
    client.closed().await;
    let refused = house.event(|event| matches!(event, BrokerEvent::Refused { .. })).await;
    assert!(matches!(refused, BrokerEvent::Refused { what: Refusal::Publish, .. }));
    assert_eq!(house.heard().await.payload, "offline");

    // A session waits for it as for any other.
    let mut away = connect(plain, hello().lasting(600)).await;
    away.subscribe(&[("plug/set", 1)]).await;
    away.leave().await;
    let (_, answer) = greet(plain, hello().resume().lasting(600)).await;
    assert_eq!(answer, [1, 0], "its session is present");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let (mut house, plain) = House::with_plug(Limits::default()).await;
    let identity = house.granted("lock", &[], &[]);
    let named = [("plug", "wrong"), ("nobody", PASSWORD), ("lock", PASSWORD), ("plug", "")];
    for (name, password) in named {
        for (hello, answer) in [(Hello::v4("c"), BAD_LOGIN_V4), (Hello::v5("c"), BAD_LOGIN_V5)] {
            let (mut client, said) = greet(plain, hello.login(name, password)).await;
            assert_eq!(said, answer, "{name}");
            assert_eq!(client.closed().await, []);
        }
    }
    for hello in [Hello::v4("c"), Hello::v5("c"), Hello::v4("plug")] {
        let (_, said) = greet(plain, hello).await;
        assert!(said[1] > 3, "no name: {said:?}");
    }
    let told = house.event(|_| true).await;
    let BrokerEvent::WrongPassword { address, device: named } = told else { panic!("{told:?}") };
    assert_eq!((address, named), (plain.ip(), Some(device("plug"))));
    house.event(|e| matches!(e, BrokerEvent::WrongPassword { device: None, .. })).await;
    assert_eq!(house.broker.stats().wrong_passwords, 8);
    Client::connect(&house, &identity, Hello::v4("c")).await.ping().await;
}

#[tokio::test]
async fn neither_credential_is_worth_anything_at_the_others_listener() {
    let (house, plain) = House::with_plug(Limits::default()).await;
    let lock = house.granted("lock", &[], &[]);
    // With the password, and a certificate that is believed, but not the plug's.
    let unknown = house.authority.client("plug");
    let mut client = Client::tls(&house, &unknown).await.unwrap();
    assert_eq!(client.say_hello(&plug()).await, None);
    // TLS at the listener without it.
    let tls = Client::tls_to(plain, house.authority.der(), &lock).await;
    assert!(tls.is_err());
    // MQTT without TLS at the listener with it.
    let mut client = Client::plain(house.address).await.unwrap();
    client.say_hello(&plug()).await;
    assert!(house.broker.stats().connected.is_empty());
    // A name and a password are nothing to whom TLS has told already.
    let hello = plug();
    Client::connect(&house, &lock, hello).await.ping().await;
    assert_eq!(house.broker.stats().connected.keys().collect::<Vec<_>>(), [&device("lock")]);
}

#[tokio::test]
async fn a_revoked_password_is_out_within_a_second() {
    let (house, plain) = House::with_plug(Limits::default()).await;
    let mut client = connect(plain, plug()).await;
    let since = Instant::now();
    assert_eq!(house.registry.revoke(digest("plug", PASSWORD)).unwrap().device, device("plug"));
    assert_eq!(client.closed().await[0].body, [0x87]);
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    assert_eq!(greet(plain, plug()).await.1, BAD_LOGIN_V5);
}

#[tokio::test]
async fn so_many_wrong_passwords_of_an_address_are_looked_at_and_no_more() {
    let limits = Limits {
        wrong_passwords_per_address: 3,
        wrong_password_window: Duration::from_millis(1_500),
        ..Limits::default()
    };
    let (house, plain) = House::with_plug(limits).await;
    let since = Instant::now();
    for _ in 0..3 {
        let (_, said) = greet(plain, Hello::v5("c").login("plug", "wrong")).await;
        assert_eq!(said, BAD_LOGIN_V5);
    }
    assert_eq!(greet(plain, plug()).await.1, BAD_LOGIN_V5, "the same answer");
    assert_eq!((house.broker.stats().wrong_passwords, house.broker.stats().turned_away), (3, 1));
    // Others are not concerned.
    let mut other = Client::bare(tcp_from("127.0.0.2:0", plain).await);
    assert_eq!(other.say_hello(&plug()).await.unwrap().body[..2], [0, 0]);
    in_time(async {
        while greet(plain, plug()).await.1[1] != 0 {
            assert!(since.elapsed() < Duration::from_secs(8));
        }
    })
    .await;
    assert!(since.elapsed() >= Duration::from_millis(1_500), "{:?}", since.elapsed());
}

#[tokio::test]
async fn wrong_passwords_from_elsewhere_keep_no_device_out_of_its_home() {
    let limits = Limits { wrong_passwords_per_device: 4, ..Limits::default() };
    let (_house, plain) = House::with_plug(limits).await;
    connect(plain, plug()).await.leave().await;
    for last in 2..=5 {
        let tcp = tcp_from(&format!("127.0.0.{last}:0"), plain).await;
        let answer = Client::bare(tcp).say_hello(&Hello::v5("c").login("plug", "wrong")).await;
        assert_eq!(answer.unwrap().body[..2], BAD_LOGIN_V5);
    }
    let mut elsewhere = Client::bare(tcp_from("127.0.0.6:0", plain).await);
    assert_eq!(elsewhere.say_hello(&plug()).await.unwrap().body[..2], BAD_LOGIN_V5);
    connect(plain, plug()).await.ping().await;
}

#[tokio::test]
async fn closing_the_listener_cuts_its_connections_and_no_others() {
    let (mut house, plain) = House::with_plug(Limits::default()).await;
    let identity = house.granted("lock", &[], &[]);
    let mut lock = Client::connect(&house, &identity, Hello::v4("c")).await;
    let mut client = connect(plain, plug().will("plug/status", "offline", 0, 0)).await;
    let mut silent = TcpStream::connect(plain).await.unwrap();
    house.broker.close_plain();
    assert_eq!(client.closed().await[0].body, [0x98], "administrative action");
    assert_eq!(in_time(silent.read(&mut [0])).await.unwrap_or(0), 0);
    assert_eq!(house.heard().await.payload, "offline");
    lock.ping().await;
    assert_eq!(house.broker.plain_addr(), None);

    // It may be opened again, at the same place.
    in_time(async {
        while house.broker.listen_plain(plain).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    connect(plain, plug()).await.ping().await;
    let twice = house.broker.listen_plain("127.0.0.1:0".parse().unwrap()).await;
    assert!(matches!(twice, Err(ListenPlainError::Already(at)) if at == plain));
}

#[tokio::test]
async fn silence_and_nonsense_without_tls_take_no_place_from_those_with_it() {
    let limits = Limits { handshakes: 2, ..Limits::default() };
    let (house, plain) = House::with_plug(limits).await;
    let identity = house.granted("lock", &[], &[]);
    let mut nonsense = Client::plain(plain).await.unwrap();
    nonsense.try_send(b"GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!(nonsense.closed().await, []);
    assert_eq!(house.broker.stats().malformed, 1);
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(TcpStream::connect(plain).await.unwrap());
    }
    in_time(async {
        while house.broker.stats().turned_away < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    Client::connect(&house, &identity, Hello::v4("c")).await.ping().await;
}

#[tokio::test]
async fn whoever_comes_from_outside_the_home_networks_is_turned_away_there_too() {
    let authority = Authority::new();
    let home = HomeNetworks::only(&["10.0.0.0/8".parse().unwrap()]);
    let plain = Some("127.0.0.1:0".parse().unwrap());
    let config = BrokerConfig { home, plain, ..config(&authority) };
    let (broker, _link) = Broker::start(config, Registry::new()).await.unwrap();
    let mut stream = TcpStream::connect(broker.plain_addr().unwrap()).await.unwrap();
    assert_eq!(in_time(stream.read(&mut [0])).await.unwrap_or(0), 0);
    assert_eq!(broker.stats().turned_away, 1);
}
