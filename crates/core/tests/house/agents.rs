//! What a home's automation may ask of a door, by the owner's permit.

use doorward_core::device::Motion;
use doorward_core::door::{Contact, Recording};
use doorward_core::entry::{Actor, Reason};
use doorward_core::event::LogEvent;
use doorward_core::ids::DeviceName;
use doorward_core::io::{CameraFault, Input, Note, Notice, OwnerRequest, PolicyChange};
use doorward_core::permit::{DeviceWish, Permit};
use doorward_core::trespass::Attempt;

use crate::house::{Filming, House, device, seconds};

const AGENT: &str = "ha";

fn agent() -> DeviceName {
    device(AGENT)
}

fn asks(house: &mut House, wish: DeviceWish) {
    let door = house.door;
    house.feed(Input::Asked(agent(), door, wish));
}

fn with_permit(permit: Permit) -> House {
    let mut house = House::new();
    let door = house.door;
    house.ask(OwnerRequest::Allow(agent(), door, permit)).unwrap();
    house
}

fn trespasses(house: &House) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for event in house.disk.events() {
        if let LogEvent::Trespass { attempt, .. } = event {
            attempts.push(*attempt);
        }
    }
    attempts
}

fn granted_to_agent(house: &House) -> bool {
    house.disk.events().any(
        |event| matches!(event, LogEvent::UnlockGranted { by: Actor::Device(by), .. } if *by == agent()),
    )
}

#[test]
fn a_device_without_permit_moves_nothing_and_is_told_of() {
    for wish in [DeviceWish::Lock, DeviceWish::Unlock] {
        let mut house = House::new();
        asks(&mut house, wish);
        assert!(house.commands().is_empty());
        assert_eq!(trespasses(&house), [Attempt::Publish]);
        let told = |e: &_| matches!(e, doorward_core::io::Effect::Notify(Notice::Trespass { .. }));
        assert!(house.effects.iter().any(told));
    }
}

#[test]
fn permit_to_lock_is_no_permit_to_unlock() {
    let mut house = with_permit(Permit::Lock);
    asks(&mut house, DeviceWish::Unlock);
    assert_eq!(house.count(Motion::Retract), 0);
    assert_eq!(trespasses(&house), [Attempt::Publish]);
    asks(&mut house, DeviceWish::Lock);
    assert_eq!(house.count(Motion::Throw), 1);
    let by_agent = LogEvent::LockAsked { door: house.door, by: Actor::Device(agent()) };
    assert!(house.disk.events().any(|event| *event == by_agent));
}

#[test]
fn a_door_that_stands_open_is_locked_for_a_device_once_it_closes() {
    let mut house = with_permit(Permit::Lock);
    house.contact_says(Contact::Open);
    asks(&mut house, DeviceWish::Lock);
    assert_eq!(house.count(Motion::Throw), 0);
    house.contact_says(Contact::Closed);
    assert_eq!(house.count(Motion::Throw), 1);
}

#[test]
fn an_unlocking_by_a_device_is_a_visit_with_its_name_in_the_log() {
    let mut house = with_permit(Permit::Unlock);
    asks(&mut house, DeviceWish::Unlock);
    assert_eq!(house.count(Motion::Retract), 1);
    assert!(granted_to_agent(&house));
}

#[test]
fn a_doors_policy_is_not_softened_for_a_device() {
    let mut house = with_permit(Permit::Unlock);
    let door = house.door;
    let required = PolicyChange { recording: Some(Recording::Required), ..PolicyChange::default() };
    house.ask(OwnerRequest::SetPolicy(door, required)).unwrap();
    house.filming = Filming::Faulty(CameraFault::Frozen);
    asks(&mut house, DeviceWish::Unlock);
    assert_eq!(house.count(Motion::Retract), 0);
    assert_eq!(house.refusals(), [Reason::CameraFrozen]);
}

#[test]
fn a_permit_that_is_taken_back_while_the_camera_is_asked_opens_nothing() {
    let mut house = with_permit(Permit::Unlock);
    let door = house.door;
    house.filming = Filming::Silent;
    asks(&mut house, DeviceWish::Unlock);
    let recording = house.recording();
    house.ask(OwnerRequest::Disallow(agent(), door)).unwrap();
    house.feed(Input::Filming(recording, Ok(())));
    assert_eq!(house.count(Motion::Retract), 0);
    assert_eq!(house.refusals(), [Reason::Cancelled]);
}

#[test]
fn a_door_that_is_open_or_busy_is_not_unlocked_for_a_device() {
    let mut house = with_permit(Permit::Unlock);
    house.contact_says(Contact::Open);
    asks(&mut house, DeviceWish::Unlock);
    house.contact_says(Contact::Closed);
    asks(&mut house, DeviceWish::Unlock);
    asks(&mut house, DeviceWish::Unlock);
    assert_eq!(house.count(Motion::Retract), 1);
    let refused = |reason| LogEvent::DeviceRefused { device: agent(), door: house.door, reason };
    for reason in [Reason::DoorOpen, Reason::DoorBusy] {
        assert!(house.disk.events().any(|event| *event == refused(reason)), "{reason:?}");
    }
}

#[test]
fn a_device_that_asks_without_end_is_not_heard_and_told_of() {
    let mut house = with_permit(Permit::Lock);
    for _ in 0..1000 {
        asks(&mut house, DeviceWish::Lock);
    }
    assert_eq!(house.count(Motion::Throw), 20);
    assert_eq!(trespasses(&house), [Attempt::Exceed]);
    house.wait(seconds(60));
    let before = house.count(Motion::Throw);
    asks(&mut house, DeviceWish::Lock);
    assert_eq!(house.count(Motion::Throw), before + 1);
}

#[test]
fn permit_survives_a_restart_and_ends_with_the_devices_enrolment() {
    let mut house = with_permit(Permit::Unlock);
    house.restart();
    assert_eq!(house.hub.permits().len(), 1);
    house.ask(OwnerRequest::Note(Note::DeviceRevoked(agent()))).unwrap();
    assert!(house.hub.permits().is_empty());
    house.restart();
    assert!(house.hub.permits().is_empty());
    asks(&mut house, DeviceWish::Unlock);
    assert_eq!(house.count(Motion::Retract), 0);
}
