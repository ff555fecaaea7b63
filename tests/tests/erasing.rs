//! What the owner erases is gone, and the log still holds.

use doorward_api::code::CodeFilter;
use doorward_api::entry::Stage;
use doorward_api::event::LogEvent;
use doorward_api::log::Finding;
use doorward_api::recording::RecordingView;
use doorward_api::{Client, RecordingId};
use doorward_tests::harness::{Blueprint, Filming, Scene};
use doorward_tests::house::Verdict;
use doorward_tests::house::door::Visitor;

#[tokio::test]
async fn a_visit_is_erased_once_it_is_over_and_the_log_still_holds() -> anyhow::Result<()> {
    let blueprint = Blueprint { filming: Filming::Required, ..Blueprint::default() };
    let scene = Scene::build(blueprint).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    let recording = closed_recording(&scene, start).await?;
    let entry = scene.entry_closed(start).await?;
    let id = entry.to_string();
    let files = scene.owner.state().join("recordings").join(recording.to_string());
    assert!(files.exists());
    let told = scene.owner.ok(["entry", "show", &id]).await?;
    assert!(told.contains("Parcel Post"), "{told}");

    scene.owner.ok(["entry", "erase", &id]).await?;
    assert!(!files.exists());
    assert_eq!(scene.owner.recordings().await?, []);
    let gone = scene.owner.run(["entry", "show", &id]).await?;
    assert_eq!(gone.code, Some(1), "{gone:?}");
    let codes = scene.owner.ok(["delivery", "list"]).await?;
    assert!(!codes.contains("Parcel Post"), "{codes}");
    let verified = scene.owner.verify_log().await?;
    assert_eq!(verified.finding, Finding::Whole);
    assert!(verified.erased > 0, "{verified:?}");
    scene.logged(start, "the erasure", |event| erasure(event, entry)).await?;
    scene.end(&[]).await
}

/// A visitor has left the door open, and is filmed.
async fn door_left_open() -> anyhow::Result<(Scene, RecordingView)> {
    let blueprint = Blueprint {
        filming: Filming::Required,
        visitor: Visitor::Careless,
        ..Blueprint::default()
    };
    let scene = Scene::build(blueprint).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    scene.stage(start, Stage::Open).await?;
    let recording = scene.owner.recordings().await?.remove(0);
    Ok((scene, recording))
}

#[tokio::test]
async fn what_is_still_filmed_is_not_erased() -> anyhow::Result<()> {
    let (scene, recording) = door_left_open().await?;
    let refused = scene.owner.run(["recording", "erase", &recording.id.to_string()]).await?;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("still being filmed"), "{refused:?}");
    let entry = recording.entry.expect("an entry's recording").to_string();
    let refused = scene.owner.run(["entry", "erase", &entry]).await?;
    assert!(refused.stderr.contains("still in progress"), "{refused:?}");
    scene.end(&[]).await
}

#[tokio::test]
async fn a_recording_that_a_crash_cut_short_is_closed_at_the_next_start() -> anyhow::Result<()> {
    let (scene, first) = door_left_open().await?;
    let scene = scene.crash_and_return().await?;
    let erased = scene.owner.ok(["recording", "erase", &first.id.to_string()]).await?;
    assert!(erased.contains("is erased"), "{erased}");
    let story = scene.owner.story(first.entry.expect("an entry's recording")).await?;
    assert!(story.recordings.iter().all(|recording| recording.id != first.id));
    scene.end(&[]).await
}

#[tokio::test]
async fn notes_about_a_code_go_and_the_code_stays() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    scene.owner.expect_delivery("front").await?;
    let client = Client::connect(scene.owner.state().join("doorward.sock")).await?;
    let id = client.codes(&CodeFilter { kind: None }).await?.remove(0).id.to_string();
    scene.owner.ok(["code", "erase", &id]).await?;
    let codes = scene.owner.ok(["code", "list"]).await?;
    assert!(codes.contains("live") && !codes.contains("Parcel Post"), "{codes}");
    assert_eq!(scene.owner.verify_log().await?.finding, Finding::Whole);
    scene.end(&[]).await
}

async fn closed_recording(
    scene: &Scene,
    start: doorward_tests::journal::Place,
) -> anyhow::Result<RecordingId> {
    scene
        .logged(start, "the closed recording", |event| {
            let LogEvent::RecordingClosed { recording } = event else { return None };
            Some(*recording)
        })
        .await
}

fn erasure(event: &LogEvent, erased: doorward_api::EntryId) -> Option<()> {
    let LogEvent::EntryErased { entry } = event else { return None };
    (*entry == erased).then_some(())
}
