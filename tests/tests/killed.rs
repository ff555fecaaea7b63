//! SIGKILL at random points of a delivery: no code opens twice, the door ends locked, the log is
//! whole. A few rounds here; `cargo xtask torture` makes it two hundred.

use std::time::Duration;

use doorward_api::entry::Stage;
use doorward_api::log::Finding;
use doorward_tests::harness::{Blueprint, Scene};
use doorward_tests::house::door::{Bolt, Turn};
use doorward_tests::house::{Seen, Verdict};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// From the typed code to the thrown bolt takes the brisk house about 250 ms.
const DELIVERY_MS: std::ops::Range<u64> = 0..350;

#[tokio::test]
async fn a_kill_at_any_point_of_a_delivery_breaks_no_promise() -> anyhow::Result<()> {
    let rounds = number("DOORWARD_TORTURE_ROUNDS").unwrap_or(6);
    let seed = number("DOORWARD_TORTURE_SEED").unwrap_or_else(|| rand::rng().random());
    let mut chance = StdRng::seed_from_u64(seed);
    for round in 1..=rounds {
        let point = Duration::from_millis(chance.random_range(DELIVERY_MS));
        let told = format!("round {round} of {rounds}, seed {seed}, killed after {point:?}");
        let opened =
            round_with_a_kill_after(point).await.map_err(|error| error.context(told.clone()))?;
        doorward_tests::console::say(&format!("{told}: {opened}"));
    }
    Ok(())
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
    let unlocked_before = unlocks(&scene);
    anyhow::ensure!(unlocked_before <= 1, "unlocked {unlocked_before} times before the crash");
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
    Ok(match (unlocked_before, again) {
        (0, Verdict::Accepted) => "not yet spent; opened afterwards",
        (0, Verdict::Refused) => "spent, never opened",
        _ => "opened before, never again",
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
