//! The four kinds of code, and what each opens.

mod duress;
mod minting;
mod pausing;

use doorward_core::code::{AccessCode, CodeKind, Tombstone};
use doorward_core::device::{DeviceReport, KeypadAnswer, Motion};
use doorward_core::door::{Bolt, Contact, Recording};
use doorward_core::entry::{Actor, Reason};
use doorward_core::event::{Alarm, LogEvent};
use doorward_core::ids::{DoorName, HouseholdId};
use doorward_core::io::{CameraFault, Effect, Input, NewCodeKind, NewDoor, OwnerRequest, Refusal};

use crate::house::{ALL_PARTS, Commits, Filming, HOUSEHOLD, House, KEYPAD, Parts, device, seconds};
use crate::schedules::every_day;

const NEIGHBOUR: HouseholdId = HouseholdId(2);
const BARE: Parts = Parts { contact: None, camera: None };

fn guest(uses: Option<u32>) -> NewCodeKind {
    NewCodeKind::Scheduled { schedule: every_day("00:00", "00:00"), uses }
}

/// Types a code and, if it opens, lets the visit run to its end.
fn opens(house: &mut House, digits: &str) -> bool {
    let attempt = house.type_code(digits);
    let opens = house.answers(attempt) == [KeypadAnswer::Accepted];
    if opens {
        house.lock_says(Bolt::Retracted);
        house.lock_says(Bolt::Thrown);
        house.wait(seconds(10));
    }
    opens
}

#[test]
fn a_one_time_code_opens_once() {
    let mut house = House::new();
    let (code, digits) = house.delivery();
    assert!(opens(&mut house, &digits));
    assert_eq!(house.disk.code(code).tombstone, Some(Tombstone::Spent));
    assert!(!opens(&mut house, &digits));
    house.restart();
    house.contact_says(Contact::Closed);
    assert!(!opens(&mut house, &digits));
    assert_eq!(house.count(Motion::Retract), 1);
}

#[test]
fn a_guest_with_three_uses_comes_three_times() {
    let mut house = House::new();
    let (code, digits) = house.issue(HOUSEHOLD, &[house.door], guest(Some(3))).unwrap();
    assert!(opens(&mut house, &digits));
    house.restart();
    house.contact_says(Contact::Closed);
    assert!(opens(&mut house, &digits));
    let left = |house: &House| match house.disk.code(code).kind {
        CodeKind::Scheduled { uses_left, .. } => uses_left,
        CodeKind::OneTime(_) | CodeKind::BreakGlass | CodeKind::Duress { .. } => None,
    };
    assert_eq!(left(&house), Some(1));
    assert!(opens(&mut house, &digits));
    assert!(!opens(&mut house, &digits));
    assert_eq!(house.refusals(), [Reason::Spent]);
}

#[test]
fn a_guests_last_use_at_two_doors_at_once_opens_one() {
    let mut house = House::new();
    let parts = Parts { contact: None, ..ALL_PARTS };
    let cellar = house.add_door("Cellar", &[HOUSEHOLD], "cellar-lock", &["cellar-pad"], parts);
    let (_, digits) = house.issue(HOUSEHOLD, &[house.door, cellar], guest(Some(1))).unwrap();
    house.filming = Filming::Silent;
    house.type_code(&digits);
    house.type_at("cellar-pad", &digits);
    let recordings: Vec<_> = house
        .hub
        .doors()
        .into_iter()
        .filter_map(|door| door.entry.and_then(|entry| entry.record.recording))
        .collect();
    assert_eq!(recordings.len(), 2);
    for recording in recordings {
        house.feed(Input::Filming(recording, Ok(())));
    }
    assert_eq!(house.count(Motion::Retract), 1);
    assert_eq!(house.refusals(), [Reason::Spent]);
}

#[test]
fn a_code_cancelled_while_the_camera_is_asked_opens_nothing() {
    let mut house = House::new();
    let (code, digits) = house.delivery();
    house.filming = Filming::Silent;
    house.type_code(&digits);
    let recording = house.recording();
    assert!(house.ask(OwnerRequest::CancelCode(code)).is_ok());
    house.feed(Input::Filming(recording, Ok(())));
    assert_eq!(house.count(Motion::Retract), 0);
    assert_eq!(house.refusals(), [Reason::Cancelled]);
}

#[test]
fn the_emergency_code_opens_without_camera_or_approval_and_alarms() {
    let mut house = House::new();
    house.want_approval();
    house.filming = Filming::Faulty(CameraFault::Unavailable);
    let (_, digits) = house.issue(HOUSEHOLD, &[house.door], NewCodeKind::BreakGlass).unwrap();
    assert!(opens(&mut house, &digits));
    assert!(house.alarms().contains(&Alarm::BreakGlassUsed));
    house.forget();
    assert!(opens(&mut house, &digits), "always");
    assert!(house.alarms().contains(&Alarm::BreakGlassUsed));
}

#[test]
fn the_emergency_code_opens_whatever_state_another_visit_is_in() {
    type Before = fn(&mut House);
    let states: [(&str, Before); 5] = [
        ("waits for the owner", |house| {
            house.want_approval();
            let (_, digits) = house.delivery();
            house.type_code(&digits);
        }),
        ("jammed", |house| {
            house.door_is_relocking();
            (0..3).for_each(|_| house.lock_says(Bolt::Jammed));
        }),
        ("unknown", |house| {
            house.courier_is_let_in();
            house.wait(seconds(10));
        }),
        ("open, says a contact that lies", |house| {
            house.door_is_open();
            house.lock_says(Bolt::Thrown);
        }),
        ("relocking", |house| {
            house.door_is_relocking();
        }),
    ];
    for (name, before) in states {
        let mut house = House::new();
        let (code, digits) =
            house.issue(HOUSEHOLD, &[house.door], NewCodeKind::BreakGlass).unwrap();
        before(&mut house);
        house.forget();
        let attempt = house.type_code(&digits);
        assert_eq!(house.answers(attempt), [KeypadAnswer::Accepted], "{name}");
        assert_eq!(house.count(Motion::Retract), 1, "{name}");
        assert!(house.alarms().contains(&Alarm::BreakGlassUsed), "{name}");
        let granted = house.disk.events().any(|event| {
            matches!(event, LogEvent::UnlockGranted { by: Actor::Code(by), .. } if *by == code)
        });
        assert!(granted, "{name}");
    }
}

#[test]
fn on_a_shared_door_each_entry_belongs_to_the_household_whose_code_opened_it() {
    let mut house = House::new();
    let parts = Parts { contact: None, ..ALL_PARTS };
    let both = [HOUSEHOLD, NEIGHBOUR];
    let street = house.add_door("Street", &both, "street-lock", &["street-pad"], parts);
    for (household, lock_again) in [(NEIGHBOUR, true), (HOUSEHOLD, false)] {
        let (_, digits) = house.issue(household, &[street], guest(None)).unwrap();
        house.type_at("street-pad", &digits);
        let entry = house.hub.door(street).unwrap().entry.unwrap();
        assert_eq!(entry.record.household, household);
        let sealed_to = house.effects.iter().rev().find_map(|effect| match effect {
            Effect::Film { household, .. } => Some(*household),
            Effect::Commit(_) | Effect::Order(..) | Effect::StopFilming(_) => None,
            Effect::Notify(_) | Effect::Reply(..) => None,
        });
        assert_eq!(sealed_to, Some(household));
        if lock_again {
            house.says("street-lock", DeviceReport::Bolt(Bolt::Retracted));
            house.says("street-lock", DeviceReport::Bolt(Bolt::Thrown));
            house.wait(seconds(10));
        }
    }
}

#[test]
fn a_door_that_could_not_be_written_down_is_forgotten() {
    let mut house = House::new();
    let doors = house.hub.doors().len();
    house.commits = Commits::Failing;
    let wish = OwnerRequest::AddDoor(NewDoor {
        name: DoorName::parse("Cellar").unwrap(),
        households: vec![HOUSEHOLD],
        lock: device("cellar-lock"),
        keypads: Vec::new(),
        contact: None,
        camera: None,
    });
    assert!(matches!(house.ask(wish), Err(Refusal::NotRecorded)));
    assert_eq!(house.hub.doors().len(), doors);
}

#[test]
fn a_door_filmed_if_possible_without_a_camera_opens_and_marks_the_gap() {
    let mut house = House::with_parts(Parts { camera: None, ..ALL_PARTS });
    house.want_recording(Recording::Preferred);
    house.courier_is_let_in();
    assert_eq!(house.alarms(), [Alarm::EvidenceGap]);
}

#[test]
fn a_keypad_that_sends_a_try_again_after_a_restart_opens_nothing() {
    let mut house = House::new();
    let (_, digits) = house.issue(HOUSEHOLD, &[house.door], guest(Some(2))).unwrap();
    let transaction = house.type_code(&digits);
    house.restart();
    let code = || AccessCode::parse(&digits);
    let typed = house.count(Motion::Retract);
    house.says(KEYPAD, DeviceReport::Typed { code: code(), transaction });
    assert_eq!(house.count(Motion::Retract), typed);
    assert!(house.refusals().is_empty(), "it is no wrong try either");
}
