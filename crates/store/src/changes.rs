//! Carrying out a batch's changes, each one statement or a few.

use doorward_core::batch::{Change, ClockMark, NextIds, SegmentRecord};
use doorward_core::code::{CodeKind, CodeRecord, Standing, Tombstone};
use doorward_core::door::{Door, DoorPolicy};
use doorward_core::entry::{Actor, EntryRecord, Outcome};
use doorward_core::ids::{
    CodeId, DeviceName, DoorId, EntryId, PairedDeviceId, PersonId, RecordingId,
};
use doorward_core::permit::DevicePermit;
use doorward_core::throttle::ThrottleRecord;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::columns::{Id, Json, Ns, Word};

/// Why a batch could not be put into the transaction.
#[derive(Debug)]
pub(crate) enum Fault {
    Sqlite(rusqlite::Error),
    /// A change of something that is not there.
    Missing(&'static str),
    NoRandomness,
    /// A hash of the tree is missing.
    Log,
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<tlog_tiles::Error> for Fault {
    fn from(_: tlog_tiles::Error) -> Self {
        Self::Log
    }
}

/// A transaction in which changes are carried out.
pub(crate) struct Changes<'db> {
    pub(crate) db: &'db Connection,
    /// The batch's time: when codes end and recordings close.
    pub(crate) mark: &'db ClockMark,
    /// When it happened, by the wall clock as it was: when codes are given out
    /// and entries end.
    pub(crate) moment: Timestamp,
    /// The number of leaves before this batch: an erased entry loses those, and
    /// keeps what the batch itself says of the erasing.
    pub(crate) leaves_before: u64,
}

impl Changes<'_> {
    pub(crate) fn apply(&self, change: &Change) -> Result<(), Fault> {
        match change {
            Change::DoorAdded(door) => self.add_door(door),
            Change::DoorPolicy(door, policy) => self.set_policy(*door, policy),
            Change::CodeAdded { code, personal, by } => self.add_code(code, personal, by),
            Change::CodeUsesLeft(code, uses) => self.set_uses(*code, *uses),
            Change::CodeEnded(code, why) => self.end_code(*code, *why),
            Change::CodeStanding(code, standing) => self.stand_code(*code, *standing),
            Change::Throttle(keypad, record) => self.set_throttle(keypad, record),
            Change::Entry(entry) => self.put_entry(entry),
            Change::Segment(segment) => self.add_segment(segment),
            Change::RecordingClosed(recording) => self.close_recording(*recording),
            Change::RecordingErased(recording) => self.erase_recording(*recording),
            Change::EntryErased(entry) => self.erase_entry(*entry),
            Change::CodeNotesErased(code) => self.erase_code_notes(*code),
            Change::PermitGiven(given) => self.give_permit(given),
            Change::PermitTaken(device, door) => self.take_permit(device, *door),
        }
    }

    fn run(&self, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<usize> {
        self.db.prepare_cached(sql)?.execute(values)
    }

    /// Runs a statement that must change one row.
    fn run_on(
        &self,
        what: &'static str,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<(), Fault> {
        match self.run(sql, values)? {
            0 => Err(Fault::Missing(what)),
            _ => Ok(()),
        }
    }

    fn add_door(&self, door: &Door) -> Result<(), Fault> {
        self.run(
            "INSERT INTO doors
               (id, name, lock, contact, camera, recording, approval, relock_after_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                Id(door.id),
                Id(&door.name),
                Id(&door.lock),
                door.contact.as_ref().map(Id),
                door.camera.as_ref().map(Id),
                Word(door.policy.recording),
                Word(door.policy.approval),
                millis(&door.policy),
            ],
        )?;
        for (place, household) in door.households.iter().enumerate() {
            self.run(
                "INSERT INTO door_households (door, place, household) VALUES (?1, ?2, ?3)",
                params![Id(door.id), place, Id(*household)],
            )?;
        }
        for (place, keypad) in door.keypads.iter().enumerate() {
            self.run(
                "INSERT INTO door_keypads (keypad, door, place) VALUES (?1, ?2, ?3)",
                params![Id(keypad), Id(door.id), place],
            )?;
        }
        Ok(())
    }

    fn set_policy(&self, door: DoorId, policy: &DoorPolicy) -> Result<(), Fault> {
        self.run_on(
            "door",
            "UPDATE doors SET recording = ?2, approval = ?3, relock_after_ms = ?4 WHERE id = ?1",
            params![Id(door), Word(policy.recording), Word(policy.approval), millis(policy)],
        )
    }

    fn add_code(&self, code: &CodeRecord, personal: &str, by: &Actor) -> Result<(), Fault> {
        let terms = Terms::of(&code.kind);
        self.run(
            "INSERT INTO codes
               (id, household, kind, mac, prefix_mac, window_from_ns, window_until_ns,
                schedule, uses_left, resembles, tombstone, ended_ns, issued_ns, issued_by,
                standing)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                Id(code.id),
                Id(code.household),
                Word(code.kind.name()),
                code.mac.0,
                code.prefix_mac.0,
                terms.window.map(|window| Ns(window.from)),
                terms.window.map(|window| Ns(window.until)),
                terms.schedule.map(Json),
                terms.uses_left,
                terms.resembles.map(Id),
                code.tombstone.map(Word),
                code.tombstone.map(|_| Ns(self.mark.at.wall)),
                Ns(self.moment),
                split_actor(by).person.map(Id),
                Word(code.standing),
            ],
        )?;
        for (place, door) in code.doors.iter().enumerate() {
            self.run(
                "INSERT INTO code_doors (code, place, door) VALUES (?1, ?2, ?3)",
                params![Id(code.id), place, Id(*door)],
            )?;
        }
        self.run(
            "INSERT INTO code_personal (code, payload) VALUES (?1, ?2)",
            params![Id(code.id), personal],
        )?;
        Ok(())
    }

    fn set_uses(&self, code: CodeId, uses: u32) -> Result<(), Fault> {
        self.run_on(
            "code",
            "UPDATE codes SET uses_left = ?2 WHERE id = ?1",
            params![Id(code), uses],
        )
    }

    fn end_code(&self, code: CodeId, why: Tombstone) -> Result<(), Fault> {
        self.run_on(
            "code",
            "UPDATE codes SET tombstone = ?2, ended_ns = coalesce(ended_ns, ?3) WHERE id = ?1",
            params![Id(code), Word(why), Ns(self.mark.at.wall)],
        )
    }

    fn stand_code(&self, code: CodeId, standing: Standing) -> Result<(), Fault> {
        self.run_on(
            "code",
            "UPDATE codes SET standing = ?2 WHERE id = ?1",
            params![Id(code), Word(standing)],
        )
    }

    fn set_throttle(&self, keypad: &DeviceName, record: &ThrottleRecord) -> Result<(), Fault> {
        self.run(
            "INSERT INTO throttles (keypad, record) VALUES (?1, ?2)
             ON CONFLICT (keypad) DO UPDATE SET record = excluded.record",
            params![Id(keypad), Json(record)],
        )?;
        Ok(())
    }

    fn put_entry(&self, entry: &EntryRecord) -> Result<(), Fault> {
        let by = split_actor(&entry.by);
        let (outcome, because) = split_outcome(entry.outcome);
        self.run(
            "INSERT INTO entries
               (id, door, household, actor, code, opened_wall_ns, opened_mono_ms,
                stage, entered, recording, outcome, denied_because, closed_ns,
                person, paired_device, device)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
             ON CONFLICT (id) DO UPDATE SET
               stage = excluded.stage, entered = excluded.entered,
               recording = excluded.recording,
               outcome = excluded.outcome, denied_because = excluded.denied_because,
               closed_ns = coalesce(closed_ns, excluded.closed_ns)",
            params![
                Id(entry.id),
                Id(entry.door),
                Id(entry.household),
                by.word,
                by.code.map(Id),
                Ns(entry.opened_at.wall),
                entry.opened_at.mono.as_millis(),
                Word(entry.stage),
                Word(entry.entered),
                entry.recording.map(Id),
                outcome,
                because.map(Word),
                entry.outcome.map(|_| Ns(self.moment)),
                by.person.map(Id),
                by.paired.map(Id),
                by.device.map(Id),
            ],
        )?;
        Ok(())
    }

    fn add_segment(&self, segment: &SegmentRecord) -> Result<(), Fault> {
        self.run(
            "INSERT INTO segments (recording, sequence, starts_at_ms, duration_ms, bytes, sha256)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                Id(segment.recording),
                segment.sequence,
                segment.starts_at_ms,
                segment.duration_ms,
                segment.bytes,
                segment.sha256,
            ],
        )?;
        Ok(())
    }

    fn close_recording(&self, recording: RecordingId) -> Result<(), Fault> {
        // A recording that never began has no row, and ends all the same.
        self.run(
            "UPDATE recordings SET closed_at_ms = coalesce(closed_at_ms, ?2) WHERE id = ?1",
            params![Id(recording), self.mark.at.wall.as_millisecond()],
        )?;
        Ok(())
    }

    fn erase_recording(&self, recording: RecordingId) -> Result<(), Fault> {
        self.run("DELETE FROM recordings WHERE id = ?1", params![Id(recording)])?;
        Ok(())
    }

    /// Erases what is known of people in an entry, and its leaves' bodies.
    ///
    /// What was written about a delivery's code goes with its entry; a guest's
    /// code outlives one visit, and so does what was written about it.
    fn erase_entry(&self, entry: EntryId) -> Result<(), Fault> {
        self.run(
            "DELETE FROM code_personal WHERE code IN (
               SELECT codes.id FROM entries JOIN codes ON codes.id = entries.code
               WHERE entries.id = ?1 AND codes.kind = 'one_time')",
            params![Id(entry)],
        )?;
        self.run(
            "UPDATE leaves SET salt = NULL, body = NULL, wall_ns = NULL
             WHERE entry = ?1 AND number < ?2 AND body IS NOT NULL",
            params![Id(entry), self.leaves_before],
        )?;
        self.run("DELETE FROM entries WHERE id = ?1", params![Id(entry)])?;
        Ok(())
    }

    fn erase_code_notes(&self, code: CodeId) -> Result<(), Fault> {
        self.run("DELETE FROM code_personal WHERE code = ?1", params![Id(code)])?;
        Ok(())
    }

    fn give_permit(&self, given: &DevicePermit) -> Result<(), Fault> {
        self.run(
            "INSERT INTO device_permits (device, door, permit) VALUES (?1, ?2, ?3)
             ON CONFLICT (device, door) DO UPDATE SET permit = excluded.permit",
            params![Id(&given.device), Id(given.door), Word(given.permit)],
        )?;
        Ok(())
    }

    fn take_permit(&self, device: &DeviceName, door: DoorId) -> Result<(), Fault> {
        self.run(
            "DELETE FROM device_permits WHERE device = ?1 AND door = ?2",
            params![Id(device), Id(door)],
        )?;
        Ok(())
    }

    pub(crate) fn set_mark(&self, next: &NextIds) -> Result<(), Fault> {
        self.run_on(
            "hub",
            "UPDATE hub SET mark_wall_ns = ?1, mark_mono_ms = ?2, mark_trust = ?3,
               next_door = max(next_door, ?4), next_code = max(next_code, ?5),
               next_entry = max(next_entry, ?6), next_recording = max(next_recording, ?7),
               next_command = max(next_command, ?8)",
            params![
                Ns(self.mark.at.wall),
                self.mark.at.mono.as_millis(),
                Word(self.mark.trust),
                next.door,
                next.code,
                next.entry,
                next.recording,
                next.command,
            ],
        )
    }
}

fn millis(policy: &DoorPolicy) -> u64 {
    u64::try_from(policy.relock_after.as_millis()).unwrap_or(u64::MAX)
}

/// What a kind of code needs, by column.
#[derive(Default)]
struct Terms<'code> {
    window: Option<doorward_core::code::Window>,
    schedule: Option<&'code doorward_core::schedule::Schedule>,
    uses_left: Option<u32>,
    resembles: Option<CodeId>,
}

impl<'code> Terms<'code> {
    fn of(kind: &'code CodeKind) -> Self {
        match kind {
            CodeKind::OneTime(window) => Self { window: Some(*window), ..Self::default() },
            CodeKind::Scheduled { schedule, uses_left } => {
                Self { schedule: Some(schedule), uses_left: *uses_left, ..Self::default() }
            }
            CodeKind::BreakGlass => Self::default(),
            CodeKind::Duress { resembles } => {
                Self { resembles: Some(*resembles), ..Self::default() }
            }
        }
    }
}

/// An actor, by column.
#[derive(Default)]
struct By<'actor> {
    word: &'static str,
    code: Option<CodeId>,
    person: Option<PersonId>,
    paired: Option<PairedDeviceId>,
    device: Option<&'actor DeviceName>,
}

fn split_actor(by: &Actor) -> By<'_> {
    match by {
        Actor::Code(code) => By { word: "code", code: Some(*code), ..By::default() },
        Actor::LocalOwner => By { word: "local_owner", ..By::default() },
        Actor::Person { person, device } => {
            let (person, paired) = (Some(*person), Some(*device));
            By { word: "person", person, paired, ..By::default() }
        }
        Actor::Device(device) => By { word: "device", device: Some(device), ..By::default() },
        Actor::Hub => By { word: "hub", ..By::default() },
    }
}

fn split_outcome(
    outcome: Option<Outcome>,
) -> (Option<&'static str>, Option<doorward_core::entry::Reason>) {
    match outcome {
        None => (None, None),
        Some(Outcome::Completed) => (Some("completed"), None),
        Some(Outcome::NotEntered) => (Some("not_entered"), None),
        Some(Outcome::Denied(reason)) => (Some("denied"), Some(reason)),
    }
}
