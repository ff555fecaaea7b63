//! Whoever has the file and the database's key, but not the signing key, changes
//! the log: it is found out, and an honest log never is.

use doorward_core::code::Tombstone;
use doorward_store::{Mismatch, OpenError, Store, VerifyError, VerifyReport};
use proptest::prelude::*;
use rusqlite::Connection;

use crate::house::{House, bolt, deliver, erase_entry, issue, keys, raw, segment, spent};

fn verify(store: &mut Store, kept: &[String]) -> Result<VerifyReport, VerifyError> {
    store.questions().unwrap().verify(kept)
}

fn checkpoint(store: &mut Store) -> String {
    store.questions().unwrap().checkpoint().unwrap().note
}

/// What a tampered database says: at opening, or when it is verified.
fn caught(house: &House, kept: &[String]) -> Option<Mismatch> {
    match Store::open(&house.path(), keys()) {
        Err(OpenError::LogMismatch { .. }) => Some(Mismatch::End { leaf: 0 }),
        Err(other) => panic!("{other}"),
        Ok(mut store) => match verify(&mut store, kept) {
            Ok(_) => None,
            Err(VerifyError::Mismatch(mismatch)) => Some(mismatch),
            Err(VerifyError::Read(error)) => panic!("{error}"),
        },
    }
}

/// A house in which some deliveries were made, `leaves` leaves and more.
fn lived_in(deliveries: u64) -> House {
    let (house, mut store) = House::new();
    for id in 1..=deliveries {
        deliver(&mut store, id);
    }
    house
}

#[test]
fn an_edited_body_is_named_by_its_leaf() {
    let house = lived_in(2);
    house.burgle(
        "UPDATE leaves SET body = cast(replace(cast(body AS TEXT), 'unlock_granted',
           'entry_resumed_') AS BLOB) WHERE number = 4",
    );
    assert_eq!(caught(&house, &[]), Some(Mismatch::Body { leaf: 4 }));
}

#[test]
fn a_body_edited_with_its_commitment_is_named_by_its_leaf() {
    let house = lived_in(2);
    rewrite_leaf(&raw_without_triggers(&house), 5);
    assert_eq!(caught(&house, &[]), Some(Mismatch::Hash { leaf: 5 }));
}

fn raw_without_triggers(house: &House) -> Connection {
    house.burgle("");
    raw(&house.path())
}

/// Writes another body and the commitment that fits it.
fn rewrite_leaf(db: &Connection, number: u64) {
    use sha2::Digest;
    let body = br#"{"event":{"event":"hub_started"}}"#;
    let commitment = sha2::Sha256::digest([[0_u8; 16].as_slice(), body].concat()).to_vec();
    db.execute(
        "UPDATE leaves SET body = ?2, salt = zeroblob(16), commitment = ?3 WHERE number = ?1",
        rusqlite::params![number, body.as_slice(), commitment],
    )
    .unwrap();
}

/// Grows the whole tree again over whatever the leaves say, as a thief would who
/// has all but the signing key.
fn regrow(db: &Connection) {
    use tlog_tiles::{Hash, HashReader, stored_hashes};
    struct All(Vec<Hash>);
    impl HashReader for All {
        fn read_hashes(&self, places: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
            Ok(places.iter().map(|place| self.0[usize::try_from(*place).unwrap()]).collect())
        }
    }
    let records: Vec<Vec<u8>> = db
        .prepare("SELECT commitment FROM leaves ORDER BY number")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut all = All(Vec::new());
    for (number, record) in (0..).zip(&records) {
        let completed = stored_hashes(number, record, &all).unwrap();
        all.0.extend(completed);
    }
    db.execute("DELETE FROM log_hashes", []).unwrap();
    for (place, hash) in (0_i64..).zip(&all.0) {
        db.execute("INSERT INTO log_hashes VALUES (?1, ?2)", rusqlite::params![place, hash.0])
            .unwrap();
    }
}

#[test]
fn a_tree_grown_again_over_an_edited_leaf_is_not_the_one_that_was_signed() {
    let house = lived_in(2);
    let db = raw_without_triggers(&house);
    rewrite_leaf(&db, 5);
    regrow(&db);
    drop(db);
    assert!(caught(&house, &[]).is_some());
}

#[test]
fn a_forged_checkpoint_has_no_valid_signature() {
    let (house, mut store) = House::new();
    for second in 1..=20 {
        store.commit(&bolt(second)).unwrap();
    }
    drop(store);
    house.burgle("UPDATE checkpoints SET note = replace(note, char(10) || '1' || char(10), char(10) || '2' || char(10))");
    let mismatch = caught(&house, &[]);
    assert!(matches!(mismatch, Some(Mismatch::Signature { .. })), "{mismatch:?}");
}

#[test]
fn a_log_put_back_to_an_older_state_is_found_out_by_a_checkpoint_kept_elsewhere() {
    let house = lived_in(1);
    let old = std::fs::read(house.path()).unwrap();
    let mut store = house.open();
    deliver(&mut store, 2);
    let kept = checkpoint(&mut store);
    assert!(verify(&mut store, std::slice::from_ref(&kept)).is_ok());
    drop(store);
    std::fs::write(house.path(), old).unwrap();
    assert_eq!(caught(&house, &[]), None, "alone, nobody can tell");
    let mismatch = caught(&house, &[kept]);
    assert!(matches!(mismatch, Some(Mismatch::RolledBack { .. })), "{mismatch:?}");
}

#[test]
fn a_log_put_back_and_continued_is_found_out_by_a_checkpoint_kept_elsewhere() {
    let house = lived_in(1);
    let old = std::fs::read(house.path()).unwrap();
    let mut store = house.open();
    deliver(&mut store, 2);
    let kept = checkpoint(&mut store);
    drop(store);
    std::fs::write(house.path(), old).unwrap();
    let mut store = house.open();
    for id in 2..=4 {
        deliver(&mut store, id);
    }
    let proof = store.questions().unwrap().prove_consistency(&kept).unwrap();
    assert!(!proof.holds());
    drop(store);
    let mismatch = caught(&house, &[kept]);
    assert!(matches!(mismatch, Some(Mismatch::Forked { .. })), "{mismatch:?}");
}

#[test]
fn a_checkpoint_of_another_log_is_not_taken_for_ours() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = Store::create(&folder.path().join("db"), crate::house::keys_of(9)).unwrap();
    let (_house, mut store) = House::new();
    let foreign = checkpoint(&mut other);
    let error = verify(&mut store, std::slice::from_ref(&foreign)).unwrap_err();
    assert!(matches!(error, VerifyError::Mismatch(Mismatch::NotOurs)));
    assert!(store.questions().unwrap().prove_consistency(&foreign).is_err());
}

#[test]
fn a_spent_code_made_live_in_its_row_is_found_out() {
    let house = lived_in(1);
    house.burgle("UPDATE codes SET tombstone = NULL, ended_ns = NULL");
    assert!(matches!(caught(&house, &[]), Some(Mismatch::CodeEnd { .. })));
}

#[test]
fn a_spent_code_made_live_with_its_last_leaf_emptied_is_found_out() {
    let house = lived_in(1);
    house.burgle(
        "UPDATE codes SET tombstone = NULL, ended_ns = NULL;
         UPDATE leaves SET salt = NULL, body = NULL, wall_ns = NULL WHERE number = 3",
    );
    assert_eq!(caught(&house, &[]), Some(Mismatch::Emptied { leaf: 3 }));
}

#[test]
fn a_leaf_emptied_of_an_entry_that_is_there_is_found_out() {
    let house = lived_in(1);
    house.burgle("UPDATE leaves SET salt = NULL, body = NULL, wall_ns = NULL WHERE number = 4");
    assert_eq!(caught(&house, &[]), Some(Mismatch::Emptied { leaf: 4 }));
}

#[test]
fn an_entry_emptied_and_removed_without_a_word_is_found_out() {
    let house = lived_in(2);
    house.burgle(
        "UPDATE leaves SET salt = NULL, body = NULL, wall_ns = NULL WHERE entry = 1;
         DELETE FROM segments WHERE recording = 1; DELETE FROM recordings WHERE entry = 1;
         DELETE FROM entries WHERE id = 1",
    );
    assert!(matches!(caught(&house, &[]), Some(Mismatch::Emptied { .. })));
}

#[test]
fn a_code_that_nobody_gave_out_is_found_out() {
    let house = lived_in(1);
    house.burgle(
        "INSERT INTO codes SELECT 99, household, issued_ns, kind, mac, prefix_mac, window_from_ns,
        window_until_ns, schedule, uses_left, resembles, issued_by, standing, NULL, NULL
        FROM codes",
    );
    assert!(matches!(caught(&house, &[]), Some(Mismatch::UnloggedCode { .. })));
}

#[test]
fn a_code_deleted_with_its_tombstone_is_found_out() {
    let house = lived_in(1);
    house.burgle("DELETE FROM codes");
    assert!(matches!(caught(&house, &[]), Some(Mismatch::CodeEnd { .. })));
}

#[test]
fn a_code_ended_in_its_row_alone_is_found_out() {
    let (house, mut store) = House::new();
    issue(&mut store, 1, "{}");
    drop(store);
    house.burgle("UPDATE codes SET tombstone = 'cancelled', ended_ns = 1");
    assert!(matches!(caught(&house, &[]), Some(Mismatch::UnloggedCode { .. })));
}

#[test]
fn a_segment_swapped_in_the_index_is_found_out() {
    let house = lived_in(1);
    house.burgle("UPDATE segments SET sha256 = zeroblob(32) WHERE sequence = 1");
    assert!(matches!(caught(&house, &[]), Some(Mismatch::Segment { .. })));
}

#[test]
fn a_segment_dropped_from_the_index_is_found_out() {
    let house = lived_in(1);
    house.burgle("DELETE FROM segments WHERE sequence = 1");
    assert!(matches!(caught(&house, &[]), Some(Mismatch::Segment { .. })));
}

#[test]
fn a_segment_that_no_leaf_tells_of_is_found_out() {
    let house = lived_in(1);
    house.burgle("INSERT INTO segments SELECT recording, 7, 1, 1, 1, sha256 FROM segments LIMIT 1");
    assert!(matches!(caught(&house, &[]), Some(Mismatch::UnloggedSegment { .. })));
}

#[test]
fn every_leaf_is_proved_to_be_in_the_log() {
    let house = lived_in(3);
    let mut store = house.open();
    let questions = store.questions().unwrap();
    let size = questions.checkpoint().unwrap().size;
    for number in 0..size {
        let proof = questions.prove_inclusion(number).unwrap();
        assert!(proof.holds());
        let mut forged = proof.clone();
        forged.commitment[0] ^= 1;
        assert!(!forged.holds());
    }
    assert!(questions.prove_inclusion(size).is_err());
}

#[test]
fn every_later_log_is_proved_to_begin_with_every_earlier_one() {
    let (_house, mut store) = House::new();
    let mut earlier = vec![checkpoint(&mut store)];
    for second in 1..=40 {
        store.commit(&bolt(second)).unwrap();
        for note in &earlier {
            let proof = store.questions().unwrap().prove_consistency(note).unwrap();
            assert!(proof.holds());
            let mut forged = proof.clone();
            forged.to.root[0] ^= 1;
            assert!(!forged.holds());
        }
        earlier.push(checkpoint(&mut store));
    }
    let report = verify(&mut store, &earlier).unwrap();
    assert!(report.checkpoints > 40);
}

#[test]
fn one_checkpoint_of_each_hour_is_kept() {
    let (house, mut store) = House::new();
    for minute in 0..150 {
        store.commit(&bolt(minute * 60)).unwrap();
    }
    drop(store);
    let kept: u32 = raw(&house.path())
        .query_row("SELECT count(*) FROM checkpoints", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 3);
    assert_eq!(caught(&house, &[]), None);
}

/// One way to tamper with a log of `leaves` leaves.
#[derive(Debug, Clone)]
enum Tampering {
    EditBody(u64),
    EditSalt(u64),
    EditCommitment(u64),
    Rewrite(u64),
    Delete(u64),
    Swap(u64, u64),
    Truncate(u64),
    TruncateWithHashes(u64),
    EditHash(u64),
    DropHash(u64),
    EraseAndForget(u64),
}

fn tampering(leaves: u64) -> impl Strategy<Value = Tampering> {
    let one = move || 0..leaves;
    prop_oneof![
        one().prop_map(Tampering::EditBody),
        one().prop_map(Tampering::EditSalt),
        one().prop_map(Tampering::EditCommitment),
        one().prop_map(Tampering::Rewrite),
        one().prop_map(Tampering::Delete),
        (one(), 1..leaves).prop_map(move |(a, step)| Tampering::Swap(a, (a + step) % leaves)),
        one().prop_map(Tampering::Truncate),
        one().prop_map(Tampering::TruncateWithHashes),
        one().prop_map(Tampering::EditHash),
        one().prop_map(Tampering::DropHash),
        one().prop_map(Tampering::EraseAndForget),
    ]
}

impl Tampering {
    fn apply(&self, db: &Connection) {
        let run = |sql: &str| db.execute_batch(sql).unwrap();
        match self {
            Self::EditBody(n) => {
                run(&format!(
                    "UPDATE leaves SET body = cast(body || ' ' AS BLOB) WHERE number = {n}"
                ));
            }
            Self::EditSalt(n) => {
                run(&format!("UPDATE leaves SET salt = zeroblob(16) WHERE number = {n}"));
            }
            Self::EditCommitment(n) => {
                run(&format!("UPDATE leaves SET commitment = zeroblob(32) WHERE number = {n}"));
            }
            Self::Rewrite(n) => {
                rewrite_leaf(db, *n);
                regrow(db);
            }
            Self::Delete(n) => run(&format!("DELETE FROM leaves WHERE number = {n}")),
            Self::Swap(a, b) => {
                run(&format!(
                    "UPDATE leaves SET number = -2 WHERE number = {a};
                     UPDATE leaves SET number = {a} WHERE number = {b};
                     UPDATE leaves SET number = {b} WHERE number = -2;"
                ));
                regrow(db);
            }
            Self::Truncate(n) => run(&format!("DELETE FROM leaves WHERE number >= {n}")),
            Self::TruncateWithHashes(n) => {
                run(&format!("DELETE FROM leaves WHERE number >= {n}"));
                regrow(db);
            }
            Self::EditHash(n) => {
                run(&format!("UPDATE log_hashes SET hash = zeroblob(32) WHERE place = {n}"));
            }
            Self::DropHash(n) => run(&format!("DELETE FROM log_hashes WHERE place = {n}")),
            Self::EraseAndForget(n) => run(&format!(
                "UPDATE leaves SET salt = NULL, body = NULL, wall_ns = NULL,
                   commitment = zeroblob(32) WHERE number = {n}"
            )),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_to_a_log_is_found_out(what in tampering(17), deliveries in 2_u64..4) {
        let house = lived_in(deliveries);
        prop_assert_eq!(caught(&house, &[]), None);
        let db = raw_without_triggers(&house);
        db.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
        what.apply(&db);
        drop(db);
        prop_assert!(caught(&house, &[]).is_some(), "{:?}", what);
    }
}

#[test]
fn an_honest_log_raises_no_alarm_whatever_happens_in_it() {
    let (house, mut store) = House::new();
    let mut kept = Vec::new();
    for id in 1..=12 {
        match id % 4 {
            0 => erase_entry(&mut store, id - 1),
            1 => deliver(&mut store, id),
            2 => {
                issue(&mut store, id, "{}");
                store.commit(&spent(id)).unwrap();
            }
            _ => {
                deliver(&mut store, id);
                assert!(store.commit(&segment(id, 1)).is_err());
            }
        }
        kept.push(checkpoint(&mut store));
        verify(&mut store, &kept).unwrap();
    }
    drop(store);
    assert_eq!(caught(&house, &kept), None);
    let codes = house.open().questions().unwrap().codes().unwrap();
    assert!(codes.iter().all(|code| code.code.tombstone == Some(Tombstone::Spent)));
}
