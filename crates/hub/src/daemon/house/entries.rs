//! Entries: listed, and told as stories.

use doorward_api as api;
use doorward_api::entry::{EntryQuery, EntryView};
use doorward_api::story::EntryStory;
use doorward_api::{Problem, ProblemKind};
use doorward_core::ids;
use doorward_store::EntryFilter;

use super::super::awake::Awake;
use super::super::convert::Shown;
use super::failed;
use crate::http::Answer;

/// How many entries a list has unless asked for fewer.
const MOST: u32 = 100;

impl Awake {
    pub(super) async fn some_entries(&self, query: EntryQuery) -> Answer<Vec<EntryView>> {
        let door = query.door.map(|name| self.find_door(&name)).transpose()?;
        let before = query.before.map(|id| ids::EntryId(id.0));
        let limit = query.limit.map_or(MOST, |limit| limit.min(MOST));
        let listed = self.store.entries(EntryFilter { door, before }, limit).await;
        let listed = listed.map_err(failed("the entries cannot be read"))?;
        let shown = Shown(&self.directory);
        Ok(listed.iter().map(|one| shown.entry(&one.entry, one.closed_at)).collect())
    }

    pub(super) async fn story(&self, id: api::EntryId) -> Answer<EntryStory> {
        let story = self.store.entry(ids::EntryId(id.0)).await;
        let story = story.map_err(failed("the entry cannot be read"))?;
        let story = story.ok_or_else(|| no_such_entry(id))?;
        let shown = Shown(&self.directory);
        let entry = shown.entry(&story.entry, story.closed_at);
        let recordings = self.recording_views(story.entry.id).await?;
        Ok(EntryStory { entry, lines: self.lines(&story.leaves), recordings })
    }
}

pub(super) fn no_such_entry(id: api::EntryId) -> Problem {
    let detail = format!("there is no entry {id}; `doorward entry list` shows all");
    Problem::new(ProblemKind::NotFound, detail)
}
