//! Clocks that are set, and what is believed of them.

use doorward_core::code::Tombstone;
use doorward_core::device::KeypadAnswer;
use doorward_core::door::{Bolt, Contact};
use doorward_core::entry::Reason;
use doorward_core::event::{Alarm, ClockTrust};
use doorward_core::io::{NewCodeKind, OwnerRequest, Refusal};
use jiff::SignedDuration;

use crate::house::{HOUSEHOLD, House, seconds};
use crate::schedules::every_day;

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

fn is_refused_for(house: &mut House, digits: &str, reason: Reason) {
    let attempt = house.type_code(digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
    assert_eq!(house.refusals().last(), Some(&reason));
}

#[test]
fn a_clock_that_jumps_either_way_stops_codes_that_depend_on_it() {
    for step in [hours(1), hours(-1), hours(24 * 365 * 10), hours(-24 * 365 * 50)] {
        let mut house = House::new();
        let (_, delivery) = house.delivery();
        let schedule = every_day("00:00", "00:00");
        let guest = NewCodeKind::Scheduled { schedule, uses: None };
        let (_, guest) = house.issue(HOUSEHOLD, &[house.door], guest).unwrap();
        house.set_clock_by(step);
        assert_eq!(house.alarms(), [Alarm::ClockStepped]);
        is_refused_for(&mut house, &delivery, Reason::ClockUntrusted);
        is_refused_for(&mut house, &guest, Reason::ClockUntrusted);
    }
}

#[test]
fn a_jump_that_happens_while_the_hub_is_down_is_seen() {
    for step in [hours(1), hours(-1)] {
        let mut house = House::new();
        let (_, digits) = house.delivery();
        house.now.wall += step;
        house.restart();
        house.contact_says(Contact::Closed);
        is_refused_for(&mut house, &digits, Reason::ClockUntrusted);
    }
}

#[test]
fn distrust_lasts_over_restarts_until_the_owner_stands_for_the_time() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    house.set_clock_by(hours(1));
    house.restart();
    assert_eq!(house.hub.clock_trust(), ClockTrust::Untrusted);
    house.contact_says(Contact::Closed);
    is_refused_for(&mut house, &digits, Reason::ClockUntrusted);
    assert!(house.ask(OwnerRequest::ConfirmClock).is_ok());
    let attempt = house.type_code(&digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Accepted]);
}

#[test]
fn a_small_step_is_borne() {
    for step in [299, -299] {
        let mut house = House::new();
        let (_, digits) = house.delivery();
        house.set_clock_by(SignedDuration::from_secs(step));
        let attempt = house.type_code(&digits);
        assert_eq!(house.answers(attempt), [KeypadAnswer::Accepted]);
    }
}

#[test]
fn an_expired_code_stays_expired_whatever_becomes_of_the_clock() {
    let mut house = House::new();
    let (code, digits) = house.delivery();
    house.wait(seconds(4 * 3600));
    assert_eq!(house.disk.code(code).tombstone, Some(Tombstone::Expired));
    house.set_clock_by(hours(-3));
    is_refused_for(&mut house, &digits, Reason::Expired);
    house.restart();
    is_refused_for(&mut house, &digits, Reason::Expired);
    assert!(house.ask(OwnerRequest::ConfirmClock).is_ok());
    is_refused_for(&mut house, &digits, Reason::Expired);
}

#[test]
fn a_code_that_expired_a_moment_ago_is_not_revived_by_the_owners_word() {
    let mut house = House::new();
    let window = house.window(0, 95);
    let (_, digits) = house.issue(HOUSEHOLD, &[house.door], NewCodeKind::OneTime(window)).unwrap();
    house.wait(seconds(96));
    house.says("porch-pad", doorward_core::device::DeviceReport::Bell);
    house.set_clock_by(hours(-1));
    assert!(house.ask(OwnerRequest::ConfirmClock).is_ok());
    house.wait(seconds(61 * 60 - 96));
    is_refused_for(&mut house, &digits, Reason::Expired);
}

#[test]
fn a_spent_code_is_refused_even_if_the_clock_goes_back() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    house.type_code(&digits);
    house.lock_says(Bolt::Retracted);
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));
    house.set_clock_by(hours(-1));
    assert!(house.ask(OwnerRequest::ConfirmClock).is_ok());
    is_refused_for(&mut house, &digits, Reason::Spent);
}

#[test]
fn a_code_does_not_expire_by_a_clock_that_nobody_believes() {
    let mut house = House::new();
    let (code, digits) = house.delivery();
    house.set_clock_by(hours(48));
    house.wait(seconds(600));
    assert_eq!(house.disk.code(code).tombstone, None);
    house.set_clock_by(hours(-48));
    assert!(house.ask(OwnerRequest::ConfirmClock).is_ok());
    let attempt = house.type_code(&digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Accepted]);
}

#[test]
fn the_emergency_code_and_the_owner_do_not_depend_on_the_clock() {
    let mut house = House::new();
    let (_, digits) = house.issue(HOUSEHOLD, &[house.door], NewCodeKind::BreakGlass).unwrap();
    house.set_clock_by(hours(-24 * 365));
    let attempt = house.type_code(&digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Accepted]);

    let mut house = House::new();
    house.set_clock_by(hours(-24 * 365));
    house.owner_unlocks();
    assert_eq!(house.motions().len(), 1);
}

#[test]
fn no_delivery_is_promised_while_the_clock_is_not_believed() {
    let mut house = House::new();
    house.set_clock_by(hours(1));
    let window = house.window(0, 3600);
    let refusal = house.issue(HOUSEHOLD, &[house.door], NewCodeKind::OneTime(window)).unwrap_err();
    assert_eq!(refusal, Refusal::ClockUntrusted);
}

#[test]
fn a_lock_out_does_not_get_shorter_by_setting_the_clock_or_pulling_the_plug() {
    let mut house = House::new();
    let (_, digits) = house.delivery();
    for _ in 0..6 {
        house.type_code("9182 7364");
    }
    house.restart();
    house.contact_says(Contact::Closed);
    is_refused_for(&mut house, &digits, Reason::Throttled);
    house.set_clock_by(hours(12));
    house.type_code(&digits);
    assert_eq!(house.refusals().last(), Some(&Reason::Throttled));
}
