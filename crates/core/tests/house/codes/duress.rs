//! Codes that are typed under threat: they open like their twins, and tell in silence.

use doorward_core::code::Tombstone;
use doorward_core::device::Tone;
use doorward_core::door::Contact;
use doorward_core::entry::Reason;
use doorward_core::event::Alarm;
use doorward_core::io::{NewCodeKind, OwnerRequest};

use super::{guest, opens};
use crate::house::{HOUSEHOLD, House, KEYPAD, seconds};

#[test]
fn a_duress_code_opens_like_its_twin_spends_it_and_tells_in_silence() {
    let mut house = House::new();
    let (twin, digits) = house.delivery();
    let kind = NewCodeKind::Duress { resembles: twin };
    let (duress, under_threat) = house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    assert!(opens(&mut house, &under_threat));
    assert!(house.alarms().contains(&Alarm::Duress));
    assert!(house.tones(KEYPAD).iter().all(|t| *t == Tone::Quiet));
    assert!(!opens(&mut house, &digits), "the pair opens once between them");
    assert!(!opens(&mut house, &under_threat));
    assert_eq!(house.disk.code(twin).tombstone, Some(Tombstone::Spent));
    house.wait(seconds(60));
    assert_eq!(house.disk.code(duress).tombstone, Some(Tombstone::Spent));
}

#[test]
fn a_duress_code_tells_even_where_it_opens_nothing() {
    let mut house = House::new();
    let (twin, _) = house.delivery();
    let kind = NewCodeKind::Duress { resembles: twin };
    let (_, under_threat) = house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    house.contact_says(Contact::Open);
    assert!(!opens(&mut house, &under_threat));
    assert_eq!(house.refusals(), [Reason::DoorOpen]);
    assert!(house.alarms().contains(&Alarm::Duress));
}

#[test]
fn a_visit_that_is_stopped_tells_of_its_duress_code() {
    let mut house = House::new();
    house.want_approval();
    let (twin, _) = house.delivery();
    let kind = NewCodeKind::Duress { resembles: twin };
    let (_, under_threat) = house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    house.type_code(&under_threat);
    let entry = house.entry();
    assert!(house.ask(OwnerRequest::Block(entry)).is_ok());
    assert!(house.alarms().contains(&Alarm::Duress));
}

#[test]
fn a_duress_code_uses_up_its_twins_uses() {
    let mut house = House::new();
    let (twin, digits) = house.issue(HOUSEHOLD, &[house.door], guest(Some(2))).unwrap();
    let kind = NewCodeKind::Duress { resembles: twin };
    let (_, under_threat) = house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    assert!(opens(&mut house, &under_threat));
    assert!(opens(&mut house, &digits));
    assert!(!opens(&mut house, &under_threat));
}

#[test]
fn a_duress_code_of_a_cancelled_code_opens_nothing() {
    let mut house = House::new();
    let (twin, _) = house.delivery();
    let kind = NewCodeKind::Duress { resembles: twin };
    let (_, under_threat) = house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    assert!(house.ask(OwnerRequest::CancelCode(twin)).is_ok());
    assert!(!opens(&mut house, &under_threat));
    assert_eq!(house.refusals(), [Reason::Cancelled]);
}
