//! What the owner asks of doors and visits.

use doorward_core::device::{KeypadAnswer, Motion};
use doorward_core::door::{Bolt, Contact};
use doorward_core::entry::{Actor, Outcome, Reason, Stage};
use doorward_core::event::{Alarm, LogEvent};
use doorward_core::ids::EntryId;
use doorward_core::io::{CameraFault, Effect, Notice, OwnerRequest, Refusal, Reply};

use crate::house::{Commits, Filming, House, seconds};

fn waiting_for_approval(house: &mut House) -> (u64, EntryId) {
    house.want_approval();
    let (_, digits) = house.delivery();
    let attempt = house.type_code(&digits);
    (attempt, house.entry())
}

#[test]
fn a_visit_that_needs_approval_waits_for_the_owners_tap() {
    let mut house = House::new();
    let (attempt, entry) = waiting_for_approval(&mut house);
    let asked = |e: &Effect| matches!(e, Effect::Notify(Notice::ApprovalWanted { entry: e, .. }) if *e == entry);
    assert!(house.effects.iter().any(asked));
    house.wait(seconds(59));
    assert_eq!(house.answers(attempt), []);
    assert!(house.ask(OwnerRequest::Approve(entry)).is_ok());
    assert_eq!(house.answers(attempt), [KeypadAnswer::Accepted]);
}

#[test]
fn the_owner_is_asked_only_about_a_visit_that_is_on_the_disk() {
    let mut house = House::new();
    house.want_approval();
    let (_, digits) = house.delivery();
    house.commits = Commits::Held;
    house.type_code(&digits);
    let asks = |effect: &Effect| matches!(effect, Effect::Notify(Notice::ApprovalWanted { .. }));
    assert!(!house.effects.iter().any(asks));
    house.write_held();
    assert!(house.effects.iter().any(asks));
}

#[test]
fn an_approval_that_does_not_come_within_a_minute_denies() {
    let mut house = House::new();
    let (attempt, entry) = waiting_for_approval(&mut house);
    house.wait(seconds(60));
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
    assert_eq!(house.outcome(entry), Some(Outcome::Denied(Reason::NotApproved)));
    assert!(matches!(house.ask(OwnerRequest::Approve(entry)), Err(Refusal::NoSuchEntry)));
    assert_eq!(house.count(Motion::Retract), 0);
}

#[test]
fn an_approval_too_late_by_a_moment_is_no_approval() {
    let mut house = House::new();
    let (_, entry) = waiting_for_approval(&mut house);
    house.now.mono = house.now.mono + seconds(60);
    house.now.wall += seconds(60);
    assert!(matches!(house.ask(OwnerRequest::Approve(entry)), Err(Refusal::NotWaiting)));
    assert_eq!(house.count(Motion::Retract), 0);
}

#[test]
fn nobody_approves_what_does_not_wait() {
    let mut house = House::new();
    let entry = house.courier_is_let_in();
    assert!(matches!(house.ask(OwnerRequest::Approve(entry)), Err(Refusal::NotWaiting)));
}

#[test]
fn a_visit_blocked_before_the_bolt_moves_is_denied() {
    let mut house = House::new();
    let (attempt, entry) = waiting_for_approval(&mut house);
    assert!(house.ask(OwnerRequest::Block(entry)).is_ok());
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
    assert_eq!(house.outcome(entry), Some(Outcome::Denied(Reason::Blocked)));
    assert_eq!(house.count(Motion::Retract), 0);
}

#[test]
fn a_visit_blocked_while_its_decision_is_being_written_is_denied() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    house.commits = Commits::Held;
    let attempt = house.type_code(&digits);
    let entry = house.entry();
    house.tell(OwnerRequest::Block(entry));
    house.write_held();
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
    assert_eq!(house.outcome(entry), Some(Outcome::Denied(Reason::Blocked)));
    assert_eq!(house.count(Motion::Retract), 0);
}

#[test]
fn a_visit_blocked_while_the_bolt_moves_is_locked_as_soon_as_it_has_moved() {
    let mut house = House::new();
    let entry = house.courier_is_let_in();
    assert!(house.ask(OwnerRequest::Block(entry)).is_ok());
    assert_eq!(house.alarms(), [Alarm::VisitStopped]);
    house.lock_says(Bolt::Retracted);
    assert_eq!(house.count(Motion::Throw), 1);
}

#[test]
fn a_visit_blocked_before_the_door_opens_is_locked_at_once() {
    let mut house = House::new();
    let entry = house.door_is_unlocked();
    assert!(house.ask(OwnerRequest::Block(entry)).is_ok());
    assert_eq!(house.alarms(), [Alarm::VisitStopped]);
    assert_eq!(house.count(Motion::Throw), 1);
}

#[test]
fn a_visit_blocked_inside_alarms_and_is_locked_when_the_door_closes() {
    let mut house = House::new();
    let entry = house.door_is_open();
    assert!(house.ask(OwnerRequest::Block(entry)).is_ok());
    assert_eq!(house.alarms(), [Alarm::VisitStopped]);
    assert_eq!(house.count(Motion::Throw), 0);
    house.contact_says(Contact::Closed);
    assert_eq!(house.count(Motion::Throw), 1);
}

#[test]
fn the_owner_unlocks_without_camera_and_the_gap_is_marked() {
    let mut house = House::new();
    house.filming = Filming::Faulty(CameraFault::Unavailable);
    let entry = house.owner_unlocks();
    assert_eq!(house.count(Motion::Retract), 1);
    assert_eq!(house.alarms(), [Alarm::EvidenceGap]);
    let by_owner = |event: &LogEvent| matches!(event, LogEvent::UnlockGranted { entry: e, by: Actor::LocalOwner, .. } if *e == entry);
    assert!(house.disk.events().any(by_owner));
}

#[test]
fn the_owner_gets_in_however_a_visit_got_stuck() {
    type Before = fn(&mut House);
    let stuck: [(&str, Before); 4] = [
        ("jammed", |house| {
            house.door_is_relocking();
            (0..3).for_each(|_| house.lock_says(Bolt::Jammed));
        }),
        ("silent", |house| {
            house.courier_is_let_in();
            house.wait(seconds(10));
        }),
        ("restarted", |house| {
            house.door_is_unlocked();
            house.restart();
        }),
        ("open, says a contact that lies", |house| {
            house.door_is_open();
            house.lock_says(Bolt::Thrown);
        }),
    ];
    for (name, before) in stuck {
        let mut house = House::new();
        before(&mut house);
        house.forget();
        let entry = house.owner_unlocks();
        assert_eq!(house.count(Motion::Retract), 1, "{name}");
        house.contact_says(Contact::Open);
        house.contact_says(Contact::Closed);
        house.lock_says(Bolt::Thrown);
        house.wait(seconds(10));
        assert_eq!(house.outcome(entry), Some(Outcome::Completed), "{name}");
    }
}

#[test]
fn an_unlock_that_cannot_be_written_down_leaves_a_stuck_visit_stuck() {
    let mut house = House::new();
    let entry = house.courier_is_let_in();
    house.wait(seconds(10));
    house.commits = Commits::Failing;
    assert!(matches!(house.ask(OwnerRequest::Unlock(house.door)), Err(Refusal::NotRecorded)));
    assert_eq!(house.count(Motion::Retract), 1);
    assert_eq!(house.stage(), Some(Stage::Unknown));
    assert_eq!(house.entry(), entry);
    assert_eq!(house.outcome(entry), None);
}

#[test]
fn the_owner_locks_a_closed_door_at_once() {
    let mut house = House::new();
    house.lock_says(Bolt::Retracted);
    assert!(matches!(house.ask(OwnerRequest::Lock(house.door)), Ok(Reply::Done)));
    assert_eq!(house.count(Motion::Throw), 1);
}

#[test]
fn the_owner_locks_an_open_door_once_it_closes_and_only_then() {
    let mut house = House::new();
    house.lock_says(Bolt::Retracted);
    house.contact_says(Contact::Open);
    assert!(matches!(house.ask(OwnerRequest::Lock(house.door)), Ok(Reply::OnceClosed)));
    assert_eq!(house.count(Motion::Throw), 0);
    house.contact_says(Contact::Closed);
    assert_eq!(house.count(Motion::Throw), 1);
    house.lock_says(Bolt::Thrown);
    house.lock_says(Bolt::Retracted);
    house.contact_says(Contact::Open);
    house.contact_says(Contact::Closed);
    assert_eq!(house.count(Motion::Throw), 1, "a wish is for once");
}

#[test]
fn the_owners_wish_to_lock_ends_with_the_visit_that_it_was_about() {
    let mut house = House::new();
    house.door_is_open();
    assert!(matches!(house.ask(OwnerRequest::Lock(house.door)), Ok(Reply::OnceClosed)));
    house.contact_says(Contact::Closed);
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));
    house.lock_says(Bolt::Retracted);
    house.contact_says(Contact::Open);
    house.contact_says(Contact::Closed);
    assert_eq!(house.count(Motion::Throw), 1, "no resident is locked out the next day");
}

#[test]
fn the_owner_locks_during_a_visit() {
    let mut house = House::new();
    let entry = house.door_is_unlocked();
    assert!(matches!(house.ask(OwnerRequest::Lock(house.door)), Ok(Reply::Done)));
    assert_eq!(house.stage(), Some(Stage::Relocking));
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));
    assert_eq!(house.outcome(entry), Some(Outcome::NotEntered));
}

#[test]
fn a_lock_that_does_not_obey_the_owner_alarms_without_a_visit() {
    let mut house = House::new();
    house.lock_says(Bolt::Retracted);
    assert!(house.ask(OwnerRequest::Lock(house.door)).is_ok());
    house.wait(seconds(60));
    assert_eq!(house.count(Motion::Throw), 3);
    assert_eq!(house.alarms(), [Alarm::LockSilent]);
}

#[test]
fn the_owner_is_answered_only_once_it_is_written_down() {
    let mut house = House::new();
    house.commits = Commits::Held;
    let request = house.tell(OwnerRequest::ConfirmClock);
    assert!(house.reply_to(request).is_none());
    house.fail_held();
    assert!(matches!(house.reply_to(request), Some(Err(Refusal::NotRecorded))));
}
