//! Devices: what each shows to be let in, and what becomes of its keys when its
//! certificate is renewed.
//!
//! A device in service has one key or one password. While its certificate is being
//! renewed it has a second key, which *waits*; as soon as it is shown it takes the
//! first one's place, and that one is given up for good.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Questions;
use super::house::run_on;
use crate::columns::Ns;
use crate::error::{ReadError, WriteError};
use crate::records::{Certificate, Credential, Device, KeyStanding, KnownKey, NewDevice};
use crate::store::Store;

impl Questions<'_> {
    /// Returns all devices, the revoked ones too, in the order of their
    /// enrolment.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn devices(&self) -> Result<Vec<Device>, ReadError> {
        let sql = "SELECT name, kind, dialect, base_topic, devices.spki_sha256,
            devices.certificate_expires_ns, devices.certificate_authority, password_sha256,
            enrolled_ns, revoked_ns,
            waiting.spki_sha256, waiting.certificate_expires_ns, waiting.certificate_authority
            FROM devices LEFT JOIN device_keys AS waiting
              ON waiting.device = devices.id AND waiting.certificate_expires_ns IS NOT NULL
            ORDER BY devices.id";
        self.rows(sql, [], read_device)
    }

    /// Says whose a key is or was.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn known_key(&self, spki_sha256: [u8; 32]) -> Result<Option<KnownKey>, ReadError> {
        let sql = "SELECT name, revoked_ns IS NOT NULL, 'shown' FROM devices
            WHERE spki_sha256 = ?1
            UNION ALL
            SELECT name, revoked_ns IS NOT NULL,
              iif(device_keys.certificate_expires_ns IS NULL, 'given up', 'waiting')
            FROM device_keys JOIN devices ON devices.id = device_keys.device
            WHERE device_keys.spki_sha256 = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        let known = statement.query_row([spki_sha256], |row| {
            let (device, revoked, place): (_, bool, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let standing = match (revoked, place.as_str()) {
                (true, _) => KeyStanding::Revoked,
                (false, "waiting") => KeyStanding::Waiting,
                (false, "given up") => KeyStanding::GivenUp,
                (false, _) => KeyStanding::Shown,
            };
            Ok(KnownKey { device, standing })
        });
        Ok(known.optional()?)
    }
}

impl Store {
    /// Enrols a device.
    ///
    /// # Errors
    /// If a device in service has its name, any device ever had its key, or the
    /// database fails.
    pub fn add_device(&mut self, device: &NewDevice) -> Result<(), WriteError> {
        let (certificate, password) = match &device.credential {
            Credential::Certificate(certificate) => (Some(certificate), None),
            Credential::Password { sha256 } => (None, Some(sha256)),
        };
        self.write(|db| {
            if let Some(certificate) = certificate {
                refuse_known(db, &certificate.spki_sha256)?;
            }
            let sql = "INSERT INTO devices (name, kind, dialect, base_topic, spki_sha256,
                certificate_expires_ns, certificate_authority, password_sha256, enrolled_ns)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
            db.prepare_cached(sql)?
                .execute(params![
                    device.name,
                    device.kind,
                    device.dialect,
                    device.base_topic,
                    certificate.map(|one| one.spki_sha256),
                    certificate.map(|one| Ns(one.expires)),
                    certificate.map(|one| one.authority),
                    password,
                    Ns(device.enrolled_at),
                ])
                .map(drop)
        })
    }

    /// Notes the key of a certificate that a device in service was issued to follow
    /// the one that it shows. One that waited for the same is forgotten.
    ///
    /// # Errors
    /// If no such device is in service, any device ever had the key, or the database
    /// fails.
    pub fn let_key_wait(&mut self, name: &str, next: &Certificate) -> Result<(), WriteError> {
        self.write(|db| {
            let device = with_certificate(db, name)?;
            let forget = "DELETE FROM device_keys
                WHERE device = ?1 AND certificate_expires_ns IS NOT NULL";
            db.prepare_cached(forget)?.execute([device])?;
            let shown = "SELECT 1 FROM devices WHERE spki_sha256 = ?1";
            if db.prepare_cached(shown)?.exists([next.spki_sha256])? {
                return Err(is_taken());
            }
            let sql = "INSERT INTO device_keys
                (spki_sha256, device, certificate_expires_ns, certificate_authority)
                VALUES (?1, ?2, ?3, ?4)";
            db.prepare_cached(sql)?
                .execute(params![next.spki_sha256, device, Ns(next.expires), next.authority])
                .map(drop)
        })
    }

    /// Puts the key that waits in the place of the one that a device has shown so far,
    /// which is given up.
    ///
    /// # Errors
    /// If this key does not wait for a device in service, or the database fails.
    pub fn follow_key(&mut self, waiting: &[u8; 32]) -> Result<(), WriteError> {
        self.write(|db| {
            let sql = "SELECT device, devices.spki_sha256, device_keys.certificate_expires_ns,
                device_keys.certificate_authority
                FROM device_keys JOIN devices ON devices.id = device_keys.device
                WHERE device_keys.spki_sha256 = ?1
                  AND device_keys.certificate_expires_ns IS NOT NULL AND revoked_ns IS NULL";
            let (device, former, expires, authority): (i64, [u8; 32], Ns, u32) =
                db.prepare_cached(sql)?.query_row([waiting], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })?;
            run_on(db, "DELETE FROM device_keys WHERE spki_sha256 = ?1", [waiting])?;
            run_on(
                db,
                "UPDATE devices SET spki_sha256 = ?2, certificate_expires_ns = ?3,
                   certificate_authority = ?4 WHERE id = ?1",
                params![device, waiting, expires, authority],
            )?;
            run_on(
                db,
                "INSERT INTO device_keys (spki_sha256, device) VALUES (?1, ?2)",
                params![former, device],
            )
        })
    }

    /// Takes a device out of service, for good, with what it left retained.
    ///
    /// # Errors
    /// If no device in service has this name, or the database fails.
    pub fn revoke_device(&mut self, name: &str, at: Timestamp) -> Result<(), WriteError> {
        self.write(|db| {
            run_on(
                db,
                "UPDATE devices SET revoked_ns = ?2 WHERE name = ?1 AND revoked_ns IS NULL",
                params![name, Ns(at)],
            )?;
            db.prepare_cached("DELETE FROM retained WHERE device = ?1")?.execute([name]).map(drop)
        })?;
        self.note_erased();
        Ok(())
    }
}

/// Finds a device in service that shows a certificate.
fn with_certificate(db: &Connection, name: &str) -> rusqlite::Result<i64> {
    let sql = "SELECT id FROM devices
        WHERE name = ?1 AND revoked_ns IS NULL AND spki_sha256 IS NOT NULL";
    db.prepare_cached(sql)?.query_row([name], |row| row.get(0))
}

/// The table of devices guards its own keys; those that wait or were given up are in
/// another.
fn refuse_known(db: &Connection, spki_sha256: &[u8; 32]) -> rusqlite::Result<()> {
    let sql = "SELECT 1 FROM device_keys WHERE spki_sha256 = ?1";
    if db.prepare_cached(sql)?.exists([spki_sha256])? { Err(is_taken()) } else { Ok(()) }
}

/// What a constraint over both tables would say.
fn is_taken() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE);
    rusqlite::Error::SqliteFailure(code, Some("another device has or had this key".to_owned()))
}

fn read_device(row: &Row<'_>) -> rusqlite::Result<Device> {
    let credential = match read_certificate(row, 4)? {
        Some(certificate) => Credential::Certificate(certificate),
        None => Credential::Password { sha256: row.get(7)? },
    };
    let Ns(enrolled_at) = row.get(8)?;
    let revoked_at: Option<Ns> = row.get(9)?;
    Ok(Device {
        device: NewDevice {
            name: row.get(0)?,
            kind: row.get(1)?,
            dialect: row.get(2)?,
            base_topic: row.get(3)?,
            credential,
            enrolled_at,
        },
        next: read_certificate(row, 10)?,
        revoked_at: revoked_at.map(|Ns(moment)| moment),
    })
}

/// Reads the three columns that make a certificate, from one on.
fn read_certificate(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Certificate>> {
    let Some(spki_sha256) = row.get(first)? else { return Ok(None) };
    let Ns(expires) = row.get(first + 1)?;
    Ok(Some(Certificate { spki_sha256, expires, authority: row.get(first + 2)? }))
}
