//! A camera for somebody who watches and, if the owner allowed it, listens: fragments of
//! MP4, one for each picture or piece of sound as it comes.
//!
//! Owns: one watcher's time line, which starts at zero, and where in the stream it may
//! begin. Guarantees: a watcher that is too slow loses what is oldest and never grows a
//! queue. Does not know who watches.
//!
//! Pictures and sound are two streams. In one, a player shows no picture for which it has
//! no sound: every picture would wait for a microphone whose pieces are longer than a
//! picture and come later, and one that falls silent would stop them all. Nobody who does
//! not listen is sent any sound, either.

mod order;
mod pictures;
mod sound;

use bytes::Bytes;
use doorward_core::ids::CameraName;

use crate::media::Ticks;
pub use pictures::LiveStream;
pub use sound::LiveSound;

/// What a watcher is sent, in this order; pieces of the first two kinds come again when
/// the camera changes what it sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LivePiece {
    /// What follows.
    Header(LiveHeader),
    /// The initialization segment.
    Initialization(Bytes),
    /// One fragment.
    Fragment(Bytes),
}

/// What a live stream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveHeader {
    /// Its media type, for example `video/mp4; codecs="avc1.42c01f"`.
    pub media_type: String,
    /// With pictures, the media type of the sound that may be heard with them.
    pub sound: Option<String>,
    /// Where its time zero lies on the camera's own line, which pictures and sound share.
    pub starts: Ticks,
}

/// Why nobody can listen to a camera.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotHeard {
    /// There is no such camera.
    #[error("there is no camera {0}")]
    UnknownCamera(CameraName),
    /// Its owner did not allow it.
    #[error("camera {0} was added without sound")]
    NotAllowed(CameraName),
}
