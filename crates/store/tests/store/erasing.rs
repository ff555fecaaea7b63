//! What is erased is gone, from the rows and from the disk, and the log still
//! fits.

use doorward_core::batch::Change;
use doorward_core::event::LogEvent;
use doorward_core::ids::{EntryId, RecordingId};
use doorward_store::{CommitError, LeavesFrom, Store};

use crate::house::{House, batch, deliver, entry, erase_entry, issue, notes_erased, raw};

/// Says whether a text stands anywhere in the decrypted database, on pages that
/// nobody uses too.
fn stands_in(house: &House, canary: &str) -> bool {
    let mut db = raw(&house.path());
    let image = db.serialize("main").unwrap();
    image.windows(canary.len()).any(|window| window == canary.as_bytes())
}

fn wal_bytes(house: &House) -> u64 {
    let path = house.folder.path().join("doorward.db-wal");
    path.metadata().map_or(0, |data| data.len())
}

fn erased(store: &mut Store) -> u64 {
    store.questions().unwrap().verify(&[]).unwrap().erased
}

#[test]
fn an_erased_entry_is_gone_and_the_log_still_fits() {
    let (_house, mut store) = House::new();
    for id in 1..=3 {
        deliver(&mut store, id);
    }
    let before = store.questions().unwrap().entry(EntryId(2)).unwrap().unwrap().leaves;
    let change = Change::EntryErased(EntryId(2));
    let told = LogEvent::EntryErased { entry: EntryId(2) };
    store.commit(&batch(40, vec![change], vec![told])).unwrap();

    assert_eq!(erased(&mut store), u64::try_from(before.len()).unwrap());
    let questions = store.questions().unwrap();
    assert_eq!(questions.entry(EntryId(2)).unwrap(), None);
    assert_eq!(questions.recording(RecordingId(2)).unwrap(), None);
    let codes = questions.codes().unwrap();
    let personal: Vec<bool> = codes.iter().map(|code| code.personal.is_some()).collect();
    assert_eq!(personal, [true, false, true]);
    for leaf in before {
        assert!(questions.prove_inclusion(leaf.number).unwrap().holds());
        let found = questions.leaves(LeavesFrom::Number(leaf.number), 1).unwrap();
        assert_eq!(found[0].leaf, None);
    }
    let last = questions.leaves(LeavesFrom::End, 1).unwrap().remove(0);
    assert!(last.leaf.is_some(), "what tells of the erasing stays");
}

#[test]
fn an_entry_in_progress_is_not_erased() {
    let (_house, mut store) = House::new();
    issue(&mut store, 1, "{}");
    store.commit(&batch(1, vec![Change::Entry(entry(1, 1))], vec![])).unwrap();
    let error = store.commit(&batch(2, vec![Change::EntryErased(EntryId(1))], vec![])).unwrap_err();
    assert!(matches!(error, CommitError::Refused { .. }), "{error}");
    assert!(store.questions().unwrap().entry(EntryId(1)).unwrap().is_some());
    erase_entry(&mut store, 2);
}

#[test]
fn an_erased_recording_takes_its_key_and_its_index_along() {
    let (_house, mut store) = House::new();
    deliver(&mut store, 1);
    let recording = RecordingId(1);
    let told = LogEvent::RecordingErased { recording };
    store.commit(&batch(40, vec![Change::RecordingErased(recording)], vec![told])).unwrap();
    let questions = store.questions().unwrap();
    assert_eq!(questions.recording(recording).unwrap(), None);
    assert_eq!(questions.segments(recording).unwrap(), []);
    let story = questions.entry(EntryId(1)).unwrap().unwrap();
    let last = story.leaves.last().unwrap().leaf.clone().unwrap();
    assert_eq!(last.event, LogEvent::RecordingErased { recording });
    questions.verify(&[]).unwrap();
}

#[test]
fn what_was_erased_stands_nowhere_in_the_decrypted_file() {
    let (house, mut store) = House::new();
    for id in 100..300 {
        deliver(&mut store, id);
        // Some go while others come, as retention has it: rows move between
        // pages, and a page that a row has left may not keep a copy.
        if id % 7 == 0 {
            erase_entry(&mut store, id - 40);
        }
    }
    store.scrub().unwrap();
    assert!(stands_in(&house, "canary-123-carrier"));
    assert!(stands_in(&house, "canary-123-sealed"));
    let erased_later = (100..300).filter(|id| id % 3 == 0);
    for id in erased_later.clone() {
        erase_entry(&mut store, id);
    }
    store.commit(&notes_erased(101)).unwrap();
    store.scrub().unwrap();
    assert_eq!(wal_bytes(&house), 0);
    let erased_early = (100..300).filter(|id| id % 7 == 0).map(|id| id - 40);
    for id in erased_later.chain(erased_early) {
        for what in ["carrier", "sealed"] {
            let canary = format!("canary-{id}-{what}");
            assert!(!stands_in(&house, &canary), "{canary}");
        }
    }
    assert!(!stands_in(&house, "canary-101-carrier"));
    assert!(stands_in(&house, "canary-101-sealed"));
    assert!(stands_in(&house, "canary-103-carrier"));
    assert!(erased(&mut store) > 0);
}

#[test]
fn a_note_about_a_code_is_erased_while_the_code_stays() {
    let (_house, mut store) = House::new();
    issue(&mut store, 1, "{\"name\":\"Ada\"}");
    store.commit(&notes_erased(1)).unwrap();
    store.commit(&notes_erased(1)).unwrap();
    let codes = store.questions().unwrap().codes().unwrap();
    assert_eq!((codes.len(), codes[0].personal.clone()), (1, None));
    assert_eq!(erased(&mut store), 0);
}
