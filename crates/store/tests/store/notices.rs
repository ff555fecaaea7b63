//! Notices for those who were away.

use doorward_core::batch::Change;
use doorward_core::event::LogEvent;
use doorward_core::ids::{EntryId, HouseholdId, PairedDeviceId};
use doorward_core::person::Role;
use doorward_store::{KeptNotice, NewPairedDevice, NewPerson, Store, Whose};

use crate::house::{House, at, batch, deliver};

fn keep(store: &mut Store, seq: u64, second: u32, entry: Option<EntryId>) {
    let document = format!("notice {seq}");
    store.keep_notice(&KeptNotice { seq, at: at(second).wall, entry, document }, 4).unwrap();
}

fn pair(store: &mut Store, key: u8, second: u32) -> PairedDeviceId {
    let (household, name) = (HouseholdId(1), format!("person {key}"));
    let person = NewPerson { household, name, role: Role::Viewer, added_at: at(second).wall };
    let (name, public_key) = ("phone".to_owned(), vec![key; 65]);
    let device = NewPairedDevice { name, public_key, paired_at: at(second).wall };
    store.pair_device(&Whose::New(person), &device).unwrap().1
}

fn unseen(store: &mut Store, device: PairedDeviceId) -> Vec<u64> {
    let unseen = store.questions().unwrap().unseen(device, 3).unwrap();
    unseen.into_iter().map(|(seq, _)| seq).collect()
}

#[test]
fn each_device_is_told_what_it_has_not_seen_since_it_was_paired() {
    let (house, mut store) = House::new();
    let first = pair(&mut store, 1, 10);
    keep(&mut store, 5, 11, None);
    let second = pair(&mut store, 2, 12);
    keep(&mut store, 9, 13, None);
    assert_eq!(unseen(&mut store, first), [5, 9]);
    assert_eq!(unseen(&mut store, second), [9]);
    store.acknowledge(first, 5).unwrap();
    store.acknowledge(first, 2).unwrap();
    drop(store);
    let mut store = house.open();
    assert_eq!((unseen(&mut store, first), unseen(&mut store, second)), (vec![9], vec![9]));
    assert!(store.acknowledge(PairedDeviceId(99), 1).is_err());
}

#[test]
fn the_newest_are_kept_and_no_more() {
    let (_house, mut store) = House::new();
    let device = pair(&mut store, 1, 0);
    (1..=9).for_each(|seq| keep(&mut store, seq, 20, None));
    assert_eq!(unseen(&mut store, device), [7, 8, 9]);
    let all = store.questions().unwrap().unseen(device, 100).unwrap();
    assert_eq!(all.len(), 4);
    assert_eq!(all[0], (6, "notice 6".to_owned()));
}

#[test]
fn a_notice_goes_with_its_entry() {
    let (_house, mut store) = House::new();
    let device = pair(&mut store, 1, 0);
    (1..=2).for_each(|id| deliver(&mut store, id));
    keep(&mut store, 1, 5, Some(EntryId(1)));
    keep(&mut store, 2, 6, Some(EntryId(2)));
    let change = Change::EntryErased(EntryId(1));
    let told = LogEvent::EntryErased { entry: EntryId(1) };
    store.commit(&batch(40, vec![change], vec![told])).unwrap();
    assert_eq!(unseen(&mut store, device), [2]);
}
