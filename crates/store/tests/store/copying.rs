//! Copies of a whole database, for backups.

use std::os::unix::fs::PermissionsExt;

use doorward_store::{OpenError, ReadError, Store};

use crate::house::{House, bolt, deliver, keys, keys_of};

#[test]
fn a_copy_is_of_one_moment_and_whole() {
    let (house, mut store) = House::new();
    deliver(&mut store, 1);
    let path = house.folder.path().join("copy.db");
    let before = store.questions().unwrap().checkpoint().unwrap();
    store.questions().unwrap().copy_to(&path).unwrap();
    store.commit(&bolt(9_000)).unwrap();

    let mut copy = Store::open(&path, keys()).unwrap();
    let questions = copy.questions().unwrap();
    assert_eq!(questions.checkpoint().unwrap(), before);
    questions.check_file().unwrap();
    let report = questions.verify(&[before.note]).unwrap();
    assert_eq!(report.leaves, before.size);
    assert!(store.questions().unwrap().checkpoint().unwrap().size > before.size);
}

#[test]
fn a_copy_shows_nothing_and_opens_to_its_key_alone() {
    let (house, mut store) = House::new();
    let path = house.folder.path().join("copy.db");
    store.questions().unwrap().copy_to(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(10).any(|part| part == b"Front door"));
    assert!(matches!(Store::open(&path, keys_of(8)), Err(OpenError::WrongKey { .. })));
}

#[test]
fn a_copy_that_has_no_place_is_not_made() {
    let (house, mut store) = House::new();
    let nowhere = house.folder.path().join("no folder/copy.db");
    let refused = store.questions().unwrap().copy_to(&nowhere).unwrap_err();
    assert!(matches!(refused, ReadError::Open(OpenError::Missing { .. })), "{refused}");
}
