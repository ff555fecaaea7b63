//! A house whose life fills a database: helpers for all tests here.

use std::path::{Path, PathBuf};

use doorward_core::batch::{Batch, Change, ClockMark, NextIds, SegmentRecord};
use doorward_core::code::{CodeKind, CodeMac, CodeRecord, PrefixMac, Standing, Tombstone, Window};
use doorward_core::door::{Door, DoorPolicy};
use doorward_core::entry::{Actor, Entered, EntryRecord, Outcome, Stage};
use doorward_core::event::{ClockTrust, Leaf, LogEvent};
use doorward_core::ids::{
    CameraName, CodeId, CommandId, CommitTicket, DeviceName, DoorId, DoorName, EntryId,
    HouseholdId, RecordingId,
};
use doorward_core::time::{HubTime, Now};
use doorward_store::{Household, NewRecording, Store, StoreKeys};
use jiff::Timestamp;
use rusqlite::Connection;
use secrecy::SecretBox;
use tempfile::TempDir;

pub(crate) const HOUSEHOLD: HouseholdId = HouseholdId(1);
pub(crate) const DOOR: DoorId = DoorId(1);

pub(crate) fn keys_of(byte: u8) -> StoreKeys {
    StoreKeys {
        database: SecretBox::new(Box::new([byte; 32])),
        log_signing_seed: SecretBox::new(Box::new([byte ^ 0xff; 32])),
    }
}

pub(crate) fn keys() -> StoreKeys {
    keys_of(7)
}

/// A folder with one database in it.
pub(crate) struct House {
    pub(crate) folder: TempDir,
}

impl House {
    /// A house with one household and one door.
    pub(crate) fn new() -> (Self, Store) {
        let house = Self { folder: tempfile::tempdir().unwrap() };
        let mut store = Store::create(&house.path(), keys()).unwrap();
        furnish(&mut store);
        (house, store)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("doorward.db")
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(&self.path(), keys()).unwrap()
    }

    /// The way of somebody who has the key and means harm: no trigger, no
    /// foreign key stands in it.
    pub(crate) fn burgle(&self, sql: &str) {
        let db = raw(&self.path());
        let triggers: Vec<String> = db
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for trigger in triggers {
            db.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
        }
        db.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
            .unwrap();
        db.execute_batch(sql).unwrap();
    }
}

pub(crate) fn furnish(store: &mut Store) {
    store
        .add_household(&Household {
            id: HOUSEHOLD,
            name: "Meyer".into(),
            recipient: "age1example".into(),
        })
        .unwrap();
    let event = LogEvent::DoorAdded { door: DOOR };
    store.commit(&batch(0, vec![Change::DoorAdded(door())], vec![event])).unwrap();
}

/// Opens a database with its key alone: the salt is the file's first bytes.
pub(crate) fn raw(path: &Path) -> Connection {
    let bytes = std::fs::read(path).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let db = Connection::open(path).unwrap();
    let key = format!("PRAGMA key = \"x'{}{}'\"", "07".repeat(32), hex(&bytes[..16]));
    db.execute_batch(&key).unwrap();
    db
}

/// Noon of a day, and so many seconds.
pub(crate) fn at(second: u32) -> Now {
    let noon: Timestamp = "2026-11-22T12:00:00.123456789Z".parse().unwrap();
    Now {
        wall: noon + jiff::SignedDuration::from_secs(second.into()),
        mono: HubTime::from_millis(u64::from(second) * 1_000),
    }
}

pub(crate) fn door() -> Door {
    Door {
        id: DOOR,
        name: DoorName::parse("Front door").unwrap(),
        households: vec![HOUSEHOLD],
        lock: DeviceName::parse("z2m/Front door").unwrap(),
        keypads: vec![DeviceName::parse("z2m/Porch keypad").unwrap()],
        contact: Some(DeviceName::parse("porch-contact").unwrap()),
        camera: Some(CameraName::parse("Porch").unwrap()),
        policy: DoorPolicy::default(),
    }
}

pub(crate) fn delivery(id: u64) -> CodeRecord {
    CodeRecord {
        id: CodeId(id),
        household: HOUSEHOLD,
        doors: vec![DOOR],
        kind: CodeKind::OneTime(Window { from: at(0).wall, until: at(3_600).wall }),
        mac: CodeMac([id.to_be_bytes()[7]; 32]),
        prefix_mac: PrefixMac([1; 32]),
        tombstone: None,
        standing: Standing::InForce,
    }
}

pub(crate) fn entry(id: u64, code: u64) -> EntryRecord {
    EntryRecord {
        id: EntryId(id),
        door: DOOR,
        household: HOUSEHOLD,
        by: Actor::Code(CodeId(code)),
        opened_at: at(1),
        stage: Stage::Arming,
        entered: Entered::No,
        recording: Some(RecordingId(id)),
        outcome: None,
    }
}

pub(crate) fn batch(second: u32, changes: Vec<Change>, events: Vec<LogEvent>) -> Batch {
    let now = at(second);
    let leaf = |event| Leaf { at: now, clock: ClockTrust::Trusted, by: None, event };
    Batch {
        ticket: CommitTicket(u64::from(second)),
        changes,
        leaves: events.into_iter().map(leaf).collect(),
        mark: ClockMark { at: now, trust: ClockTrust::Trusted },
        next_ids: NextIds::default(),
    }
}

/// Erases an entry as the hub does: with the leaf that tells of it.
pub(crate) fn erase_entry(store: &mut Store, id: u64) {
    let entry = EntryId(id);
    let told = LogEvent::EntryErased { entry };
    store.commit(&batch(40, vec![Change::EntryErased(entry)], vec![told])).unwrap();
}

/// A batch that erases what was written about a code.
pub(crate) fn notes_erased(id: u64) -> Batch {
    let code = CodeId(id);
    batch(40, vec![Change::CodeNotesErased(code)], vec![LogEvent::CodeNotesErased { code }])
}

pub(crate) fn issue(store: &mut Store, id: u64, personal: &str) {
    store.commit(&issued(id, personal)).unwrap();
}

pub(crate) fn issued(id: u64, personal: &str) -> Batch {
    let code = delivery(id);
    let event = LogEvent::CodeIssued {
        code: code.id,
        kind: code.kind.name(),
        household: code.household,
        doors: code.doors.clone(),
    };
    batch(
        0,
        vec![Change::CodeAdded { code, personal: personal.into(), by: Actor::LocalOwner }],
        vec![event],
    )
}

pub(crate) fn spent(id: u64) -> Batch {
    let (code, why) = (CodeId(id), Tombstone::Spent);
    batch(2, vec![Change::CodeEnded(code, why)], vec![LogEvent::CodeEnded { code, why }])
}

/// Plays one delivery: a code, an entry, a recording of two segments.
pub(crate) fn deliver(store: &mut Store, id: u64) {
    issue(store, id, &format!("{{\"carrier\":\"canary-{id}-carrier\"}}"));
    let record = entry(id, id);
    let (entry, recording, code) = (record.id, RecordingId(id), CodeId(id));
    let moved = |stage| LogEvent::EntryMoved { entry, door: DOOR, stage };
    store
        .commit(&batch(1, vec![Change::Entry(record.clone())], vec![moved(Stage::Arming)]))
        .unwrap();
    store.open_recording(&new_recording(id)).unwrap();
    let granted = LogEvent::UnlockGranted {
        entry,
        door: DOOR,
        by: record.by.clone(),
        command: CommandId(id),
    };
    let why = Tombstone::Spent;
    store
        .commit(&batch(
            2,
            vec![
                Change::CodeEnded(code, why),
                Change::Entry(EntryRecord { stage: Stage::Unlocking, ..record.clone() }),
            ],
            vec![LogEvent::CodeEnded { code, why }, granted],
        ))
        .unwrap();
    for sequence in 0..2 {
        store.commit(&segment(id, sequence)).unwrap();
    }
    let outcome = Outcome::Completed;
    let done = EntryRecord {
        stage: Stage::Secured,
        entered: Entered::Yes,
        outcome: Some(outcome),
        ..record
    };
    store
        .commit(&batch(
            30,
            vec![Change::Entry(done), Change::RecordingClosed(recording)],
            vec![
                LogEvent::EntryClosed { entry, door: DOOR, outcome },
                LogEvent::RecordingClosed { recording },
            ],
        ))
        .unwrap();
}

pub(crate) fn new_recording(id: u64) -> NewRecording {
    NewRecording {
        id: RecordingId(id),
        entry: EntryId(id),
        camera: CameraName::parse("Porch").unwrap(),
        household: HOUSEHOLD,
        sealed_secret: format!("canary-{id}-sealed").into_bytes(),
        recipient: format!("age1recording{id}"),
        opened_at_ms: 1,
    }
}

pub(crate) fn segment(recording: u64, sequence: u32) -> Batch {
    let sha256 = [u8::try_from(sequence).unwrap(); 32];
    let record = SegmentRecord {
        recording: RecordingId(recording),
        sequence,
        starts_at_ms: 1_000,
        duration_ms: 4_000,
        bytes: 2_000_000,
        sha256,
    };
    let event = LogEvent::SegmentSealed {
        recording: record.recording,
        sequence,
        sha256: sha256.iter().map(|b| format!("{b:02x}")).collect(),
    };
    batch(3 + sequence, vec![Change::Segment(record)], vec![event])
}

/// A leaf that changes nothing: what fills a log.
pub(crate) fn bolt(second: u32) -> Batch {
    let bolt = doorward_core::door::Bolt::Thrown;
    batch(second, Vec::new(), vec![LogEvent::BoltReported { door: DOOR, bolt }])
}
