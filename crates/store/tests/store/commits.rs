//! Batches: whole or not at all, and there again afterwards.

use doorward_core::batch::{Change, NextIds, Snapshot};
use doorward_core::code::{CodeKind, CodeRecord, Standing, Tombstone};
use doorward_core::door::{Approval, DoorPolicy, Recording};
use doorward_core::entry::{Actor, EntryRecord};
use doorward_core::event::LogEvent;
use doorward_core::ids::{CodeId, DeviceName, EntryId, RecordingId};
use doorward_core::permit::{DevicePermit, Permit};
use doorward_core::schedule::{Days, Schedule};
use doorward_core::throttle::{ThrottleRecord, WrongTry};
use doorward_core::time::HubTime;
use doorward_store::{CommitError, LeavesFrom, Store};

use crate::house::{
    DOOR, House, at, batch, bolt, deliver, delivery, door, entry, issue, issued, spent,
};

fn leaves(store: &mut Store) -> u64 {
    store.questions().unwrap().checkpoint().unwrap().size
}

fn snapshot(store: &mut Store) -> Snapshot {
    store.questions().unwrap().snapshot().unwrap()
}

#[test]
fn a_fresh_database_knows_no_time_and_begins_to_count_at_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&folder.path().join("db"), crate::house::keys()).unwrap();
    assert_eq!(snapshot(&mut store), Snapshot::default());
    assert_eq!(store.questions().unwrap().verify(&[]).unwrap().leaves, 0);
}

#[test]
fn what_was_committed_is_there_after_opening_again() {
    let (house, mut store) = House::new();
    let keypad = DeviceName::parse("z2m/Porch keypad").unwrap();
    let record = ThrottleRecord {
        recent: vec![
            WrongTry { at: HubTime::from_millis(3), points: 1 },
            WrongTry { at: HubTime::from_millis(9), points: 4 },
        ],
        failures: 2,
        ..ThrottleRecord::default()
    };
    issue(&mut store, 1, "{}");
    let policy = DoorPolicy {
        recording: Recording::Preferred,
        approval: Approval::Tap,
        ..DoorPolicy::default()
    };
    let (agent, gone) = (DeviceName::parse("ha").unwrap(), DeviceName::parse("old").unwrap());
    let by_agent = EntryRecord { by: Actor::Device(agent.clone()), ..entry(4, 1) };
    let permit = DevicePermit { device: agent, door: DOOR, permit: Permit::Unlock };
    let mut last = batch(
        90,
        vec![
            Change::Throttle(keypad.clone(), ThrottleRecord::default()),
            Change::Throttle(keypad.clone(), record.clone()),
            Change::Entry(by_agent.clone()),
            Change::DoorPolicy(DOOR, policy.clone()),
            Change::PermitGiven(DevicePermit { permit: Permit::Lock, ..permit.clone() }),
            Change::PermitGiven(permit.clone()),
            Change::PermitGiven(DevicePermit { device: gone.clone(), ..permit.clone() }),
            Change::PermitTaken(gone, DOOR),
        ],
        vec![LogEvent::DoorPolicyChanged { door: DOOR }],
    );
    last.next_ids = NextIds { door: 2, code: 2, entry: 5, recording: 5, command: 9 };
    store.commit(&last).unwrap();
    drop(store);

    let expected = Snapshot {
        doors: vec![doorward_core::door::Door { policy, ..door() }],
        codes: vec![delivery(1)],
        throttles: vec![(keypad, record)],
        permits: vec![permit],
        open_entries: vec![by_agent],
        mark: Some(last.mark),
        next_ids: last.next_ids,
    };
    assert_eq!(snapshot(&mut house.open()), expected);
}

#[test]
fn every_kind_of_code_is_read_back_as_it_was_written() {
    let (house, mut store) = House::new();
    let schedule = Schedule {
        days: Days::ALL,
        from: jiff::civil::time(22, 0, 0, 0),
        until: jiff::civil::time(6, 0, 0, 0),
        first: None,
        last: Some(jiff::civil::date(2027, 1, 31)),
    };
    let kinds = [
        delivery(1).kind,
        CodeKind::Scheduled { schedule: schedule.clone(), uses_left: Some(3) },
        CodeKind::Scheduled { schedule, uses_left: None },
        CodeKind::BreakGlass,
        CodeKind::Duress { resembles: CodeId(2) },
    ];
    let codes: Vec<CodeRecord> =
        (1..).zip(kinds).map(|(id, kind)| CodeRecord { kind, ..delivery(id) }).collect();
    for code in codes.clone() {
        let personal = format!("{{\"n\":{}}}", code.id);
        store
            .commit(&batch(
                0,
                vec![Change::CodeAdded { code, personal, by: Actor::LocalOwner }],
                vec![],
            ))
            .unwrap();
    }
    drop(store);
    let mut store = house.open();
    assert_eq!(snapshot(&mut store).codes, codes);
    let known = store.questions().unwrap().codes().unwrap();
    assert_eq!(known[3].personal.as_deref(), Some("{\"n\":4}"));
}

#[test]
fn a_paused_code_is_paused_after_a_start_and_in_force_once_it_was_taken_up_again() {
    let (house, mut store) = House::new();
    issue(&mut store, 1, "{}");
    for standing in [Standing::Paused, Standing::InForce] {
        let change = Change::CodeStanding(CodeId(1), standing);
        store.commit(&batch(5, vec![change], vec![])).unwrap();
        drop(store);
        store = house.open();
        assert_eq!(snapshot(&mut store).codes, [CodeRecord { standing, ..delivery(1) }]);
    }
}

#[test]
fn a_batch_that_is_refused_leaves_nothing_behind() {
    let (_house, mut store) = House::new();
    issue(&mut store, 1, "{}");
    let before = (leaves(&mut store), snapshot(&mut store));
    let refused = batch(
        5,
        vec![Change::CodeEnded(CodeId(1), Tombstone::Spent), Change::DoorAdded(door())],
        vec![LogEvent::ClockConfirmed],
    );
    let error = store.commit(&refused).unwrap_err();
    assert!(matches!(error, CommitError::Refused { .. }), "{error}");
    assert!(error.nothing_was_written());
    assert_eq!((leaves(&mut store), snapshot(&mut store)), before);
    store.commit(&bolt(6)).unwrap();
    store.questions().unwrap().verify(&[]).unwrap();
}

#[test]
fn a_code_that_has_ended_never_becomes_live_again() {
    let (house, mut store) = House::new();
    issue(&mut store, 1, "{}");
    store.commit(&spent(1)).unwrap();
    store.commit(&spent(1)).unwrap();
    for change in [
        Change::CodeEnded(CodeId(1), Tombstone::Cancelled),
        Change::CodeAdded { code: delivery(1), personal: String::new(), by: Actor::LocalOwner },
    ] {
        let error = store.commit(&batch(9, vec![change], vec![])).unwrap_err();
        assert!(matches!(error, CommitError::Refused { .. }), "{error}");
    }
    drop(store);
    for sql in [
        "UPDATE codes SET tombstone = NULL, ended_ns = NULL",
        "UPDATE codes SET tombstone = 'expired'",
        "DELETE FROM codes",
        "INSERT OR REPLACE INTO codes SELECT id, household, kind, mac, prefix_mac,
           window_from_ns, window_until_ns, schedule, uses_left, resembles, NULL, NULL FROM codes",
    ] {
        let db = crate::house::raw(&house.path());
        db.execute_batch("PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = ON").unwrap();
        assert!(db.execute_batch(sql).is_err(), "{sql}");
    }
    assert_eq!(snapshot(&mut house.open()).codes[0].tombstone, Some(Tombstone::Spent));
}

#[test]
fn the_uses_of_a_code_only_fall() {
    let (_house, mut store) = House::new();
    let schedule = Schedule {
        days: Days::ALL,
        from: jiff::civil::time(8, 0, 0, 0),
        until: jiff::civil::time(9, 0, 0, 0),
        first: None,
        last: None,
    };
    let kind = CodeKind::Scheduled { schedule, uses_left: Some(3) };
    let code = CodeRecord { kind, ..delivery(1) };
    let added = Change::CodeAdded { code, personal: String::new(), by: Actor::LocalOwner };
    store.commit(&batch(0, vec![added], vec![])).unwrap();
    let uses = |left| batch(1, vec![Change::CodeUsesLeft(CodeId(1), left)], vec![]);
    store.commit(&uses(1)).unwrap();
    assert!(store.commit(&uses(2)).is_err());
    store.commit(&uses(0)).unwrap();
}

#[test]
fn changes_of_what_is_not_there_are_refused() {
    let (_house, mut store) = House::new();
    for change in [
        Change::CodeEnded(CodeId(9), Tombstone::Spent),
        Change::CodeUsesLeft(CodeId(9), 1),
        Change::DoorPolicy(doorward_core::ids::DoorId(9), DoorPolicy::default()),
        Change::Entry(entry(1, 9)),
    ] {
        let error = store.commit(&batch(1, vec![change], vec![])).unwrap_err();
        assert!(matches!(error, CommitError::Refused { .. }), "{error}");
    }
}

#[test]
fn numbers_that_were_given_out_are_never_given_out_again() {
    let (_house, mut store) = House::new();
    let mut forward = bolt(1);
    forward.next_ids.entry = 40;
    store.commit(&forward).unwrap();
    store.commit(&bolt(2)).unwrap();
    assert_eq!(snapshot(&mut store).next_ids.entry, 40);
}

#[test]
fn an_entry_tells_its_story_with_its_recording_in_it() {
    let (_house, mut store) = House::new();
    deliver(&mut store, 1);
    deliver(&mut store, 2);
    let questions = store.questions().unwrap();
    let story = questions.entry(EntryId(2)).unwrap().unwrap();
    assert_eq!(story.entry.recording, Some(RecordingId(2)));
    let events: Vec<LogEvent> =
        story.leaves.iter().map(|numbered| numbered.leaf.clone().unwrap().event).collect();
    let sealed = |event: &&LogEvent| matches!(event, LogEvent::SegmentSealed { .. });
    assert_eq!(events.iter().filter(sealed).count(), 2);
    assert!(matches!(events.last(), Some(LogEvent::RecordingClosed { .. })));
    assert_eq!(questions.entry(EntryId(9)).unwrap(), None);
    let recording = questions.recording(RecordingId(2)).unwrap().unwrap();
    assert_eq!(recording.sealed_secret, b"canary-2-sealed");
    assert_eq!((recording.recording.segments, recording.segments.len()), (2, 2));
    assert!(recording.recording.closed_at_ms.is_some());
    assert_eq!(questions.recordings().unwrap().len(), 2);
    assert_eq!(
        questions.entries(doorward_store::EntryFilter::default(), 1).unwrap()[0].entry.id,
        EntryId(2)
    );
}

#[test]
fn the_log_is_read_from_a_number_from_a_moment_and_from_its_end() {
    let (_house, mut store) = House::new();
    for second in 1..=10 {
        store.commit(&bolt(second)).unwrap();
    }
    let questions = store.questions().unwrap();
    let numbers = |from, limit| -> Vec<u64> {
        questions.leaves(from, limit).unwrap().iter().map(|leaf| leaf.number).collect()
    };
    assert_eq!(numbers(LeavesFrom::Number(3), 2), [3, 4]);
    assert_eq!(numbers(LeavesFrom::Moment(at(9).wall), 10), [9, 10]);
    assert_eq!(numbers(LeavesFrom::End, 3), [8, 9, 10]);
}

#[test]
fn a_place_or_a_moment_that_no_log_reaches_is_no_failure() {
    let (_house, mut store) = House::new();
    store.commit(&bolt(1)).unwrap();
    let questions = store.questions().unwrap();
    let count = |from| questions.leaves(from, 10).unwrap().len();
    assert_eq!(count(LeavesFrom::Number(u64::MAX)), 0);
    assert_eq!(count(LeavesFrom::Moment(jiff::Timestamp::MAX)), 0);
    assert_eq!(count(LeavesFrom::Moment(jiff::Timestamp::MIN)), 2, "the founding and the bolt");
}

#[test]
fn a_code_that_ended_long_ago_is_not_read_at_start_but_kept() {
    let (_house, mut store) = House::new();
    store.commit(&issued(1, "{}")).unwrap();
    store.commit(&spent(1)).unwrap();
    assert_eq!(snapshot(&mut store).codes.len(), 1);
    store.commit(&bolt(367 * 86_400)).unwrap();
    assert_eq!(snapshot(&mut store).codes, []);
    assert_eq!(store.questions().unwrap().codes().unwrap().len(), 1);
}

#[test]
fn an_untouched_log_with_deliveries_in_it_raises_no_alarm() {
    let (house, mut store) = House::new();
    for id in 1..=5 {
        deliver(&mut store, id);
    }
    drop(store);
    house.burgle("");
    let report = house.open().questions().unwrap().verify(&[]).unwrap();
    assert_eq!((report.leaves, report.erased), (41, 0));
}
