//! Writing leaves, their hashes and the checkpoint over them.

use doorward_core::event::Leaf;
use rand::TryRngCore;
use rand::rngs::OsRng;
use rusqlite::{Connection, params};

use super::edge::Edge;
use super::links::Links;
use super::{SALT_BYTES, commitment};
use crate::changes::Fault;
use crate::columns::{Id, Ns};

/// Appends leaves to the tables and to the edge.
pub(crate) fn append(db: &Connection, edge: &mut Edge, leaves: &[Leaf]) -> Result<(), Fault> {
    let mut salts = vec![[0; SALT_BYTES]; leaves.len()];
    OsRng.try_fill_bytes(salts.as_flattened_mut()).map_err(|_| Fault::NoRandomness)?;
    for (leaf, salt) in leaves.iter().zip(&salts) {
        let body = leaf.encode();
        let record = commitment(salt, &body);
        write_leaf(db, edge.size(), leaf, (salt, &body, &record))?;
        write_hashes(db, edge, &record)?;
    }
    Ok(())
}

fn write_leaf(
    db: &Connection,
    number: u64,
    leaf: &Leaf,
    (salt, body, record): (&[u8], &[u8], &[u8]),
) -> rusqlite::Result<()> {
    let links = Links::of(&leaf.event);
    // A recording's events do not all name the entry that it shows; its row does.
    db.prepare_cached(
        "INSERT INTO leaves
           (number, commitment, salt, body, wall_ns, door, recording, entry)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,
           coalesce(?8, (SELECT entry FROM recordings WHERE id = ?7)))",
    )?
    .execute(params![
        number,
        record,
        salt,
        body,
        Ns(leaf.at.wall),
        links.door.map(Id),
        links.recording.map(Id),
        links.entry.map(Id),
    ])
    .map(drop)
}

fn write_hashes(db: &Connection, edge: &mut Edge, record: &[u8]) -> Result<(), Fault> {
    let first = edge.next_place();
    let mut insert = db.prepare_cached("INSERT INTO log_hashes (place, hash) VALUES (?1, ?2)")?;
    for (place, hash) in (first..).zip(edge.append(record)?) {
        insert.execute(params![place, hash.0])?;
    }
    Ok(())
}
