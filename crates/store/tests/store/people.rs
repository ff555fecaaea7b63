//! People and their paired devices, as far as the store alone decides.

use doorward_core::ids::{HouseholdId, PairedDeviceId, PersonId};
use doorward_core::person::Role;
use doorward_store::{
    NewPairedDevice, NewPerson, PasskeyRecord, PinHash, Store, Whose, WriteError,
};

use crate::house::{House, at};

fn pair(store: &mut Store, key: u8) -> (PersonId, PairedDeviceId) {
    let (household, name) = (HouseholdId(1), format!("person {key}"));
    let person = NewPerson { household, name, role: Role::Owner, added_at: at(1).wall };
    let (name, public_key) = ("phone".to_owned(), vec![key; 65]);
    let device = NewPairedDevice { name, public_key, paired_at: at(1).wall };
    store.pair_device(&Whose::New(person), &device).unwrap()
}

fn with_pin(store: &mut Store) -> PairedDeviceId {
    let (_, device) = pair(store, 1);
    store.set_pin(device, &PinHash { salt: [1; 16], hash: [2; 32] }).unwrap();
    device
}

fn passkey(id: u8, counter: u32) -> PasskeyRecord {
    PasskeyRecord { id: vec![id; 20], key: [4; 65], name: "doorward.local".to_owned(), counter }
}

fn kept(store: &mut Store, device: PairedDeviceId) -> Option<PasskeyRecord> {
    store.questions().unwrap().paired_device(device).unwrap().unwrap().passkey
}

#[test]
fn only_a_paired_device_with_a_pin_has_a_passkey_and_a_second_one_takes_its_place() {
    let (house, mut store) = House::new();
    let (_, without) = pair(&mut store, 9);
    assert!(matches!(store.set_passkey(without, &passkey(1, 0)), Err(WriteError::Missing)));
    let device = with_pin(&mut store);
    assert_eq!(kept(&mut store, device), None);
    store.set_passkey(device, &passkey(1, 7)).unwrap();
    store.set_passkey(device, &passkey(2, 0)).unwrap();
    drop(store);
    let mut store = house.open();
    assert_eq!(kept(&mut store, device), Some(passkey(2, 0)));
    store.end_pairing(device, at(2).wall).unwrap();
    assert!(matches!(store.set_passkey(device, &passkey(3, 0)), Err(WriteError::Missing)));
}

#[test]
fn of_two_uses_with_one_count_the_second_is_refused_unless_nothing_is_counted() {
    let (_house, mut store) = House::new();
    let device = with_pin(&mut store);
    store.set_passkey(device, &passkey(1, 7)).unwrap();
    let mut used = |id: u8, count| store.count_passkey_use(device, &[id; 20], count).is_ok();
    assert!(!used(1, 7), "as when it was made");
    assert!(used(1, 8));
    assert!(!used(1, 8), "twice the same");
    assert!(!used(1, 0), "one that counts does not stop counting");
    assert!(!used(2, 9), "another passkey");
    assert!(used(1, 9));
    store.set_passkey(device, &passkey(2, 0)).unwrap();
    for _ in 0..2 {
        store.count_passkey_use(device, &[2; 20], 0).unwrap();
    }
    store.count_passkey_use(device, &[2; 20], 1).unwrap();
    let stopped = store.count_passkey_use(device, &[2; 20], 0);
    assert!(matches!(stopped, Err(WriteError::Missing)), "{stopped:?}");
}

#[test]
fn numbers_are_left_out_also_where_nobody_was_paired_yet() {
    let (_house, mut store) = House::new();
    store.leave_out_people().unwrap();
    let (person, device) = pair(&mut store, 1);
    assert_eq!((person, device), (PersonId(1_001), PairedDeviceId(1_001)));
    store.leave_out_people().unwrap();
    let (person, device) = pair(&mut store, 2);
    assert_eq!((person, device), (PersonId(2_002), PairedDeviceId(2_002)));
}
