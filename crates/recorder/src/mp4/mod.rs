//! MP4 (ISO/IEC 14496-12), as little of it as recordings and live pictures need.
//!
//! Owns: the bytes of segments, which are fragmented files; reading them back;
//! and the head of an exported file, which is not fragmented, because every
//! player opens such files and follows a change of parameters in them.
//! Guarantees: one segment is a whole file by itself, and the segments of one
//! recording share one time line. Does not know about sealing or disks.

mod boxes;
mod fragment;
mod init;
mod read;
mod table;
mod times;
mod track;

pub use fragment::{FragmentHead, fragment_head, picture_fragment, sound_fragment};
pub use init::{initialization, picture_track, sound_track, tracks, whole_file_head};
pub use read::{ParsedSegment, Run, Sample, SegmentError, parse_segment};
pub use table::SampleTable;
pub use times::in_sound_ticks;
pub use track::{Track, TrackKind};

/// The pictures' track.
pub(crate) const VIDEO_TRACK: u32 = 1;
/// The sound's track.
pub(crate) const AUDIO_TRACK: u32 = 2;
