//! Power cuts and kills: what was sealed stays, what was not leaves no trace.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use doorward_core::ids::RecordingId;
use doorward_recorder::{Library, RecordingKey, SegmentSequence, export, open_secret, sweep};

use crate::support::*;

/// Starts a recording process, lets it seal `segments` and kills it.
fn record_and_kill(house: &House, url: &str, key: &RecordingKey, segments: usize) -> Vec<String> {
    let recipient = key.recipient.to_string();
    let mut child = Command::new(eye_program().program)
        .args(["record", house.folder.path().to_str().unwrap(), url, &recipient])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let sealed = lines.take(segments).map(Result::unwrap).collect();
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
    sealed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_recorder_loses_no_sealed_segment() {
    let camera = CameraProcess::start(&[]);
    let house = House::new();
    let key = RecordingKey::generate(&house.household.recipient()).unwrap();
    let identity = open_secret(&key.sealed_secret, &house.household).unwrap();
    let url = camera.url("h264");
    let reported = tokio::task::block_in_place(|| record_and_kill(&house, &url, &key, 3));
    assert_eq!(reported.len(), 3);
    let stray = house.folder.path().join("1/000009.mp4.age.tmp");
    std::fs::write(&stray, "half a segment").unwrap();

    let swept = sweep(house.folder.path(), |_, sequence| sequence.0 <= 2).unwrap();
    assert_eq!(swept.temporaries_removed, 1, "{swept:?}");
    assert!(swept.unknown.iter().any(|found| found.sequence == SegmentSequence(3)));
    assert!(!stray.exists());

    let library = Library::new(house.folder.path().to_owned());
    let sequences = library.segments(RecordingId(1)).unwrap();
    assert!(sequences.len() >= 3);
    for sequence in &sequences {
        let path = library.path(RecordingId(1), *sequence);
        let clear = age_opens(&path, &identity, house.folder.path());
        decode_all(&clear);
        std::fs::remove_file(clear).unwrap();
    }
    let sealed =
        sequences.iter().map(|sequence| Ok(library.read(RecordingId(1), *sequence).unwrap()));
    let mut clip = Vec::new();
    let exported = export(sealed, &identity, &mut clip).unwrap();
    assert_eq!(usize::try_from(exported.segments).unwrap(), sequences.len());
}
