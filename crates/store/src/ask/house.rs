//! Households, cameras, retained messages and settings: read and written as they
//! are, outside of any batch.

use std::time::Duration;

use doorward_core::ids::CameraName;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use secrecy::{ExposeSecret, SecretString};

use super::Questions;
use crate::columns::{Id, Word};
use crate::error::{ReadError, WriteError};
use crate::records::{Camera, Household, RetainedChange, RetainedMessage, SettingName};
use crate::store::Store;

impl Questions<'_> {
    /// Returns all households.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn households(&self) -> Result<Vec<Household>, ReadError> {
        let sql = "SELECT id, name, recipient FROM households ORDER BY id";
        self.rows(sql, [], |row| {
            let Id(id) = row.get(0)?;
            let (name, recipient) = (row.get(1)?, row.get(2)?);
            Ok(Household { id, name, recipient })
        })
    }

    /// Returns all cameras.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn cameras(&self) -> Result<Vec<Camera>, ReadError> {
        let sql = "SELECT name, url, username, password, audio, pre_roll_ms
            FROM cameras ORDER BY name";
        self.rows(sql, [], read_camera)
    }

    /// Returns all retained messages.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn retained(&self) -> Result<Vec<RetainedMessage>, ReadError> {
        let sql = "SELECT device, topic, payload FROM retained ORDER BY topic";
        self.rows(sql, [], |row| {
            Ok(RetainedMessage { device: row.get(0)?, topic: row.get(1)?, payload: row.get(2)? })
        })
    }

    /// Returns a setting, if it was ever set.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn setting(&self, name: SettingName) -> Result<Option<String>, ReadError> {
        let sql = "SELECT value FROM settings WHERE name = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        Ok(statement.query_row([name.0], |row| row.get(0)).optional()?)
    }
}

impl Store {
    /// Adds a household.
    ///
    /// # Errors
    /// If its number or name is taken, or the database fails.
    pub fn add_household(&mut self, household: &Household) -> Result<(), WriteError> {
        self.run(
            "INSERT INTO households (id, name, recipient) VALUES (?1, ?2, ?3)",
            params![Id(household.id), household.name, household.recipient],
        )
    }

    /// Adds a camera.
    ///
    /// # Errors
    /// If its name is taken, or the database fails.
    pub fn add_camera(&mut self, camera: &Camera) -> Result<(), WriteError> {
        let password = camera.password.as_ref().map(ExposeSecret::expose_secret);
        self.run(
            "INSERT INTO cameras (name, url, username, password, audio, pre_roll_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                Id(&camera.name),
                camera.url.expose_secret(),
                camera.username,
                password,
                Word(camera.audio),
                u64::try_from(camera.pre_roll.as_millis()).unwrap_or(u64::MAX),
            ],
        )
    }

    /// Removes a camera and its password.
    ///
    /// # Errors
    /// If there is no such camera, or the database fails.
    pub fn remove_camera(&mut self, name: &CameraName) -> Result<(), WriteError> {
        let sql = "DELETE FROM cameras WHERE name = ?1";
        self.write(|db| run_on(db, sql, params![Id(name)]))?;
        self.note_erased();
        Ok(())
    }

    /// Writes down what became of topics' retained messages, all of it or none.
    ///
    /// # Errors
    /// If the database fails.
    pub fn write_retained(&mut self, changes: &[RetainedChange]) -> Result<(), WriteError> {
        self.write(|db| changes.iter().try_for_each(|change| write_retained_on(db, change)))
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// If the database fails.
    pub fn set(&mut self, name: SettingName, value: &str) -> Result<(), WriteError> {
        self.run(
            "INSERT INTO settings (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            params![name.0, value],
        )
    }

    pub(super) fn run(&mut self, sql: &str, values: impl Params) -> Result<(), WriteError> {
        self.write(|db| db.prepare_cached(sql)?.execute(values).map(drop))
    }
}

/// Runs a statement that must change a row.
pub(super) fn run_on(db: &Connection, sql: &str, values: impl Params) -> rusqlite::Result<()> {
    match db.prepare_cached(sql)?.execute(values)? {
        0 => Err(rusqlite::Error::QueryReturnedNoRows),
        _ => Ok(()),
    }
}

fn write_retained_on(db: &Connection, change: &RetainedChange) -> rusqlite::Result<()> {
    match change {
        RetainedChange::Kept(message) => db
            .prepare_cached(
                "INSERT INTO retained (topic, device, payload) VALUES (?1, ?2, ?3)
                 ON CONFLICT (topic) DO UPDATE
                   SET device = excluded.device, payload = excluded.payload",
            )?
            .execute(params![message.topic, message.device, message.payload]),
        RetainedChange::Gone { topic } => {
            db.prepare_cached("DELETE FROM retained WHERE topic = ?1")?.execute([topic])
        }
    }
    .map(drop)
}

fn read_camera(row: &Row<'_>) -> rusqlite::Result<Camera> {
    let Id(name) = row.get(0)?;
    let password: Option<String> = row.get(3)?;
    let Word(audio) = row.get(4)?;
    Ok(Camera {
        name,
        url: SecretString::from(row.get::<_, String>(1)?),
        username: row.get(2)?,
        password: password.map(SecretString::from),
        audio,
        pre_roll: Duration::from_millis(row.get(5)?),
    })
}
