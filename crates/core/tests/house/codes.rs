//! The four kinds of code, and what the mint will not give out.

use doorward_core::code::{AccessCode, CodeKind, Tombstone};
use doorward_core::device::{DeviceReport, KeypadAnswer, Motion};
use doorward_core::door::{Bolt, Contact, Recording};
use doorward_core::entry::Reason;
use doorward_core::event::{Actor, Alarm, LogEvent};
use doorward_core::ids::HouseholdId;
use doorward_core::io::{CameraFault, Effect, NewCodeKind, OwnerRequest, Refusal};
use doorward_core::schedule::Schedule;

use crate::house::{ALL_PARTS, Commits, Filming, HOUSEHOLD, House, KEYPAD, Parts, seconds};
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
        house.feed(doorward_core::io::Input::Filming(recording, Ok(())));
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
    house.feed(doorward_core::io::Input::Filming(recording, Ok(())));
    assert_eq!(house.count(Motion::Retract), 0);
    assert_eq!(house.refusals(), [Reason::Cancelled]);
}

#[test]
fn a_paused_code_opens_nothing_until_it_is_taken_up_again() {
    let mut house = House::new();
    let (guest, digits) = house.issue(HOUSEHOLD, &[house.door], guest(Some(2))).unwrap();
    for _ in 0..2 {
        assert!(house.ask(OwnerRequest::PauseCode(guest)).is_ok(), "twice is as good as once");
    }
    assert!(!opens(&mut house, &digits));
    house.restart();
    house.contact_says(Contact::Closed);
    assert!(!opens(&mut house, &digits), "over a restart too");
    assert!(house.ask(OwnerRequest::ResumeCode(guest)).is_ok());
    assert!(opens(&mut house, &digits));
    let told = |event: &&LogEvent| {
        matches!(event, LogEvent::CodePaused { .. } | LogEvent::CodeResumed { .. })
    };
    assert_eq!(house.disk.events().filter(told).count(), 2, "the log tells of each change once");
    assert!(house.ask(OwnerRequest::PauseCode(guest)).is_ok());
    assert!(house.ask(OwnerRequest::CancelCode(guest)).is_ok());
    assert_eq!(house.ask(OwnerRequest::ResumeCode(guest)).err(), Some(Refusal::NoSuchCode));
}

#[test]
fn a_code_paused_while_the_camera_is_asked_opens_nothing() {
    let mut house = House::new();
    let (guest, digits) = house.issue(HOUSEHOLD, &[house.door], guest(None)).unwrap();
    house.filming = Filming::Silent;
    house.type_code(&digits);
    let recording = house.recording();
    assert!(house.ask(OwnerRequest::PauseCode(guest)).is_ok());
    house.feed(doorward_core::io::Input::Filming(recording, Ok(())));
    assert_eq!(house.count(Motion::Retract), 0);
    assert_eq!(house.refusals(), [Reason::Paused]);
}

#[test]
fn what_is_typed_under_threat_in_place_of_a_paused_code_opens_nothing_and_tells() {
    let mut house = House::new();
    let (guest, _) = house.issue(HOUSEHOLD, &[house.door], guest(None)).unwrap();
    let duress = NewCodeKind::Duress { resembles: guest };
    let (_, digits) = house.issue(HOUSEHOLD, &[house.door], duress).unwrap();
    assert!(house.ask(OwnerRequest::PauseCode(guest)).is_ok());
    assert!(!opens(&mut house, &digits));
    assert!(house.alarms().contains(&Alarm::Duress));
}

#[test]
fn a_delivery_is_taken_back_and_not_paused() {
    let mut house = House::new();
    let (code, _) = house.delivery();
    assert_eq!(house.ask(OwnerRequest::PauseCode(code)).err(), Some(Refusal::NotToBePaused));
}

#[test]
fn a_code_whose_taking_up_did_not_reach_the_disk_stays_paused() {
    let mut house = House::new();
    let (guest, digits) = house.issue(HOUSEHOLD, &[house.door], guest(None)).unwrap();
    assert!(house.ask(OwnerRequest::PauseCode(guest)).is_ok());
    house.commits = Commits::Failing;
    assert_eq!(house.ask(OwnerRequest::ResumeCode(guest)).err(), Some(Refusal::NotRecorded));
    house.commits = Commits::Written;
    assert!(!opens(&mut house, &digits));
    assert_eq!(house.refusals(), [Reason::Paused]);
}

#[test]
fn a_pausing_that_did_not_reach_the_disk_holds_and_is_in_the_log_once_it_does() {
    let mut house = House::new();
    let (guest, digits) = house.issue(HOUSEHOLD, &[house.door], guest(Some(3))).unwrap();
    house.commits = Commits::Failing;
    assert_eq!(house.ask(OwnerRequest::PauseCode(guest)).err(), Some(Refusal::NotRecorded));
    house.commits = Commits::Written;
    assert!(!opens(&mut house, &digits));
    let paused = LogEvent::CodePaused { code: guest };
    assert_eq!(house.disk.events().filter(|event| **event == paused).count(), 1);
    house.restart();
    house.contact_says(Contact::Closed);
    assert!(!opens(&mut house, &digits), "over a restart too");
    assert_eq!(house.disk.events().filter(|event| **event == paused).count(), 1);
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
fn a_duress_code_opens_like_its_twin_spends_it_and_tells_in_silence() {
    let mut house = House::new();
    let (twin, digits) = house.delivery();
    let kind = NewCodeKind::Duress { resembles: twin };
    let (duress, under_threat) = house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    assert!(opens(&mut house, &under_threat));
    assert!(house.alarms().contains(&Alarm::Duress));
    assert!(house.tones(KEYPAD).iter().all(|t| *t == doorward_core::device::Tone::Quiet));
    assert!(!opens(&mut house, &digits), "the pair opens once between them");
    assert!(!opens(&mut house, &under_threat));
    assert_eq!(house.disk.code(twin).tombstone, Some(Tombstone::Spent));
    house.wait(seconds(60));
    assert_eq!(house.disk.code(duress).tombstone, Some(Tombstone::Spent));
}

#[test]
fn a_duress_code_tells_even_where_it_opens_nothing() {
    let mut house = House::new();
    let (twin, _) = house.delivery();
    let kind = NewCodeKind::Duress { resembles: twin };
    let (_, under_threat) = house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    house.contact_says(doorward_core::door::Contact::Open);
    assert!(!opens(&mut house, &under_threat));
    assert_eq!(house.refusals(), [Reason::DoorOpen]);
    assert!(house.alarms().contains(&Alarm::Duress));
}

#[test]
fn a_visit_that_is_stopped_tells_of_its_duress_code() {
    let mut house = House::new();
    house.want_approval();
    let (twin, _) = house.delivery();
    let kind = NewCodeKind::Duress { resembles: twin };
    let (_, under_threat) = house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    house.type_code(&under_threat);
    let entry = house.entry();
    assert!(house.ask(OwnerRequest::Block(entry)).is_ok());
    assert!(house.alarms().contains(&Alarm::Duress));
}

#[test]
fn a_duress_code_uses_up_its_twins_uses() {
    let mut house = House::new();
    let (twin, digits) = house.issue(HOUSEHOLD, &[house.door], guest(Some(2))).unwrap();
    let kind = NewCodeKind::Duress { resembles: twin };
    let (_, under_threat) = house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    assert!(opens(&mut house, &under_threat));
    assert!(opens(&mut house, &digits));
    assert!(!opens(&mut house, &under_threat));
}

#[test]
fn a_duress_code_of_a_cancelled_code_opens_nothing() {
    let mut house = House::new();
    let (twin, _) = house.delivery();
    let kind = NewCodeKind::Duress { resembles: twin };
    let (_, under_threat) = house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    assert!(house.ask(OwnerRequest::CancelCode(twin)).is_ok());
    assert!(!opens(&mut house, &under_threat));
    assert_eq!(house.refusals(), [Reason::Cancelled]);
}

#[test]
fn a_duress_code_resembles_only_a_live_code_of_the_same_household() {
    let mut house = House::new();
    let (sealed, _) = house.issue(HOUSEHOLD, &[house.door], NewCodeKind::BreakGlass).unwrap();
    let (twin, _) = house.delivery();
    for (household, resembles) in [(HOUSEHOLD, sealed), (NEIGHBOUR, twin)] {
        let kind = NewCodeKind::Duress { resembles };
        let refusal = house.issue(household, &[house.door], kind).unwrap_err();
        assert_eq!(refusal, Refusal::NoSuchCode);
    }
}

#[test]
fn a_door_bears_three_deliveries_at_once_and_sixteen_guests() {
    let mut house = House::new();
    for _ in 0..3 {
        house.delivery();
    }
    let window = house.window(3600, 7200);
    let refusal = house.issue(HOUSEHOLD, &[house.door], NewCodeKind::OneTime(window)).unwrap_err();
    assert_eq!(refusal, Refusal::TooManyCodes);
    let later = house.window(4 * 3600, 5 * 3600);
    assert!(house.issue(HOUSEHOLD, &[house.door], NewCodeKind::OneTime(later)).is_ok());

    let at = |hour: u32| {
        let schedule = every_day(&format!("{hour:02}:00"), &format!("{:02}:00", hour + 1));
        NewCodeKind::Scheduled { schedule, uses: None }
    };
    for hour in 0..16 {
        assert!(house.issue(HOUSEHOLD, &[house.door], at(hour)).is_ok());
    }
    let refusal = house.issue(HOUSEHOLD, &[house.door], at(16)).unwrap_err();
    assert_eq!(refusal, Refusal::TooManyCodes);
}

#[test]
fn nine_codes_may_open_a_door_at_one_moment() {
    let mut house = House::new();
    let ask = |house: &mut House, kind| house.issue(HOUSEHOLD, &[house.door], kind);
    house.delivery();
    house.delivery();
    assert!(ask(&mut house, NewCodeKind::BreakGlass).is_ok());
    let guests: Vec<_> = (0..5).map(|_| ask(&mut house, guest(None)).unwrap().0).collect();
    assert!(ask(&mut house, NewCodeKind::Duress { resembles: guests[0] }).is_ok());
    let third = NewCodeKind::OneTime(house.window(0, 60));
    for kind in [guest(Some(1)), NewCodeKind::Duress { resembles: guests[1] }, third] {
        assert_eq!(ask(&mut house, kind).unwrap_err(), Refusal::TooManyCodes);
    }
    let tomorrow = NewCodeKind::OneTime(house.window(4 * 3600, 8 * 3600));
    assert!(ask(&mut house, tomorrow).is_ok(), "the others are over by then");
    assert!(house.ask(OwnerRequest::CancelCode(guests[0])).is_ok());
    assert!(ask(&mut house, guest(None)).is_ok(), "a cancelled code makes room, its double too");
}

#[test]
fn guests_who_never_meet_do_not_crowd_each_other() {
    let mut house = House::new();
    let stay = |first: &str, last: &str| {
        let (first, last) = (Some(first.parse().unwrap()), Some(last.parse().unwrap()));
        let schedule = Schedule { first, last, ..every_day("00:00", "00:00") };
        NewCodeKind::Scheduled { schedule, uses: None }
    };
    for _ in 0..7 {
        assert!(house.issue(HOUSEHOLD, &[house.door], stay("2026-03-02", "2026-03-08")).is_ok());
        assert!(house.issue(HOUSEHOLD, &[house.door], stay("2026-03-10", "2026-03-20")).is_ok());
    }
    let across = stay("2026-03-08", "2026-03-10");
    let refusal = house.issue(HOUSEHOLD, &[house.door], across).unwrap_err();
    assert_eq!(refusal, Refusal::TooManyCodes);
}

#[test]
fn a_door_has_one_emergency_code_and_a_code_one_double() {
    let mut house = House::new();
    let cellar = house.add_door("Cellar", &[HOUSEHOLD], "cellar-lock", &[], BARE);
    let (first, _) = house.issue(HOUSEHOLD, &[house.door], NewCodeKind::BreakGlass).unwrap();
    let both = [cellar, house.door];
    let refusal = house.issue(HOUSEHOLD, &both, NewCodeKind::BreakGlass).unwrap_err();
    assert_eq!(refusal, Refusal::TooManyCodes);
    assert!(house.ask(OwnerRequest::CancelCode(first)).is_ok());
    assert!(house.issue(HOUSEHOLD, &both, NewCodeKind::BreakGlass).is_ok());

    let (resembles, _) = house.delivery();
    let kind = NewCodeKind::Duress { resembles };
    assert!(house.issue(HOUSEHOLD, &[house.door], kind.clone()).is_ok());
    let refusal = house.issue(HOUSEHOLD, &[house.door], kind).unwrap_err();
    assert_eq!(refusal, Refusal::TooManyCodes);
}

#[test]
fn a_window_must_lie_ahead_have_a_length_and_end_within_a_day() {
    let mut house = House::new();
    for (from, until) in [(0, 0), (10, 5), (-20, -10), (0, 24 * 3600 + 1)] {
        let window = house.window(from, until);
        let kind = NewCodeKind::OneTime(window);
        let refusal = house.issue(HOUSEHOLD, &[house.door], kind).unwrap_err();
        assert_eq!(refusal, Refusal::BadWindow, "{from} {until}");
    }
    let whole_day = house.window(0, 24 * 3600);
    assert!(house.issue(HOUSEHOLD, &[house.door], NewCodeKind::OneTime(whole_day)).is_ok());
}

#[test]
fn a_code_needs_a_door_and_a_delivery_exactly_one() {
    let mut house = House::new();
    let cellar = house.add_door("Cellar", &[HOUSEHOLD], "cellar-lock", &[], BARE);
    let window = NewCodeKind::OneTime(house.window(0, 3600));
    for doors in [vec![], vec![house.door, cellar]] {
        let refusal = house.issue(HOUSEHOLD, &doors, window.clone()).unwrap_err();
        assert_eq!(refusal, Refusal::BadDoors);
    }
    for kind in [guest(None), NewCodeKind::BreakGlass] {
        assert_eq!(house.issue(HOUSEHOLD, &[], kind).unwrap_err(), Refusal::BadDoors);
    }
    let nowhere = [doorward_core::ids::DoorId(99)];
    assert_eq!(house.issue(HOUSEHOLD, &nowhere, window).unwrap_err(), Refusal::NoSuchDoor);
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
            house.says("street-lock", doorward_core::device::DeviceReport::Bolt(Bolt::Retracted));
            house.says("street-lock", doorward_core::device::DeviceReport::Bolt(Bolt::Thrown));
            house.wait(seconds(10));
        }
    }
}

#[test]
fn a_household_gives_out_codes_only_for_its_own_doors() {
    let mut house = House::new();
    for kind in [guest(None), NewCodeKind::BreakGlass, NewCodeKind::OneTime(house.window(0, 60))] {
        let refusal = house.issue(NEIGHBOUR, &[house.door], kind).unwrap_err();
        assert_eq!(refusal, Refusal::NotThisHousehold);
    }
}

#[test]
fn a_code_that_could_not_be_written_down_is_forgotten_and_spoils_nothing() {
    let mut house = House::new();
    for _ in 0..3 {
        house.commits = Commits::Failing;
        let window = house.window(0, 600);
        let issued = house.issue(HOUSEHOLD, &[house.door], NewCodeKind::OneTime(window));
        assert_eq!(issued.unwrap_err(), Refusal::NotRecorded);
        house.commits = Commits::Written;
    }
    // The disk refuses changes of rows that it does not have.
    house.wait(seconds(3600));
    let (_, digits) = house.delivery();
    assert!(opens(&mut house, &digits));
}

#[test]
fn a_door_that_could_not_be_written_down_is_forgotten() {
    let mut house = House::new();
    let doors = house.hub.doors().len();
    house.commits = Commits::Failing;
    let wish = OwnerRequest::AddDoor(doorward_core::io::NewDoor {
        name: doorward_core::ids::DoorName::parse("Cellar").unwrap(),
        households: vec![HOUSEHOLD],
        lock: crate::house::device("cellar-lock"),
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
