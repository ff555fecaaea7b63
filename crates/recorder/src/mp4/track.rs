//! Tracks, as `moov` describes them.

use bytes::Bytes;

/// What a track carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackKind {
    /// Pictures of a width and height in pixels.
    Video {
        /// Width in pixels.
        width: u16,
        /// Height in pixels.
        height: u16,
    },
    /// Sound.
    Audio,
}

/// One track as `moov` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// The track's number in the file.
    pub id: u32,
    /// What it carries.
    pub kind: TrackKind,
    /// Its ticks per second.
    pub timescale: u32,
    /// Its sample entries; a fragment names the one that it follows by its
    /// place in this list, counted from 1.
    pub sample_entries: Vec<Bytes>,
}
