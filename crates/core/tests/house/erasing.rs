//! Erasing what is known of people, and how long a visit is filmed.

use doorward_core::batch::Change;
use doorward_core::device::Motion;
use doorward_core::door::{Bolt, Contact};
use doorward_core::entry::Stage;
use doorward_core::event::{Alarm, LogEvent};
use doorward_core::ids::{CodeId, EntryId, RecordingId};
use doorward_core::io::{CameraFault, Effect, Input, OwnerRequest, Refusal, Reply};

use crate::house::{Commits, Filming, House, seconds};

/// How long a visit is filmed while nothing moves.
const LONG: u64 = 3600;

fn ended_visit(house: &mut House) -> (EntryId, RecordingId) {
    let entry = house.door_is_relocking();
    let recording = house.recording();
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));
    assert!(house.outcome(entry).is_some());
    (entry, recording)
}

fn refused(house: &mut House, wish: OwnerRequest) -> Refusal {
    match house.ask(wish) {
        Err(refusal) => refusal,
        Ok(_) => panic!("it was not refused"),
    }
}

fn changed(house: &House, change: &Change) -> bool {
    house.effects.iter().any(|effect| match effect {
        Effect::Commit(batch) => batch.changes.contains(change),
        Effect::Order(..)
        | Effect::Film { .. }
        | Effect::StopFilming(_)
        | Effect::Notify(_)
        | Effect::Reply(..) => false,
    })
}

fn filmed(house: &House) -> Vec<RecordingId> {
    let mut filmed = Vec::new();
    for effect in &house.effects {
        if let Effect::Film { recording, .. } = effect {
            filmed.push(*recording);
        }
    }
    filmed
}

fn stopped(house: &House) -> Vec<RecordingId> {
    let mut stopped = Vec::new();
    for effect in &house.effects {
        if let Effect::StopFilming(recording) = effect {
            stopped.push(*recording);
        }
    }
    stopped
}

#[test]
fn a_recording_is_erased_only_once_its_last_segment_is_on_the_disk() {
    let mut house = House::new();
    let (_, recording) = ended_visit(&mut house);
    let wish = || OwnerRequest::EraseRecording(recording);
    assert_eq!(refused(&mut house, wish()), Refusal::StillFilming);
    assert!(!changed(&house, &Change::RecordingErased(recording)));
    house.feed(Input::RecordingClosed(recording));
    assert!(matches!(house.ask(wish()), Ok(Reply::Done)));
    assert!(changed(&house, &Change::RecordingErased(recording)));
    assert!(house.disk.events().any(|event| *event == LogEvent::RecordingErased { recording }));
}

#[test]
fn an_erasure_is_answered_once_it_is_on_the_disk() {
    let mut house = House::new();
    let (_, recording) = ended_visit(&mut house);
    house.feed(Input::RecordingClosed(recording));
    house.commits = Commits::Held;
    let request = house.tell(OwnerRequest::EraseRecording(recording));
    assert!(house.reply_to(request).is_none());
    house.write_held();
    assert!(matches!(house.reply_to(request), Some(Ok(Reply::Done))));
}

#[test]
fn an_entry_is_erased_only_once_it_and_its_recordings_are_over() {
    let mut house = House::new();
    let entry = house.door_is_relocking();
    let recording = house.recording();
    let wish = || OwnerRequest::EraseEntry(entry);
    assert_eq!(refused(&mut house, wish()), Refusal::StillInProgress);
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));
    assert_eq!(refused(&mut house, wish()), Refusal::StillFilming);
    house.feed(Input::RecordingClosed(recording));
    assert!(matches!(house.ask(wish()), Ok(Reply::Done)));
    assert!(changed(&house, &Change::EntryErased(entry)));
    assert!(house.disk.events().any(|event| *event == LogEvent::EntryErased { entry }));
}

#[test]
fn what_was_written_about_a_code_is_erased_with_a_leaf() {
    let mut house = House::new();
    let code = CodeId(1);
    assert!(matches!(house.ask(OwnerRequest::EraseCodeNotes(code)), Ok(Reply::Done)));
    assert!(changed(&house, &Change::CodeNotesErased(code)));
    assert!(house.disk.events().any(|event| *event == LogEvent::CodeNotesErased { code }));
}

#[test]
fn a_recording_that_never_began_keeps_nothing_from_being_erased() {
    let mut house = House::new();
    house.filming = Filming::Faulty(CameraFault::Unavailable);
    let (_, digits) = house.delivery();
    house.type_code(&digits);
    let recording = filmed(&house)[0];
    house.feed(Input::RecordingClosed(recording));
    assert!(matches!(house.ask(OwnerRequest::EraseRecording(recording)), Ok(Reply::Done)));
}

#[test]
fn a_stuck_bolt_is_filmed_for_an_hour_and_again_when_something_moves() {
    let mut house = House::new();
    let entry = house.door_is_relocking();
    let first = house.recording();
    (0..3).for_each(|_| house.lock_says(Bolt::Jammed));
    assert_eq!(house.stage(), Some(Stage::Jammed));
    assert_eq!(house.alarms(), [Alarm::Jammed]);
    house.wait(seconds(LONG));
    assert_eq!(stopped(&house), [first]);
    let door = house.door;
    let rested = LogEvent::FilmingRested { entry, door, recording: first };
    assert!(house.disk.events().any(|event| *event == rested));
    assert_eq!(house.stage(), Some(Stage::Jammed), "the visit goes on");
    house.wait(seconds(10 * LONG));
    assert_eq!(filmed(&house), [first]);

    house.contact_says(Contact::Open);
    let second = house.recording();
    assert_eq!(filmed(&house), [first, second]);
    assert_ne!(first, second);
    house.contact_says(Contact::Closed);
    house.lock_says(Bolt::Thrown);
    house.wait(seconds(10));
    assert_eq!(stopped(&house), [first, second]);
    assert!(house.outcome(entry).is_some());
    assert_eq!(house.count(Motion::Retract), 1);
}

#[test]
fn a_camera_that_rests_leaves_no_gap() {
    let mut house = House::new();
    house.door_is_open();
    house.wait(seconds(LONG));
    house.forget();
    house.feed(Input::CameraLost(doorward_core::ids::CameraName::parse("porch-cam").unwrap()));
    assert_eq!(house.alarms(), []);
}

#[test]
fn an_unknown_bolt_is_filmed_for_an_hour() {
    let mut house = House::new();
    house.courier_is_let_in();
    house.wait(seconds(10));
    assert_eq!(house.stage(), Some(Stage::Unknown));
    house.wait(seconds(LONG));
    assert_eq!(stopped(&house).len(), 1);
}
