//! Guessing does not work: what wrong tries cost.

use doorward_core::device::KeypadAnswer;
use doorward_core::door::{Bolt, Contact};
use doorward_core::entry::Reason;
use doorward_core::event::Alarm;
use doorward_core::io::{NewCodeKind, OwnerRequest};

use crate::house::{HOUSEHOLD, House, KEYPAD, Parts, SECOND_KEYPAD, device, seconds};
use crate::schedules::every_day;

const WRONG: &str = "9182 7364";

fn wrong(house: &mut House, keypad: &str, tries: usize) {
    for _ in 0..tries {
        house.wait(seconds(3600));
        house.type_at(keypad, WRONG);
        assert_eq!(house.refusals().last(), Some(&Reason::WrongCode));
    }
}

fn guest(house: &mut House) -> String {
    let kind = NewCodeKind::Scheduled { schedule: every_day("00:00", "00:00"), uses: None };
    house.issue(HOUSEHOLD, &[house.door], kind).unwrap().1
}

fn is_suspended(house: &mut House, keypad: &str, digits: &str) -> bool {
    house.wait(seconds(3600));
    let attempt = house.type_at(keypad, digits);
    if house.answers(attempt) == [KeypadAnswer::Accepted] {
        house.lock_says(Bolt::Retracted);
        house.lock_says(Bolt::Thrown);
        house.wait(seconds(10));
        return false;
    }
    assert_eq!(house.refusals().last(), Some(&Reason::Suspended));
    true
}

#[test]
fn five_wrong_tries_are_free_and_the_sixth_silences_the_keypad() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    for _ in 0..5 {
        house.type_code(WRONG);
    }
    assert_eq!(house.alarms(), [Alarm::WrongCodeLimit]);
    house.type_code(WRONG);
    house.type_code(&digits);
    assert_eq!(house.refusals().last(), Some(&Reason::Throttled));
    let elsewhere = house.type_at(SECOND_KEYPAD, WRONG);
    assert_eq!(house.answers(elsewhere), [KeypadAnswer::Refused]);
    assert_eq!(house.refusals().last(), Some(&Reason::WrongCode), "each keypad for itself");
    house.wait(seconds(30));
    let attempt = house.type_code(&digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Accepted]);
}

#[test]
fn a_good_code_forgives_nothing() {
    let mut house = House::new();
    let digits = guest(&mut house);
    for _ in 0..5 {
        house.type_code(WRONG);
    }
    assert!(!is_suspended(&mut house, KEYPAD, &digits));
    house.type_code(WRONG);
    house.type_code(WRONG);
    assert_eq!(house.refusals().last(), Some(&Reason::Throttled));
}

#[test]
fn ten_wrong_tries_in_a_day_suspend_guests_at_all_keypads_of_the_door() {
    let mut house = House::new();
    let digits = guest(&mut house);
    wrong(&mut house, KEYPAD, 5);
    wrong(&mut house, SECOND_KEYPAD, 4);
    assert!(!is_suspended(&mut house, KEYPAD, &digits));
    wrong(&mut house, KEYPAD, 1);
    assert!(is_suspended(&mut house, KEYPAD, &digits));
    assert!(is_suspended(&mut house, SECOND_KEYPAD, &digits));
}

#[test]
fn the_more_codes_open_a_door_the_fewer_wrong_tries_it_bears() {
    for (codes, borne) in [(1, 10), (2, 10), (3, 9), (4, 6), (5, 5), (6, 4), (8, 3), (9, 3)] {
        let mut house = House::new();
        let digits: Vec<_> = (0..codes).map(|_| guest(&mut house)).collect();
        wrong(&mut house, KEYPAD, borne - 1);
        assert!(!is_suspended(&mut house, KEYPAD, &digits[0]), "{codes}");
        wrong(&mut house, KEYPAD, 1);
        assert!(is_suspended(&mut house, KEYPAD, &digits[0]), "{codes}");
    }
}

#[test]
fn codes_that_open_at_other_times_cost_nothing() {
    let mut house = House::new();
    let digits = guest(&mut house);
    for hour in ["04:00", "05:00", "06:00", "07:00", "08:00"] {
        let schedule = every_day("03:00", hour);
        let kind = NewCodeKind::Scheduled { schedule, uses: None };
        house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    }
    wrong(&mut house, KEYPAD, 9);
    assert!(!is_suspended(&mut house, KEYPAD, &digits));
}

#[test]
fn a_code_that_the_day_s_guesses_leave_no_room_for_rests_at_once() {
    let mut house = House::new();
    let digits: Vec<_> = (0..3).map(|_| guest(&mut house)).collect();
    wrong(&mut house, KEYPAD, 8);
    assert!(!is_suspended(&mut house, KEYPAD, &digits[0]), "24 points and 3");
    guest(&mut house);
    assert!(is_suspended(&mut house, SECOND_KEYPAD, &digits[0]), "24 points and 4");
}

#[test]
fn while_guests_rest_the_keypads_of_a_door_share_one_delay() {
    let mut house = House::new();
    guest(&mut house);
    wrong(&mut house, KEYPAD, 10);
    wrong(&mut house, SECOND_KEYPAD, 1);
    for keypad in [KEYPAD, SECOND_KEYPAD] {
        house.type_at(keypad, WRONG);
        assert_eq!(house.refusals().last(), Some(&Reason::Throttled));
    }
}

#[test]
fn a_suspension_lasts_a_day_and_over_restarts() {
    let mut house = House::new();
    let digits = guest(&mut house);
    wrong(&mut house, KEYPAD, 10);
    house.wait(seconds(60));
    house.restart();
    house.contact_says(Contact::Closed);
    assert!(is_suspended(&mut house, KEYPAD, &digits));
    house.wait(seconds(24 * 3600));
    assert!(!is_suspended(&mut house, KEYPAD, &digits));
}

#[test]
fn the_owner_can_rearm_a_door_by_any_of_its_keypads() {
    let mut house = House::new();
    let digits = guest(&mut house);
    wrong(&mut house, KEYPAD, 10);
    assert!(house.ask(OwnerRequest::Rearm(device(SECOND_KEYPAD))).is_ok());
    assert!(!is_suspended(&mut house, KEYPAD, &digits));
    assert!(!is_suspended(&mut house, SECOND_KEYPAD, &digits));
}

#[test]
fn twenty_wrong_tries_in_a_day_suspend_guests_everywhere() {
    let mut house = House::new();
    let digits = guest(&mut house);
    let bare = Parts { contact: None, camera: None };
    house.add_door("Cellar", &[HOUSEHOLD], "cellar-lock", &["cellar-a", "cellar-b", "c"], bare);
    for round in 0..7 {
        for keypad in ["cellar-a", "cellar-b", "c"] {
            if round < 6 || keypad == "cellar-a" {
                wrong(&mut house, keypad, 1);
            }
        }
    }
    assert!(!is_suspended(&mut house, KEYPAD, &digits), "nineteen");
    wrong(&mut house, "c", 1);
    assert!(is_suspended(&mut house, KEYPAD, &digits), "this keypad never heard a wrong code");
    assert!(is_suspended(&mut house, SECOND_KEYPAD, &digits));
}

#[test]
fn the_emergency_code_opens_at_a_suspended_keypad_and_the_owner_always_can() {
    let mut house = House::new();
    let (_, digits) = house.issue(HOUSEHOLD, &[house.door], NewCodeKind::BreakGlass).unwrap();
    wrong(&mut house, KEYPAD, 10);
    assert!(!is_suspended(&mut house, KEYPAD, &digits));
    house.owner_unlocks();
}

#[test]
fn wrong_tries_survive_a_restart() {
    let mut house = House::new();
    for _ in 0..5 {
        house.type_code(WRONG);
    }
    house.restart();
    house.type_code(WRONG);
    house.type_code(WRONG);
    assert_eq!(house.refusals().last(), Some(&Reason::Throttled));
}

#[test]
fn hammering_a_silenced_keypad_writes_one_leaf_and_lengthens_nothing() {
    let mut house = House::new();
    for _ in 0..6 {
        house.type_code(WRONG);
    }
    let leaves = house.disk.leaves.len();
    for _ in 0..500 {
        house.type_code(WRONG);
    }
    assert_eq!(house.disk.leaves.len(), leaves + 1);
    house.wait(seconds(30));
    house.type_code(WRONG);
    assert_eq!(house.refusals().last(), Some(&Reason::WrongCode));
}
