//! What a crash left behind.

use std::io;
use std::path::Path;

use doorward_core::ids::RecordingId;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::names::{FileKind, SegmentSequence, file_kind};
use super::write::{started_at, sync_folder};

/// The recordings' folder could not be swept.
#[derive(Debug, thiserror::Error)]
#[error("could not sweep the recordings' folder")]
pub struct SweepError(#[from] io::Error);

/// A sealed segment that the index does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSegment {
    /// The recording it belongs to.
    pub recording: RecordingId,
    /// Its place in the recording.
    pub sequence: SegmentSequence,
    /// When its first picture arrived, if the file's date can be read.
    pub starts_at: Option<Timestamp>,
    /// The size of the sealed file.
    pub bytes: u64,
    /// SHA-256 of the sealed file.
    pub sha256: [u8; 32],
}

/// What a sweep did and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sweep {
    /// How many leftover temporary files were removed.
    pub temporaries_removed: u64,
    /// Sealed segments for the index to adopt, in order.
    pub unknown: Vec<FoundSegment>,
}

/// Removes leftovers and finds segments that `is_known` does not know.
///
/// Runs before the recorder starts: it would take a segment that is being
/// written for a leftover. It blocks, and reads what it finds whole to hash it.
///
/// # Errors
/// Fails if a folder or file cannot be read or a leftover not be removed.
pub fn sweep(
    folder: &Path,
    is_known: impl Fn(RecordingId, SegmentSequence) -> bool,
) -> Result<Sweep, SweepError> {
    let mut swept = Sweep::default();
    if !folder.exists() {
        return Ok(swept);
    }
    for entry in folder.read_dir()? {
        let entry = entry?;
        let recording = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let (Some(recording), true) = (recording, entry.file_type()?.is_dir()) {
            sweep_recording(&entry.path(), recording, &is_known, &mut swept)?;
        }
    }
    swept.unknown.sort_by_key(|found| (found.recording, found.sequence));
    Ok(swept)
}

fn sweep_recording(
    path: &Path,
    recording: RecordingId,
    is_known: &impl Fn(RecordingId, SegmentSequence) -> bool,
    swept: &mut Sweep,
) -> Result<(), SweepError> {
    let removed_before = swept.temporaries_removed;
    for entry in path.read_dir()? {
        let entry = entry?;
        match file_kind(&entry.file_name().to_string_lossy()) {
            FileKind::Temporary => {
                std::fs::remove_file(entry.path())?;
                swept.temporaries_removed += 1;
            }
            FileKind::Sealed(sequence) if !is_known(recording, sequence) => {
                swept.unknown.push(describe(&entry.path(), recording, sequence)?);
            }
            FileKind::Sealed(_) | FileKind::Foreign => {}
        }
    }
    if swept.temporaries_removed > removed_before {
        sync_folder(path)?;
    }
    Ok(())
}

fn describe(
    path: &Path,
    recording: RecordingId,
    sequence: SegmentSequence,
) -> Result<FoundSegment, SweepError> {
    let mut file = std::fs::File::open(path)?;
    let starts_at = started_at(&file.metadata()?);
    let mut hash = Sha256::new();
    let bytes = io::copy(&mut file, &mut hash)?;
    Ok(FoundSegment { recording, sequence, starts_at, bytes, sha256: hash.finalize().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_removes_leftovers_and_reports_what_the_index_lost() {
        let folder = tempfile::tempdir().unwrap();
        let recording = folder.path().join("3");
        std::fs::create_dir_all(&recording).unwrap();
        for name in ["000001.mp4.age", "000002.mp4.age", "000003.mp4.age.tmp", "note.txt"] {
            std::fs::write(recording.join(name), name).unwrap();
        }
        std::fs::write(folder.path().join("stray"), "").unwrap();
        let known = |_, sequence| sequence == SegmentSequence::FIRST;
        let swept = sweep(folder.path(), known).unwrap();
        assert_eq!(swept.temporaries_removed, 1);
        let [found] = swept.unknown.as_slice() else { panic!("{swept:?}") };
        assert_eq!((found.recording, found.sequence), (RecordingId(3), SegmentSequence(2)));
        assert_eq!(found.sha256, <[u8; 32]>::from(Sha256::digest("000002.mp4.age")));
        assert!(recording.join("note.txt").exists(), "foreign files are left alone");
        assert!(!recording.join("000003.mp4.age.tmp").exists());
    }

    #[test]
    fn a_folder_that_was_never_made_has_nothing_to_sweep() {
        let folder = tempfile::tempdir().unwrap();
        let swept = sweep(&folder.path().join("none"), |_, _| true).unwrap();
        assert_eq!(swept, Sweep::default());
    }
}
