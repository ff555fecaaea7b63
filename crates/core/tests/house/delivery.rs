//! The entry table, row by row: what each state waits for, and what happens
//! when it waits in vain.

use doorward_core::device::{KeypadAnswer, Motion, Tone};
use doorward_core::door::{Bolt, Contact};
use doorward_core::entry::{Outcome, Stage};
use doorward_core::event::{Alarm, LogEvent};
use doorward_core::io::Effect;
use doorward_core::policy::COMMAND_LIFE;

use crate::house::{ALL_PARTS, CONTACT, House, KEYPAD, Parts, SECOND_KEYPAD, seconds};

#[test]
fn a_delivery_goes_from_the_code_to_the_locked_door() {
    let mut house = House::new();
    let entry = house.door_is_relocking();
    house.lock_says(Bolt::Thrown);
    assert_eq!(house.stage(), Some(Stage::Secured));
    assert_eq!(house.outcome(entry), None);

    house.wait(seconds(10));
    assert_eq!(house.outcome(entry), Some(Outcome::Completed));
    assert_eq!(house.stage(), None);
    let moves: Vec<Motion> = house.motions().into_iter().map(|(_, motion)| motion).collect();
    assert_eq!(moves, [Motion::Retract, Motion::Throw]);
    assert_eq!(house.alarms(), []);
    assert!(house.effects.iter().any(|effect| matches!(effect, Effect::StopFilming(_))));
}

#[test]
fn the_decision_is_on_the_disk_before_the_lock_hears_of_it() {
    let mut house = House::new();
    house.courier_is_let_in();
    let granted = |event: &&LogEvent| matches!(event, LogEvent::UnlockGranted { .. });
    assert_eq!(house.disk.events().filter(granted).count(), 1);
    let at = |wanted: fn(&Effect) -> bool| house.effects.iter().position(wanted).unwrap();
    let written = at(|effect| {
        matches!(effect, Effect::Commit(batch)
        if batch.leaves.iter().any(|leaf| matches!(leaf.event, LogEvent::UnlockGranted { .. })))
    });
    let told = at(|effect| {
        matches!(effect, Effect::Order(_, order)
        if matches!(order, doorward_core::device::DeviceOrder::Move(_)))
    });
    assert!(written < told);
}

#[test]
fn a_command_is_worth_nothing_after_a_few_seconds() {
    let mut house = House::new();
    house.courier_is_let_in();
    let commands: Vec<_> = house.commands();
    assert_eq!(commands.len(), 1);
    assert_eq!(commands[0].expires, house.wall() + COMMAND_LIFE);
}

#[test]
fn a_lock_that_stays_silent_is_asked_and_never_told_twice() {
    let mut house = House::new();
    let entry = house.courier_is_let_in();
    house.wait(seconds(9));
    assert_eq!(house.alarms(), []);
    house.wait(seconds(1));
    assert_eq!(house.alarms(), [Alarm::LockSilent]);
    assert_eq!(house.stage(), Some(Stage::Unknown));
    assert_eq!(house.questions_to_lock(), 1);
    house.wait(seconds(3600));
    assert_eq!(house.count(Motion::Retract), 1);
    assert_eq!(house.outcome(entry), None);
}

#[test]
fn a_door_that_nobody_opens_is_locked_after_thirty_seconds() {
    let mut house = House::new();
    let entry = house.door_is_unlocked();
    house.wait(seconds(29));
    assert_eq!(house.count(Motion::Throw), 0);
    house.wait(seconds(1));
    assert_eq!(house.count(Motion::Throw), 1);
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));
    assert_eq!(house.outcome(entry), Some(Outcome::NotEntered));
}

#[test]
fn a_door_without_a_contact_is_locked_on_its_timer() {
    let mut house = House::with_parts(Parts { contact: None, ..ALL_PARTS });
    house.door_is_unlocked();
    house.wait(seconds(30));
    assert_eq!(house.stage(), Some(Stage::Relocking));
    assert_eq!(house.count(Motion::Throw), 1);
    house.lock_says(Bolt::Thrown);
    assert_eq!(house.stage(), Some(Stage::Secured));
}

#[test]
fn a_door_held_open_is_reminded_of_twice_and_then_alarmed() {
    let mut house = House::new();
    house.door_is_open();
    let heard = |house: &House| house.tones(KEYPAD).len();
    assert_eq!(house.tones(KEYPAD), [Tone::Countdown { seconds: 60 }]);
    house.wait(seconds(59));
    assert_eq!(heard(&house), 1);
    house.wait(seconds(1));
    assert_eq!(house.tones(KEYPAD)[1..], [Tone::HeldOpen, Tone::Countdown { seconds: 60 }]);
    house.wait(seconds(60));
    assert_eq!(house.tones(KEYPAD)[3..], [Tone::HeldOpen, Tone::Countdown { seconds: 180 }]);
    assert_eq!(house.alarms(), []);
    house.wait(seconds(180));
    assert_eq!(house.alarms(), [Alarm::HeldOpen]);
    house.wait(seconds(24 * 3600));
    assert_eq!(house.alarms(), [Alarm::HeldOpen]);
    assert_eq!(house.count(Motion::Throw), 0);
    assert_eq!(house.stage(), Some(Stage::Open));

    house.contact_says(Contact::Closed);
    assert_eq!(house.count(Motion::Throw), 1);
}

#[test]
fn every_keypad_of_the_door_tells_that_it_is_held_open() {
    let mut house = House::new();
    house.door_is_open();
    house.wait(seconds(60));
    assert_eq!(house.tones(KEYPAD), house.tones(SECOND_KEYPAD));
}

#[test]
fn a_bolt_that_does_not_go_out_is_told_again_twice_and_then_called_silent() {
    let mut house = House::new();
    house.door_is_relocking();
    house.wait(seconds(10));
    assert_eq!(house.count(Motion::Throw), 2);
    house.wait(seconds(10));
    assert_eq!(house.count(Motion::Throw), 3);
    assert_eq!(house.alarms(), []);
    house.wait(seconds(10));
    assert_eq!(house.count(Motion::Throw), 3);
    assert_eq!(house.alarms(), [Alarm::LockSilent]);
    assert_eq!(house.stage(), Some(Stage::Jammed));
    house.wait(seconds(3600));
    assert_eq!(house.count(Motion::Throw), 3);
}

#[test]
fn a_jammed_bolt_is_told_again_twice_and_then_called_jammed() {
    let mut house = House::new();
    let entry = house.door_is_relocking();
    for _ in 0..3 {
        assert_eq!(house.alarms(), []);
        house.lock_says(Bolt::Jammed);
    }
    assert_eq!(house.count(Motion::Throw), 3);
    assert_eq!(house.alarms(), [Alarm::Jammed]);
    assert_eq!(house.stage(), Some(Stage::Jammed));
    assert_eq!(house.outcome(entry), None);
    house.lock_says(Bolt::Thrown);
    assert_eq!(house.stage(), Some(Stage::Secured));
}

#[test]
fn a_visit_counts_as_locked_only_by_the_locks_own_report() {
    let mut house = House::new();
    let entry = house.door_is_relocking();
    for bolt in [Bolt::Moving, Bolt::Unknown, Bolt::Retracted] {
        house.lock_says(bolt);
        assert_eq!(house.stage(), Some(Stage::Relocking));
    }
    house.wait(seconds(3600));
    assert_eq!(house.outcome(entry), None);
}

#[test]
fn a_door_that_opens_again_while_it_is_being_locked_counts_as_open() {
    let mut house = House::new();
    house.door_is_relocking();
    house.contact_says(Contact::Open);
    assert_eq!(house.stage(), Some(Stage::Open));
    house.wait(seconds(59));
    assert_eq!(house.count(Motion::Throw), 1, "no retry on an open door");
    assert_eq!(house.alarms(), [], "the lock owes no report any more");
    house.contact_says(Contact::Closed);
    assert_eq!(house.count(Motion::Throw), 2);
}

#[test]
fn a_contact_that_falls_silent_is_no_leave_to_throw_the_bolt() {
    let mut house = House::new();
    house.door_is_unlocked();
    house.says(CONTACT, doorward_core::device::DeviceReport::Offline);
    house.wait(seconds(30));
    assert_eq!(house.count(Motion::Throw), 0);
    assert_eq!(house.alarms(), [Alarm::ContactUnknown]);
    assert_eq!(house.stage(), Some(Stage::Unknown));

    house.contact_says(Contact::Closed);
    assert_eq!(house.count(Motion::Throw), 1);
    house.lock_says(Bolt::Thrown);
    assert_eq!(house.stage(), Some(Stage::Secured));
}

#[test]
fn a_contact_that_falls_silent_while_the_bolt_goes_out_ends_the_retries() {
    let mut house = House::new();
    house.door_is_relocking();
    house.says(CONTACT, doorward_core::device::DeviceReport::Offline);
    house.wait(seconds(60));
    assert_eq!(house.count(Motion::Throw), 1);
    assert_eq!(house.alarms(), [Alarm::LockSilent]);
}

#[test]
fn a_contact_that_lies_open_never_has_the_bolt_thrown() {
    let mut house = House::new();
    house.courier_is_let_in();
    house.contact_says(Contact::Open);
    house.lock_says(Bolt::Retracted);
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(3600));
    assert_eq!(house.count(Motion::Throw), 0);
    assert_eq!(house.alarms(), [Alarm::HeldOpen]);
}

#[test]
fn the_next_visit_can_begin_while_the_camera_still_runs_on() {
    let mut house = House::new();
    let first = house.door_is_relocking();
    house.lock_says(Bolt::Thrown);
    let (_, digits) = house.delivery();
    let attempt = house.type_code(&digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Accepted]);
    assert_eq!(house.outcome(first), Some(Outcome::Completed));
    assert_ne!(house.entry(), first);
}

#[test]
fn whoever_leaves_during_the_post_roll_has_the_door_locked_behind_him() {
    let mut house = House::new();
    let entry = house.door_is_relocking();
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(5));
    house.lock_says(Bolt::Retracted);
    house.contact_says(Contact::Open);
    assert_eq!(house.stage(), Some(Stage::Open));
    house.contact_says(Contact::Closed);
    assert_eq!(house.count(Motion::Throw), 2);
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));
    assert_eq!(house.outcome(entry), Some(Outcome::Completed));
}

#[test]
fn a_locked_door_that_opens_without_leave_is_forced() {
    let mut house = House::new();
    house.contact_says(Contact::Open);
    assert_eq!(house.alarms(), [Alarm::ForcedOpen]);
    house.contact_says(Contact::Open);
    assert_eq!(house.alarms(), [Alarm::ForcedOpen]);
}

#[test]
fn a_locked_door_that_opens_while_a_code_is_being_weighed_is_forced() {
    let mut house = House::new();
    house.want_approval();
    let (_, digits) = house.delivery();
    house.type_code(&digits);
    house.contact_says(Contact::Open);
    assert_eq!(house.alarms(), [Alarm::ForcedOpen]);
}

#[test]
fn a_locked_door_that_opens_after_the_visit_was_locked_is_forced() {
    let mut house = House::new();
    house.door_is_relocking();
    house.lock_says(Bolt::Thrown);
    house.contact_says(Contact::Open);
    assert_eq!(house.alarms(), [Alarm::ForcedOpen]);
}
