//! Measures the store: how long a commit takes, what an event weighs on the
//! disk, how fast the log is verified. Prints; judges nothing.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::path::Path;
use std::time::{Duration, Instant};

use doorward_core::batch::{Batch, Change, ClockMark, NextIds};
use doorward_core::code::{CodeKind, CodeMac, CodeRecord, PrefixMac, Tombstone, Window};
use doorward_core::door::{Bolt, Contact, Door, DoorPolicy};
use doorward_core::entry::{Actor, Entered, EntryRecord, Outcome, Stage};
use doorward_core::event::{ClockTrust, Leaf, LogEvent};
use doorward_core::ids::{
    CodeId, CommandId, CommitTicket, DeviceName, DoorId, DoorName, EntryId, HouseholdId,
};
use doorward_core::time::{HubTime, Now};
use doorward_store::{Household, Store, StoreHandle, StoreKeys};
use jiff::Timestamp;
use secrecy::SecretBox;

const DOOR: DoorId = DoorId(1);

type Outcomes<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcomes<()> {
    let folder = match std::env::args().nth(1) {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let path = folder.path().join("doorward.db");
    let keys = StoreKeys {
        database: SecretBox::new(Box::new([1; 32])),
        log_signing_seed: SecretBox::new(Box::new([2; 32])),
    };
    let mut store = Store::create(&path, keys)?;
    let name = "Bench".to_owned();
    store.add_household(&Household { id: HouseholdId(1), name, recipient: "age1x".into() })?;
    let handle = StoreHandle::spawn(store)?;
    handle.commit(batch(0, vec![Change::DoorAdded(door()?)], vec![])).await?;
    commits(&handle, &path).await?;
    verify(&handle).await
}

/// Plays deliveries, one batch after the other, with a pause as a house has.
async fn commits(handle: &StoreHandle, path: &Path) -> Outcomes<()> {
    let before = size(path)?;
    let (mut took, mut leaves) = (Vec::new(), 0);
    for id in 1..=200_u64 {
        for batch in delivery(id) {
            leaves += batch.leaves.len();
            let started = Instant::now();
            handle.commit(batch).await?;
            took.push(started.elapsed());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    took.sort();
    let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or_default();
    println!("commit: p50 {:?}, p90 {:?}, p99 {:?}, n {}", at(50), at(90), at(99), took.len());
    handle.verify(Vec::new()).await?;
    let grown = size(path)?.saturating_sub(before);
    println!("disk: {} bytes in {leaves} events, {} each", grown, grown / u64::try_from(leaves)?);
    Ok(())
}

/// Fills the log and goes over it.
async fn verify(handle: &StoreHandle) -> Outcomes<()> {
    for second in 0..400 {
        let events = (0..500).map(|n| match n % 2 {
            0 => LogEvent::BoltReported { door: DOOR, bolt: Bolt::Thrown },
            _ => LogEvent::ContactReported { door: DOOR, contact: Contact::Closed },
        });
        handle.commit(batch(second, Vec::new(), events.collect())).await?;
    }
    let report = handle.verify(Vec::new()).await?;
    let per_second = u128::from(report.leaves) * 1_000_000 / report.took.as_micros().max(1);
    println!("verify: {} leaves in {:?}, {per_second} each second", report.leaves, report.took);
    Ok(())
}

/// The database with its WAL folded in, as far as it is.
fn size(path: &Path) -> std::io::Result<u64> {
    path.metadata().map(|data| data.len())
}

fn at(second: u64) -> Now {
    let wall = Timestamp::UNIX_EPOCH + Duration::from_nanos(1_790_000_000_123_456_789);
    Now { wall: wall + Duration::from_secs(second), mono: HubTime::from_millis(second * 1_000) }
}

fn door() -> Outcomes<Door> {
    Ok(Door {
        id: DOOR,
        name: DoorName::parse("Front door")?,
        households: vec![HouseholdId(1)],
        lock: DeviceName::parse("z2m/Front door")?,
        keypads: vec![DeviceName::parse("z2m/Porch keypad")?],
        contact: None,
        camera: None,
        policy: DoorPolicy::default(),
    })
}

fn batch(second: u64, changes: Vec<Change>, events: Vec<LogEvent>) -> Batch {
    let now = at(second);
    let leaf = |event| Leaf { at: now, clock: ClockTrust::Trusted, by: None, event };
    Batch {
        ticket: CommitTicket(second),
        changes,
        leaves: events.into_iter().map(leaf).collect(),
        mark: ClockMark { at: now, trust: ClockTrust::Trusted },
        next_ids: NextIds::default(),
    }
}

/// One delivery's batches: issued, typed, granted, and each report.
fn delivery(id: u64) -> Vec<Batch> {
    let (second, code, why) = (id * 3_600, CodeId(id), Tombstone::Spent);
    let (entry, outcome) = (EntryId(id), Outcome::Completed);
    let kind = CodeKind::OneTime(Window { from: at(second).wall, until: at(second + 9).wall });
    let issued = LogEvent::CodeIssued {
        code,
        kind: kind.name(),
        household: HouseholdId(1),
        doors: vec![DOOR],
    };
    let record = EntryRecord {
        id: entry,
        door: DOOR,
        household: HouseholdId(1),
        by: Actor::Code(code),
        opened_at: at(second),
        stage: Stage::Arming,
        entered: Entered::No,
        recording: None,
        outcome: None,
    };
    let moved = |stage| {
        let record = EntryRecord { stage, ..record.clone() };
        (vec![Change::Entry(record)], vec![LogEvent::EntryMoved { entry, door: DOOR, stage }])
    };
    let granted = LogEvent::UnlockGranted {
        entry,
        door: DOOR,
        by: record.by.clone(),
        command: CommandId(id),
    };
    let code_record = CodeRecord {
        id: code,
        household: HouseholdId(1),
        doors: vec![DOOR],
        kind,
        mac: CodeMac([9; 32]),
        prefix_mac: PrefixMac([8; 32]),
        tombstone: None,
        standing: Default::default(),
    };
    let personal = r#"{"carrier":"DHL","reference":"00340434161094021501"}"#.to_owned();
    let closed = EntryRecord { outcome: Some(outcome), ..record.clone() };
    [
        (
            vec![Change::CodeAdded { code: code_record, personal, by: Actor::LocalOwner }],
            vec![issued],
        ),
        moved(Stage::Arming),
        (vec![Change::CodeEnded(code, why)], vec![LogEvent::CodeEnded { code, why }, granted]),
        moved(Stage::Unlocked),
        (vec![], vec![LogEvent::ContactReported { door: DOOR, contact: Contact::Open }]),
        (vec![], vec![LogEvent::ContactReported { door: DOOR, contact: Contact::Closed }]),
        moved(Stage::Relocking),
        (vec![], vec![LogEvent::BoltReported { door: DOOR, bolt: Bolt::Thrown }]),
        (vec![Change::Entry(closed)], vec![LogEvent::EntryClosed { entry, door: DOOR, outcome }]),
    ]
    .into_iter()
    .map(|(changes, leaves)| batch(second, changes, leaves))
    .collect()
}
