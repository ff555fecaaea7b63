//! SIGKILL at random points of a delivery: no code opens twice, the door ends locked, the log is
//! whole. A few rounds here; `cargo xtask torture` makes it two hundred.

use std::path::{Path, PathBuf};
use std::time::Duration;

use doorward_api::entry::Stage;
use doorward_api::event::LogEvent;
use doorward_api::log::Finding;
use doorward_api::{Client, RecordingId};
use doorward_tests::harness::{Blueprint, Filming, Scene};
use doorward_tests::house::door::{Bolt, Leaf, Turn, Visitor};
use doorward_tests::house::{Seen, Verdict};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// From the typed code to the thrown bolt takes the brisk house about 250 ms; what must not be torn
/// apart happens in the first few. Points are drawn evenly over orders of magnitude.
const POINTS_US: std::ops::Range<f64> = 100.0..400_000.0;

#[tokio::test]
async fn a_kill_at_any_point_of_a_delivery_breaks_no_promise() -> anyhow::Result<()> {
    let rounds = number("DOORWARD_TORTURE_ROUNDS").unwrap_or(6);
    let seed = number("DOORWARD_TORTURE_SEED").unwrap_or_else(|| rand::rng().random());
    let mut chance = StdRng::seed_from_u64(seed);
    for round in 1..=rounds {
        let point = point(&mut chance);
        let told = format!("round {round} of {rounds}, seed {seed}, killed after {point:?}");
        let opened =
            round_with_a_kill_after(point).await.map_err(|error| error.context(told.clone()))?;
        doorward_tests::console::say(&format!("{told}: {opened}"));
    }
    Ok(())
}

#[tokio::test]
async fn a_kill_while_filming_loses_no_sealed_segment_and_the_entry_is_taken_up()
-> anyhow::Result<()> {
    let mut scene = Scene::build(Blueprint {
        filming: Filming::Required,
        visitor: Visitor::Careless,
        ..Blueprint::default()
    })
    .await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    scene.type_code(&code.digits).await?;
    let entry = scene.stage(start, Stage::Open).await?;
    let sealed = scene
        .logged(start, "a second sealed segment", |event| {
            let LogEvent::SegmentSealed { recording, sequence, .. } = event else { return None };
            (*sequence >= 2).then_some(*recording)
        })
        .await?;

    scene = scene.crash_and_return().await?;
    let here = scene.listener.journal().end();
    let client = Client::connect(scene.owner.state().join("doorward.sock")).await?;
    let listed = client.recording(sealed).await?;
    let on_disk = sealed_files(scene.owner.state(), sealed)?;
    assert!(on_disk.len() >= 2, "{on_disk:?}");
    assert_eq!(listed.segments.len(), on_disk.len(), "{on_disk:?}");

    scene.house.push(Leaf::Closed);
    assert_eq!(scene.stage(here, Stage::Secured).await?, entry);
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw]);
    let clip = scene.folder().join("clip.mp4");
    scene.owner.export(sealed, &scene.recovery_sheet(), &clip).await?;
    assert_eq!(scene.owner.verify_log().await?.finding, Finding::Whole);
    scene.end(&[]).await
}

/// The segments of a recording that are on the disk under their final names.
fn sealed_files(state: &Path, recording: RecordingId) -> anyhow::Result<Vec<PathBuf>> {
    let folder = state.join("recordings").join(recording.to_string());
    let files = std::fs::read_dir(folder)?.map(|file| Ok(file?.path()));
    let files: Vec<PathBuf> = files.collect::<std::io::Result<_>>()?;
    Ok(files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "age")).collect())
}

fn point(chance: &mut StdRng) -> Duration {
    let (first, last) = (POINTS_US.start.ln(), POINTS_US.end.ln());
    Duration::from_secs_f64(chance.random_range(first..last).exp() / 1e6)
}

/// One fresh hub, one code, one kill.
async fn round_with_a_kill_after(point: Duration) -> anyhow::Result<&'static str> {
    let mut scene = Scene::build(Blueprint::default()).await?;
    let code = scene.owner.expect_delivery("front").await?;
    scene.house.type_code(Scene::KEYPADS[0], &code.digits);
    // Nothing but the kill ends a hub: if it dies by itself before, that is a finding.
    if let Ok(death) = tokio::time::timeout(point, scene.daemon.ended()).await {
        anyhow::bail!("the hub died by itself: {death:?}");
    }
    scene = scene.crash_and_return().await?;
    ends_locked(&scene).await?;

    // The code again: it opens if and only if it had not been spent.
    let here = scene.listener.journal().end();
    let again = scene.type_code(&code.digits).await?;
    if again == Verdict::Accepted {
        scene.stage(here, Stage::Secured).await?;
    }
    let unlocks = unlocks(&scene);
    anyhow::ensure!(unlocks <= 1, "one code unlocked {unlocks} times");
    anyhow::ensure!(!scene.saw(&Seen::ThrownOnOpenLeaf), "thrown on an open door");
    ends_locked(&scene).await?;
    anyhow::ensure!(scene.owner.verify_log().await?.finding == Finding::Whole, "the log is broken");
    scene.end(&[]).await?;
    Ok(match (unlocks, again) {
        (0, _) => "spent, never opened",
        (_, Verdict::Accepted) => "not yet spent; opened afterwards",
        (_, Verdict::Refused) => "opened once, never again",
    })
}

/// The door comes to rest closed and locked, and the hub says so.
async fn ends_locked(scene: &Scene) -> anyhow::Result<()> {
    scene
        .status_becomes("a door at rest", |house| {
            house.doors.iter().all(|door| {
                let rests = door.entry.is_none_or(|entry| entry.stage == Stage::Secured);
                rests && door.lock.bolt == doorward_api::door::Bolt::Thrown
            })
        })
        .await?;
    let thrown = Seen::Bolt { bolt: Bolt::Thrown };
    let moved = |seen: &Seen| matches!(seen, Seen::Bolt { .. });
    let seen = scene.house.journal().all();
    let last = seen.iter().rev().find(|sight| moved(&sight.what));
    anyhow::ensure!(
        last.is_none_or(|sight| sight.what == thrown),
        "the hub says locked, the bolt says {last:?}"
    );
    Ok(())
}

fn unlocks(scene: &Scene) -> usize {
    scene.commands().into_iter().filter(|turn| *turn == Turn::Retract).count()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
