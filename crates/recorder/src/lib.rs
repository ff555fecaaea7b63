//! From a camera's stream to sealed segments on disk.
//!
//! Owns: connections to cameras, the seconds of pre-roll in memory, recordings
//! as sealed files, and the question whether a camera shows a live picture.
//! Guarantees: nothing unsealed reaches a disk; a segment that was reported is
//! durable; pictures are decoded in another process only; an address or
//! password of a camera is in no log, event or error. Does not know who may
//! enter, what a door is, or who owns which recording: the hub hands it names,
//! ids and keys.

pub mod camera;
pub mod camera_url;
pub mod disk;
pub mod event;
pub mod export;
pub mod eye;
pub mod fault;
pub mod gop;
pub mod live;
pub mod media;
pub mod mp4;
pub mod recorder;
pub mod ring;
pub mod rtsp;
pub mod seal;
#[cfg(test)]
mod testing;
pub mod timeline;

pub use camera::{CameraConfig, CameraHealth, Live, LiveSample, LiveSoundSample};
pub use camera_url::{CameraUrl, CameraUrlError, Login};
pub use disk::{Library, SegmentSequence, StorageCause, sweep};
pub use event::{GapCause, RecorderEvent, SealedSegment};
pub use export::{ExportError, Exported, export};
pub use eye::EyeProgram;
pub use fault::CameraFault;
pub use live::{LiveHeader, LivePiece, LiveSound, LiveStream, NotHeard};
pub use recorder::{CameraExists, NotRecording, Recorder, RecorderConfig, StartError};
pub use rtsp::Audio;
pub use seal::{
    HouseholdIdentity, HouseholdRecipient, RecordingIdentity, RecordingKey, RecordingRecipient,
    SealedSecret, open_secret,
};
