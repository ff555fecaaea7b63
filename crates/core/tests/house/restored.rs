//! A hub's memory that comes from a backup: nothing in it opens by what it cannot know.

use doorward_core::batch::Snapshot;
use doorward_core::code::{Standing, Tombstone};
use doorward_core::device::Motion;
use doorward_core::door::{Bolt, Contact};
use doorward_core::entry::{Outcome, Reason};
use doorward_core::event::LogEvent;
use doorward_core::ids::PairedDeviceId;
use doorward_core::io::{NewCodeKind, OwnerRequest};
use doorward_core::permit::Permit;
use doorward_core::restored::{HomeAssistant, Restored};
use doorward_core::time::Now;
use jiff::{SignedDuration, Timestamp};

use crate::house::{Filming, HOUSEHOLD, House, device, seconds};
use crate::schedules::every_day;

fn guest(uses: Option<u32>) -> NewCodeKind {
    NewCodeKind::Scheduled { schedule: every_day("00:00", "00:00"), uses }
}

/// Has the house live on from what it was three days ago.
fn restore(house: &mut House, backup: Snapshot) {
    let made = house.now.wall;
    house.now = Now { wall: made + SignedDuration::from_hours(72), ..house.now };
    house.disk = crate::disk::Disk::holding(backup);
    let snapshot = house.disk.snapshot();
    let restored = Restored {
        snapshot: &snapshot,
        paired: &[PairedDeviceId(4)],
        hearers: &[device("lamp")],
        home_assistant: HomeAssistant::Shown,
        backup_of: made,
        wall: house.now.wall,
    };
    house.disk.write(&restored.batch()).unwrap();
    house.restart();
    house.lock_says(Bolt::Thrown);
    house.contact_says(Contact::Closed);
    house.forget();
}

/// A backup of a house without phones, and of nobody who is told anything.
fn alone(snapshot: &Snapshot, backup_of: Timestamp, wall: Timestamp) -> Restored<'_> {
    let home_assistant = HomeAssistant::ShownNothing;
    Restored { snapshot, paired: &[], hearers: &[], home_assistant, backup_of, wall }
}

fn opens(house: &mut House, digits: &str) -> bool {
    house.forget();
    house.type_code(digits);
    house.count(Motion::Retract) > 0
}

#[test]
fn no_code_of_a_backup_opens_before_the_owner_has_looked() {
    let mut house = House::new();
    let (_, delivery) = house.delivery();
    let (cleaner, always) = house.issue(HOUSEHOLD, &[house.door], guest(None)).unwrap();
    let (plumber, twice) = house.issue(HOUSEHOLD, &[house.door], guest(Some(2))).unwrap();
    let emergency = NewCodeKind::BreakGlass;
    let (envelope, sealed) = house.issue(HOUSEHOLD, &[house.door], emergency).unwrap();
    let duress = |resembles| NewCodeKind::Duress { resembles };
    let (follows, threat) = house.issue(HOUSEHOLD, &[house.door], duress(cleaner)).unwrap();
    let (ends, _) = house.issue(HOUSEHOLD, &[house.door], duress(plumber)).unwrap();
    let backup = house.disk.snapshot();

    restore(&mut house, backup);
    let _ = house.ask(OwnerRequest::ConfirmClock);
    for digits in [&delivery, &always, &twice, &sealed, &threat] {
        assert!(!opens(&mut house, digits));
    }
    assert_eq!(house.disk.code(plumber).tombstone, Some(Tombstone::Cancelled));
    assert_eq!(house.disk.code(ends).tombstone, Some(Tombstone::Cancelled));
    for code in [cleaner, envelope] {
        assert_eq!(house.disk.code(code).standing, Standing::Paused);
    }
    assert_eq!(house.disk.code(follows).tombstone, None);
    assert!(house.ask(OwnerRequest::ResumeCode(cleaner)).is_ok());
    assert!(opens(&mut house, &always));
}

#[test]
fn a_restored_hub_doubts_the_clock_and_gives_no_number_twice() {
    let mut house = House::new();
    let (before, _) = house.delivery();
    let backup = house.disk.snapshot();
    let commands = backup.next_ids.command;
    house.delivery();

    restore(&mut house, backup);
    let asked = house.issue(HOUSEHOLD, &[house.door], NewCodeKind::OneTime(house.window(0, 60)));
    assert!(asked.is_err(), "nobody stood for the clock");
    assert!(house.ask(OwnerRequest::ConfirmClock).is_ok());
    let (after, _) = house.delivery();
    assert!(after.0 > before.0 + 5_000);
    assert!(house.disk.snapshot().next_ids.command > commands + (1 << 31));
}

#[test]
fn a_backup_that_is_restored_twice_gives_no_command_a_number_of_the_first_hub() {
    let mut house = House::new();
    house.delivery();
    let (snapshot, backup_of) = (house.disk.snapshot(), house.now.wall);
    let first_command = |minutes| {
        let wall = backup_of + SignedDuration::from_mins(minutes);
        alone(&snapshot, backup_of, wall).batch().next_ids.command
    };
    assert!(first_command(20) > first_command(10) + 100_000);
}

#[test]
fn a_machine_that_does_not_know_the_time_writes_nothing_into_the_past() {
    let mut house = House::new();
    house.delivery();
    let snapshot = house.disk.snapshot();
    let mark = snapshot.mark.unwrap().at.wall;
    let wall = Timestamp::UNIX_EPOCH;
    let restored = alone(&snapshot, mark, wall);
    assert!(restored.batch().leaves.iter().all(|leaf| leaf.at.wall >= mark));
}

#[test]
fn what_was_in_progress_or_allowed_at_the_backup_is_over() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    let allowed = OwnerRequest::Allow(device("ha"), house.door, Permit::Unlock);
    assert!(house.ask(allowed).is_ok());
    house.filming = Filming::Silent;
    house.type_code(&digits);
    let arming = house.disk.open_entries()[0].id;
    let undecided = house.disk.snapshot();
    house.filming = Filming::Live;
    house.wait(seconds(10));
    let (_, digits) = house.delivery();
    house.type_code(&digits);
    house.lock_says(Bolt::Retracted);
    house.contact_says(Contact::Open);
    let inside = house.disk.open_entries()[0].id;
    let within = house.disk.snapshot();

    restore(&mut house, undecided);
    assert_eq!(house.disk.outcome(arming), Some(Outcome::Denied(Reason::Interrupted)));
    assert_eq!(house.disk.snapshot().permits, []);
    restore(&mut house, within);
    assert_eq!(house.disk.outcome(inside), Some(Outcome::Completed));
    assert_eq!(house.disk.open_entries(), []);
    let told: Vec<_> = house.disk.events().collect();
    assert!(matches!(told.first(), Some(LogEvent::HubRestored { .. })), "{told:?}");
    assert!(told.contains(&&LogEvent::PairingEnded { paired: PairedDeviceId(4) }));
    assert!(told.contains(&&LogEvent::NoticesDisallowed { device: device("lamp") }));
    assert!(told.contains(&&LogEvent::HomeAssistantOff));
}
