//! One delivery with the simulated house, and what people and doors do to it.

use doorward_api::entry::{Outcome, Reason, Stage};
use doorward_api::event::{Alarm, LogEvent};
use doorward_api::log::Finding;
use doorward_api::recording::RecordingState;
use doorward_tests::harness::{Blueprint, Filming, PATIENCE, Scene, tool};
use doorward_tests::house::door::{Leaf, LockFault, Turn, Visitor};
use doorward_tests::house::{Seen, Verdict};
use doorward_tests::journal::Place;

#[tokio::test]
async fn a_right_code_opens_the_door_once_and_the_door_ends_locked() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;

    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    let entry = scene.entry_closed(start).await?;
    assert_eq!(scene.owner.story(entry).await?.entry.outcome, Some(Outcome::Completed));

    let here = scene.listener.journal().end();
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Refused);
    assert_eq!(scene.refusal(here).await?, Reason::Spent);
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw]);
    assert_eq!(scene.owner.verify_log().await?.finding, Finding::Whole);
    scene.end(&[]).await
}

#[tokio::test]
async fn a_delivery_is_filmed_from_before_the_code_and_only_the_household_can_watch()
-> anyhow::Result<()> {
    let scene =
        Scene::build(Blueprint { filming: Filming::Required, ..Blueprint::default() }).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    let recording = scene
        .logged(start, "the closed recording", |event| {
            let LogEvent::RecordingClosed { recording } = event else { return None };
            Some(*recording)
        })
        .await?;

    let recordings = scene.owner.recordings().await?;
    let view = recordings.iter().find(|view| view.id == recording).expect("it is listed");
    assert_eq!(view.state, RecordingState::Closed);
    let story = scene.owner.story(view.entry.expect("an entry's recording")).await?;
    let typed_at = story.entry.opened_at;
    assert!(view.starts_at < Some(typed_at), "typed at {typed_at}, no pre-roll: {view:?}");

    let clip = scene.folder().join("clip.mp4");
    scene.owner.export(recording, &scene.recovery_sheet(), &clip).await?;
    let probe = ["-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0"];
    let path = clip.to_str().expect("a temporary folder has a plain name");
    let codecs = String::from_utf8(tool("ffprobe", probe.into_iter().chain([path])).await?)?;
    assert_eq!(codecs.trim(), "h264");
    scene.end(&[]).await
}

#[tokio::test]
async fn the_same_code_on_two_keypads_at_once_unlocks_once() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    for keypad in Scene::KEYPADS {
        scene.house.type_code(keypad, &code.digits);
    }
    let mut answers = vec![];
    let mut place = Place::default();
    while answers.len() < Scene::KEYPADS.len() {
        let journal = scene.house.journal();
        let (answer, next) = journal
            .wait(place, PATIENCE, "an answer", |sight| {
                let Seen::Answered { answer, .. } = &sight.what else { return None };
                Some(*answer == Verdict::Accepted)
            })
            .await?;
        answers.push(answer);
        place = next;
    }
    answers.sort_unstable();
    assert_eq!(answers, [false, true]);
    scene.stage(start, Stage::Secured).await?;
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw]);
    scene.end(&[]).await
}

#[tokio::test]
async fn a_door_that_nobody_opens_is_locked_again() -> anyhow::Result<()> {
    let blueprint = Blueprint {
        visitor: Visitor::Absent,
        policy: vec!["--relock-after", "5s"],
        ..Blueprint::default()
    };
    let scene = Scene::build(blueprint).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    let entry = scene.entry_closed(start).await?;
    assert_eq!(scene.owner.story(entry).await?.entry.outcome, Some(Outcome::NotEntered));
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw]);
    scene.end(&[]).await
}

#[tokio::test]
async fn the_bolt_is_never_thrown_on_an_open_door() -> anyhow::Result<()> {
    let blueprint = Blueprint { visitor: Visitor::Careless, ..Blueprint::default() };
    let scene = Scene::build(blueprint).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    scene.stage(start, Stage::Open).await?;

    // The owner's own wish to lock changes nothing while the door is open.
    let asked = scene.owner.run(["door", "lock", "front"]).await?;
    assert_eq!(scene.commands(), [Turn::Retract], "{asked:?}");

    scene.house.push(Leaf::Closed);
    scene.stage(start, Stage::Secured).await?;
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw]);
    assert!(!scene.saw(&Seen::ThrownOnOpenLeaf));
    scene.end(&[]).await
}

#[tokio::test]
async fn a_jammed_bolt_is_tried_again_and_then_alarms_and_is_never_called_locked()
-> anyhow::Result<()> {
    let scene =
        Scene::build(Blueprint { lock_fault: LockFault::Jammed, ..Blueprint::default() }).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    scene.alarm(start, Alarm::Jammed).await?;
    let throws = scene.commands().into_iter().filter(|turn| *turn == Turn::Throw).count();
    assert!((1..=3).contains(&throws), "one try and at most two more, not {throws}");
    assert!(!scene.stages().contains(&Stage::Secured));
    scene.end(&[]).await
}

#[tokio::test]
async fn a_bolt_that_sticks_once_ends_locked() -> anyhow::Result<()> {
    let scene =
        Scene::build(Blueprint { lock_fault: LockFault::Sticky, ..Blueprint::default() }).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    scene.stage(start, Stage::Secured).await?;
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw, Turn::Throw]);
    scene.end(&[]).await
}

#[tokio::test]
async fn a_silent_lock_leaves_the_door_unknown_and_is_not_asked_twice() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    scene.house.set_lock_fault(LockFault::Silent);
    scene.type_code(&code.digits).await?;
    scene.alarm(start, Alarm::LockSilent).await?;
    scene.stage(start, Stage::Unknown).await?;
    assert_eq!(scene.commands(), [Turn::Retract]);
    scene.end(&[]).await
}

#[tokio::test]
async fn a_visit_that_the_owner_stops_alarms_and_ends_locked() -> anyhow::Result<()> {
    let scene =
        Scene::build(Blueprint { visitor: Visitor::Careless, ..Blueprint::default() }).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    scene.type_code(&code.digits).await?;
    scene.stage(start, Stage::Open).await?;
    let entry = scene.owner.entries().await?.first().expect("there is one").id;
    scene.owner.ok(["entry", "block", &entry.to_string()]).await?;
    scene.alarm(start, Alarm::VisitStopped).await?;
    scene.house.push(Leaf::Closed);
    scene.stage(start, Stage::Secured).await?;
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw]);
    scene.end(&[]).await
}

#[tokio::test]
async fn a_door_with_approval_waits_for_the_owners_tap() -> anyhow::Result<()> {
    let scene =
        Scene::build(Blueprint { policy: vec!["--approval", "tap"], ..Blueprint::default() })
            .await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    scene.house.type_code(Scene::KEYPADS[0], &code.digits);
    let entry = scene
        .listener
        .journal()
        .wait(start, PATIENCE, "the question to the owner", |notice| {
            let doorward_api::notice::News::ApprovalWanted { entry, .. } = &notice.news else {
                return None;
            };
            Some(*entry)
        })
        .await?
        .0;
    assert_eq!(scene.commands(), []);
    scene.owner.ok(["entry", "approve", &entry.to_string()]).await?;
    scene.stage(start, Stage::Secured).await?;
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw]);
    scene.end(&[]).await
}
