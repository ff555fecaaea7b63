//! What the recorder tells the hub.

use doorward_core::ids::{CameraName, RecordingId};
use jiff::Timestamp;

use crate::disk::{SegmentSequence, StorageCause};
use crate::fault::CameraFault;

/// One event; they arrive in the order in which they happened to a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecorderEvent {
    /// A segment is safe on the disk and can be indexed and logged.
    SegmentSealed(SealedSegment),
    /// A recording got its last segment.
    RecordingClosed {
        /// The recording.
        recording: RecordingId,
        /// How many segments this run added.
        segments: u32,
        /// When its last picture was over; `None` if it has no picture.
        ends_at: Option<Timestamp>,
    },
    /// A running recording is missing pictures from here on.
    RecordingGap {
        /// The recording.
        recording: RecordingId,
        /// Its camera.
        camera: CameraName,
        /// Why.
        cause: GapCause,
        /// Since when.
        since: Timestamp,
    },
    /// Pictures arrive again after a gap.
    RecordingResumed {
        /// The recording.
        recording: RecordingId,
        /// Its camera.
        camera: CameraName,
        /// Since when.
        at: Timestamp,
    },
    /// A camera's condition changed.
    CameraChanged {
        /// The camera.
        camera: CameraName,
        /// What is wrong; `None` if nothing is.
        fault: Option<CameraFault>,
    },
    /// A segment could not be stored.
    StorageFailed {
        /// The recording that lacks it.
        recording: RecordingId,
        /// Full, or failed.
        cause: StorageCause,
    },
}

/// A stored segment, as the index keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSegment {
    /// The recording.
    pub recording: RecordingId,
    /// Its camera.
    pub camera: CameraName,
    /// The segment's place in the recording.
    pub sequence: SegmentSequence,
    /// When its first picture arrived.
    pub starts_at: Timestamp,
    /// How long it lasts, in milliseconds.
    pub duration_ms: u64,
    /// The size of the sealed file.
    pub bytes: u64,
    /// SHA-256 of the sealed file.
    pub sha256: [u8; 32],
}

/// Why pictures are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapCause {
    /// The camera did not give any, or only a frozen one.
    Camera(CameraFault),
    /// They could not be stored.
    Storage(StorageCause),
    /// The disk did not keep up.
    DiskTooSlow,
}
