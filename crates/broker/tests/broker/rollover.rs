//! The broker's certificate and its authorities change while it runs.

use std::time::{Duration, Instant};

use doorward_broker::{BrokerEvent, Enrolled, Retain};
use rustls_pki_types::CertificateDer;

use crate::support::packets::publish;
use crate::support::{Authority, Client, Hello, House, Identity, device, grants, topic};

impl House {
    /// Gives a device a certificate of another authority.
    fn also_by(&self, authority: &Authority, name: &str) -> Identity {
        let identity = authority.client(name);
        let enrolled = Enrolled { device: device(name), grants: grants(&["t"], &["t"]) };
        self.registry.enrol(identity.fingerprint, enrolled);
        identity
    }
}

#[tokio::test]
async fn another_certificate_is_shown_to_new_connections_and_old_ones_stay() {
    let house = House::new().await;
    let identity = house.granted("d", &[], &[]);
    let mut before = Client::connect(&house, &identity, Hello::v4("1")).await;
    let next = house.authority.server();
    house.broker.serve_as(next.chain.clone(), next.private_key()).unwrap();
    let mut after = Client::connect(&house, &identity, Hello::v4("2")).await;
    assert_ne!(before.broker_certificate(), next.chain[0]);
    assert_eq!(after.broker_certificate(), next.chain[0]);
    before.ping().await;
    after.ping().await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_changes_nothing() {
    let house = House::new().await;
    let identity = house.granted("d", &[], &[]);
    let (one, other) = (house.authority.server(), house.authority.server());
    assert!(house.broker.serve_as(one.chain, other.private_key()).is_err(), "another's key");
    assert!(house.broker.serve_as(Vec::new(), other.private_key()).is_err(), "no certificate");
    let garbage = vec![CertificateDer::from(vec![0x30, 0])];
    assert!(house.broker.serve_as(garbage.clone(), other.private_key()).is_err());
    assert!(house.broker.trust(Vec::new()).is_err(), "nobody could come");
    assert!(house.broker.trust(garbage).is_err());
    Client::connect(&house, &identity, Hello::v4("1")).await.ping().await;
}

#[tokio::test]
async fn a_rollover_leads_from_one_authority_over_two_to_another() {
    let mut house = House::new().await;
    let next = Authority::new();
    let by_old = house.granted("old", &["t"], &["t"]);
    let by_new = house.also_by(&next, "new");
    assert!(!Client::may_come(&house, &by_new).await);

    house.broker.trust(vec![house.authority.der(), next.der()]).unwrap();
    let hello = Hello::v5("c").will("t", "gone", 0, 0).lasting(600);
    let mut old = Client::connect(&house, &by_old, hello).await;
    let mut new = Client::connect(&house, &by_new, Hello::v5("c")).await;
    old.ping().await;

    house.broker.trust(vec![next.der()]).unwrap();
    let since = Instant::now();
    assert_eq!(old.closed().await[0].body, [0x87], "not authorized");
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    assert_eq!(house.heard().await.payload, "gone", "the device is still enrolled");
    assert!(!Client::may_come(&house, &by_old).await);
    new.ping().await;

    // With a certificate of the other authority, it finds the session that it had.
    let renewed = house.also_by(&next, "old");
    Client::back(&house, &renewed, Hello::v5("c").resume().lasting(600)).await.ping().await;
}

#[tokio::test]
async fn a_client_that_floods_and_reads_nothing_is_cut_when_it_is_doubted() {
    let mut house = House::new().await;
    let identity = house.granted("d", &["t"], &["t"]);
    let mut client = Client::connect(&house, &identity, Hello::v4("c")).await;
    client.subscribe(&[("t", 0)]).await;
    client.send(&publish("t", &[b'x'; 10_000], 0, 0, 0).repeat(20)).await;
    house.broker.trust(vec![Authority::new().der()]).unwrap();
    house.event(|e| matches!(e, BrokerEvent::Disconnected { .. })).await;
    assert!(house.link.sender.publish(&topic("t"), "x", Retain::No).unwrap().is_nobody());
}

#[tokio::test]
async fn who_is_doubted_between_tls_and_connect_is_cut() {
    let house = House::new().await;
    let identity = house.granted("d", &[], &[]);
    let mut client = Client::tls(&house, &identity).await.unwrap();
    house.broker.trust(vec![Authority::new().der()]).unwrap();
    client.send(&Hello::v5("c").bytes()).await;
    let said = client.closed().await;
    assert_eq!(said.last().map(|packet| packet.body.clone()), Some(vec![0x87]));
}

#[tokio::test]
async fn who_is_revoked_between_tls_and_connect_is_not_welcome() {
    let house = House::new().await;
    let identity = house.granted("d", &[], &[]);
    let mut client = Client::tls(&house, &identity).await.unwrap();
    client.send(&[0x10]).await;
    // What was sent before another has connected has been read.
    let other = house.granted("other", &[], &[]);
    Client::connect(&house, &other, Hello::v4("c")).await.ping().await;
    house.registry.revoke(identity.fingerprint).unwrap();
    client.send(&Hello::v5("c").bytes()[1..]).await;
    let said = client.closed().await;
    assert_eq!(said.first().map(|packet| packet.body[..2].to_vec()), Some(vec![0, 0x87]));
}
