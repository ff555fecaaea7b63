//! Messages that nobody should send: refused, counted, and nothing is lost.

use doorward_api::entry::Stage;
use doorward_tests::harness::{Blueprint, Fittings, Keep, Mosquitto, Scene};
use doorward_tests::house::Verdict;

#[tokio::test]
async fn garbage_is_counted_and_the_next_delivery_works() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let rogue = rogue(&scene).await?;
    let garbage: [&[u8]; 7] = [
        b" ",
        b"{",
        b"\xff\xfe\x00not utf-8",
        br#"{"bolt":7,"seq":"one"}"#,
        br#"{"bolt":"ajar","seq":1}"#,
        br#"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["#,
        br#"{"bolt":"retracted","seq":-1}"#,
    ];
    let before = malformed(&scene).await?;
    for payload in garbage {
        rogue.publish("doorward/rogue-lock/lock/state", Keep::Passing, payload).await?;
    }
    let counted = u64::try_from(garbage.len())?;
    scene
        .status_becomes("the count of garbage", |house| {
            house.rejected.malformed >= before + counted
        })
        .await?;
    delivers(&scene).await?;
    scene.end(&[]).await
}

#[tokio::test]
async fn a_huge_message_is_refused_and_the_next_delivery_works() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let rogue = rogue(&scene).await?;
    let huge = vec![b'x'; 3 << 20];
    // Whether the client sees an error or a cut connection is its own affair.
    drop(rogue.publish("doorward/rogue-lock/lock/state", Keep::Passing, &huge).await);
    delivers(&scene).await?;
    scene.end(&[]).await
}

#[tokio::test]
async fn a_device_cannot_speak_for_another() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let rogue = rogue(&scene).await?;
    for topic in ["doorward/front-lock/lock/state", "doorward/front-lock/lock/set"] {
        let payload = br#"{"bolt":"retract","id":"x","expires":"2099-01-01T00:00:00Z"}"#;
        drop(rogue.publish(topic, Keep::Passing, payload).await);
    }
    scene
        .status_becomes("the count of trespasses", |house| house.rejected.not_granted >= 2)
        .await?;
    assert_eq!(scene.commands(), []);
    delivers(&scene).await?;
    scene.end(&[]).await
}

#[tokio::test]
async fn a_revoked_device_is_cut_off() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let rogue = rogue(&scene).await?;
    rogue.publish("doorward/rogue-lock/status", Keep::Retained, b"online").await?;
    scene.owner.ok(["device", "revoke", "rogue-lock"]).await?;
    let after = rogue.publish("doorward/rogue-lock/status", Keep::Retained, b"online").await;
    assert!(after.is_err(), "a revoked certificate still works");
    scene.end(&[]).await
}

/// A second lock, at a door of its own, played by somebody with a grudge.
async fn rogue(scene: &Scene) -> anyhow::Result<Mosquitto> {
    let enrolled = scene.owner.enrol("rogue-lock", "lock", "native", scene.folder()).await?;
    scene.owner.add_door("back", Fittings { lock: "rogue-lock", ..Fittings::default() }).await?;
    Ok(Mosquitto::new(scene.daemon.mqtt(), enrolled))
}

async fn malformed(scene: &Scene) -> anyhow::Result<u64> {
    Ok(scene.owner.status().await?.house.map_or(0, |house| house.rejected.malformed))
}

async fn delivers(scene: &Scene) -> anyhow::Result<()> {
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    scene.stage(start, Stage::Secured).await?;
    Ok(())
}
