//! What the mint does not give out.

use doorward_core::ids::DoorId;
use doorward_core::io::{NewCodeKind, OwnerRequest, Refusal};
use doorward_core::schedule::Schedule;

use super::{BARE, NEIGHBOUR, guest, opens};
use crate::house::{Commits, HOUSEHOLD, House, seconds};
use crate::schedules::every_day;

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
    let nowhere = [DoorId(99)];
    assert_eq!(house.issue(HOUSEHOLD, &nowhere, window).unwrap_err(), Refusal::NoSuchDoor);
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
