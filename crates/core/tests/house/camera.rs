//! No entry unseen: what a camera that fails does to a door.

use doorward_core::device::{KeypadAnswer, Motion};
use doorward_core::door::{Bolt, Recording};
use doorward_core::entry::{Outcome, Reason, Stage};
use doorward_core::event::Alarm;
use doorward_core::ids::CameraName;
use doorward_core::io::{CameraFault, Effect, Input, NewCodeKind, OwnerRequest};

use crate::house::{ALL_PARTS, CAMERA, Commits, Filming, HOUSEHOLD, House, Parts, seconds};

const FAULTS: [(CameraFault, Reason); 4] = [
    (CameraFault::Unavailable, Reason::CameraUnavailable),
    (CameraFault::Refused, Reason::CameraRefused),
    (CameraFault::Frozen, Reason::CameraFrozen),
    (CameraFault::Unjudged, Reason::CameraUnjudged),
];

fn lose_camera(house: &mut House) {
    house.feed(Input::CameraLost(CameraName::parse(CAMERA).unwrap()));
}

#[test]
fn a_door_that_must_be_filmed_stays_locked_without_a_live_picture() {
    for (fault, reason) in FAULTS {
        let mut house = House::new();
        house.filming = Filming::Faulty(fault);
        let (code, digits) = house.delivery();
        let attempt = house.type_code(&digits);
        assert_eq!(house.answers(attempt), [KeypadAnswer::Refused], "{fault:?}");
        assert_eq!(house.refusals(), [reason]);
        assert_eq!(house.count(Motion::Retract), 0);
        assert_eq!(house.disk.code(code).tombstone, None, "the courier may try again");
        assert!(house.effects.iter().any(|effect| matches!(effect, Effect::StopFilming(_))));
    }
}

#[test]
fn a_camera_has_three_seconds() {
    let mut house = House::new();
    house.filming = Filming::Silent;
    let (_, digits) = house.delivery();
    let attempt = house.type_code(&digits);
    house.wait(std::time::Duration::from_millis(2999));
    assert_eq!(house.answers(attempt), []);
    house.wait(std::time::Duration::from_millis(1));
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
    assert_eq!(house.refusals(), [Reason::CameraUnavailable]);
}

#[test]
fn a_picture_that_comes_after_the_refusal_opens_nothing() {
    let mut house = House::new();
    house.filming = Filming::Silent;
    let (_, digits) = house.delivery();
    house.type_code(&digits);
    let recording = house.recording();
    house.wait(seconds(3));
    house.feed(Input::Filming(recording, Ok(())));
    assert_eq!(house.count(Motion::Retract), 0);
}

#[test]
fn a_door_that_is_filmed_if_possible_opens_and_marks_the_gap() {
    for (fault, _) in FAULTS {
        let mut house = House::new();
        house.want_recording(Recording::Preferred);
        house.filming = Filming::Faulty(fault);
        house.courier_is_let_in();
        assert_eq!(house.alarms(), [Alarm::EvidenceGap], "{fault:?}");
    }
}

#[test]
fn a_silent_camera_that_is_only_preferred_delays_the_door_by_three_seconds() {
    let mut house = House::new();
    house.want_recording(Recording::Preferred);
    house.filming = Filming::Silent;
    let (_, digits) = house.delivery();
    let attempt = house.type_code(&digits);
    house.wait(seconds(3));
    assert_eq!(house.answers(attempt), [KeypadAnswer::Accepted]);
    assert_eq!(house.alarms(), [Alarm::EvidenceGap]);
}

#[test]
fn a_door_that_is_never_filmed_asks_no_camera() {
    let mut house = House::new();
    house.want_recording(Recording::Off);
    house.courier_is_let_in();
    assert!(!house.effects.iter().any(|effect| matches!(effect, Effect::Film { .. })));
    assert_eq!(house.alarms(), []);
}

#[test]
fn a_camera_lost_in_the_middle_is_a_gap_and_the_visit_goes_on() {
    let mut house = House::new();
    let entry = house.door_is_open();
    lose_camera(&mut house);
    assert_eq!(house.alarms(), [Alarm::EvidenceGap]);
    house.contact_says(doorward_core::door::Contact::Closed);
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));
    assert_eq!(house.outcome(entry), Some(Outcome::Completed));
}

#[test]
fn a_camera_lost_after_the_decision_keeps_the_door_locked() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    house.commits = Commits::Held;
    let attempt = house.type_code(&digits);
    lose_camera(&mut house);
    house.write_held();
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
    assert_eq!(house.count(Motion::Retract), 0);
    assert_eq!(house.refusals(), [Reason::CameraUnavailable]);
}

#[test]
fn a_camera_over_two_doors_is_missed_at_both() {
    let mut house = House::new();
    let parts = Parts { contact: None, ..ALL_PARTS };
    let gate = house.add_door("Gate", &[HOUSEHOLD], "gate-lock", &["drive-pad"], parts);
    let window = house.window(0, 3600);
    let (_, digits) = house.issue(HOUSEHOLD, &[gate], NewCodeKind::OneTime(window)).unwrap();
    house.type_at("drive-pad", &digits);
    house.forget();
    lose_camera(&mut house);
    assert_eq!(house.alarms(), [Alarm::EvidenceGap], "the visit is at the second door");
}

#[test]
fn a_camera_is_asked_again_once_the_owner_has_approved() {
    let mut house = House::new();
    house.want_approval();
    let (_, digits) = house.delivery();
    house.type_code(&digits);
    house.wait(seconds(50));
    house.filming = Filming::Faulty(CameraFault::Frozen);
    let entry = house.entry();
    assert!(house.ask(OwnerRequest::Approve(entry)).is_ok());
    assert_eq!(house.count(Motion::Retract), 0);
    assert_eq!(house.outcome(entry), Some(Outcome::Denied(Reason::CameraFrozen)));
}

#[test]
fn the_recording_runs_on_for_ten_seconds_after_the_door_is_locked() {
    let mut house = House::new();
    house.door_is_relocking();
    house.lock_says(Bolt::Thrown);
    let stopped =
        |house: &House| house.effects.iter().any(|effect| matches!(effect, Effect::StopFilming(_)));
    house.wait(seconds(9));
    assert!(!stopped(&house));
    house.wait(seconds(1));
    assert!(stopped(&house));
    assert_eq!(house.stage(), None::<Stage>);
}
