//! What the hub knows again after a start.

use std::time::Duration;

use doorward_core::batch::{ClockMark, NextIds, Snapshot};
use doorward_core::door::{Door, DoorPolicy};
use doorward_core::ids::DoorId;
use doorward_core::permit::DevicePermit;
use doorward_core::time::{HubTime, Now};
use rusqlite::Row;

use super::Questions;
use crate::columns::{Id, Json, Ns, Word};
use crate::error::ReadError;

impl Questions<'_> {
    /// Returns everything that the hub needs to take up its work.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn snapshot(&self) -> Result<Snapshot, ReadError> {
        self.at_one_moment(|| {
            let (mark, next_ids) = self.mark()?;
            Ok(Snapshot {
                doors: self.doors()?,
                codes: self.codes_to_know(mark)?,
                throttles: self.rows("SELECT keypad, record FROM throttles", [], |row| {
                    let (keypad, record): (Id<_>, Json<_>) = (row.get(0)?, row.get(1)?);
                    Ok((keypad.0, record.0))
                })?,
                permits: self.permits()?,
                open_entries: self.open_entries()?,
                mark,
                next_ids,
            })
        })
    }

    fn permits(&self) -> Result<Vec<DevicePermit>, ReadError> {
        let sql = "SELECT device, door, permit FROM device_permits ORDER BY device, door";
        self.rows(sql, [], |row| {
            let (Id(device), Id(door), Word(permit)) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(DevicePermit { device, door, permit })
        })
    }

    fn mark(&self) -> Result<(Option<ClockMark>, NextIds), ReadError> {
        let mut statement = self.db.prepare_cached(
            "SELECT mark_wall_ns, mark_mono_ms, mark_trust,
               next_door, next_code, next_entry, next_recording, next_command
             FROM hub",
        )?;
        Ok(statement.query_one([], |row| Ok((read_mark(row)?, read_next_ids(row)?)))?)
    }

    /// Returns all doors.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn doors(&self) -> Result<Vec<Door>, ReadError> {
        let mut doors = self.rows(
            "SELECT id, name, lock, contact, camera, recording, approval, relock_after_ms
             FROM doors ORDER BY id",
            [],
            read_door,
        )?;
        for door in &mut doors {
            door.households = self.parts(
                "SELECT household FROM door_households WHERE door = ?1 ORDER BY place",
                door.id,
            )?;
            door.keypads = self
                .parts("SELECT keypad FROM door_keypads WHERE door = ?1 ORDER BY place", door.id)?;
        }
        Ok(doors)
    }

    fn parts<T>(&self, sql: &str, door: DoorId) -> Result<Vec<T>, ReadError>
    where
        Id<T>: rusqlite::types::FromSql,
    {
        self.rows(sql, [Id(door)], |row| row.get(0).map(|Id(part)| part))
    }
}

fn read_mark(row: &Row<'_>) -> rusqlite::Result<Option<ClockMark>> {
    let Some(Ns(wall)) = row.get(0)? else {
        return Ok(None);
    };
    let mono = HubTime::from_millis(row.get(1)?);
    let Word(trust) = row.get(2)?;
    Ok(Some(ClockMark { at: Now { wall, mono }, trust }))
}

fn read_next_ids(row: &Row<'_>) -> rusqlite::Result<NextIds> {
    Ok(NextIds {
        door: row.get(3)?,
        code: row.get(4)?,
        entry: row.get(5)?,
        recording: row.get(6)?,
        command: row.get(7)?,
    })
}

fn read_door(row: &Row<'_>) -> rusqlite::Result<Door> {
    let Id(id) = row.get(0)?;
    let Id(name) = row.get(1)?;
    let Id(lock) = row.get(2)?;
    let contact: Option<Id<_>> = row.get(3)?;
    let camera: Option<Id<_>> = row.get(4)?;
    let Word(recording) = row.get(5)?;
    let Word(approval) = row.get(6)?;
    Ok(Door {
        id,
        name,
        households: Vec::new(),
        lock,
        keypads: Vec::new(),
        contact: contact.map(|Id(name)| name),
        camera: camera.map(|Id(name)| name),
        policy: DoorPolicy {
            recording,
            approval,
            relock_after: Duration::from_millis(row.get(7)?),
        },
    })
}
