//! Writing segments, in the order that [`super`] tells.

use std::fs::{DirBuilder, File, FileTimes, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use doorward_core::ids::RecordingId;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::names::{
    FileKind, SegmentSequence, file_kind, recording_folder, sealed_name, temporary_name,
};
use crate::seal::{RecordingRecipient, SealError, seal_into};

/// Why a segment could not be stored, in words for the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageCause {
    /// No space is left, or a quota is used up.
    Full,
    /// Anything else.
    Failed,
}

/// A segment that could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The operating system refused.
    #[error("could not {step} in the recordings' folder")]
    Io {
        /// What was being done.
        step: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Sealing failed.
    #[error("could not seal the segment")]
    Seal(#[from] SealError),
}

impl StorageError {
    fn io(step: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { step, source }
    }

    /// Tells a full disk from everything else.
    #[must_use]
    pub fn cause(&self) -> StorageCause {
        let source = match self {
            Self::Io { source, .. } | Self::Seal(SealError::Write(source)) => source,
            Self::Seal(SealError::Recipient(_)) => return StorageCause::Failed,
        };
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
        if full.contains(&source.kind()) { StorageCause::Full } else { StorageCause::Failed }
    }
}

/// A segment that is safe on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredSegment {
    /// Its place in the recording.
    pub sequence: SegmentSequence,
    /// The size of the sealed file.
    pub bytes: u64,
    /// SHA-256 of the sealed file.
    pub sha256: [u8; 32],
}

/// The folder of one recording that is being written.
#[derive(Debug)]
pub struct RecordingFolder {
    path: PathBuf,
    next: SegmentSequence,
}

impl RecordingFolder {
    /// Opens a recording's folder, and makes it if it does not exist.
    ///
    /// What lies there stays: the next segment goes behind the last one.
    ///
    /// # Errors
    /// Fails if the folder cannot be made or read.
    pub fn open(folder: &Path, recording: RecordingId) -> Result<Self, StorageError> {
        let path = recording_folder(folder, recording);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(StorageError::io("make a recording's folder"))?;
        sync_folder(folder).map_err(StorageError::io("sync the folder"))?;
        let mut last = None;
        for entry in path.read_dir().map_err(StorageError::io("list a recording"))? {
            let entry = entry.map_err(StorageError::io("list a recording"))?;
            let FileKind::Sealed(sequence) = file_kind(&entry.file_name().to_string_lossy()) else {
                continue;
            };
            last = last.max(Some(sequence));
        }
        let next = last.map_or(SegmentSequence::FIRST, SegmentSequence::next);
        Ok(Self { path, next })
    }

    /// Returns the place of the segment that is written next.
    #[must_use]
    pub fn next_sequence(&self) -> SegmentSequence {
        self.next
    }

    /// Seals and stores what `content` writes as the next segment.
    ///
    /// # Errors
    /// Fails if any step does. The temporary file is removed, the sequence is
    /// not used up, and trying again is allowed.
    pub fn store(
        &mut self,
        recipient: &RecordingRecipient,
        starts_at: Timestamp,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<StoredSegment, StorageError> {
        let temporary = self.path.join(temporary_name(self.next));
        let stored = self.store_as(&temporary, recipient, starts_at, content);
        match stored {
            Ok(stored) => {
                self.next = self.next.next();
                Ok(stored)
            }
            Err(error) => {
                // It may never have been made; a sweep removes what stays.
                let _absent = std::fs::remove_file(&temporary);
                Err(error)
            }
        }
    }

    fn store_as(
        &self,
        temporary: &Path,
        recipient: &RecordingRecipient,
        starts_at: Timestamp,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<StoredSegment, StorageError> {
        let file = create_private(temporary).map_err(StorageError::io("make a file"))?;
        let below = Hashing { below: BufWriter::new(file), hash: Sha256::new(), bytes: 0 };
        let Hashing { below, hash, bytes } = seal_into(recipient, below, content)?;
        let file = below
            .into_inner()
            .map_err(|error| StorageError::io("write a file")(error.into_error()))?;
        let times = FileTimes::new().set_modified(starts_at.into());
        file.set_times(times).map_err(StorageError::io("date a file"))?;
        file.sync_all().map_err(StorageError::io("sync a file"))?;
        let sealed = self.path.join(sealed_name(self.next));
        std::fs::rename(temporary, sealed).map_err(StorageError::io("rename a file"))?;
        sync_folder(&self.path).map_err(StorageError::io("sync a recording's folder"))?;
        Ok(StoredSegment { sequence: self.next, bytes, sha256: hash.finalize().into() })
    }
}

/// Reads a segment's start from its file.
pub(super) fn started_at(data: &std::fs::Metadata) -> Option<Timestamp> {
    Timestamp::try_from(data.modified().ok()?).ok()
}

pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Creates a file that only its owner may read, over a leftover if there is one.
fn create_private(path: &Path) -> io::Result<File> {
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Hashes and counts what passes.
struct Hashing<W> {
    below: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.below.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or(bytes));
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.below.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::seal::{HouseholdIdentity, RecordingKey};

    fn recipient() -> RecordingRecipient {
        RecordingKey::generate(&HouseholdIdentity::generate().recipient()).unwrap().recipient
    }

    #[test]
    fn a_stored_segment_is_private_dated_and_hashed() {
        let folder = tempfile::tempdir().unwrap();
        let starts_at = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        let mut recording = RecordingFolder::open(folder.path(), RecordingId(7)).unwrap();
        let stored =
            recording.store(&recipient(), starts_at, |w| w.write_all(b"pictures")).unwrap();
        let path = folder.path().join("7/000001.mp4.age");
        let bytes = std::fs::read(&path).unwrap();
        let data = path.metadata().unwrap();
        assert_eq!(data.permissions().mode() & 0o777, 0o600);
        assert_eq!(path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(started_at(&data), Some(starts_at));
        assert_eq!(stored.bytes, bytes.len() as u64);
        assert_eq!(stored.sha256, <[u8; 32]>::from(Sha256::digest(&bytes)));
    }

    #[test]
    fn no_segment_takes_the_place_of_one_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let starts_at = Timestamp::from_second(1_700_000_000).unwrap();
        let mut before = RecordingFolder::open(folder.path(), RecordingId(7)).unwrap();
        before.store(&recipient(), starts_at, |_| Ok(())).unwrap();
        let after = RecordingFolder::open(folder.path(), RecordingId(7)).unwrap();
        assert_eq!(after.next_sequence(), SegmentSequence(2));
    }

    #[test]
    fn a_failed_segment_leaves_nothing_and_may_be_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut recording = RecordingFolder::open(folder.path(), RecordingId(7)).unwrap();
        let full = |_: &mut dyn Write| Err(io::Error::from(io::ErrorKind::StorageFull));
        let error = recording.store(&recipient(), Timestamp::UNIX_EPOCH, full).unwrap_err();
        assert_eq!(error.cause(), StorageCause::Full);
        assert_eq!(folder.path().join("7").read_dir().unwrap().count(), 0);
        let stored = recording.store(&recipient(), Timestamp::UNIX_EPOCH, |_| Ok(())).unwrap();
        assert_eq!(stored.sequence, SegmentSequence::FIRST);
    }
}
