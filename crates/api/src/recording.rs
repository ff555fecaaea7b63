//! Recordings: what is kept, and the sealed parts of one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{CameraName, DoorName, EntryId, RecordingId};

/// Which recordings to list; newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordingQuery {
    /// Only recordings with a lower number than this one: the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<RecordingId>,
    /// At most so many; the hub may answer fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A recording in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordingView {
    /// Its number.
    pub id: RecordingId,
    /// The camera.
    pub camera: CameraName,
    /// The entry it shows, if it is of one.
    pub entry: Option<EntryId>,
    /// The door of that entry.
    pub door: Option<DoorName>,
    /// When its first picture was taken; absent while no segment is sealed.
    pub starts_at: Option<Timestamp>,
    /// How long its sealed segments last together.
    pub duration_ms: u64,
    /// How many segments are sealed.
    pub segments: u32,
    /// The size of the sealed files together.
    pub bytes: u64,
    /// Whether it still runs.
    pub state: RecordingState,
}

/// What is kept of recordings, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeepRules {
    /// No recording is kept for more days than this.
    pub days: u32,
    /// No more bytes of one camera are kept than this; the oldest go first.
    pub bytes_per_camera: u64,
}

/// What is to change in the [`KeepRules`]; what is absent stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeKeepRules {
    /// The most days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// The most bytes of one camera; at least 1 GB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_camera: Option<u64>,
}

/// Whether a recording still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// Segments are still being added.
    Running,
    /// Ended in good order.
    Closed,
    /// Ended with the hub or its camera; what was sealed until then is whole.
    Interrupted,
}

/// A recording with all that its owner needs to open it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordingDetails {
    /// The recording.
    pub recording: RecordingView,
    /// The secret of the recording's own age identity, sealed to the household: an
    /// age file, in hex. Only the household identity opens it.
    #[serde(with = "crate::hex")]
    #[schema(value_type = String)]
    pub sealed_secret: Vec<u8>,
    /// The recipient (`age1…`) to which the segments are sealed.
    pub recipient: String,
    /// The sealed segments, in order.
    pub segments: Vec<SegmentView>,
}

/// One sealed segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SegmentView {
    /// Its place in the recording; later segments have higher numbers.
    pub sequence: u32,
    /// When its first picture was taken.
    pub starts_at: Timestamp,
    /// How long it lasts.
    pub duration_ms: u32,
    /// The size of the sealed file.
    pub bytes: u64,
    /// SHA-256 of the sealed file, in hex, as the log has it.
    pub sha256: String,
}
