//! Codes that open nothing: one answer, the same for all, and the true reason
//! in the log.

use doorward_core::code::{CODE_DIGITS, CodeFormat};
use doorward_core::device::{DeviceOrder, DeviceReport, KeypadAnswer, Motion};
use doorward_core::door::{Bolt, Contact};
use doorward_core::entry::Reason;
use doorward_core::event::LogEvent;
use doorward_core::io::{CameraFault, Effect, NewCodeKind, OwnerRequest};
use jiff::SignedDuration;

use crate::house::{
    ALL_PARTS, Commits, Filming, HOUSEHOLD, House, KEYPAD, Parts, SECOND_KEYPAD, seconds,
};
use crate::schedules::every_day;

const WRONG: &str = "9182 7364";

/// A way to be refused at the first keypad: prepares the house and returns what
/// is to be typed.
type Way = fn(&mut House) -> String;

const WAYS: [(Reason, Way); 15] = [
    (Reason::WrongCode, |_| WRONG.into()),
    (Reason::Malformed, |_| "12".into()),
    (Reason::Spent, |house| {
        let (_, digits) = house.delivery();
        house.type_code(&digits);
        house.lock_says(Bolt::Retracted);
        house.lock_says(Bolt::Thrown);
        house.wait(seconds(10));
        digits
    }),
    (Reason::Expired, |house| {
        let (_, digits) = house.delivery();
        house.wait(seconds(4 * 3600));
        digits
    }),
    (Reason::Cancelled, |house| {
        let (code, digits) = house.delivery();
        assert!(house.ask(OwnerRequest::CancelCode(code)).is_ok());
        digits
    }),
    (Reason::Paused, |house| {
        let kind = NewCodeKind::Scheduled { schedule: every_day("00:00", "00:00"), uses: None };
        let (code, digits) = house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
        assert!(house.ask(OwnerRequest::PauseCode(code)).is_ok());
        digits
    }),
    (Reason::TooEarly, |house| {
        let window = house.window(3600, 7200);
        house.issue(HOUSEHOLD, &[house.door], NewCodeKind::OneTime(window)).unwrap().1
    }),
    (Reason::OutsideSchedule, |house| {
        let schedule = every_day("10:00", "11:00");
        let kind = NewCodeKind::Scheduled { schedule, uses: None };
        house.issue(HOUSEHOLD, &[house.door], kind).unwrap().1
    }),
    (Reason::WrongDoor, |house| {
        let cellar =
            house.add_door("Cellar", &[HOUSEHOLD], "cellar-lock", &[], ALL_PARTS_BUT_CONTACT);
        let window = house.window(0, 3600);
        house.issue(HOUSEHOLD, &[cellar], NewCodeKind::OneTime(window)).unwrap().1
    }),
    (Reason::Throttled, |house| {
        let (_, digits) = house.delivery();
        for _ in 0..6 {
            house.type_code(WRONG);
        }
        digits
    }),
    (Reason::Suspended, |house| {
        let (_, digits) = house.delivery();
        for _ in 0..10 {
            house.type_code(WRONG);
            house.wait(seconds(500));
        }
        digits
    }),
    (Reason::ClockUntrusted, |house| {
        let (_, digits) = house.delivery();
        house.set_clock_by(SignedDuration::from_secs(600));
        digits
    }),
    (Reason::DoorBusy, |house| {
        let (_, digits) = house.delivery();
        house.courier_is_let_in();
        digits
    }),
    (Reason::DoorOpen, |house| {
        let (_, digits) = house.delivery();
        house.contact_says(Contact::Open);
        digits
    }),
    (Reason::NoCamera, |house| {
        let cellar = Parts { camera: None, contact: None };
        let door = house.add_door("Cellar", &[HOUSEHOLD], "cellar-lock", &["cellar-pad"], cellar);
        let window = house.window(0, 3600);
        house.issue(HOUSEHOLD, &[door], NewCodeKind::OneTime(window)).unwrap().1
    }),
];

const ALL_PARTS_BUT_CONTACT: Parts = Parts { contact: None, ..ALL_PARTS };

fn keypad_for(reason: Reason) -> &'static str {
    if reason == Reason::NoCamera { "cellar-pad" } else { KEYPAD }
}

#[test]
fn each_bad_code_is_refused_for_its_own_reason() {
    for (reason, way) in WAYS {
        let mut house = House::new();
        let digits = way(&mut house);
        house.forget();
        let attempt = house.type_at(keypad_for(reason), &digits);
        assert_eq!(house.answers(attempt), [KeypadAnswer::Refused], "{reason:?}");
        assert_eq!(house.refusals().last(), Some(&reason), "{reason:?}");
        assert_eq!(house.count(Motion::Retract), 0, "{reason:?}");
    }
}

#[test]
fn a_refusal_looks_the_same_whatever_its_reason() {
    for (reason, way) in WAYS {
        let mut house = House::new();
        let digits = way(&mut house);
        house.forget();
        house.type_at(keypad_for(reason), &digits);
        let shape: Vec<&str> = house.effects.iter().filter_map(seen_outside).collect();
        assert_eq!(shape, ["commit", "refused"], "{reason:?}");
    }
}

/// What somebody in front of the door, or beside the disk, can notice.
fn seen_outside(effect: &Effect) -> Option<&'static str> {
    match effect {
        Effect::Commit(_) => Some("commit"),
        Effect::Order(_, DeviceOrder::Answer { answer: KeypadAnswer::Refused, .. }) => {
            Some("refused")
        }
        Effect::Order(..) => Some("another order"),
        Effect::Film { .. } | Effect::StopFilming(_) => Some("camera"),
        Effect::Notify(_) | Effect::Reply(..) => None,
    }
}

#[test]
fn no_refusal_is_heard_before_it_is_on_the_disk() {
    for (reason, way) in WAYS {
        let mut house = House::new();
        let digits = way(&mut house);
        house.forget();
        house.commits = Commits::Held;
        let attempt = house.type_at(keypad_for(reason), &digits);
        assert_eq!(house.answers(attempt), [], "{reason:?}");
        house.write_held();
        assert_eq!(house.answers(attempt), [KeypadAnswer::Refused], "{reason:?}");
    }
}

#[test]
fn a_refusal_is_heard_although_it_could_not_be_written_down() {
    for (reason, way) in WAYS {
        let mut house = House::new();
        let digits = way(&mut house);
        house.forget();
        house.commits = Commits::Failing;
        let attempt = house.type_at(keypad_for(reason), &digits);
        assert_eq!(house.answers(attempt), [KeypadAnswer::Refused], "{reason:?}");
    }
}

#[test]
fn a_keypad_without_a_door_opens_nothing() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    let attempt = house.type_at("stray-pad", &digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
    assert_eq!(house.refusals(), [Reason::NoDoor]);
    assert_eq!(house.motions(), []);
}

#[test]
fn keypads_that_no_door_has_leave_bounded_traces() {
    let mut house = House::new();
    for number in 0..1000 {
        house.type_at(&format!("bridge/pad {number}"), WRONG);
    }
    assert!(house.hub.keypads().len() < 100);
    assert!(house.refusals().len() < 100);
}

#[test]
fn one_code_at_two_keypads_at_once_unlocks_once() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    house.commits = Commits::Held;
    let first = house.type_at(KEYPAD, &digits);
    house.wait(std::time::Duration::from_millis(50));
    let second = house.type_at(SECOND_KEYPAD, &digits);
    house.write_held();
    assert_eq!(house.answers(first), [KeypadAnswer::Accepted]);
    assert_eq!(house.answers(second), [KeypadAnswer::Refused]);
    assert_eq!(house.count(Motion::Retract), 1);
}

#[test]
fn a_good_code_at_a_bad_moment_does_not_count_as_a_wrong_try() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    house.contact_says(Contact::Open);
    for _ in 0..20 {
        house.type_code(&digits);
    }
    house.lock_says(Bolt::Retracted);
    house.contact_says(Contact::Closed);
    let attempt = house.type_code(&digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Accepted]);
}

#[test]
fn the_log_never_holds_what_was_typed() {
    let mut house = House::new();
    house.type_code(WRONG);
    house.says(KEYPAD, DeviceReport::Typed { code: Err(CodeFormat), transaction: 9 });
    for leaf in &house.disk.leaves {
        let text = String::from_utf8(leaf.encode()).unwrap();
        assert!(!text.contains("91827364") && !text.contains(WRONG), "{text}");
    }
    assert_eq!(WRONG.replace(' ', "").len(), CODE_DIGITS);
}

#[test]
fn a_decision_that_cannot_be_written_unlocks_nothing_and_the_code_stays_spent() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    house.commits = Commits::Failing;
    let attempt = house.type_code(&digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
    assert_eq!(house.count(Motion::Retract), 0);
    house.commits = Commits::Written;
    house.type_code(&digits);
    assert_eq!(house.refusals().last(), Some(&Reason::Spent));
    house.wait(seconds(60));
    house.restart();
    house.type_code(&digits);
    assert_eq!(house.refusals().last(), Some(&Reason::Spent), "over a restart too");
    assert_eq!(house.count(Motion::Retract), 0);
}

#[test]
fn a_camera_that_refuses_and_a_code_that_is_wrong_sound_alike() {
    let mut house = House::new();
    house.filming = Filming::Faulty(CameraFault::Refused);
    let (_, digits) = house.delivery();
    let attempt = house.type_code(&digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
}

#[test]
fn a_decision_that_reaches_the_disk_too_late_opens_nothing() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    house.commits = Commits::Held;
    let attempt = house.type_code(&digits);
    house.wait(seconds(30));
    assert_eq!(house.stage(), None, "the door does not wait for a disk that hangs");
    house.write_held();
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
    assert_eq!(house.count(Motion::Retract), 0);
    assert_eq!(house.refusals().last(), Some(&Reason::NotRecorded));
    let granted = |event: &&LogEvent| matches!(event, LogEvent::UnlockGranted { .. });
    assert_eq!(house.disk.events().filter(granted).count(), 1);
}
