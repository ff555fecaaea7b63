//! Requests, without the connections over which they come.

use doorward_broker::Registry;
use doorward_core::io::Reply;
use doorward_store::{Certificate, Credential, NewDevice, Store, StoreHandle, StoreKeys};
use secrecy::SecretBox;

use super::super::super::certificates::Certificates;
use super::super::super::hearers::Hearers;
use super::super::super::mail::{Mail, Mailbox};
use super::*;
use crate::ca::{Authority, HubNames};
use crate::keys::{Keys, RootKey};
use crate::state_dir::{HubId, StateDir};

fn lock() -> DeviceName {
    DeviceName::parse("lock").unwrap()
}

fn key(number: u8) -> KeyFingerprint {
    KeyFingerprint::from_bytes([number; 32])
}

/// The request of the documentation.
fn request() -> CertificateRequest {
    let page = std::fs::read_to_string("../../docs/mqtt.md").unwrap();
    let example = page.lines().find_map(|line| line.split_once("cert/request {")).unwrap().1;
    CertificateRequest { csr: example.split('"').nth(3).unwrap().to_owned() }
}

fn certificates(home: &tempfile::TempDir) -> Certificates {
    let state = StateDir::create(&home.path().join("state")).unwrap();
    std::fs::create_dir(state.ca()).unwrap();
    let sealing = Keys::derive(RootKey::draw().unwrap()).ca_sealing;
    let now = Timestamp::now();
    let authority = Authority::create(&HubId::draw().unwrap(), Some("hub-1"), now).unwrap();
    authority.save_new(&state, &sealing).unwrap();
    Certificates::open(&state, sealing, &HubNames::of_host("hub-1"), now).unwrap()
}

/// A hub with one lock, whose certificate has a month to go.
async fn renewals(home: &tempfile::TempDir) -> Renewals {
    let seed = || SecretBox::new(Box::new([7; 32]));
    let keys = StoreKeys { database: seed(), log_signing_seed: seed() };
    let store = Store::create(&home.path().join("doorward.db"), keys).unwrap();
    let store = StoreHandle::spawn(store).unwrap();
    let expires = Timestamp::now() + jiff::SignedDuration::from_hours(24 * 30);
    let shown = Certificate { spki_sha256: *key(1).as_bytes(), expires, authority: 1 };
    let device = NewDevice {
        name: lock().to_string(),
        kind: "lock".to_owned(),
        dialect: "native".to_owned(),
        base_topic: "doorward/lock".to_owned(),
        credential: Credential::Certificate(shown),
        enrolled_at: Timestamp::now(),
    };
    store.add_device(device).await.unwrap();
    let (sender, mut mail) = mpsc::channel(4);
    tokio::spawn(async move {
        while let Some(Mail::Wish(_, _, answer)) = mail.recv().await {
            assert!(answer.send(Ok(Reply::Done)).is_ok());
        }
    });
    Renewals {
        store,
        registry: Registry::new(),
        certificates: certificates(home),
        mailbox: Mailbox(sender),
        enrolling: Arc::default(),
        look: Arc::default(),
        hearers: Hearers::default(),
    }
}

#[tokio::test]
async fn a_certificate_is_for_the_key_that_asked_and_not_for_whoever_had_the_name_before() {
    let home = tempfile::tempdir().unwrap();
    let renewals = renewals(&home).await;
    let former = renewals.grant(&lock(), key(9), request()).await;
    assert_eq!(former.err(), Some(CertificateRefused::TryLater));
    assert!(renewals.device(|_| true).await.unwrap().unwrap().next().is_none());

    // Nobody plays the core's part beyond the log, so that no answer comes of it; the key
    // that was asked for waits in the database by then.
    drop(renewals.grant(&lock(), key(1), request()).await);
    assert!(renewals.device(|_| true).await.unwrap().unwrap().next().is_some());
}
