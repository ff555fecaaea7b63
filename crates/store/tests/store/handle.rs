//! The store on its threads.

use std::time::Duration;

use doorward_core::batch::Change;
use doorward_core::door::Bolt;
use doorward_core::event::LogEvent;
use doorward_core::ids::EntryId;
use doorward_store::{CommitError, LeavesFrom, ReadError, StoreHandle};
use tokio::time::timeout;

use crate::house::{
    DOOR, House, batch, bolt, delivery, door, entry, issued, new_recording, notes_erased, segment,
};

/// Nothing here takes a second; a thread that hangs must not hang the test.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(30), future).await.expect("the store answers")
}

fn spawn() -> (House, StoreHandle) {
    let (house, store) = House::new();
    (house, StoreHandle::spawn(store).unwrap())
}

#[tokio::test]
async fn batches_are_written_in_the_order_in_which_they_were_handed_in() {
    let (_house, handle) = spawn();
    let mut receipts = Vec::new();
    for second in 1..=200 {
        receipts.push(soon(handle.submit(bolt(second))).await);
    }
    for receipt in receipts {
        soon(receipt.durable()).await.unwrap();
    }
    let leaves = soon(handle.leaves(LeavesFrom::Number(1), 1_000)).await.unwrap();
    let moments: Vec<_> = leaves.into_iter().map(|leaf| leaf.leaf.unwrap().at.mono).collect();
    assert_eq!(moments.len(), 200);
    assert!(moments.is_sorted());
    assert_eq!(soon(handle.verify(Vec::new())).await.unwrap().leaves, 201);
}

#[tokio::test]
async fn a_refused_batch_does_not_take_its_neighbours_with_it() {
    let (_house, handle) = spawn();
    let mut receipts = Vec::new();
    for second in 1..=30 {
        let refused = batch(second, vec![Change::DoorAdded(door())], Vec::new());
        let next = if second % 3 == 0 { refused } else { bolt(second) };
        receipts.push((second, soon(handle.submit(next)).await));
    }
    for (second, receipt) in receipts {
        let result = soon(receipt.durable()).await;
        match second % 3 {
            0 => assert!(matches!(result, Err(CommitError::Refused { .. }))),
            _ => assert!(result.is_ok()),
        }
    }
    assert_eq!(soon(handle.checkpoint()).await.unwrap().size, 21);
    soon(handle.verify(Vec::new())).await.unwrap();
}

#[tokio::test]
async fn what_was_committed_is_read_by_the_next_question() {
    let (_house, handle) = spawn();
    for id in 1..=20 {
        soon(handle.commit(issued(id, "{}"))).await.unwrap();
        let known = soon(handle.snapshot()).await.unwrap();
        assert_eq!(known.codes.last(), Some(&delivery(id)));
    }
}

#[tokio::test]
async fn a_recording_follows_the_entry_that_was_handed_in_before_it() {
    let (_house, handle) = spawn();
    soon(handle.commit(issued(1, "{}"))).await.unwrap();
    let receipt = soon(handle.submit(batch(1, vec![Change::Entry(entry(1, 1))], vec![]))).await;
    soon(handle.open_recording(new_recording(1))).await.unwrap();
    soon(receipt.durable()).await.unwrap();
    soon(handle.commit(segment(1, 0))).await.unwrap();
    let recording = soon(handle.recording(new_recording(1).id)).await.unwrap().unwrap();
    assert_eq!(recording.segments.len(), 1);
    assert_eq!(soon(handle.entry(EntryId(9))).await.unwrap(), None);
}

#[tokio::test]
async fn a_store_that_was_stopped_says_so_and_lets_go_of_the_file() {
    let (house, handle) = spawn();
    let last = soon(handle.submit(bolt(1))).await;
    soon(handle.stop()).await;
    soon(last.durable()).await.unwrap();
    let error = soon(handle.commit(bolt(2))).await.unwrap_err();
    assert!(matches!(error, CommitError::Stopped));
    assert!(matches!(soon(handle.snapshot()).await, Err(ReadError::Stopped)));
    assert!(soon(handle.commit(notes_erased(1))).await.is_err());
    soon(handle.stop()).await;
    let mut store = house.open();
    assert_eq!(store.questions().unwrap().checkpoint().unwrap().size, 2);
    let left: Vec<_> = std::fs::read_dir(house.folder.path()).unwrap().collect();
    assert_eq!(left.len(), 4, "the database, its lock, WAL and index: {left:?}");
}

/// Fills a log until going over it takes a while.
async fn fill(handle: &StoreHandle) {
    let bolt = |_| LogEvent::BoltReported { door: DOOR, bolt: Bolt::Thrown };
    for second in 1..=20 {
        let leaves = (0..500).map(bolt).collect();
        soon(handle.commit(batch(second, Vec::new(), leaves))).await.unwrap();
    }
}

#[tokio::test]
async fn a_commit_does_not_wait_for_a_verification() {
    let (_house, handle) = spawn();
    fill(&handle).await;
    let verifying = tokio::spawn({
        let handle = handle.clone();
        async move { handle.verify(Vec::new()).await }
    });
    let mut commits = 0;
    while !verifying.is_finished() {
        soon(handle.commit(bolt(30))).await.unwrap();
        soon(handle.snapshot()).await.unwrap();
        commits += 1;
    }
    assert!(commits > 1, "{commits}");
    assert!(soon(verifying).await.unwrap().unwrap().leaves > 10_000);
}

#[tokio::test]
async fn what_is_erased_during_a_verification_leaves_the_wal_right_after_it() {
    let (house, handle) = spawn();
    soon(handle.commit(issued(1, "{}"))).await.unwrap();
    fill(&handle).await;
    let verifying = tokio::spawn({
        let handle = handle.clone();
        async move { handle.verify(Vec::new()).await }
    });
    soon(handle.commit(notes_erased(1))).await.unwrap();
    soon(verifying).await.unwrap().unwrap();
    soon(handle.scrub()).await.unwrap();
    let wal = house.folder.path().join("doorward.db-wal");
    assert_eq!(wal.metadata().unwrap().len(), 0);
}
