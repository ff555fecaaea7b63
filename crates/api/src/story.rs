//! Stories: an entry with what the log and the cameras have of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::entry::EntryView;
use crate::log::LogLine;
use crate::recording::RecordingView;

/// An entry from its first moment to its last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntryStory {
    /// The entry.
    pub entry: EntryView,
    /// What the log says of it, oldest first.
    pub lines: Vec<LogLine>,
    /// Its recordings that are still kept, the first one first. There is more than one
    /// if the hub was started again in the middle, or if the camera rested.
    pub recordings: Vec<RecordingView>,
}
