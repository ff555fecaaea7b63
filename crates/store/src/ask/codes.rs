//! Questions about access codes.

use doorward_core::batch::ClockMark;
use doorward_core::code::{CodeKind, CodeKindName, CodeMac, CodeRecord, PrefixMac, Window};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Row, params};

use super::Questions;
use crate::columns::{Id, Json, Ns, Word};
use crate::error::ReadError;
use crate::records::CodeWithPersonal;

/// For how long the hub knows a code that has ended, so that a spent one is told
/// from a wrong one: a year and a day. Its row stays for ever.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(366 * 24);

const COLUMNS: &str = "SELECT id, household, kind, mac, prefix_mac, window_from_ns,
    window_until_ns, schedule, uses_left, resembles, tombstone, payload, issued_ns, issued_by,
    standing
    FROM codes LEFT JOIN code_personal ON code = id";

impl Questions<'_> {
    /// Returns all codes, the ended ones too, with what their owners wrote.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn codes(&self) -> Result<Vec<CodeWithPersonal>, ReadError> {
        self.at_one_moment(|| {
            let codes = self.rows(&format!("{COLUMNS} ORDER BY id"), [], read_code)?;
            self.with_doors(codes)
        })
    }

    /// Returns the live codes and those that ended not too long ago.
    pub(super) fn codes_to_know(
        &self,
        mark: Option<ClockMark>,
    ) -> Result<Vec<CodeRecord>, ReadError> {
        let known_since = mark.map_or(Timestamp::UNIX_EPOCH, |mark| {
            mark.at.wall.saturating_sub(KNOWN_FOR).unwrap_or(Timestamp::UNIX_EPOCH)
        });
        let codes = self.rows(
            &format!("{COLUMNS} WHERE ended_ns IS NULL OR ended_ns >= ?1 ORDER BY id"),
            params![Ns(known_since)],
            read_code,
        )?;
        let codes = self.with_doors(codes)?;
        Ok(codes.into_iter().map(|known| known.code).collect())
    }

    fn with_doors(
        &self,
        mut codes: Vec<CodeWithPersonal>,
    ) -> Result<Vec<CodeWithPersonal>, ReadError> {
        for known in &mut codes {
            known.code.doors = self.rows(
                "SELECT door FROM code_doors WHERE code = ?1 ORDER BY place",
                [Id(known.code.id)],
                |row| row.get(0).map(|Id(door)| door),
            )?;
        }
        Ok(codes)
    }
}

fn read_code(row: &Row<'_>) -> rusqlite::Result<CodeWithPersonal> {
    let Id(id) = row.get(0)?;
    let Id(household) = row.get(1)?;
    let tombstone: Option<Word<_>> = row.get(10)?;
    let code = CodeRecord {
        id,
        household,
        doors: Vec::new(),
        kind: read_kind(row)?,
        mac: CodeMac(row.get(3)?),
        prefix_mac: PrefixMac(row.get(4)?),
        tombstone: tombstone.map(|Word(why)| why),
        standing: row.get(14).map(|Word(standing)| standing)?,
    };
    let Ns(issued_at) = row.get(12)?;
    let issued_by: Option<Id<_>> = row.get(13)?;
    let issued_by = issued_by.map(|Id(person)| person);
    Ok(CodeWithPersonal { code, personal: row.get(11)?, issued_at, issued_by })
}

fn read_kind(row: &Row<'_>) -> rusqlite::Result<CodeKind> {
    let Word(name) = row.get(2)?;
    Ok(match name {
        CodeKindName::OneTime => {
            let (Ns(from), Ns(until)) = (row.get(5)?, row.get(6)?);
            CodeKind::OneTime(Window { from, until })
        }
        CodeKindName::Scheduled => CodeKind::Scheduled {
            schedule: row.get(7).map(|Json(schedule)| schedule)?,
            uses_left: row.get(8)?,
        },
        CodeKindName::BreakGlass => CodeKind::BreakGlass,
        CodeKindName::Duress => CodeKind::Duress { resembles: row.get(9).map(|Id(code)| code)? },
    })
}
