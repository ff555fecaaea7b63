//! Locks that are slow, silent, stuck or out of reach.

use doorward_core::device::{DeviceReport, Motion};
use doorward_core::door::{Bolt, Contact};
use doorward_core::entry::{Outcome, Reason, Stage};
use doorward_core::event::Alarm;
use doorward_core::io::Input;

use crate::house::{House, LOCK, seconds};

#[test]
fn a_lock_out_of_reach_leaves_the_door_as_it_was() {
    let mut house = House::new();
    let entry = house.courier_is_let_in();
    house.feed(Input::Undelivered(house.last_command()));
    assert_eq!(house.alarms(), [Alarm::LockUnreachable]);
    assert_eq!(house.outcome(entry), Some(Outcome::Denied(Reason::LockUnreachable)));
    house.wait(seconds(3600));
    assert_eq!(house.count(Motion::Retract), 1);
}

#[test]
fn a_lock_out_of_reach_while_it_should_throw_is_told_again() {
    let mut house = House::new();
    house.door_is_relocking();
    house.feed(Input::Undelivered(house.last_command()));
    assert_eq!(house.alarms(), [Alarm::LockUnreachable]);
    house.wait(seconds(10));
    assert_eq!(house.count(Motion::Throw), 2);
    house.lock_says(Bolt::Thrown);
    assert_eq!(house.stage(), Some(Stage::Secured));
}

#[test]
fn a_slow_lock_still_lets_the_courier_in() {
    let mut house = House::new();
    house.courier_is_let_in();
    house.wait(seconds(12));
    assert_eq!(house.alarms(), [Alarm::LockSilent]);
    house.lock_says(Bolt::Retracted);
    assert_eq!(house.stage(), Some(Stage::Unlocked));
    assert_eq!(house.count(Motion::Throw), 0);
    house.wait(seconds(30));
    assert_eq!(house.count(Motion::Throw), 1);
}

#[test]
fn what_a_lock_said_before_it_was_told_does_not_count_as_locked() {
    let mut house = House::new();
    let entry = house.courier_is_let_in();
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));
    assert_eq!(house.stage(), Some(Stage::Unknown));
    house.contact_says(Contact::Closed);
    assert_eq!(house.stage(), Some(Stage::Unknown), "the contact knows nothing of the bolt");
    house.lock_says(Bolt::Thrown);
    assert_eq!(house.stage(), Some(Stage::Secured));
    house.wait(seconds(10));
    assert_eq!(house.outcome(entry), Some(Outcome::NotEntered));
}

#[test]
fn a_bolt_that_jams_on_its_way_in_alarms_and_leads_on_once_it_is_free() {
    let mut house = House::new();
    house.courier_is_let_in();
    house.lock_says(Bolt::Jammed);
    assert_eq!(house.alarms(), [Alarm::Jammed]);
    assert_eq!(house.stage(), Some(Stage::Jammed));
    house.lock_says(Bolt::Retracted);
    assert_ne!(house.stage(), Some(Stage::Jammed));
    house.wait(seconds(30));
    assert_eq!(house.count(Motion::Throw), 1, "what was freed is locked in the end");
}

#[test]
fn a_jammed_bolt_is_not_tried_without_end() {
    let mut house = House::new();
    house.door_is_relocking();
    for _ in 0..200 {
        house.lock_says(Bolt::Jammed);
        house.lock_says(Bolt::Retracted);
        house.contact_says(Contact::Closed);
        house.wait(seconds(31));
    }
    assert!(house.count(Motion::Throw) <= 9, "{}", house.count(Motion::Throw));
    assert!(!house.alarms().is_empty());
}

#[test]
fn a_bolt_that_springs_back_is_not_thrown_without_end() {
    let mut house = House::new();
    house.door_is_relocking();
    for _ in 0..200 {
        house.lock_says(Bolt::Thrown);
        house.lock_says(Bolt::Retracted);
        house.wait(seconds(60));
    }
    assert!(house.count(Motion::Throw) <= 9, "{}", house.count(Motion::Throw));
    assert!(house.alarms().contains(&Alarm::Jammed) || house.stage().is_none());
}

#[test]
fn a_lock_that_comes_back_is_asked_where_its_bolt_is() {
    let mut house = House::new();
    house.says(LOCK, DeviceReport::Offline);
    assert_eq!(house.hub.door(house.door).unwrap().bolt, Bolt::Unknown);
    house.says(LOCK, DeviceReport::Online);
    assert_eq!(house.questions_to_lock(), 1);
}

#[test]
fn nobody_says_locked_between_the_command_and_the_locks_report() {
    let mut house = House::new();
    house.courier_is_let_in();
    assert_eq!(house.hub.door(house.door).unwrap().bolt, Bolt::Unknown);
}

#[test]
fn a_throw_that_is_still_on_its_way_does_not_lock_the_next_courier_out() {
    let mut house = House::new();
    assert!(house.ask(doorward_core::io::OwnerRequest::Lock(house.door)).is_ok());
    house.forget();
    house.door_is_unlocked();
    house.wait(seconds(15));
    assert_eq!(house.count(Motion::Throw), 0);
}

#[test]
fn no_code_is_spent_on_a_lock_that_said_goodbye() {
    let mut house = House::new();
    let (code, digits) = house.delivery();
    house.says(LOCK, DeviceReport::Offline);
    house.type_code(&digits);
    assert_eq!(house.refusals(), [Reason::LockUnreachable]);
    assert_eq!(house.disk.code(code).tombstone, None);
    house.says(LOCK, DeviceReport::Online);
    house.type_code(&digits);
    assert_eq!(house.refusals().len(), 1, "the lock is back and the code is good");
}
