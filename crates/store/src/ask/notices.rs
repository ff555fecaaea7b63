//! What the people of the house were told, for those who were away.

use doorward_core::ids::PairedDeviceId;
use rusqlite::params;

use super::Questions;
use crate::columns::{Id, Ns};
use crate::error::{ReadError, WriteError};
use crate::records::KeptNotice;
use crate::store::Store;

impl Questions<'_> {
    /// Returns what a device has not acknowledged since it was paired, the oldest first:
    /// the newest `limit` of them, as their numbers and the hub's JSON.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn unseen(
        &self,
        device: PairedDeviceId,
        limit: u32,
    ) -> Result<Vec<(u64, String)>, ReadError> {
        let mut unseen = self.rows(
            "SELECT notices.seq, notices.document FROM notices, paired_devices AS device
             WHERE device.id = ?1 AND notices.seq > device.acknowledged
               AND notices.at_ns >= device.paired_ns
             ORDER BY notices.seq DESC LIMIT ?2",
            params![Id(device), limit],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        unseen.reverse();
        Ok(unseen)
    }
}

impl Store {
    /// Keeps a notice, and of all of them the newest `room`.
    ///
    /// # Errors
    /// If the database fails.
    pub fn keep_notice(&mut self, notice: &KeptNotice, room: u32) -> Result<(), WriteError> {
        self.write(|db| {
            db.prepare_cached(
                "INSERT INTO notices (seq, at_ns, entry, document) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                notice.seq,
                Ns(notice.at),
                notice.entry.map(Id),
                notice.document
            ])?;
            db.prepare_cached(
                "DELETE FROM notices WHERE seq <=
                   (SELECT seq FROM notices ORDER BY seq DESC LIMIT 1 OFFSET ?1)",
            )?
            .execute([room])
            .map(drop)
        })
    }

    /// Notes that a device's person has seen everything up to a number.
    ///
    /// # Errors
    /// If there is no such device whose pairing lasts, or the database fails.
    pub fn acknowledge(&mut self, device: PairedDeviceId, seq: u64) -> Result<(), WriteError> {
        let sql = "UPDATE paired_devices SET acknowledged = max(acknowledged, ?2)
            WHERE id = ?1 AND revoked_ns IS NULL";
        self.write(|db| match db.prepare_cached(sql)?.execute(params![Id(device), seq])? {
            0 => Err(rusqlite::Error::QueryReturnedNoRows),
            _ => Ok(()),
        })
    }
}
