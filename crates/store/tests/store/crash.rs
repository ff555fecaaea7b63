//! A process that dies in the middle of writing: every batch is there as a whole
//! or not at all, and what was reported as durable is there.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use doorward_store::{CommitError, DatabaseError, Store};

use crate::house::{deliver, issued, keys, spent};

const FOLDER: &str = "DOORWARD_STORE_CRASH_FOLDER";

/// Run by the test below in a process of its own: commits and says so, for ever.
#[test]
#[ignore = "runs for ever; the test below starts and kills it"]
fn child_that_commits_until_it_is_killed() {
    let Some(mut store) = opened_for_the_parent() else { return };
    let known = store.questions().unwrap().codes().unwrap().len();
    for id in u64::try_from(known).unwrap() + 1.. {
        store.commit(&issued(id, "{}")).unwrap();
        store.commit(&spent(id)).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "done {id}").unwrap();
        out.flush().unwrap();
    }
}

/// Opens the database that the parent names, if there is a parent.
fn opened_for_the_parent() -> Option<Store> {
    let folder = PathBuf::from(std::env::var_os(FOLDER)?);
    Some(Store::open(&folder.join("doorward.db"), keys()).unwrap())
}

/// Starts the child, reads so many lines, kills it, and returns the last number
/// that it reported.
fn run_and_kill(folder: &std::path::Path, lines: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_that_commits_until_it_is_killed"])
        .args(["--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let reports = BufReader::new(child.stdout.take().unwrap()).lines();
    let done = reports
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("done ").and_then(|id| id.parse().ok()));
    let mut last = 0;
    for (number, id) in done.enumerate() {
        last = id;
        if number + 1 == lines {
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success());
    last
}

#[test]
fn a_database_that_was_made_and_never_closed_opens_again() {
    let (house, mut store) = crate::house::House::new();
    deliver(&mut store, 1);
    let copy = crate::house::House { folder: tempfile::tempdir().unwrap() };
    for file in std::fs::read_dir(house.folder.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.folder.path().join(file.file_name())).unwrap();
    }
    assert_eq!(copy.open().questions().unwrap().verify(&[]).unwrap().leaves, 9);
}

#[test]
fn a_killed_store_keeps_every_batch_that_it_reported_and_half_of_none() {
    let (house, mut store) = crate::house::House::new();
    deliver(&mut store, 1);
    drop(store);
    for round in 0..12 {
        let reported = run_and_kill(house.folder.path(), 3 + round * 2);
        let mut store = house.open();
        let questions = store.questions().unwrap();
        // The walk holds every code and its end against the leaves: half a batch
        // would be a mismatch.
        questions.verify(&[]).unwrap();
        let codes = questions.codes().unwrap();
        let ended = |id| codes.iter().any(|c| c.code.id.0 == id && c.code.tombstone.is_some());
        assert!(ended(reported), "{reported} was lost");
        assert!(u64::try_from(codes.len()).unwrap() <= reported + 1, "nobody asked for more");
    }
}

/// Run by the test below under strace: commits on a disk that fails once.
#[test]
#[ignore = "needs the failing disk that the test below gives it"]
fn child_that_commits_on_a_failing_disk() {
    let Some(mut store) = opened_for_the_parent() else { return };
    let mut failed = Vec::new();
    for id in 1..=40 {
        let both = store.commit(&issued(id, "{}")).and_then(|_| store.commit(&spent(id)));
        if let Err(error) = both {
            assert!(matches!(error, CommitError::Database(DatabaseError::Disk(_))), "{error:?}");
            assert!(!error.nothing_was_written());
            failed.push(id);
        }
    }
    assert_eq!(failed.len(), 1, "{failed:?}");
    let questions = store.questions().unwrap();
    questions.verify(&[]).unwrap();
    let ended = |id| {
        let codes = questions.codes().unwrap();
        codes.iter().any(|c| c.code.id.0 == id && c.code.tombstone.is_some())
    };
    assert!((1..=40).all(|id| ended(id) || failed.contains(&id)));
}

#[test]
fn a_disk_that_fails_once_fails_one_commit_and_the_store_goes_on() {
    let has_strace = Command::new("strace").arg("-V").output().is_ok();
    if !has_strace {
        println!("skipped: this needs strace");
        return;
    }
    for call in [5, 20, 41] {
        let (house, store) = crate::house::House::new();
        drop(store);
        let output = Command::new("strace")
            .args(["-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"])
            .args(["-e", &format!("inject=fsync,fdatasync:error=EIO:when={call}")])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_that_commits_on_a_failing_disk"])
            .args(["--ignored", "--nocapture"])
            .env(FOLDER, house.folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "call {call}: {said}");
        house.open().questions().unwrap().verify(&[]).unwrap();
    }
}
