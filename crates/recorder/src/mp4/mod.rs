//! Fragmented MP4 (ISO/IEC 14496-12), as little of it as recordings need.
//!
//! Owns: the bytes of initialization and of fragments, and reading back what
//! it wrote. Guarantees: one segment is a whole file by itself, and segments
//! of one recording share one time line, so their fragments can be put one
//! after the other. Does not know about sealing or disks.

mod boxes;
mod fragment;
mod init;
mod read;

pub use fragment::{FragmentHead, fragment_head};
pub use init::{Track, TrackKind, initialization, tracks};
pub use read::{ParsedSegment, SegmentError, parse_segment};

/// The pictures' track.
pub(crate) const VIDEO_TRACK: u32 = 1;
/// The sound's track.
pub(crate) const AUDIO_TRACK: u32 = 2;
