//! Erasing what the hub knows of people, and saying for how long it is kept.

use doorward_api as api;
use doorward_api::recording::{ChangeKeepRules, KeepRules};
use doorward_api::{Problem, ProblemKind};
use doorward_core::code::CodeKindName;
use doorward_core::entry::Actor;
use doorward_core::ids::{CodeId, EntryId, RecordingId};
use doorward_core::io::OwnerRequest;

use super::super::awake::Awake;
use super::super::directory::CodeName;
use super::super::erasing::EraseError;
use super::super::{convert, retention};
use super::{entries, failed, recordings};
use crate::http::Answer;

/// The most days that anybody may mean.
const MOST_DAYS: u32 = 36_500;

/// Less than this of a camera is less than one visit may take.
const FEWEST_BYTES: u64 = 1_000_000_000;

impl Awake {
    pub(super) async fn erase_one_recording(&self, by: Actor, id: api::RecordingId) -> Answer<()> {
        let recording = RecordingId(id.0);
        if self.recording_view(recording).await?.is_none() {
            return Err(recordings::no_such_recording(id));
        }
        let eraser = self.eraser.clone();
        // What was begun is ended, whether or not somebody still waits for it.
        answer(tokio::spawn(async move { eraser.recording(by, recording).await }).await)
    }

    pub(super) async fn erase_visit(&self, by: Actor, id: api::EntryId) -> Answer<()> {
        let entry = EntryId(id.0);
        let story = self.store.entry(entry).await.map_err(failed("the entry cannot be read"))?;
        let came = story.ok_or_else(|| entries::no_such_entry(id))?.entry.by;
        let recordings = self.recordings_of(entry).await?.iter().map(|one| one.id).collect();
        let (eraser, directory) = (self.eraser.clone(), self.directory.clone());
        let erasing = tokio::spawn(async move {
            eraser.entry(by, entry, recordings).await?;
            // The database has forgotten a delivery's notes with its entry.
            if let Actor::Code(code) = came
                && let Some(name) = directory.code(code)
                && name.kind == CodeKindName::OneTime
            {
                directory.add_code(code, CodeName::anonymous(name));
            }
            Ok(())
        });
        answer(erasing.await)
    }

    /// The code opens what it opened; only what it was for is forgotten.
    pub(super) async fn erase_notes(&self, by: Actor, id: api::CodeId) -> Answer<()> {
        let code = CodeId(id.0);
        let Some(name) = self.directory.code(code) else {
            let detail = format!("there is no code {id}; `doorward code list` shows all");
            return Err(Problem::new(ProblemKind::NotFound, detail));
        };
        self.done(by, OwnerRequest::EraseCodeNotes(code)).await?;
        self.directory.add_code(code, CodeName::anonymous(name));
        Ok(())
    }

    pub(super) async fn rules_of_keeping(&self) -> Answer<KeepRules> {
        retention::keep_rules(&self.store).await.map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "the rules of keeping cannot be read");
            Problem::new(ProblemKind::Internal, format!("{error:#}"))
        })
    }

    pub(super) async fn change_rules_of_keeping(
        &self,
        change: ChangeKeepRules,
    ) -> Answer<KeepRules> {
        check(change)?;
        let written = retention::keep(&self.store, change).await;
        written.map_err(failed("the rules of keeping could not be written down"))?;
        self.rules_of_keeping().await
    }
}

fn check(change: ChangeKeepRules) -> Answer<()> {
    if change.days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        let detail = format!("recordings are kept for 1 to {MOST_DAYS} days");
        return Err(Problem::new(ProblemKind::Invalid, detail));
    }
    if change.bytes_per_camera.is_some_and(|bytes| bytes < FEWEST_BYTES) {
        let detail = "at least 1 GB is kept of each camera";
        return Err(Problem::new(ProblemKind::Invalid, detail));
    }
    Ok(())
}

fn answer(erased: Result<Result<(), EraseError>, tokio::task::JoinError>) -> Answer<()> {
    match erased.unwrap_or_else(|died| Err(EraseError::Died(died))) {
        Ok(()) => Ok(()),
        Err(EraseError::Stopping(stopping)) => Err(stopping.into()),
        Err(EraseError::Refused(refusal)) => Err(convert::refusal(refusal)),
        Err(error @ (EraseError::Files(_) | EraseError::Died(_))) => {
            let what = "nobody can open it any more, but its files are still there; the hub \
                        removes them when it starts";
            Err(failed(what)(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_would_keep_nothing_are_refused() {
        for (days, bytes_per_camera) in
            [(Some(0), None), (Some(36_501), None), (None, Some(0)), (None, Some(FEWEST_BYTES - 1))]
        {
            let refused = check(ChangeKeepRules { days, bytes_per_camera }).unwrap_err();
            assert_eq!(refused.kind, ProblemKind::Invalid);
        }
        assert!(
            check(ChangeKeepRules { days: Some(1), bytes_per_camera: Some(FEWEST_BYTES) }).is_ok()
        );
    }
}
