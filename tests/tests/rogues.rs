//! Everybody who wishes the house ill, at once, and a delivery that runs to its end among them.

use anyhow::{Context as _, ensure};
use doorward_api::entry::{Outcome, Stage};
use doorward_tests::harness::{
    AgedHub, Blueprint, Daemon, Doorward, Fittings, Scene, free_address,
};
use doorward_tests::house::{Enrolled, Verdict};
use doorward_tests::mqtt::{Papers, turned_away};
use doorward_tests::rogues::{Crowd, Flood, Targets, refusals};

/// The flood that a home's broker must bear from one device.
const FLOOD_PER_SECOND: u32 = 10_000;

#[tokio::test]
async fn a_delivery_runs_to_its_end_among_rogues() -> anyhow::Result<()> {
    let past = tempfile::tempdir()?;
    let bygone = [("bygone-lock", "lock", "native")];
    let AgedHub { owner, devices: expired, .. } = AgedHub::make(past.path(), 900, &bygone).await?;
    let expired = expired.first().context("no device was enrolled")?;
    let scene = Scene::build_upon(past, owner, Blueprint::default()).await?;
    // The hub's last run was years ago, so it asks whether the time is right.
    scene.owner.ok(["clock", "confirm"]).await?;
    let rogue = rogue_at(&scene, "rogue-lock", "back").await?;
    let flooding = rogue_at(&scene, "mad-lock", "shed").await?;
    let revoked = rogue_at(&scene, "old-friend", "cellar").await?;
    scene.owner.ok(["device", "revoke", "old-friend"]).await?;
    let stranger = stranger().await?;

    let hub = scene.daemon.mqtt();
    let flood = Flood {
        device: &flooding,
        topic: "doorward/mad-lock/lock/state",
        per_second: FLOOD_PER_SECOND,
    };
    let crowd = Crowd::gather(hub, flood).await?;
    let targets = Targets { hub, rogue: &rogue, lock: "front-lock" };
    let attacks = async {
        let tried = refusals(targets).await?;
        for (who, papers) in [
            ("nobody", Papers::Nothing),
            ("another hub's device", Papers::Of(&stranger.1)),
            ("somebody whose time is over", Papers::Of(expired)),
            ("somebody whose leave was taken back", Papers::Of(&revoked)),
        ] {
            turned_away(hub, papers).await.context(who)?;
        }
        anyhow::Ok(tried)
    };
    let (tried, delivered) = tokio::join!(attacks, deliver(&scene));
    ensure!(tried? > 30, "where are the attempts?");
    delivered?;
    // And once more when all of them have done their worst.
    deliver(&scene).await?;

    ensure!(crowd.flooded() > 0, "nobody flooded");
    let refused = |house: &doorward_api::status::HouseStatus| house.rejected.not_granted >= 10;
    scene.status_becomes("the count of trespasses", refused).await?;
    drop(crowd);
    let commands = scene.commands();
    ensure!(commands.len() == 4, "two deliveries unlock and lock, and nobody else: {commands:?}");
    scene.owner.verify_log().await?;
    scene.end(&[]).await
}

/// One delivery, from the typed code to the closed entry.
async fn deliver(scene: &Scene) -> anyhow::Result<()> {
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    ensure!(scene.type_code(&code.digits).await? == Verdict::Accepted, "the code was refused");
    scene.stage(start, Stage::Secured).await?;
    let entries = scene.owner.entries().await?;
    let newest = entries.first().context("no entry")?;
    let over = newest.outcome.as_ref().is_none_or(|outcome| *outcome == Outcome::Completed);
    ensure!(over, "{newest:?}");
    Ok(())
}

/// A lock with a door of its own, played by somebody with a grudge.
async fn rogue_at(scene: &Scene, lock: &str, door: &str) -> anyhow::Result<Enrolled> {
    let enrolled = scene.owner.enrol(lock, "lock", "native", scene.folder()).await?;
    scene.owner.add_door(door, Fittings { lock, ..Fittings::default() }).await?;
    Ok(enrolled)
}

/// A device of the hub next door.
async fn stranger() -> anyhow::Result<(tempfile::TempDir, Enrolled)> {
    let folder = tempfile::tempdir()?;
    let owner = Doorward::new(&folder.path().join("state"))?;
    owner.init(&folder.path().join("recovery.txt")).await?;
    let daemon = Daemon::start(&owner, free_address()?).await?;
    let enrolled = owner.enrol("front-lock", "lock", "native", folder.path()).await?;
    daemon.stop(&[]).await?;
    Ok((folder, enrolled))
}
