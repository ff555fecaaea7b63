//! Questions about recordings, and the one change that comes without a batch.

use doorward_core::batch::SegmentRecord;
use doorward_core::ids::{CameraName, EntryId, HouseholdId, RecordingId};
use rusqlite::{OptionalExtension, Row, params};

use super::Questions;
use crate::columns::Id;
use crate::error::{ReadError, WriteError};
use crate::store::Store;

/// A recording that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecording {
    /// Its number, given out with the decision.
    pub id: RecordingId,
    /// The entry that it shows.
    pub entry: EntryId,
    /// The camera.
    pub camera: CameraName,
    /// The household to which it is sealed.
    pub household: HouseholdId,
    /// The recording's own age identity, sealed to the household.
    pub sealed_secret: Vec<u8>,
    /// The public half of that identity, `age1…`.
    pub recipient: String,
    /// When it began, in milliseconds since 1970.
    pub opened_at_ms: i64,
}

/// A recording, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Its number.
    pub id: RecordingId,
    /// The entry that it shows.
    pub entry: EntryId,
    /// The camera.
    pub camera: CameraName,
    /// The household to which it is sealed.
    pub household: HouseholdId,
    /// When it began, in milliseconds since 1970.
    pub opened_at_ms: i64,
    /// When it ended; absent while it runs.
    pub closed_at_ms: Option<i64>,
    /// How many segments it has.
    pub segments: u64,
    /// How large they are together.
    pub bytes: u64,
    /// How long they last together.
    pub duration_ms: u64,
    /// When the first of them starts, in milliseconds since 1970: with pre-roll
    /// before the recording began; absent while there is none.
    pub starts_at_ms: Option<i64>,
}

/// A recording with what its owner needs to open it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingWithSecret {
    /// The recording.
    pub recording: Recording,
    /// Its age identity, sealed to the household.
    pub sealed_secret: Vec<u8>,
    /// The public half of that identity, `age1…`.
    pub recipient: String,
    /// Its segments in order.
    pub segments: Vec<SegmentRecord>,
}

const COLUMNS: &str = "SELECT id, entry, camera, household, opened_at_ms, closed_at_ms,
    count(sequence), coalesce(sum(bytes), 0), coalesce(sum(duration_ms), 0), min(starts_at_ms),
    sealed_secret, recipient
    FROM recordings LEFT JOIN segments ON recording = id";

impl Questions<'_> {
    /// Returns all recordings, the oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn recordings(&self) -> Result<Vec<Recording>, ReadError> {
        let sql = format!("{COLUMNS} GROUP BY id ORDER BY id");
        self.rows(&sql, [], read_recording)
    }

    /// Returns one recording with its sealed secret and its segments.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn recording(&self, id: RecordingId) -> Result<Option<RecordingWithSecret>, ReadError> {
        self.at_one_moment(|| {
            let sql = format!("{COLUMNS} WHERE id = ?1 GROUP BY id");
            let mut statement = self.db.prepare_cached(&sql)?;
            let found = statement
                .query_row(params![Id(id)], |row| {
                    Ok((read_recording(row)?, row.get(10)?, row.get(11)?))
                })
                .optional()?;
            let Some((recording, sealed_secret, recipient)) = found else {
                return Ok(None);
            };
            Ok(Some(RecordingWithSecret {
                recording,
                sealed_secret,
                recipient,
                segments: self.segments(id)?,
            }))
        })
    }

    /// Returns a recording's segments in order.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn segments(&self, recording: RecordingId) -> Result<Vec<SegmentRecord>, ReadError> {
        self.rows(
            "SELECT sequence, starts_at_ms, duration_ms, bytes, sha256
             FROM segments WHERE recording = ?1 ORDER BY sequence",
            params![Id(recording)],
            |row| {
                Ok(SegmentRecord {
                    recording,
                    sequence: row.get(0)?,
                    starts_at_ms: row.get(1)?,
                    duration_ms: row.get(2)?,
                    bytes: row.get(3)?,
                    sha256: row.get(4)?,
                })
            },
        )
    }
}

impl Store {
    /// Writes down a recording that begins. Its entry must have been committed.
    ///
    /// # Errors
    /// If the entry or the household is not there, or the database fails.
    pub fn open_recording(&mut self, new: &NewRecording) -> Result<(), WriteError> {
        self.write(|db| {
            db.prepare_cached(
                "INSERT INTO recordings
                   (id, entry, household, camera, sealed_secret, opened_at_ms, recipient)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                Id(new.id),
                Id(new.entry),
                Id(new.household),
                Id(&new.camera),
                new.sealed_secret,
                new.opened_at_ms,
                new.recipient,
            ])
            .map(drop)
        })
    }
}

fn read_recording(row: &Row<'_>) -> rusqlite::Result<Recording> {
    let Id(id) = row.get(0)?;
    let Id(entry) = row.get(1)?;
    let Id(camera) = row.get(2)?;
    let Id(household) = row.get(3)?;
    Ok(Recording {
        id,
        entry,
        camera,
        household,
        opened_at_ms: row.get(4)?,
        closed_at_ms: row.get(5)?,
        segments: row.get(6)?,
        bytes: row.get(7)?,
        duration_ms: row.get(8)?,
        starts_at_ms: row.get(9)?,
    })
}
