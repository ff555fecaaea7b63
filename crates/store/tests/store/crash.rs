//! A process that dies in the middle of writing: every batch is there as a whole
//! or not at all, and what was reported as durable is there.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use doorward_store::Store;

use crate::house::{deliver, issued, keys, spent};

const FOLDER: &str = "DOORWARD_STORE_CRASH_FOLDER";

/// Run by the test below in a process of its own: commits and says so, for ever.
#[test]
#[ignore = "runs for ever; the test below starts and kills it"]
fn child_that_commits_until_it_is_killed() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("the parent names a folder"));
    let mut store = Store::open(&folder.join("doorward.db"), keys()).unwrap();
    let known = store.questions().unwrap().codes().unwrap().len();
    for id in u64::try_from(known).unwrap() + 1.. {
        store.commit(&issued(id, "{}")).unwrap();
        store.commit(&spent(id)).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "done {id}").unwrap();
        out.flush().unwrap();
    }
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
