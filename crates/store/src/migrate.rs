//! From any older schema to the latest, one transaction for each step.

use rusqlite::{Connection, TransactionBehavior};

/// What a fresh database is made with.
pub(crate) const SCHEMA: &str = include_str!("../schema.sql");

/// The steps; the first leads from nothing to version 1. A step is frozen once
/// released.
pub(crate) const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_initial.sql")];

/// Returns the version to which all steps lead.
pub(crate) fn latest() -> u32 {
    u32::try_from(MIGRATIONS.len()).expect("there are few migrations")
}

/// Returns a database's schema version; 0 means an empty one.
pub(crate) fn version(db: &Connection) -> rusqlite::Result<u32> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Makes the latest schema in an empty database, within the caller's transaction.
pub(crate) fn create(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(SCHEMA)?;
    db.pragma_update(None, "user_version", latest())
}

/// Runs the steps that a database has not seen. One that fails leaves the
/// database at the step before.
pub(crate) fn upgrade(db: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    let seen = version(db)?;
    for (step, next) in steps.iter().zip(1_u32..).filter(|(_, next)| *next > seen) {
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", next)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All of a schema, without comments and white space.
    fn shape(db: &Connection) -> Vec<(String, String, String)> {
        let mut rows = db
            .prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name")
            .unwrap();
        rows.query_map([], |row| {
            let sql: String = row.get(2)?;
            Ok((row.get(0)?, row.get(1)?, bare(&sql)))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect()
    }

    fn bare(sql: &str) -> String {
        let lines = sql.lines().map(|line| line.split("--").next().unwrap());
        lines.flat_map(|line| line.chars().filter(|c| !c.is_whitespace())).collect()
    }

    fn fresh() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        create(&db).unwrap();
        db
    }

    #[test]
    fn every_step_from_the_first_version_leads_to_the_fresh_schema() {
        let mut db = Connection::open_in_memory().unwrap();
        upgrade(&mut db, &MIGRATIONS[..1]).unwrap();
        db.execute("INSERT INTO settings VALUES ('retention_days', '30')", []).unwrap();
        for step in 1..=MIGRATIONS.len() {
            upgrade(&mut db, &MIGRATIONS[..step]).unwrap();
            assert_eq!(version(&db).unwrap(), u32::try_from(step).unwrap());
        }
        assert_eq!(shape(&db), shape(&fresh()));
        let kept: String =
            db.query_row("SELECT value FROM settings", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "30");
    }

    #[test]
    fn a_step_that_fails_leaves_the_database_as_it_was() {
        let mut db = fresh();
        let before = shape(&db);
        let steps = [MIGRATIONS[0], "CREATE TABLE extra (a); SELECT nonsense;"];
        assert!(upgrade(&mut db, &steps).is_err());
        assert_eq!(shape(&db), before);
        assert_eq!(version(&db).unwrap(), 1);
    }

    #[test]
    fn steps_run_once_and_in_order() {
        let mut db = fresh();
        let steps =
            [MIGRATIONS[0], "CREATE TABLE extra (a) STRICT;", "INSERT INTO extra VALUES (1);"];
        let steps = steps.map(|step| step.replace("(a) STRICT", "(a INTEGER) STRICT"));
        let steps = steps.iter().map(String::as_str).collect::<Vec<_>>();
        upgrade(&mut db, &steps).unwrap();
        upgrade(&mut db, &steps).unwrap();
        let rows: u32 = db.query_row("SELECT count(*) FROM extra", [], |row| row.get(0)).unwrap();
        assert_eq!((rows, version(&db).unwrap()), (1, 3));
    }
}
