//! Devices, and what becomes of their keys.

use doorward_store::{Certificate, Credential, Device, KeyStanding, NewDevice, Store, WriteError};

use crate::house::{House, at};

#[test]
fn a_key_that_waits_takes_the_place_of_the_one_before_it_when_it_is_shown() {
    let (house, mut store) = House::new();
    store.add_device(&with_key("lock", 1)).unwrap();
    store.let_key_wait("lock", &certificate(2)).unwrap();
    let waits = only(&mut store);
    assert_eq!(waits.device.credential, Credential::Certificate(certificate(1)));
    assert_eq!(waits.next, Some(certificate(2)));
    assert_eq!(standing(&mut store, 2), Some(KeyStanding::Waiting));

    store.follow_key(&[2; 32]).unwrap();
    drop(store);
    let mut store = house.open();
    let followed = only(&mut store);
    assert_eq!(followed.device.credential, Credential::Certificate(certificate(2)));
    assert_eq!(followed.next, None);
    assert_eq!(standing(&mut store, 1), Some(KeyStanding::GivenUp));
    assert_eq!(standing(&mut store, 2), Some(KeyStanding::Shown));
    assert!(matches!(store.follow_key(&[2; 32]), Err(WriteError::Missing)), "it does not wait");
}

#[test]
fn a_second_certificate_that_is_not_shown_forgets_the_first() {
    let (_house, mut store) = House::new();
    store.add_device(&with_key("lock", 1)).unwrap();
    store.let_key_wait("lock", &certificate(2)).unwrap();
    store.let_key_wait("lock", &certificate(3)).unwrap();
    assert_eq!(only(&mut store).next, Some(certificate(3)));
    assert_eq!(standing(&mut store, 2), None);
    assert!(matches!(store.follow_key(&[2; 32]), Err(WriteError::Missing)));
    // The answer to the first may have been lost: the same request comes again.
    store.let_key_wait("lock", &certificate(3)).unwrap();
}

#[test]
fn a_key_that_any_device_has_or_had_is_nobodys_again() {
    let (_house, mut store) = House::new();
    store.add_device(&with_key("lock", 1)).unwrap();
    store.let_key_wait("lock", &certificate(2)).unwrap();
    store.follow_key(&[2; 32]).unwrap();
    store.let_key_wait("lock", &certificate(3)).unwrap();
    store.add_device(&with_key("keypad", 4)).unwrap();
    for taken in 1..=4 {
        let enrolled = store.add_device(&with_key("other", taken));
        assert!(matches!(enrolled, Err(WriteError::Refused { .. })), "{taken}: {enrolled:?}");
        let renewed = store.let_key_wait("keypad", &certificate(taken));
        assert!(matches!(renewed, Err(WriteError::Refused { .. })), "{taken}: {renewed:?}");
    }
    store.revoke_device("lock", at(5).wall).unwrap();
    for key in 1..=3 {
        assert_eq!(standing(&mut store, key), Some(KeyStanding::Revoked), "{key}");
    }
    assert!(matches!(store.follow_key(&[3; 32]), Err(WriteError::Missing)), "it was revoked");
}

#[test]
fn a_device_without_tls_has_a_password_and_no_key_to_renew() {
    let (_house, mut store) = House::new();
    let credential = Credential::Password { sha256: [7; 32] };
    let plug = NewDevice { credential, ..with_key("plug", 1) };
    store.add_device(&plug).unwrap();
    assert_eq!(only(&mut store).device, plug);
    let renewed = store.let_key_wait("plug", &certificate(2));
    assert!(matches!(renewed, Err(WriteError::Missing)), "{renewed:?}");
}

fn certificate(key: u8) -> Certificate {
    Certificate {
        spki_sha256: [key; 32],
        expires: at(u32::from(key) * 1_000).wall,
        authority: u32::from(key),
    }
}

fn with_key(name: &str, key: u8) -> NewDevice {
    NewDevice {
        name: name.into(),
        kind: "lock".into(),
        dialect: "native".into(),
        base_topic: format!("doorward/{name}"),
        credential: Credential::Certificate(certificate(key)),
        enrolled_at: at(0).wall,
    }
}

fn only(store: &mut Store) -> Device {
    let mut all = store.questions().unwrap().devices().unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn standing(store: &mut Store, key: u8) -> Option<KeyStanding> {
    let known = store.questions().unwrap().known_key([key; 32]).unwrap();
    known.map(|known| known.standing)
}
