//! Codes that rest until their owner takes them up again.

use doorward_core::device::Motion;
use doorward_core::door::Contact;
use doorward_core::entry::Reason;
use doorward_core::event::{Alarm, LogEvent};
use doorward_core::io::{Input, NewCodeKind, OwnerRequest, Refusal};

use super::{guest, opens};
use crate::house::{Commits, Filming, HOUSEHOLD, House};

#[test]
fn a_paused_code_opens_nothing_until_it_is_taken_up_again() {
    let mut house = House::new();
    let (guest, digits) = house.issue(HOUSEHOLD, &[house.door], guest(Some(2))).unwrap();
    for _ in 0..2 {
        assert!(house.ask(OwnerRequest::PauseCode(guest)).is_ok(), "twice is as good as once");
    }
    assert!(!opens(&mut house, &digits));
    house.restart();
    house.contact_says(Contact::Closed);
    assert!(!opens(&mut house, &digits), "over a restart too");
    assert!(house.ask(OwnerRequest::ResumeCode(guest)).is_ok());
    assert!(opens(&mut house, &digits));
    let told = |event: &&LogEvent| {
        matches!(event, LogEvent::CodePaused { .. } | LogEvent::CodeResumed { .. })
    };
    assert_eq!(house.disk.events().filter(told).count(), 2, "the log tells of each change once");
    assert!(house.ask(OwnerRequest::PauseCode(guest)).is_ok());
    assert!(house.ask(OwnerRequest::CancelCode(guest)).is_ok());
    assert_eq!(house.ask(OwnerRequest::ResumeCode(guest)).err(), Some(Refusal::NoSuchCode));
}

#[test]
fn a_code_paused_while_the_camera_is_asked_opens_nothing() {
    let mut house = House::new();
    let (guest, digits) = house.issue(HOUSEHOLD, &[house.door], guest(None)).unwrap();
    house.filming = Filming::Silent;
    house.type_code(&digits);
    let recording = house.recording();
    assert!(house.ask(OwnerRequest::PauseCode(guest)).is_ok());
    house.feed(Input::Filming(recording, Ok(())));
    assert_eq!(house.count(Motion::Retract), 0);
    assert_eq!(house.refusals(), [Reason::Paused]);
}

#[test]
fn what_is_typed_under_threat_in_place_of_a_paused_code_opens_nothing_and_tells() {
    let mut house = House::new();
    let (guest, _) = house.issue(HOUSEHOLD, &[house.door], guest(None)).unwrap();
    let duress = NewCodeKind::Duress { resembles: guest };
    let (_, digits) = house.issue(HOUSEHOLD, &[house.door], duress).unwrap();
    assert!(house.ask(OwnerRequest::PauseCode(guest)).is_ok());
    assert!(!opens(&mut house, &digits));
    assert!(house.alarms().contains(&Alarm::Duress));
}

#[test]
fn a_delivery_is_taken_back_and_not_paused() {
    let mut house = House::new();
    let (code, _) = house.delivery();
    assert_eq!(house.ask(OwnerRequest::PauseCode(code)).err(), Some(Refusal::NotToBePaused));
}

#[test]
fn a_code_whose_taking_up_did_not_reach_the_disk_stays_paused() {
    let mut house = House::new();
    let (guest, digits) = house.issue(HOUSEHOLD, &[house.door], guest(None)).unwrap();
    assert!(house.ask(OwnerRequest::PauseCode(guest)).is_ok());
    house.commits = Commits::Failing;
    assert_eq!(house.ask(OwnerRequest::ResumeCode(guest)).err(), Some(Refusal::NotRecorded));
    house.commits = Commits::Written;
    assert!(!opens(&mut house, &digits));
    assert_eq!(house.refusals(), [Reason::Paused]);
}

#[test]
fn a_pausing_that_did_not_reach_the_disk_holds_and_is_in_the_log_once_it_does() {
    let mut house = House::new();
    let (guest, digits) = house.issue(HOUSEHOLD, &[house.door], guest(Some(3))).unwrap();
    house.commits = Commits::Failing;
    assert_eq!(house.ask(OwnerRequest::PauseCode(guest)).err(), Some(Refusal::NotRecorded));
    house.commits = Commits::Written;
    assert!(!opens(&mut house, &digits));
    let paused = LogEvent::CodePaused { code: guest };
    assert_eq!(house.disk.events().filter(|event| **event == paused).count(), 1);
    house.restart();
    house.contact_says(Contact::Closed);
    assert!(!opens(&mut house, &digits), "over a restart too");
    assert_eq!(house.disk.events().filter(|event| **event == paused).count(), 1);
}
