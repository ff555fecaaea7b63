//! People, and the devices that they paired.

use doorward_core::ids::{PairedDeviceId, PersonId};
use doorward_core::person::Role;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Questions;
use crate::columns::{Id, Ns, Word};
use crate::error::{ReadError, WriteError};
use crate::records::{
    Cosignature, Household, NewPairedDevice, NewPerson, PairedDevice, PasskeyRecord, Person,
    PinHash, Whose,
};
use crate::store::Store;

const PEOPLE: &str = "SELECT id, household, name, role, added_ns FROM people";

const DEVICES: &str = "SELECT id, person, name, public_key, paired_ns, last_seen_ns,
    revoked_ns, pin_salt, pin_hash, pin_tries, witnessed_size, witnessed_ns, cosignature,
    passkey_id, passkey_key, passkey_name, passkey_counter
    FROM paired_devices";

impl Questions<'_> {
    /// Returns all people, in the order in which they came.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn people(&self) -> Result<Vec<Person>, ReadError> {
        self.rows(&format!("{PEOPLE} ORDER BY id"), [], read_person)
    }

    /// Returns one person.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn person(&self, id: PersonId) -> Result<Option<Person>, ReadError> {
        let mut statement = self.db.prepare_cached(&format!("{PEOPLE} WHERE id = ?1"))?;
        Ok(statement.query_row([Id(id)], read_person).optional()?)
    }

    /// Returns all paired devices, those whose pairing was ended too.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn paired_devices(&self) -> Result<Vec<PairedDevice>, ReadError> {
        self.rows(&format!("{DEVICES} ORDER BY id"), [], read_device)
    }

    /// Returns one paired device.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn paired_device(&self, id: PairedDeviceId) -> Result<Option<PairedDevice>, ReadError> {
        let mut statement = self.db.prepare_cached(&format!("{DEVICES} WHERE id = ?1"))?;
        Ok(statement.query_row([Id(id)], read_device).optional()?)
    }
}

impl Store {
    /// Adds a household with its first person and that person's device, all or
    /// nothing.
    ///
    /// # Errors
    /// If there is such a household, or the database fails.
    pub fn found_household(
        &mut self,
        household: &Household,
        person: &NewPerson,
        device: &NewPairedDevice,
    ) -> Result<(PersonId, PairedDeviceId), WriteError> {
        self.write(|db| {
            db.execute(
                "INSERT INTO households (id, name, recipient) VALUES (?1, ?2, ?3)",
                params![Id(household.id), household.name, household.recipient],
            )?;
            let person = add_person(db, person)?;
            Ok((person, add_device(db, person, device)?))
        })
    }

    /// Pairs a device, and adds its person if the household does not know them.
    ///
    /// # Errors
    /// If a device ever had this key, a person of the household has this name, the
    /// known person is gone, or the database fails.
    pub fn pair_device(
        &mut self,
        whose: &Whose,
        device: &NewPairedDevice,
    ) -> Result<(PersonId, PairedDeviceId), WriteError> {
        self.write(|db| {
            let person = match whose {
                Whose::Known(person) => *person,
                Whose::New(person) => add_person(db, person)?,
            };
            Ok((person, add_device(db, person, device)?))
        })
    }

    /// Changes a person's name and role.
    ///
    /// # Errors
    /// If there is no such person, another has the name, or the database fails.
    pub fn change_person(
        &mut self,
        id: PersonId,
        name: &str,
        role: Role,
    ) -> Result<(), WriteError> {
        let sql = "UPDATE people SET name = ?2, role = ?3 WHERE id = ?1";
        self.change_one(sql, params![Id(id), name, Word(role)])
    }

    /// Removes a person with all their devices.
    ///
    /// # Errors
    /// If there is no such person, or the database fails.
    pub fn remove_person(&mut self, id: PersonId) -> Result<(), WriteError> {
        self.change_one("DELETE FROM people WHERE id = ?1", [Id(id)])?;
        self.note_erased();
        Ok(())
    }

    /// Ends a device's pairing, for good.
    ///
    /// # Errors
    /// If there is no such device whose pairing lasts, or the database fails.
    pub fn end_pairing(&mut self, id: PairedDeviceId, at: Timestamp) -> Result<(), WriteError> {
        let sql = "UPDATE paired_devices SET revoked_ns = ?2
            WHERE id = ?1 AND revoked_ns IS NULL";
        self.change_one(sql, params![Id(id), Ns(at)])
    }

    /// Leaves out numbers of people and of paired devices, so that those that were given
    /// out after a backup are not given out again. Of a table that nothing was ever written
    /// to, SQLite keeps no number until it is told one.
    ///
    /// # Errors
    /// If the database fails.
    pub fn leave_out_people(&mut self) -> Result<(), WriteError> {
        self.run(
            "INSERT INTO sqlite_sequence (name, seq)
             SELECT column1, 0 FROM (VALUES ('people'), ('paired_devices'))
             WHERE column1 NOT IN (SELECT name FROM sqlite_sequence)",
            [],
        )?;
        self.run(
            "UPDATE sqlite_sequence SET seq = seq + 1000
             WHERE name IN ('people', 'paired_devices')",
            [],
        )
    }

    /// Writes down that a device logged in.
    ///
    /// # Errors
    /// If there is no such device whose pairing lasts, or the database fails.
    pub fn saw_device(&mut self, id: PairedDeviceId, at: Timestamp) -> Result<(), WriteError> {
        let sql = "UPDATE paired_devices SET last_seen_ns = ?2
            WHERE id = ?1 AND revoked_ns IS NULL";
        self.change_one(sql, params![Id(id), Ns(at)])
    }

    /// Sets a device's PIN, once.
    ///
    /// # Errors
    /// If there is no such device without a PIN, or the database fails.
    pub fn set_pin(&mut self, id: PairedDeviceId, pin: &PinHash) -> Result<(), WriteError> {
        let sql = "UPDATE paired_devices SET pin_salt = ?2, pin_hash = ?3
            WHERE id = ?1 AND pin_hash IS NULL AND revoked_ns IS NULL";
        self.change_one(sql, params![Id(id), pin.salt, pin.hash])
    }

    /// Counts a try of a device's PIN before it is made, and returns how many there
    /// were since the last right one.
    ///
    /// # Errors
    /// [`WriteError::Missing`] if there have been `limit` already, or there is no such
    /// device with a PIN; otherwise if the database fails.
    pub fn count_pin_try(&mut self, id: PairedDeviceId, limit: u32) -> Result<u32, WriteError> {
        self.write(|db| {
            db.query_row(
                "UPDATE paired_devices SET pin_tries = pin_tries + 1
                 WHERE id = ?1 AND pin_tries < ?2 AND pin_hash IS NOT NULL
                   AND revoked_ns IS NULL
                 RETURNING pin_tries",
                params![Id(id), limit],
                |row| row.get(0),
            )
        })
    }

    /// Forgets the tries of a device's PIN.
    ///
    /// # Errors
    /// If there is no such device whose pairing lasts, or the database fails.
    pub fn forget_pin_tries(&mut self, id: PairedDeviceId) -> Result<(), WriteError> {
        let sql = "UPDATE paired_devices SET pin_tries = 0 WHERE id = ?1 AND revoked_ns IS NULL";
        self.change_one(sql, [Id(id)])
    }

    /// Gives a device with a PIN a passkey, in place of the one that it may have had.
    ///
    /// # Errors
    /// If there is no such device with a PIN, or the database fails.
    pub fn set_passkey(
        &mut self,
        id: PairedDeviceId,
        passkey: &PasskeyRecord,
    ) -> Result<(), WriteError> {
        let sql = "UPDATE paired_devices
            SET passkey_id = ?2, passkey_key = ?3, passkey_name = ?4, passkey_counter = ?5
            WHERE id = ?1 AND pin_hash IS NOT NULL AND revoked_ns IS NULL";
        let PasskeyRecord { id: name, key, name: host, counter } = passkey;
        self.change_one(sql, params![Id(id), name, key, host, counter])
    }

    /// Writes down that a device's passkey was used, by what its authenticator counted. One that does
    /// not count says zero always.
    ///
    /// # Errors
    /// [`WriteError::Missing`] if the device has no such passkey, or it was used as often before;
    /// otherwise if the database fails.
    pub fn count_passkey_use(
        &mut self,
        id: PairedDeviceId,
        passkey: &[u8],
        counter: u32,
    ) -> Result<(), WriteError> {
        let sql = "UPDATE paired_devices SET passkey_counter = ?3
            WHERE id = ?1 AND passkey_id = ?2 AND revoked_ns IS NULL
              AND (passkey_counter < ?3 OR (passkey_counter = 0 AND ?3 = 0))";
        self.change_one(sql, params![Id(id), passkey, counter])
    }

    /// Keeps a device's signature under a checkpoint, if it is not older than the one
    /// kept.
    ///
    /// # Errors
    /// If there is no such device whose pairing lasts, it stands for more already, or
    /// the database fails.
    pub fn keep_cosignature(
        &mut self,
        id: PairedDeviceId,
        cosigned: &Cosignature,
    ) -> Result<(), WriteError> {
        let sql = "UPDATE paired_devices
            SET witnessed_size = ?2, witnessed_ns = ?3, cosignature = ?4
            WHERE id = ?1 AND revoked_ns IS NULL
              AND (witnessed_size IS NULL OR witnessed_size <= ?2)";
        let Cosignature { size, at, signature } = cosigned;
        self.change_one(sql, params![Id(id), size, Ns(*at), signature])
    }

    /// Runs a statement that must change a row.
    fn change_one(&mut self, sql: &str, values: impl rusqlite::Params) -> Result<(), WriteError> {
        self.write(|db| match db.prepare_cached(sql)?.execute(values)? {
            0 => Err(rusqlite::Error::QueryReturnedNoRows),
            _ => Ok(()),
        })
    }
}

fn add_person(db: &Connection, person: &NewPerson) -> rusqlite::Result<PersonId> {
    db.query_row(
        "INSERT INTO people (household, name, role, added_ns) VALUES (?1, ?2, ?3, ?4)
         RETURNING id",
        params![Id(person.household), person.name, Word(person.role), Ns(person.added_at)],
        |row| row.get(0).map(|Id(id)| id),
    )
}

fn add_device(
    db: &Connection,
    person: PersonId,
    device: &NewPairedDevice,
) -> rusqlite::Result<PairedDeviceId> {
    db.query_row(
        "INSERT INTO paired_devices (person, name, public_key, paired_ns)
         VALUES (?1, ?2, ?3, ?4) RETURNING id",
        params![Id(person), device.name, device.public_key, Ns(device.paired_at)],
        |row| row.get(0).map(|Id(id)| id),
    )
}

fn read_person(row: &Row<'_>) -> rusqlite::Result<Person> {
    let (Id(id), Id(household)) = (row.get(0)?, row.get(1)?);
    let (Word(role), Ns(added_at)) = (row.get(3)?, row.get(4)?);
    Ok(Person { id, household, name: row.get(2)?, role, added_at })
}

fn read_device(row: &Row<'_>) -> rusqlite::Result<PairedDevice> {
    let (Id(id), Id(person)) = (row.get(0)?, row.get(1)?);
    let Ns(paired_at) = row.get(4)?;
    let moment = |place| row.get::<_, Option<Ns>>(place).map(|at| at.map(|Ns(at)| at));
    let pin = match (row.get(7)?, row.get(8)?) {
        (Some(salt), Some(hash)) => Some(PinHash { salt, hash }),
        (None, _) | (_, None) => None,
    };
    let witnessed = match (row.get(10)?, moment(11)?, row.get(12)?) {
        (Some(size), Some(at), Some(signature)) => Some(Cosignature { size, at, signature }),
        (None, _, _) | (_, None, _) | (_, _, None) => None,
    };
    let passkey = match (row.get(13)?, row.get(14)?, row.get(15)?, row.get(16)?) {
        (Some(id), Some(key), Some(name), Some(counter)) => {
            Some(PasskeyRecord { id, key, name, counter })
        }
        (None, _, _, _) | (_, None, _, _) | (_, _, None, _) | (_, _, _, None) => None,
    };
    Ok(PairedDevice {
        id,
        person,
        device: NewPairedDevice { name: row.get(2)?, public_key: row.get(3)?, paired_at },
        last_seen_at: moment(5)?,
        revoked_at: moment(6)?,
        pin,
        pin_tries: row.get(9)?,
        passkey,
        witnessed,
    })
}
