//! Sealed segments as files.
//!
//! # Layout
//! `<folder>/<recording id>/<sequence>.mp4.age`, sequences as six digits from
//! 000001; folders 0700, files 0600.
//!
//! # The life of a segment
//! Each step is durable before the next one starts, so that a power cut
//! between any two leaves either a whole segment or nothing that counts:
//!
//! 1. A temporary file `<sequence>.mp4.age.tmp` is created, which must not exist.
//! 2. The sealed bytes are written, hashed as they go. Its modification time is
//!    set to the wall time of the segment's first picture.
//! 3. The file is fsynced.
//! 4. It is renamed to its name.
//! 5. The recording's folder is fsynced.
//! 6. Only then is `SegmentSealed` reported; the hub indexes it and logs the hash.
//!
//! A crash before step 4 leaves a temporary file, which [`sweep`] removes. A
//! crash between 4 and 6 leaves a sealed segment that the index does not know;
//! [`sweep`] reports it for adoption, with hash and size. The clear pictures
//! are never in any file.
//!
//! A recording is erased by deleting its row, which holds the only sealed
//! secret; [`Library::prune`] then frees the space. A crash in between leaves
//! files that nobody can open, and the next sweep reports them.

mod library;
mod names;
mod sweep;
mod write;

pub use library::{Library, PruneError, ReadError};
pub use names::SegmentSequence;
pub use sweep::{FoundSegment, Sweep, SweepError, sweep};
pub use write::{RecordingFolder, StorageCause, StorageError, StoredSegment};
