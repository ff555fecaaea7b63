//! Names of folders and files.

use std::path::{Path, PathBuf};

use doorward_core::ids::RecordingId;
use serde::{Deserialize, Serialize};

/// The end of a sealed segment's name.
const SEALED: &str = ".mp4.age";
/// The end of a name that does not count yet.
const TEMPORARY: &str = ".mp4.age.tmp";

/// A segment's place in its recording, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentSequence(pub u32);

impl SegmentSequence {
    /// The first segment of a recording.
    pub const FIRST: Self = Self(1);

    /// Returns the place after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl std::fmt::Display for SegmentSequence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Returns a recording's folder.
pub(super) fn recording_folder(folder: &Path, recording: RecordingId) -> PathBuf {
    folder.join(recording.to_string())
}

/// Returns a sealed segment's file name.
pub(super) fn sealed_name(sequence: SegmentSequence) -> String {
    format!("{:06}{SEALED}", sequence.0)
}

/// Returns the name under which a segment is written.
pub(super) fn temporary_name(sequence: SegmentSequence) -> String {
    format!("{:06}{TEMPORARY}", sequence.0)
}

/// What a file in a recording's folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// A sealed segment.
    Sealed(SegmentSequence),
    /// A leftover of a write that did not end.
    Temporary,
    /// Not ours.
    Foreign,
}

/// Tells what a file is by its name.
pub(super) fn file_kind(name: &str) -> FileKind {
    if name.ends_with(TEMPORARY) {
        return FileKind::Temporary;
    }
    let sequence = name.strip_suffix(SEALED).and_then(|digits| digits.parse().ok());
    match sequence.map(SegmentSequence) {
        Some(sequence) if sealed_name(sequence) == name => FileKind::Sealed(sequence),
        Some(_) | None => FileKind::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        let sequence = SegmentSequence(42);
        assert_eq!(sealed_name(sequence), "000042.mp4.age");
        assert_eq!(file_kind("000042.mp4.age"), FileKind::Sealed(sequence));
        assert_eq!(file_kind(&temporary_name(sequence)), FileKind::Temporary);
        for name in ["42.mp4.age", "+00042.mp4.age", "000042.mp4", "notes.txt"] {
            assert_eq!(file_kind(name), FileKind::Foreign, "{name}");
        }
    }
}
