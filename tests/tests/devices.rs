//! Devices over their lives: enrolled with keys of their own, discovered, told of when they try
//! what they may not, announced when their certificates end, revoked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use doorward_api::device::Part;
use doorward_api::event::{Attempt, LogEvent, Victim};
use doorward_api::notice::News;
use doorward_tests::harness::{
    AgedHub, Blueprint, Daemon, Doorward, Keep, Listener, Mosquitto, PATIENCE, Scene,
};
use doorward_tests::house::{Enrolled, connect};
use rumqttc::{Event, EventLoop, Incoming};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::{Instant, interval, timeout};

#[tokio::test]
async fn a_device_that_tries_anothers_topics_is_told_of_once_with_the_door() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let camera = scene.owner.enrol("porch-cam", "contact", "native", scene.folder()).await?;
    let camera = Mosquitto::new(scene.daemon.mqtt(), camera);
    let start = scene.listener.journal().end();
    let unlock = br#"{"bolt":"retract","id":"x","expires":"2099-01-01T00:00:00Z"}"#;
    for _ in 0..3 {
        drop(camera.publish("doorward/front-lock/lock/set", Keep::Passing, unlock).await);
    }
    drop(camera.publish("homeassistant/lock/x/config", Keep::Retained, b"{}").await);
    let victim = Victim::Part { door: "front".into(), part: Part::Lock };
    let told = scene.logged(start, "the trespass in the log", |event| {
        let LogEvent::Trespass { device, attempt, victim, untold: 0 } = event else { return None };
        Some((device.to_string(), *attempt, victim.clone()))
    });
    assert_eq!(told.await?, ("porch-cam".to_owned(), Attempt::Publish, victim.clone()));
    let noticed = scene.listener.journal().wait(start, PATIENCE, "the notice", |notice| {
        let News::Trespass { device, victim: aim, .. } = &notice.news else { return None };
        (device.as_str() == "porch-cam" && *aim == victim).then_some(())
    });
    noticed.await?;
    scene
        .status_becomes("four tries", |house| {
            house.trespassers.iter().any(|one| one.device.as_str() == "porch-cam" && one.count == 4)
        })
        .await?;
    let lines = scene.owner.ok(["log", "list"]).await?;
    let said = "ALARM: porch-cam tried to publish to the lock of front";
    assert_eq!(lines.matches(said).count(), 1, "{lines}");
    assert_eq!(lines.matches("ALARM: porch-cam").count(), 1, "{lines}");
    let doctor = scene.owner.run(["doctor"]).await?.stdout;
    assert!(doctor.contains("grants of porch-cam") && doctor.contains("4 times"), "{doctor}");
    assert_eq!(scene.commands(), []);
    scene.end(&[]).await
}

#[tokio::test]
async fn what_hangs_behind_a_bridge_is_discovered_and_doors_are_warned() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let bridge = scene.owner.enrol("z2m", "bridge", "zigbee2mqtt", scene.folder()).await?;
    let bridge = Mosquitto::new(scene.daemon.mqtt(), bridge);
    assert_eq!(scene.owner.json(["device", "list", "--discovered"]).await?, json!([]));
    let state = json!({ "type": "binary", "name": "state" });
    let lock = json!([{ "type": "lock", "features": [state] }, { "name": "pin_code" }]);
    let contact = json!([{ "type": "binary", "name": "contact" }]);
    let devices = json!([
        { "friendly_name": "Coordinator", "type": "Coordinator", "definition": null },
        { "friendly_name": "Back door", "definition": {
            "vendor": "Yale", "model": "YRD426NRSC", "description": "Assure lock", "exposes": lock } },
        { "friendly_name": "Back contact", "definition": {
            "vendor": "Aqara", "model": "MCCGQ11LM", "exposes": contact } },
    ]);
    bridge
        .publish("zigbee2mqtt/bridge/devices", Keep::Retained, devices.to_string().as_bytes())
        .await?;
    let found = becomes(&scene.owner, &["device", "list", "--discovered"], |found| {
        found.as_array().is_some_and(|all| all.len() == 3)
    });
    let found = found.await?;
    let found = found.as_array().context("a list")?;
    let lock = found.iter().find(|one| one["name"] == "z2m/Back door").context("the lock")?;
    assert_eq!(lock["can_be"], json!(["lock"]));
    assert_eq!(lock["abilities"], json!(["bolt", "pins"]));
    let text = scene.owner.ok(["device", "list", "--discovered"]).await?;
    assert!(text.contains("Yale YRD426NRSC") && !text.contains("Coordinator"), "{text}");

    let door = ["door", "add", "back", "--lock", "z2m/Back door", "--contact"];
    let good = scene.owner.json(door.into_iter().chain(["z2m/Back contact"])).await?;
    assert_eq!(good["doubts"], json!([]), "{good}");
    let odd = ["door", "add", "side", "--lock", "z2m/Coordinator", "--keypad", "z2m/Nobody"];
    let odd = scene.owner.json(odd).await?;
    let why: Vec<_> = odd["doubts"].as_array().context("doubts")?.iter().collect();
    assert_eq!(why.len(), 2, "{odd}");
    assert_eq!((&why[0]["why"], &why[0]["can_be"]), (&json!("cannot_be"), &json!([])));
    assert_eq!(why[1]["why"], "unknown_to_bridge");

    scene.owner.enrol("spare-pad", "keypad", "native", scene.folder()).await?;
    let odd = ["door", "add", "shed", "--lock", "spare-pad"];
    let said = scene.owner.ok(odd).await?;
    let warning = "warning: spare-pad is used as a lock and was enrolled as a keypad";
    assert!(said.contains(warning), "{said}");
    scene.end(&[]).await
}

#[tokio::test]
async fn a_device_that_makes_its_own_key_is_let_in_and_its_key_never_comes_back()
-> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let folder = scene.folder().join("own-lock");
    let request = request(scene.folder()).await?;
    let (out, csr) = (path(&folder)?, path(&request)?);
    let enrol = ["device", "enrol", "own-lock", "--kind", "lock", "--out", out, "--csr", csr];
    scene.owner.ok(enrol).await?;
    ensure!(!folder.join("client.key").exists(), "the hub wrote a key");
    std::fs::copy(scene.folder().join("own.key"), folder.join("client.key"))?;
    let lock = Mosquitto::new(
        scene.daemon.mqtt(),
        Enrolled { name: "own-lock".to_owned(), folder: folder.clone() },
    );
    lock.publish("doorward/own-lock/status", Keep::Retained, b"online").await?;
    let elsewhere = lock.publish("doorward/front-lock/status", Keep::Retained, b"offline").await;
    ensure!(elsewhere.is_err(), "it speaks for another");

    let again = scene.folder().join("again");
    let enrol =
        ["device", "enrol", "other", "--kind", "lock", "--out", path(&again)?, "--csr", csr];
    let refused = scene.owner.run(enrol).await?;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("this key is enrolled as own-lock"), "{}", refused.stderr);
    scene.owner.ok(["device", "revoke", "own-lock"]).await?;
    ensure!(lock.publish("doorward/own-lock/status", Keep::Retained, b"online").await.is_err());
    let refused = scene.owner.run(enrol).await?;
    assert!(refused.stderr.contains("this key was revoked as own-lock"), "{}", refused.stderr);
    scene.end(&[]).await
}

#[tokio::test]
async fn revoking_cuts_a_live_connection_within_a_second_and_holds_after_a_crash()
-> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let (hub, folder) = (scene.daemon.mqtt(), scene.folder());
    let revoked = scene.owner.enrol("old-lock", "lock", "native", folder).await?;
    let kept = scene.owner.enrol("new-lock", "lock", "native", folder).await?;
    let (_client, mut old) = connect(hub, &revoked)?;
    let (_other, mut new) = connect(hub, &kept)?;
    ensure!(meets(&mut old).await? && meets(&mut new).await?, "a device was not let in");
    let cut = tokio::spawn(async move {
        while old.poll().await.is_ok() {}
        Instant::now()
    });
    let asked = Instant::now();
    scene.owner.ok(["device", "revoke", "old-lock"]).await?;
    let cut = timeout(PATIENCE, cut).await.context("the connection lives on")??;
    // From the wish on, with the whole start of a process and the disk in between.
    let took = cut.duration_since(asked);
    ensure!(took < Duration::from_secs(1), "cut after {took:?}");

    let scene = scene.crash_and_return().await?;
    let (_client, mut old) = connect(hub, &revoked)?;
    ensure!(!meets(&mut old).await?, "a revoked device was let in");
    let (_client, mut new) = connect(hub, &kept)?;
    ensure!(meets(&mut new).await?, "a good device was not let in");
    scene.end(&[]).await
}

#[tokio::test]
async fn a_certificate_that_ends_soon_is_announced_once_a_day_and_by_the_doctor()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let wanted = [("old-lock", "lock", "native")];
    let AgedHub { owner, mqtt, .. } = AgedHub::make(folder.path(), 800, &wanted).await?;
    let daemon = Daemon::start(&owner, mqtt).await?;
    owner.enrol("new-lock", "lock", "native", folder.path()).await?;
    let listener = Listener::start(owner.state()).await?;
    let heard = |span| {
        let journal = listener.journal().clone();
        async move {
            let ends = journal.wait(Default::default(), span, "the announcement", |notice| {
                let News::CertificateEnds { device, .. } = &notice.news else { return None };
                Some(device.to_string())
            });
            ends.await.map(|(device, _)| device)
        }
    };
    assert_eq!(heard(PATIENCE).await?, "old-lock");
    let doctor = owner.run(["doctor"]).await?.stdout;
    assert!(doctor.contains("certificate of old-lock") && doctor.contains("ends in 2"), "{doctor}");
    assert!(doctor.contains("doorward device renew NAME --out DIR"), "{doctor}");
    assert!(!doctor.contains("certificate of new-lock"), "{doctor}");

    daemon.kill().await?;
    let daemon = Daemon::start(&owner, mqtt).await?;
    let listener = Listener::start(owner.state()).await?;
    // Longer than the hub takes to look again after somebody began to listen.
    let again = listener.journal().wait(
        Default::default(),
        Duration::from_secs(15),
        "a second announcement",
        |notice| matches!(notice.news, News::CertificateEnds { .. }).then_some(()),
    );
    ensure!(again.await.is_err(), "it was announced twice on one day");
    daemon.stop(&[]).await
}

/// Polls until the device is let in, or not.
async fn meets(device: &mut EventLoop) -> anyhow::Result<bool> {
    let answer = async {
        loop {
            match device.poll().await {
                Ok(Event::Incoming(Incoming::ConnAck(_))) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    };
    timeout(PATIENCE, answer).await.context("the hub neither lets it in nor refuses")
}

/// Has OpenSSL make a key, `own.key`, and a signing request for it.
async fn request(folder: &Path) -> anyhow::Result<PathBuf> {
    let request = folder.join("own.csr");
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
    openssl.args(["-subj", "/CN=somebody else", "-addext", "basicConstraints=CA:TRUE"]);
    openssl.arg("-keyout").arg(folder.join("own.key")).arg("-out").arg(&request);
    let output = openssl.output().await.context("starting openssl")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(request)
}

fn path(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a path that is text")
}

/// Asks for JSON until it is as wished: not everything sends notices.
async fn becomes(
    owner: &Doorward,
    command: &[&str],
    wished: impl Fn(&Value) -> bool,
) -> anyhow::Result<Value> {
    let deadline = Instant::now() + PATIENCE;
    let mut pace = interval(Duration::from_millis(100));
    loop {
        pace.tick().await;
        let found = owner.json(command.iter().copied()).await;
        match found {
            Ok(found) if wished(&found) => return Ok(found),
            found if Instant::now() > deadline => bail!("waited in vain: {found:?}"),
            _ => {}
        }
    }
}
