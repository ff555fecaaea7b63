//! What the last run left of its recordings: segments that were sealed but not
//! indexed, recordings that were never closed, files without a key.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use doorward_core::ids::RecordingId;
use doorward_core::io::Input;
use doorward_recorder::{Library, SegmentSequence, sweep};
use doorward_store::{Recording, StoreHandle};
use tracing::{info, warn};

use super::cameras;

/// What the index has.
struct Index {
    /// When each recording began.
    opened_at_ms: BTreeMap<RecordingId, i64>,
    segments: HashSet<(RecordingId, SegmentSequence)>,
}

/// Takes up what was left, and says what the core must be told of it: segments
/// first, then the end of each recording that a crash cut short. Its key is
/// forgotten, so that nothing can be added to it.
///
/// Runs before the recorder starts.
pub(super) async fn take_up(folder: PathBuf, store: &StoreHandle) -> anyhow::Result<Vec<Input>> {
    let recordings = store.recordings().await?;
    let cut: Vec<_> = recordings.iter().filter(|one| one.closed_at_ms.is_none()).collect();
    let ended: Vec<_> = cut.iter().map(|one| Input::RecordingClosed(one.id)).collect();
    let index = index(store, &recordings).await?;
    let look = move || {
        remove_orphans(&Library::new(folder.clone()), &index);
        adopt_segments(&folder.clone(), &index)
    };
    let mut told = tokio::task::spawn_blocking(look).await??;
    told.extend(ended);
    Ok(told)
}

async fn index(store: &StoreHandle, recordings: &[Recording]) -> anyhow::Result<Index> {
    let mut segments = HashSet::new();
    for recording in recordings {
        let found = store.recording(recording.id).await?;
        let indexed = found.into_iter().flat_map(|found| found.segments);
        segments.extend(indexed.map(|one| (one.recording, SegmentSequence(one.sequence))));
    }
    let opened_at_ms = recordings.iter().map(|one| (one.id, one.opened_at_ms)).collect();
    Ok(Index { opened_at_ms, segments })
}

/// A recording's row comes before its files and goes before them: files without
/// a row are of a recording that was erased, and open to nobody.
fn remove_orphans(library: &Library, index: &Index) {
    let found = match library.recordings() {
        Ok(found) => found,
        Err(error) => return warn!(%error, "the recordings' folder cannot be listed"),
    };
    for recording in found.into_iter().filter(|one| !index.opened_at_ms.contains_key(one)) {
        match library.prune(recording) {
            Ok(()) => info!(%recording, "files without a key removed"),
            Err(error) => warn!(%recording, %error, "files without a key cannot be removed"),
        }
    }
}

fn adopt_segments(folder: &std::path::Path, index: &Index) -> anyhow::Result<Vec<Input>> {
    let swept = sweep(folder, |id, sequence| index.segments.contains(&(id, sequence)))?;
    let adopted = swept.unknown.iter().filter_map(|found| {
        let opened_at_ms = index.opened_at_ms.get(&found.recording)?;
        Some(Input::SegmentSealed(cameras::adopt(found, *opened_at_ms)))
    });
    Ok(adopted.collect())
}

#[cfg(test)]
mod tests {
    use doorward_core::batch::{Batch, Change, ClockMark, NextIds};
    use doorward_core::door::{Door, DoorPolicy};
    use doorward_core::entry::{Actor, Entered, EntryRecord, Stage};
    use doorward_core::event::ClockTrust;
    use doorward_core::ids::{CameraName, CommitTicket, DeviceName, DoorId, DoorName, EntryId};
    use doorward_core::time::{HubTime, Now};
    use doorward_store::{Household, NewRecording, Store, StoreKeys};
    use jiff::Timestamp;
    use secrecy::SecretBox;
    use tempfile::TempDir;

    use super::super::awake::HOME;
    use super::*;

    const OPENED_AT_MS: i64 = 1_790_000_000_000;

    /// A database with one entry and its recording, which was never closed.
    async fn crashed() -> (TempDir, StoreHandle) {
        let folder = tempfile::tempdir().unwrap();
        let keys = StoreKeys {
            database: SecretBox::new(Box::new([7; 32])),
            log_signing_seed: SecretBox::new(Box::new([8; 32])),
        };
        let store = Store::create(&folder.path().join("doorward.db"), keys).unwrap();
        let store = StoreHandle::spawn(store).unwrap();
        let (name, recipient) = ("Home".into(), "age1example".into());
        store.add_household(Household { id: HOME, name, recipient }).await.unwrap();
        store.commit(visit()).await.unwrap();
        let row = NewRecording {
            id: RecordingId(1),
            entry: EntryId(1),
            camera: CameraName::parse("porch").unwrap(),
            household: HOME,
            sealed_secret: vec![1],
            recipient: "age1example".into(),
            opened_at_ms: OPENED_AT_MS,
        };
        store.open_recording(row).await.unwrap();
        (folder, store)
    }

    fn visit() -> Batch {
        let wall = Timestamp::from_millisecond(OPENED_AT_MS).unwrap();
        let at = Now { wall, mono: HubTime::from_millis(1) };
        let door = Door {
            id: DoorId(1),
            name: DoorName::parse("front").unwrap(),
            households: vec![HOME],
            lock: DeviceName::parse("lock").unwrap(),
            keypads: Vec::new(),
            contact: None,
            camera: None,
            policy: DoorPolicy::default(),
        };
        let entry = EntryRecord {
            id: EntryId(1),
            door: DoorId(1),
            household: HOME,
            by: Actor::LocalOwner,
            opened_at: at,
            stage: Stage::Open,
            entered: Entered::Yes,
            recording: Some(RecordingId(1)),
            outcome: None,
        };
        Batch {
            ticket: CommitTicket(1),
            changes: vec![Change::DoorAdded(door), Change::Entry(entry)],
            leaves: Vec::new(),
            mark: ClockMark { at, trust: ClockTrust::Trusted },
            next_ids: NextIds::default(),
        }
    }

    fn seal(folder: &TempDir, recording: u64) -> PathBuf {
        let files = folder.path().join("recordings");
        let of_one = files.join(recording.to_string());
        std::fs::create_dir_all(&of_one).unwrap();
        std::fs::write(of_one.join("000001.mp4.age"), "sealed").unwrap();
        files
    }

    #[tokio::test]
    async fn a_recording_that_a_crash_cut_short_is_closed_behind_its_last_segment() {
        let (folder, store) = crashed().await;
        let files = seal(&folder, 1);
        let told = take_up(files, &store).await.unwrap();
        let [Input::SegmentSealed(segment), Input::RecordingClosed(closed)] = told.as_slice()
        else {
            panic!("{} inputs", told.len());
        };
        assert_eq!((segment.recording, segment.sequence), (RecordingId(1), 1));
        assert!(segment.starts_at_ms > OPENED_AT_MS / 2, "the file's own date");
        assert_eq!(*closed, RecordingId(1));
    }

    #[tokio::test]
    async fn files_without_a_row_are_removed() {
        let (folder, store) = crashed().await;
        seal(&folder, 1);
        let files = seal(&folder, 9);
        let library = Library::new(files.clone());
        take_up(files.clone(), &store).await.unwrap();
        assert_eq!(library.recordings().unwrap(), [RecordingId(1)]);
    }

    #[tokio::test]
    async fn a_house_that_never_filmed_left_no_files() {
        let (folder, store) = crashed().await;
        let told = take_up(folder.path().join("recordings"), &store).await.unwrap();
        assert!(matches!(told.as_slice(), [Input::RecordingClosed(RecordingId(1))]));
    }
}
