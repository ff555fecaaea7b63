//! Recordings: listed, handed out sealed.

use doorward_api as api;
use doorward_api::recording::{
    RecordingDetails, RecordingQuery, RecordingState, RecordingView, SegmentView,
};
use doorward_api::{Problem, ProblemKind};
use doorward_core::batch::SegmentRecord;
use doorward_core::ids::{EntryId, RecordingId};
use doorward_recorder::disk::SegmentSequence;
use doorward_store::Recording;
use jiff::Timestamp;

use super::super::awake::Awake;
use super::super::convert;
use super::failed;
use crate::http::{Answer, SealedSegment};

/// How many recordings a list has unless asked for fewer.
const MOST: usize = 100;

impl Awake {
    pub(super) async fn some_recordings(
        &self,
        query: RecordingQuery,
    ) -> Answer<Vec<RecordingView>> {
        let all = self.store.recordings().await;
        let all = all.map_err(failed("the recordings cannot be read"))?;
        let limit = query.limit.map_or(MOST, |limit| MOST.min(limit as usize));
        let older = |one: &&Recording| query.before.is_none_or(|before| one.id.0 < before.0);
        let mut views = Vec::new();
        for recording in all.iter().rev().filter(older).take(limit) {
            views.push(self.show_recording(recording).await?);
        }
        Ok(views)
    }

    /// Returns a recording in a line; `None` once it is erased.
    pub(super) async fn recording_view(&self, id: RecordingId) -> Answer<Option<RecordingView>> {
        let found = self.store.recording(id).await;
        let found = found.map_err(failed("the recording cannot be read"))?;
        match found {
            Some(found) => self.show_recording(&found.recording).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn recording_details(&self, id: api::RecordingId) -> Answer<RecordingDetails> {
        let found = self.store.recording(RecordingId(id.0)).await;
        let found = found.map_err(failed("the recording cannot be read"))?;
        let found = found.ok_or_else(|| no_such_recording(id))?;
        let segments = found.segments.iter().map(segment_view).collect::<Result<_, _>>();
        let segments =
            segments.map_err(failed("the recording's index has a moment out of time"))?;
        Ok(RecordingDetails {
            recording: self.show_recording(&found.recording).await?,
            sealed_secret: found.sealed_secret,
            recipient: found.recipient,
            segments,
        })
    }

    pub(super) async fn sealed_segment(
        &self,
        id: api::RecordingId,
        sequence: u32,
    ) -> Answer<SealedSegment> {
        let path = self.library.path(RecordingId(id.0), SegmentSequence(sequence));
        let missing = |error: std::io::Error| {
            tracing::warn!(recording = %id, sequence, %error, "segment not read");
            let detail = format!("recording {id} has no segment {sequence} on the disk");
            Problem::new(ProblemKind::NotFound, detail)
        };
        let file = tokio::fs::File::open(path).await.map_err(missing)?;
        let bytes = file.metadata().await.map_err(missing)?.len();
        Ok(SealedSegment { file, bytes })
    }

    /// Returns an entry's recordings that are still kept, the first one first.
    pub(super) async fn recordings_of(&self, entry: EntryId) -> Answer<Vec<Recording>> {
        let all = self.store.recordings().await;
        let all = all.map_err(failed("the recordings cannot be read"))?;
        Ok(all.into_iter().filter(|one| one.entry == entry).collect())
    }

    pub(super) async fn recording_views(&self, entry: EntryId) -> Answer<Vec<RecordingView>> {
        let mut views = Vec::new();
        for recording in self.recordings_of(entry).await? {
            views.push(self.show_recording(&recording).await?);
        }
        Ok(views)
    }

    async fn show_recording(&self, recording: &Recording) -> Answer<RecordingView> {
        let Recording { id, entry, camera, closed_at_ms, segments, bytes, .. } = recording;
        let story = self.store.entry(*entry).await;
        let story = story.map_err(failed("the entry cannot be read"))?;
        let door = story.map(|story| api::DoorName(self.directory.door_name(story.entry.door)));
        let starts_at = recording.starts_at_ms.map(Timestamp::from_millisecond);
        let running = self.running.contains(*id);
        Ok(RecordingView {
            id: api::RecordingId(id.0),
            camera: convert::camera(camera),
            entry: Some(api::EntryId(entry.0)),
            door,
            starts_at: starts_at.and_then(Result::ok),
            duration_ms: recording.duration_ms,
            segments: u32::try_from(*segments).unwrap_or(u32::MAX),
            bytes: *bytes,
            state: match (closed_at_ms, running) {
                (Some(_), _) => RecordingState::Closed,
                (None, true) => RecordingState::Running,
                (None, false) => RecordingState::Interrupted,
            },
        })
    }
}

fn segment_view(segment: &SegmentRecord) -> Result<SegmentView, jiff::Error> {
    Ok(SegmentView {
        sequence: segment.sequence,
        starts_at: Timestamp::from_millisecond(segment.starts_at_ms)?,
        duration_ms: segment.duration_ms,
        bytes: segment.bytes,
        sha256: segment.sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

pub(super) fn no_such_recording(id: api::RecordingId) -> Problem {
    let detail = format!("there is no recording {id}; `doorward recording list` shows all");
    Problem::new(ProblemKind::NotFound, detail)
}
