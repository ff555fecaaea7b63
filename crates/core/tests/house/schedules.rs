//! When guests may come: days, hours, dates, nights, and the two nights of the
//! year on which the clocks are changed.

use doorward_core::device::KeypadAnswer;
use doorward_core::door::Bolt;
use doorward_core::entry::Reason;
use doorward_core::io::{NewCodeKind, OwnerRequest, Refusal};
use doorward_core::schedule::{Admits, Days, Schedule};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::house::{ALL_PARTS, HOUSEHOLD, House, seconds};

fn central_europe() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn date(text: &str) -> Option<Date> {
    Some(text.parse().unwrap())
}

pub(crate) fn every_day(from: &str, until: &str) -> Schedule {
    let (from, until) = (time(from), time(until));
    Schedule { days: Days::ALL, from, until, first: None, last: None }
}

fn admits(schedule: &Schedule, zone: &TimeZone, at: &str) -> Admits {
    schedule.admits(at.parse::<Timestamp>().unwrap(), zone)
}

#[test]
fn a_morning_begins_on_its_first_minute_and_ends_before_its_last() {
    let schedule = every_day("09:00", "12:00");
    for (at, expected) in [
        ("2026-03-02T08:59:59Z", Admits::NotThen),
        ("2026-03-02T09:00:00Z", Admits::Yes),
        ("2026-03-02T11:59:59Z", Admits::Yes),
        ("2026-03-02T12:00:00Z", Admits::NotThen),
    ] {
        assert_eq!(admits(&schedule, &TimeZone::UTC, at), expected, "{at}");
    }
}

#[test]
fn only_the_named_days_and_dates_admit() {
    let days = Days::default().with(Weekday::Monday).with(Weekday::Wednesday);
    let (first, last) = (date("2026-03-02"), date("2026-03-09"));
    let schedule = Schedule { days, first, last, ..every_day("09:00", "12:00") };
    for (at, expected) in [
        ("2026-02-25T10:00:00Z", Admits::NotYet),
        ("2026-03-02T10:00:00Z", Admits::Yes),
        ("2026-03-03T10:00:00Z", Admits::NotThen),
        ("2026-03-04T10:00:00Z", Admits::Yes),
        ("2026-03-09T11:00:00Z", Admits::Yes),
        ("2026-03-09T13:00:00Z", Admits::NotThen),
        ("2026-03-10T00:00:00Z", Admits::NoLonger),
    ] {
        assert_eq!(admits(&schedule, &TimeZone::UTC, at), expected, "{at}");
    }
}

#[test]
fn a_night_belongs_to_the_day_on_which_it_begins() {
    let days = Days::default().with(Weekday::Friday);
    let (first, last) = (date("2026-03-06"), date("2026-03-13"));
    let schedule = Schedule { days, first, last, ..every_day("22:00", "06:00") };
    for (at, expected) in [
        ("2026-03-06T05:00:00Z", Admits::NotYet),
        ("2026-03-06T22:00:00Z", Admits::Yes),
        ("2026-03-07T05:59:59Z", Admits::Yes),
        ("2026-03-07T06:00:00Z", Admits::NotThen),
        ("2026-03-07T23:00:00Z", Admits::NotThen),
        ("2026-03-14T05:59:59Z", Admits::Yes),
        ("2026-03-14T06:00:00Z", Admits::NoLonger),
    ] {
        assert_eq!(admits(&schedule, &TimeZone::UTC, at), expected, "{at}");
    }
}

#[test]
fn an_hour_that_does_not_happen_admits_nobody() {
    // On 29 March 2026 the clocks go from 02:00 to 03:00, at 01:00 UTC.
    let (zone, schedule) = (central_europe(), every_day("02:00", "03:00"));
    let mut at: Timestamp = "2026-03-28T23:00:00Z".parse().unwrap();
    for _ in 0..(24 * 60) {
        assert_eq!(schedule.admits(at, &zone), Admits::NotThen, "{at}");
        at += SignedDuration::from_mins(1);
        if at == "2026-03-30T00:00:00Z".parse().unwrap() {
            break;
        }
    }
    assert_eq!(admits(&schedule, &zone, "2026-03-28T01:30:00Z"), Admits::Yes);
}

#[test]
fn an_hour_that_happens_twice_admits_twice() {
    // On 25 October 2026 the clocks go from 03:00 back to 02:00, at 01:00 UTC.
    let (zone, schedule) = (central_europe(), every_day("02:00", "03:00"));
    for (at, expected) in [
        ("2026-10-24T23:59:59Z", Admits::NotThen),
        ("2026-10-25T00:00:00Z", Admits::Yes),
        ("2026-10-25T00:59:59Z", Admits::Yes),
        ("2026-10-25T01:00:00Z", Admits::Yes),
        ("2026-10-25T01:59:59Z", Admits::Yes),
        ("2026-10-25T02:00:00Z", Admits::NotThen),
    ] {
        assert_eq!(admits(&schedule, &zone, at), expected, "{at}");
    }
}

#[test]
fn the_cleaner_comes_at_nine_by_the_kitchen_clock_in_winter_and_in_summer() {
    let (zone, schedule) = (central_europe(), every_day("09:00", "12:00"));
    for (at, expected) in [
        ("2026-03-28T08:00:00Z", Admits::Yes),
        ("2026-03-28T07:00:00Z", Admits::NotThen),
        ("2026-03-29T07:00:00Z", Admits::Yes),
        ("2026-03-29T10:00:00Z", Admits::NotThen),
        ("2026-10-25T08:00:00Z", Admits::Yes),
        ("2026-10-25T07:00:00Z", Admits::NotThen),
    ] {
        assert_eq!(admits(&schedule, &zone, at), expected, "{at}");
    }
}

#[test]
fn a_night_over_the_change_of_clocks_is_one_night() {
    let (zone, schedule) = (central_europe(), every_day("22:00", "06:00"));
    let days = Days::default().with(Weekday::Saturday);
    let schedule = Schedule { days, ..schedule };
    for (from, hours) in [("2026-03-28T21:00:00Z", 7), ("2026-10-24T20:00:00Z", 9)] {
        let from: Timestamp = from.parse().unwrap();
        for minute in 0..hours * 60 {
            let at = from + SignedDuration::from_mins(minute);
            assert_eq!(schedule.admits(at, &zone), Admits::Yes, "{at}");
        }
        let after = from + SignedDuration::from_hours(hours);
        assert_eq!(schedule.admits(after, &zone), Admits::NotThen);
    }
}

#[test]
fn a_whole_day_admits_at_every_moment() {
    let schedule = every_day("00:00", "00:00");
    for at in ["2026-03-02T00:00:00Z", "2026-03-02T12:00:00Z", "2026-03-02T23:59:59Z"] {
        assert_eq!(admits(&schedule, &TimeZone::UTC, at), Admits::Yes, "{at}");
    }
}

#[test]
fn a_guest_comes_in_by_local_time_at_the_door() {
    let mut house = House::with(ALL_PARTS, central_europe(), "2026-03-27T07:30:00Z");
    let kind = NewCodeKind::Scheduled { schedule: every_day("09:00", "12:00"), uses: None };
    let (_, digits) = house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    let attempt = house.type_code(&digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Refused]);
    assert_eq!(house.refusals(), [Reason::OutsideSchedule]);
    house.wait(seconds(30 * 60));
    let attempt = house.type_code(&digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Accepted]);
    house.lock_says(Bolt::Retracted);
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));

    // The night between has an hour less.
    house.wait(seconds(2 * 24 * 3600 - 3600 - 10));
    let attempt = house.type_code(&digits);
    assert_eq!(house.answers(attempt), [KeypadAnswer::Accepted], "{}", house.wall());
}

#[test]
fn a_guests_code_ends_with_its_last_day() {
    let mut house = House::new();
    let schedule = Schedule { last: date("2026-03-02"), ..every_day("09:00", "12:00") };
    let kind = NewCodeKind::Scheduled { schedule, uses: None };
    let (code, digits) = house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    house.wait(seconds(15 * 3600 + 60));
    assert!(house.disk.code(code).tombstone.is_some());
    house.type_code(&digits);
    assert_eq!(house.refusals(), [Reason::Expired]);
    assert!(house.ask(OwnerRequest::CancelCode(code)).is_err());
}

#[test]
fn a_schedule_that_admits_nobody_is_not_given_out() {
    let mut house = House::new();
    let good = every_day("09:00", "12:00");
    let bad = [
        (Schedule { days: Days::default(), ..good.clone() }, None),
        (Schedule { last: date("2026-03-01"), ..good.clone() }, None),
        (Schedule { first: date("2026-05-02"), last: date("2026-05-01"), ..good.clone() }, None),
        (good, Some(0)),
    ];
    for (schedule, uses) in bad {
        let kind = NewCodeKind::Scheduled { schedule, uses };
        let refusal = house.issue(HOUSEHOLD, &[house.door], kind).unwrap_err();
        assert_eq!(refusal, Refusal::BadSchedule);
    }
}
