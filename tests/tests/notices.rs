//! Notices for devices, heard by a real MQTT client: who may hear them, what they say, and that
//! nothing old is told as if it were new.

use std::time::Duration;

use anyhow::Context as _;
use doorward_tests::harness::{Blueprint, Mosquitto, Scene, Subscription};
use doorward_tests::house::Verdict;
use doorward_tests::journal::Place;
use serde_json::Value;

const NOTICES: &str = "doorward/herald/notices";

#[tokio::test]
async fn a_device_hears_of_arrivals_rings_and_alarms_if_the_owner_lets_it() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let herald = herald(&scene).await?;
    assert!(is_refused(&herald.subscribe(NOTICES).await?), "it is off until the owner says so");
    scene.owner.ok(["device", "allow", "herald", "--notices"]).await?;
    let grants = scene.owner.ok(["device", "grants", "herald"]).await?;
    assert!(grants.contains(NOTICES), "{grants}");

    let heard = herald.subscribe(NOTICES).await?;
    assert!(!is_refused(&heard));
    scene.house.ring(Scene::KEYPADS[0]);
    let bell: Value = serde_json::from_str(&heard.wait(heard.end(), NOTICES, "bell").await?)?;
    assert_eq!(bell["door"], "front");
    assert!(bell["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{bell}");

    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    let arrived = heard.wait(Place::default(), NOTICES, "arrived").await?;
    let arrived: Value = serde_json::from_str(&arrived)?;
    assert_eq!((&arrived["news"], &arrived["door"]), (&"arrived".into(), &"front".into()));
    scene.entry_closed(start).await?;
    let all = heard.all().join("\n");
    for secret in [code.digits.as_str(), &code.digits.replace(' ', ""), "Parcel Post"] {
        assert!(!all.contains(secret), "{all}");
    }
    let log = scene.owner.ok(["log", "list", "--all"]).await?;
    assert!(log.contains("device herald is sent the notices"), "{log}");
    scene.end(&[]).await
}

#[tokio::test]
async fn what_a_device_was_not_there_for_it_is_never_told() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let herald = herald(&scene).await?;
    scene.owner.ok(["device", "allow", "herald", "--notices"]).await?;
    let there = herald.subscribe(NOTICES).await?;
    scene.house.ring(Scene::KEYPADS[0]);
    there.wait(Place::default(), NOTICES, "bell").await?;
    let later = herald.subscribe(NOTICES).await?;
    later.nothing(Place::default(), Duration::from_millis(500), NOTICES, "").await?;

    let here = there.end();
    scene.owner.ok(["device", "disallow", "herald", "--notices"]).await?;
    scene.house.ring(Scene::KEYPADS[1]);
    there.nothing(here, Duration::from_millis(500), NOTICES, "").await?;
    assert_eq!(scene.owner.run(["device", "disallow", "herald", "--notices"]).await?.code, Some(1));

    scene.owner.ok(["device", "allow", "herald", "--notices"]).await?;
    scene.owner.ok(["device", "revoke", "herald"]).await?;
    let again = scene.folder().join("again");
    let again = scene.owner.enrol("herald", "other", "native", &again).await?;
    let heir = Mosquitto::new(scene.daemon.mqtt(), again).subscribe(NOTICES).await?;
    assert!(is_refused(&heir), "another device of the name inherits nothing");
    scene.end(&[]).await
}

#[tokio::test]
async fn what_stands_at_a_door_and_what_has_no_tls_hear_nothing() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let plug = ["device", "enrol", "plug", "--kind", "other", "--dialect", "tasmota", "--plain"];
    scene.owner.ok(plug).await?;
    for (device, why) in [(Scene::KEYPADS[0], "at a door"), ("plug", "no TLS")] {
        let outcome = scene.owner.run(["device", "allow", device, "--notices"]).await?;
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(outcome.stderr.contains(why), "{outcome:?}");
    }
    scene.end(&[]).await
}

async fn herald(scene: &Scene) -> anyhow::Result<Mosquitto> {
    let files = scene.owner.enrol("herald", "other", "native", scene.folder()).await;
    Ok(Mosquitto::new(scene.daemon.mqtt(), files.context("enrolling what hears")?))
}

/// A broker answers a subscription that it does not grant with 0x80.
fn is_refused(subscription: &Subscription) -> bool {
    let lines = subscription.all();
    lines.iter().any(|line| line.starts_with("Subscribed (mid") && line.ends_with(": 128"))
}
