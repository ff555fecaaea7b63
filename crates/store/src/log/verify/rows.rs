//! Holding rows against the leaves that tell of them: whoever can write into the
//! database could make a spent code live again, or swap a sealed segment.

use std::collections::{HashMap, HashSet};

use doorward_core::code::Tombstone;
use doorward_core::event::{Leaf, LogEvent};
use doorward_core::ids::{CodeId, RecordingId};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use serde::Deserialize;

use super::Mismatch;
use crate::columns::{Id, Word};
use crate::error::VerifyError;

/// The events that rows follow from.
const TELLING: [&str; 4] = ["code_issued", "code_ended", "segment_sealed", "entry_erased"];

/// A leaf's kind of event, and nothing else of it: most leaves need no more, and
/// reading them whole would take longer than all the hashing.
#[derive(Deserialize)]
struct Glance<'body> {
    #[serde(borrow)]
    event: Kind<'body>,
}

#[derive(Deserialize)]
struct Kind<'body> {
    event: &'body str,
}

/// What the leaves have told of codes and segments.
pub(super) struct RowsCheck<'db> {
    codes: HashMap<CodeId, CodeLife>,
    segments: u64,
    /// The first empty leaf of each entry that is gone.
    emptied: HashMap<u64, u64>,
    /// Entries that were erased, as the log itself says.
    erased: HashSet<u64>,
    segment: CachedStatement<'db>,
    recording: CachedStatement<'db>,
    entry: CachedStatement<'db>,
}

/// What the log says of one code.
#[derive(Default)]
struct CodeLife {
    issued: Option<u64>,
    ended: Option<(u64, Tombstone)>,
}

impl<'db> RowsCheck<'db> {
    pub(super) fn new(db: &'db Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            codes: HashMap::new(),
            segments: 0,
            emptied: HashMap::new(),
            erased: HashSet::new(),
            segment: db.prepare_cached(
                "SELECT sha256 FROM segments WHERE recording = ?1 AND sequence = ?2",
            )?,
            recording: db.prepare_cached("SELECT 1 FROM recordings WHERE id = ?1")?,
            entry: db.prepare_cached("SELECT 1 FROM entries WHERE id = ?1")?,
        })
    }

    /// Takes note of a leaf's body.
    pub(super) fn body(&mut self, leaf: u64, body: &[u8]) -> Result<(), VerifyError> {
        let unreadable = |_| Mismatch::Unreadable { leaf };
        let glance: Glance<'_> = serde_json::from_slice(body).map_err(unreadable)?;
        if !TELLING.contains(&glance.event.event) {
            return Ok(());
        }
        let whole = Leaf::decode(body).map_err(unreadable)?;
        self.leaf(leaf, &whole.event)
    }

    /// A leaf without a body belongs to an entry that is gone, and a later leaf
    /// says that it was erased. So the end of a code, which belongs to no entry,
    /// cannot be made to vanish together with its tombstone.
    pub(super) fn erased(&mut self, leaf: u64, of: Option<u64>) -> Result<(), VerifyError> {
        match of {
            Some(entry) if !self.entry.exists([entry])? => {
                self.emptied.entry(entry).or_insert(leaf);
                Ok(())
            }
            Some(_) | None => Err(Mismatch::Emptied { leaf }.into()),
        }
    }

    fn leaf(&mut self, leaf: u64, event: &LogEvent) -> Result<(), VerifyError> {
        if let LogEvent::CodeIssued { code, .. } = event {
            self.codes.entry(*code).or_default().issued = Some(leaf);
        }
        if let LogEvent::CodeEnded { code, why } = event {
            self.codes.entry(*code).or_default().ended = Some((leaf, *why));
        }
        if let LogEvent::EntryErased { entry } = event {
            self.erased.insert(entry.0);
        }
        if let LogEvent::SegmentSealed { recording, sequence, sha256 } = event {
            self.sealed(leaf, *recording, *sequence, sha256)?;
        }
        Ok(())
    }

    /// A sealed segment is in the index with this hash, or its recording was
    /// erased.
    fn sealed(
        &mut self,
        leaf: u64,
        recording: RecordingId,
        sequence: u32,
        sha256: &str,
    ) -> Result<(), VerifyError> {
        let key = params![Id(recording), sequence];
        let indexed: Option<[u8; 32]> = self.segment.query_row(key, |row| row.get(0)).optional()?;
        let fits = match indexed {
            Some(indexed) => {
                self.segments += 1;
                is_hex_of(sha256, &indexed)
            }
            None => !self.recording.exists([Id(recording)])?,
        };
        match fits {
            true => Ok(()),
            false => Err(Mismatch::Segment { leaf, recording }.into()),
        }
    }

    /// Holds every row against what the leaves told.
    pub(super) fn end(&mut self, db: &Connection) -> Result<(), VerifyError> {
        self.all_codes(db)?;
        self.all_emptied()?;
        let indexed: u64 = db.query_row("SELECT count(*) FROM segments", [], |row| row.get(0))?;
        if indexed == self.segments {
            return Ok(());
        }
        // Only now is it worth finding out which.
        let sql = "SELECT recording FROM segments ORDER BY recording LIMIT 1";
        let recording = db.query_row(sql, [], |row| row.get(0).map(|Id(id)| id))?;
        Err(Mismatch::UnloggedSegment { recording }.into())
    }

    fn all_emptied(&self) -> Result<(), Mismatch> {
        let untold = self.emptied.iter().filter(|(entry, _)| !self.erased.contains(entry));
        match untold.map(|(_, leaf)| *leaf).min() {
            Some(leaf) => Err(Mismatch::Emptied { leaf }),
            None => Ok(()),
        }
    }

    fn all_codes(&mut self, db: &Connection) -> Result<(), VerifyError> {
        let mut statement = db.prepare("SELECT id, tombstone FROM codes ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let Id(code) = row.get(0)?;
            let tombstone: Option<Word<Tombstone>> = row.get(1)?;
            let life = self.codes.remove(&code).unwrap_or_default();
            life.check(code, tombstone.map(|Word(why)| why))?;
        }
        let missing = self.codes.iter().find_map(|(code, life)| {
            let leaf = life.issued.or(life.ended.map(|(leaf, _)| leaf))?;
            Some(Mismatch::CodeEnd { leaf, code: *code })
        });
        missing.map_or(Ok(()), |mismatch| Err(mismatch.into()))
    }
}

impl CodeLife {
    fn check(&self, code: CodeId, tombstone: Option<Tombstone>) -> Result<(), Mismatch> {
        match (self.issued, self.ended) {
            (None, _) => Err(Mismatch::UnloggedCode { code }),
            (Some(_), Some((leaf, why))) if tombstone != Some(why) => {
                Err(Mismatch::CodeEnd { leaf, code })
            }
            (Some(_), None) if tombstone.is_some() => Err(Mismatch::UnloggedCode { code }),
            (Some(_), Some(_) | None) => Ok(()),
        }
    }
}

fn is_hex_of(text: &str, bytes: &[u8; 32]) -> bool {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    rest.is_empty()
        && pairs.len() == bytes.len()
        && pairs.iter().zip(bytes).all(|([high, low], byte)| {
            let value = digit(*high).zip(digit(*low)).map(|(high, low)| high * 16 + low);
            value == Some(u32::from(*byte))
        })
}

#[cfg(test)]
mod tests {
    use doorward_core::code::CodeKindName;
    use doorward_core::ids::{EntryId, HouseholdId};

    use super::*;

    #[test]
    fn a_glance_finds_the_events_that_rows_follow_from() {
        let (code, recording) = (CodeId(1), RecordingId(1));
        let kind = CodeKindName::OneTime;
        let events = [
            LogEvent::CodeIssued { code, kind, household: HouseholdId(1), doors: Vec::new() },
            LogEvent::CodeEnded { code, why: Tombstone::Spent },
            LogEvent::SegmentSealed { recording, sequence: 0, sha256: String::new() },
            LogEvent::EntryErased { entry: EntryId(1) },
        ];
        for (event, name) in events.iter().zip(TELLING) {
            let json = serde_json::json!({ "event": event }).to_string();
            let glance: Glance<'_> = serde_json::from_str(&json).unwrap();
            assert_eq!(glance.event.event, name);
        }
    }

    #[test]
    fn hex_is_held_against_bytes() {
        let mut bytes = [0xab; 32];
        bytes[31] = 0x01;
        let text = format!("{}01", "ab".repeat(31));
        assert!(is_hex_of(&text, &bytes));
        assert!(is_hex_of(&text.to_uppercase(), &bytes));
        assert!(!is_hex_of(&text[2..], &bytes));
        assert!(!is_hex_of(&"ab".repeat(32), &bytes));
        assert!(!is_hex_of(&"zz".repeat(32), &bytes));
    }
}
