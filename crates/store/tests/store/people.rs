//! People and their devices.

use doorward_core::person::Role;
use doorward_store::{NewPairedDevice, NewPerson, Whose};

use crate::house::{HOUSEHOLD, House};

#[test]
fn numbers_are_left_out_also_where_nobody_was_paired_yet() {
    let (_house, mut store) = House::new();
    store.leave_out_people().unwrap();
    let person = NewPerson {
        household: HOUSEHOLD,
        name: "Ana".into(),
        role: Role::Owner,
        added_at: jiff::Timestamp::UNIX_EPOCH,
    };
    let device = NewPairedDevice {
        name: "a phone".into(),
        public_key: vec![4; 91],
        paired_at: jiff::Timestamp::UNIX_EPOCH,
    };
    let (person, device) = store.pair_device(&Whose::New(person), &device).unwrap();
    assert!(person.0 > 1_000 && device.0 > 1_000, "{person:?} {device:?}");
}
