//! Power cuts and orderly stops at every state.

use doorward_core::device::{KeypadAnswer, Motion};
use doorward_core::door::{Bolt, Contact};
use doorward_core::entry::{Outcome, Reason, Stage};
use doorward_core::event::{Alarm, LogEvent};
use doorward_core::io::{Effect, Input, OwnerRequest};

use crate::house::{ALL_PARTS, Commits, House, Parts, seconds};

/// Brings a house into a state in the middle of a visit.
type Before = fn(&mut House);

const INSIDE: [(&str, Before); 7] = [
    ("unlocking", |house| {
        house.courier_is_let_in();
    }),
    ("unlocked", |house| {
        house.door_is_unlocked();
    }),
    ("open", |house| {
        house.door_is_open();
    }),
    ("relocking", |house| {
        house.door_is_relocking();
    }),
    ("secured", |house| {
        house.door_is_relocking();
        house.lock_says(Bolt::Thrown);
    }),
    ("jammed", |house| {
        house.door_is_relocking();
        (0..3).for_each(|_| house.lock_says(Bolt::Jammed));
    }),
    ("unknown", |house| {
        house.courier_is_let_in();
        house.wait(seconds(10));
    }),
];

fn in_each_state(mut test: impl FnMut(&str, &mut House)) {
    for (name, before) in INSIDE {
        let mut house = House::new();
        before(&mut house);
        house.forget();
        test(name, &mut house);
    }
}

#[test]
fn after_a_restart_the_lock_is_asked_before_anything_else_and_never_unlocked() {
    in_each_state(|name, house| {
        house.restart();
        assert_eq!(house.questions_to_lock(), 2, "{name}: for the entry and for the door");
        assert_eq!(house.stage(), Some(Stage::Unknown), "{name}");
        house.wait(seconds(3600));
        assert_eq!(house.motions(), [], "{name}");
    });
}

#[test]
fn after_a_restart_a_closed_unlocked_door_is_locked() {
    in_each_state(|name, house| {
        let entry = house.entry();
        house.restart();
        house.contact_says(Contact::Closed);
        house.lock_says(Bolt::Retracted);
        assert_eq!(house.count(Motion::Throw), 1, "{name}");
        house.lock_says(Bolt::Thrown);
        house.wait(seconds(10));
        assert!(house.outcome(entry).is_some(), "{name}");
        assert_eq!(house.count(Motion::Retract), 0, "{name}");
    });
}

#[test]
fn after_a_restart_a_locked_door_ends_the_visit() {
    in_each_state(|name, house| {
        let entry = house.entry();
        house.restart();
        house.lock_says(Bolt::Thrown);
        house.contact_says(Contact::Closed);
        house.wait(seconds(10));
        assert!(house.outcome(entry).is_some(), "{name}");
        assert_eq!(house.motions(), [], "{name}");
    });
}

#[test]
fn after_a_restart_an_open_door_alarms_whenever_it_says_so() {
    for delay in [0, 15] {
        in_each_state(|name, house| {
            house.restart();
            house.wait(seconds(delay));
            house.contact_says(Contact::Open);
            assert!(house.alarms().contains(&Alarm::OpenAfterRestart), "{name} after {delay} s");
            assert_eq!(house.stage(), Some(Stage::Open), "{name}");
            house.contact_says(Contact::Closed);
            assert_eq!(house.count(Motion::Throw), 1, "{name}");
        });
    }
}

#[test]
fn after_a_restart_a_silent_lock_and_a_silent_contact_both_alarm() {
    in_each_state(|name, house| {
        house.restart();
        house.wait(seconds(10));
        let alarms = house.alarms();
        // The last word of a contact that said "open" is on the disk.
        let of_contact =
            if name == "open" { Alarm::OpenAfterRestart } else { Alarm::ContactUnknown };
        assert_eq!(alarms, [Alarm::LockSilent, of_contact], "{name}");
    });
}

#[test]
fn a_visit_that_was_filmed_is_filmed_on_after_a_restart() {
    in_each_state(|name, house| {
        let before = house.recording();
        house.restart();
        let films = |effect: &&Effect| matches!(effect, Effect::Film { .. });
        assert_eq!(house.effects.iter().filter(films).count(), 1, "{name}");
        assert_ne!(house.recording(), before, "{name}");
    });
}

#[test]
fn a_visit_that_still_waited_is_denied_by_a_restart() {
    let mut house = House::new();
    house.want_approval();
    let (code, digits) = house.delivery();
    house.type_code(&digits);
    let entry = house.entry();
    house.restart();
    assert_eq!(house.outcome(entry), Some(Outcome::Denied(Reason::Interrupted)));
    assert_eq!(house.disk.code(code).tombstone, None);
    assert_eq!(house.stage(), None);
}

#[test]
fn a_decision_whose_word_never_came_back_is_not_carried_out_after_a_restart() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    house.commits = Commits::Held;
    house.type_code(&digits);
    house.write_held_silently();
    house.restart();
    assert_eq!(house.stage(), Some(Stage::Unknown));
    house.contact_says(Contact::Closed);
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));
    assert_eq!(house.count(Motion::Retract), 0);
    house.type_code(&digits);
    assert_eq!(house.refusals().last(), Some(&Reason::Spent));
}

#[test]
fn a_decision_that_never_reached_the_disk_leaves_the_code_good() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    house.commits = Commits::Held;
    house.type_code(&digits);
    house.restart();
    house.contact_says(Contact::Closed);
    let attempt = house.type_code(&digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Accepted]);
    assert_eq!(house.count(Motion::Retract), 1);
}

#[test]
fn no_command_number_is_used_twice_even_if_the_disk_never_heard_of_it() {
    let mut house = House::new();
    house.door_is_unlocked();
    house.commits = Commits::Held;
    house.wait(seconds(60));
    assert_eq!(house.count(Motion::Throw), 3);
    house.restart();
    house.contact_says(Contact::Closed);
    house.lock_says(Bolt::Retracted);
    let mut numbers: Vec<_> = house.motions().into_iter().map(|(id, _)| id).collect();
    assert_eq!(numbers.len(), 5);
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 5);
}

#[test]
fn two_open_entries_of_one_door_both_come_to_an_end() {
    let mut house = House::new();
    let first = house.door_is_relocking();
    house.commits = Commits::Failing;
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));
    assert_eq!(house.outcome(first), None, "its end was lost");
    house.commits = Commits::Written;
    let second = house.courier_is_let_in();
    assert!(house.disk.open_entry(first).is_some() && house.disk.open_entry(second).is_some());
    house.restart();
    assert_eq!(house.entry(), second);
    house.contact_says(Contact::Closed);
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));
    assert!(house.outcome(first).is_some());
    assert_eq!(house.outcome(second), Some(Outcome::NotEntered));
}

#[test]
fn an_orderly_stop_locks_a_closed_door() {
    for (name, before) in INSIDE.iter().take(2) {
        let mut house = House::new();
        before(&mut house);
        house.feed(Input::Stop);
        assert_eq!(house.count(Motion::Throw), 1, "{name}");
    }
}

#[test]
fn an_orderly_stop_locks_a_door_without_a_contact() {
    let mut house = House::with_parts(Parts { contact: None, ..ALL_PARTS });
    house.door_is_unlocked();
    house.feed(Input::Stop);
    assert_eq!(house.count(Motion::Throw), 1);
}

#[test]
fn an_orderly_stop_leaves_an_open_door_alone() {
    let mut house = House::new();
    house.door_is_open();
    house.feed(Input::Stop);
    assert_eq!(house.count(Motion::Throw), 0);
}

#[test]
fn an_orderly_stop_ends_recordings_and_denies_who_still_waits() {
    in_each_state(|name, house| {
        let recording = house.recording();
        house.feed(Input::Stop);
        let stops = |effect: &Effect| matches!(effect, Effect::StopFilming(r) if *r == recording);
        assert!(house.effects.iter().any(stops), "{name}");
        assert!(house.disk.events().any(|event| matches!(event, LogEvent::HubStopped)), "{name}");
    });

    let mut house = House::new();
    house.want_approval();
    let (_, digits) = house.delivery();
    let attempt = house.type_code(&digits);
    let entry = house.entry();
    house.feed(Input::Stop);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
    assert_eq!(house.outcome(entry), Some(Outcome::Denied(Reason::Interrupted)));
}

#[test]
fn a_decision_on_its_way_to_the_disk_is_dropped_by_an_orderly_stop() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    house.commits = Commits::Held;
    let attempt = house.type_code(&digits);
    let entry = house.entry();
    house.feed(Input::Stop);
    house.write_held();
    assert_eq!(house.count(Motion::Retract), 0);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
    assert_eq!(house.outcome(entry), Some(Outcome::Denied(Reason::Interrupted)));
}

#[test]
fn nothing_opens_any_more_once_the_hub_is_stopping() {
    let mut house = House::new();
    let (code, digits) = house.delivery();
    house.feed(Input::Stop);
    let attempt = house.type_code(&digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
    assert!(house.ask(OwnerRequest::Unlock(house.door)).is_err());
    assert_eq!(house.motions(), []);
    assert_eq!(house.disk.code(code).tombstone, None);
}
