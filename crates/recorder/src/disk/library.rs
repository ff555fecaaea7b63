//! Reading and removing stored recordings.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use doorward_core::ids::RecordingId;

use super::names::{FileKind, SegmentSequence, file_kind, recording_folder, sealed_name};
use super::write::sync_folder;

/// A stored segment could not be read.
#[derive(Debug, thiserror::Error)]
#[error("could not read segment {sequence} of recording {recording}")]
pub struct ReadError {
    /// The recording.
    pub recording: RecordingId,
    /// The segment.
    pub sequence: SegmentSequence,
    /// What the system said.
    pub source: io::Error,
}

/// A recording's files could not be removed.
#[derive(Debug, thiserror::Error)]
#[error("could not remove the files of recording {recording}")]
pub struct PruneError {
    /// The recording.
    pub recording: RecordingId,
    /// What the system said.
    pub source: io::Error,
}

/// All stored recordings. Its calls block.
#[derive(Debug, Clone)]
pub struct Library {
    folder: PathBuf,
}

impl Library {
    /// Looks at the recordings in `folder`.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Lists the recordings that have a folder, in order.
    ///
    /// # Errors
    /// Fails if the folder of all recordings cannot be read; that it was never
    /// made is no error.
    pub fn recordings(&self) -> io::Result<Vec<RecordingId>> {
        let mut found = Vec::new();
        let entries = match self.folder.read_dir() {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let recording: Option<RecordingId> =
                entry.file_name().to_str().and_then(|name| name.parse().ok());
            if entry.file_type()?.is_dir() {
                found.extend(recording);
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Lists a recording's sealed segments in order; none if it has no folder.
    ///
    /// # Errors
    /// Fails if the folder cannot be read.
    pub fn segments(&self, recording: RecordingId) -> io::Result<Vec<SegmentSequence>> {
        let mut found = Vec::new();
        let entries = match recording_folder(&self.folder, recording).read_dir() {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(error),
        };
        for entry in entries {
            if let FileKind::Sealed(sequence) = file_kind(&entry?.file_name().to_string_lossy()) {
                found.push(sequence);
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Returns the path of a sealed segment, whether or not it exists.
    #[must_use]
    pub fn path(&self, recording: RecordingId, sequence: SegmentSequence) -> PathBuf {
        recording_folder(&self.folder, recording).join(sealed_name(sequence))
    }

    /// Reads a whole sealed segment.
    ///
    /// # Errors
    /// Fails if the segment cannot be read.
    pub fn read(
        &self,
        recording: RecordingId,
        sequence: SegmentSequence,
    ) -> Result<Vec<u8>, ReadError> {
        std::fs::read(self.path(recording, sequence)).map_err(|source| ReadError {
            recording,
            sequence,
            source,
        })
    }

    /// Reads the sealed bytes of `range`, cut to what is stored.
    ///
    /// # Errors
    /// Fails if the segment cannot be read.
    pub fn read_range(
        &self,
        recording: RecordingId,
        sequence: SegmentSequence,
        range: Range<u64>,
    ) -> Result<Vec<u8>, ReadError> {
        read_clamped(&self.path(recording, sequence), range).map_err(|source| ReadError {
            recording,
            sequence,
            source,
        })
    }

    /// Removes a recording's files; nothing to do is no error.
    ///
    /// # Errors
    /// Fails if a file or the folder cannot be removed; the next try goes on.
    pub fn prune(&self, recording: RecordingId) -> Result<(), PruneError> {
        let path = recording_folder(&self.folder, recording);
        let removed = match std::fs::remove_dir_all(path) {
            Ok(()) => sync_folder(&self.folder),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        removed.map_err(|source| PruneError { recording, source })
    }
}

fn read_clamped(path: &Path, range: Range<u64>) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let stored = file.metadata()?.len();
    let start = range.start.min(stored);
    let length = range.end.min(stored).saturating_sub(start);
    let length = usize::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, start)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: RecordingId = RecordingId(1);

    fn library_with(content: &[u8]) -> (tempfile::TempDir, Library) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("1")).unwrap();
        std::fs::write(folder.path().join("1/000001.mp4.age"), content).unwrap();
        let library = Library::new(folder.path().to_owned());
        (folder, library)
    }

    #[test]
    fn ranges_are_cut_to_what_is_stored() {
        let (_folder, library) = library_with(b"0123456789");
        let read = |range| library.read_range(ONE, SegmentSequence::FIRST, range).unwrap();
        assert_eq!(read(2..5), b"234");
        assert_eq!(read(8..100), b"89");
        assert_eq!(read(50..100), b"");
        assert_eq!(read(Range { start: 5, end: 2 }), b"");
        assert_eq!(read(0..u64::MAX), b"0123456789");
    }

    #[test]
    fn pruning_removes_one_recording_and_may_be_repeated() {
        let (folder, library) = library_with(b"x");
        assert_eq!(library.segments(ONE).unwrap(), [SegmentSequence::FIRST]);
        assert_eq!(library.recordings().unwrap(), [ONE]);
        library.prune(ONE).unwrap();
        library.prune(ONE).unwrap();
        assert_eq!(library.segments(ONE).unwrap(), []);
        assert_eq!(library.recordings().unwrap(), []);
        assert!(folder.path().exists());
        assert!(library.read(ONE, SegmentSequence::FIRST).is_err());
    }
}
