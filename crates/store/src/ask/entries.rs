//! Questions about entries.

use doorward_core::entry::{Actor, EntryRecord, Outcome};
use doorward_core::ids::{DoorId, EntryId};
use doorward_core::time::{HubTime, Now};
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};

use super::Questions;
use super::leaves::NumberedLeaf;
use crate::columns::{Id, Ns, Word};
use crate::error::ReadError;

const COLUMNS: &str = "SELECT id, door, household, actor, code, opened_wall_ns,
    opened_mono_ms, stage, entered, recording, outcome, denied_because, closed_ns, person,
    paired_device, device FROM entries";

/// An entry, and when it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The entry.
    pub entry: EntryRecord,
    /// When it ended, if it has.
    pub closed_at: Option<Timestamp>,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Only those through this door.
    pub door: Option<DoorId>,
    /// Only those with a lower number: the next page.
    pub before: Option<EntryId>,
}

/// An entry and what the log says of it, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryStory {
    /// The entry.
    pub entry: EntryRecord,
    /// When it ended, if it has.
    pub closed_at: Option<Timestamp>,
    /// Its leaves.
    pub leaves: Vec<NumberedLeaf>,
}

impl Questions<'_> {
    /// Returns entries, the latest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn entries(&self, which: EntryFilter, limit: u32) -> Result<Vec<Entry>, ReadError> {
        let sql = format!(
            "{COLUMNS} WHERE (?1 IS NULL OR door = ?1) AND (?2 IS NULL OR id < ?2)
             ORDER BY id DESC LIMIT ?3"
        );
        let EntryFilter { door, before } = which;
        self.rows(&sql, params![door.map(Id), before.map(Id), limit], read_ended_entry)
    }

    /// Returns one entry with its leaves; absent if there is none or it was
    /// erased.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn entry(&self, id: EntryId) -> Result<Option<EntryStory>, ReadError> {
        self.at_one_moment(|| {
            let sql = format!("{COLUMNS} WHERE id = ?1");
            let mut statement = self.db.prepare_cached(&sql)?;
            let found = statement.query_row(params![Id(id)], read_ended_entry).optional()?;
            match found {
                Some(Entry { entry, closed_at }) => {
                    Ok(Some(EntryStory { entry, closed_at, leaves: self.leaves_of(id)? }))
                }
                None => Ok(None),
            }
        })
    }

    /// Returns the entries that ended before a moment, by the hub's wall clock:
    /// those whose time to be erased has come.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn entries_before(&self, moment: Timestamp) -> Result<Vec<EntryId>, ReadError> {
        self.rows(
            "SELECT id FROM entries
             WHERE opened_wall_ns < ?1 AND outcome IS NOT NULL ORDER BY id",
            params![Ns(moment)],
            |row| row.get(0).map(|Id(entry)| entry),
        )
    }

    pub(super) fn open_entries(&self) -> Result<Vec<EntryRecord>, ReadError> {
        let sql = format!("{COLUMNS} WHERE outcome IS NULL ORDER BY id");
        self.rows(&sql, [], read_entry)
    }
}

fn read_ended_entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let closed_at: Option<Ns> = row.get(12)?;
    Ok(Entry { entry: read_entry(row)?, closed_at: closed_at.map(|Ns(at)| at) })
}

fn read_entry(row: &Row<'_>) -> rusqlite::Result<EntryRecord> {
    let Id(id) = row.get(0)?;
    let Id(door) = row.get(1)?;
    let Id(household) = row.get(2)?;
    let Ns(wall) = row.get(5)?;
    let Word(stage) = row.get(7)?;
    let recording: Option<Id<_>> = row.get(9)?;
    let Word(entered) = row.get(8)?;
    Ok(EntryRecord {
        id,
        door,
        household,
        by: read_actor(row)?,
        opened_at: Now { wall, mono: HubTime::from_millis(row.get(6)?) },
        stage,
        entered,
        recording: recording.map(|Id(recording)| recording),
        outcome: read_outcome(row)?,
    })
}

fn read_actor(row: &Row<'_>) -> rusqlite::Result<Actor> {
    let word: String = row.get(3)?;
    match word.as_str() {
        "code" => row.get(4).map(|Id(code)| Actor::Code(code)),
        "local_owner" => Ok(Actor::LocalOwner),
        "person" => {
            let (Id(person), Id(device)) = (row.get(13)?, row.get(14)?);
            Ok(Actor::Person { person, device })
        }
        "device" => row.get(15).map(|Id(device)| Actor::Device(device)),
        "hub" => Ok(Actor::Hub),
        _ => Err(unknown(3)),
    }
}

fn read_outcome(row: &Row<'_>) -> rusqlite::Result<Option<Outcome>> {
    let word: Option<String> = row.get(10)?;
    match word.as_deref() {
        None => Ok(None),
        Some("completed") => Ok(Some(Outcome::Completed)),
        Some("not_entered") => Ok(Some(Outcome::NotEntered)),
        Some("denied") => row.get(11).map(|Word(reason)| Some(Outcome::Denied(reason))),
        Some(_) => Err(unknown(10)),
    }
}

/// The schema's CHECK lets no other word in.
fn unknown(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "an unknown word".into())
}
