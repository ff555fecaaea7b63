//! A pack proves a visit to somebody who has nothing but the pack; whatever in it was
//! changed is found and named.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context;
use doorward_api::RecordingId;
use doorward_api::event::LogEvent;
use doorward_tests::harness::{Blueprint, Filming, Scene};
use doorward_tests::house::Verdict;
use doorward_tests::journal::Place;

/// Where a file's content begins behind its name in a tar archive.
const HEADER_BYTES: usize = 512;

#[tokio::test]
async fn a_pack_proves_a_visit_and_whatever_was_changed_in_it_is_named() -> anyhow::Result<()> {
    let scene =
        Scene::build(Blueprint { filming: Filming::Required, ..Blueprint::default() }).await?;
    let (pack, recording) = packed_visit(&scene).await?;
    let told = scene.owner.ok(["evidence", "verify", text(&pack)]).await?;
    assert!(told.contains("everything fits"), "{told}");

    let whole = std::fs::read(&pack)?;
    for (what, changed, expected) in changes(&whole, recording)? {
        let path = scene.folder().join("changed.tar");
        std::fs::write(&path, changed)?;
        let found = scene.owner.run(["evidence", "verify", text(&path)]).await?;
        assert_eq!(found.code, Some(1), "{what}: {found:?}");
        let said = format!("{}{}", found.stdout, found.stderr);
        assert!(said.contains(&expected), "{what}: {said}");
    }
    let key = "doorward.local/0000000000000000+00000000+AAAA";
    let other = scene.owner.run(["evidence", "verify", text(&pack), "--log", key]).await?;
    assert_eq!(other.code, Some(1), "{other:?}");
    assert!(other.stdout.contains("of another hub"), "{other:?}");
    scene.end(&[]).await
}

/// Films a visit and saves its pack.
async fn packed_visit(scene: &Scene) -> anyhow::Result<(PathBuf, RecordingId)> {
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    let recording = closed_recording(scene, start).await?;
    let entry = scene.entry_closed(start).await?.to_string();
    let pack = scene.folder().join("visit.tar");
    let sheet = scene.recovery_sheet();
    let command = ["evidence", "export", &entry, "--identity", text(&sheet), "--out", text(&pack)];
    scene.owner.ok(command).await?;
    Ok((pack, recording))
}

async fn closed_recording(scene: &Scene, start: Place) -> anyhow::Result<RecordingId> {
    scene
        .logged(start, "the closed recording", |event| {
            let LogEvent::RecordingClosed { recording } = event else { return None };
            Some(*recording)
        })
        .await
}

/// What somebody may do to a pack, and what must be said of it.
fn changes(
    whole: &[u8],
    recording: RecordingId,
) -> anyhow::Result<Vec<(&'static str, Vec<u8>, String)>> {
    let folder = format!("recordings/{recording}");
    let manifest = content(whole, "evidence.json")?;
    let clip = content(whole, &format!("{folder}/clip.mp4"))?;
    let segment = content(whole, &format!("{folder}/000002.mp4.age"))?;
    let key = content(whole, &format!("{folder}/key.txt"))?;
    let within = |field: &str, letters: usize| find(whole, field).map(|at| at + letters);
    let middle = |range: &Range<usize>| range.start.midpoint(range.end);
    let until = |end: usize| whole.get(..end).unwrap_or_default().to_vec();
    Ok(vec![
        (
            "an edited clip",
            edited(whole, middle(&clip)),
            format!("the clip of recording {recording} was changed"),
        ),
        (
            "a clip left out",
            until(clip.start - HEADER_BYTES),
            format!("the clip of recording {recording} is missing"),
        ),
        (
            "an edited segment",
            edited(whole, middle(&segment)),
            format!("segment 2 of recording {recording} was changed"),
        ),
        ("another key", edited(whole, middle(&key)), format!("the key of recording {recording}")),
        (
            "an edited event",
            edited(whole, within("\"body\"", 40)?),
            "is not what the log holds at its place".to_owned(),
        ),
        (
            "an edited salt",
            edited(whole, within("\"salt\"", 15)?),
            "is not what the log holds at its place".to_owned(),
        ),
        (
            "another checkpoint",
            edited(whole, within("\"checkpoint\"", 60)?),
            "the checkpoint is not signed by this log".to_owned(),
        ),
        ("a file cut short", until(middle(&segment)), "cut short".to_owned()),
        ("a manifest cut short", until(middle(&manifest)), "cut short".to_owned()),
    ])
}

/// Puts another letter or digit in a place, so that texts stay texts.
fn edited(whole: &[u8], at: usize) -> Vec<u8> {
    let mut changed = whole.to_vec();
    if let Some(byte) = changed.get_mut(at) {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    changed
}

fn content(whole: &[u8], name: &str) -> anyhow::Result<Range<usize>> {
    let header = find(whole, &format!("{name}\0"))?;
    let size = whole.get(header + 124..header + 135).context("a whole header")?;
    let bytes = usize::from_str_radix(std::str::from_utf8(size)?, 8)?;
    Ok(header + HEADER_BYTES..header + HEADER_BYTES + bytes)
}

fn find(whole: &[u8], text: &str) -> anyhow::Result<usize> {
    let found = whole.windows(text.len()).position(|window| window == text.as_bytes());
    found.with_context(|| format!("no {text:?} in the pack"))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary folder has a plain name")
}
