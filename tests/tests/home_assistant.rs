//! Home Assistant, played by a real MQTT client: what it is shown of a door, and what it may ask.

use std::time::Duration;

use anyhow::Context as _;
use doorward_api::device::Part;
use doorward_api::entry::Actor;
use doorward_api::event::{Attempt, LogEvent, Victim};
use doorward_tests::harness::{Blueprint, Keep, Mosquitto, Scene, Subscription};
use doorward_tests::house::Verdict;
use doorward_tests::house::door::Turn;
use doorward_tests::journal::Place;
use serde_json::{Value, json};

const STATE: &str = "doorward-home/1/lock/state";
const ASK: &str = "doorward-home/1/lock/set";
const LOCK: &str = "homeassistant/lock/doorward/door_1_lock/config";
const BOLT: &str = "homeassistant/sensor/doorward/door_1_bolt/config";

/// Home Assistant, and all that it hears.
struct Home {
    speaks: Mosquitto,
    announced: Subscription,
    shown: Subscription,
}

impl Home {
    async fn move_in(scene: &Scene) -> anyhow::Result<Self> {
        let files = scene.owner.enrol("ha", "home-assistant", "home-assistant", scene.folder());
        let speaks = Mosquitto::new(scene.daemon.mqtt(), files.await?);
        let announced = speaks.subscribe("homeassistant/#").await?;
        let shown = speaks.subscribe("doorward-home/#").await?;
        Ok(Self { speaks, announced, shown })
    }

    async fn asks(&self, what: &str) -> anyhow::Result<()> {
        self.speaks.publish(ASK, Keep::Passing, what.as_bytes()).await
    }

    async fn announcement(&self, topic: &str) -> anyhow::Result<Value> {
        let text = self.announced.wait(Place::default(), topic, "{").await?;
        serde_json::from_str(&text).context("an announcement is JSON")
    }
}

#[tokio::test]
async fn a_door_is_announced_and_its_entry_is_followed_without_code_or_name() -> anyhow::Result<()>
{
    let scene = Scene::build(Blueprint::default()).await?;
    let home = Home::move_in(&scene).await?;
    scene.owner.ok(["home-assistant", "on"]).await?;

    let bolt = home.announcement(BOLT).await?;
    assert_eq!(bolt["state_topic"], STATE);
    assert_eq!(bolt["device_class"], "enum");
    assert_eq!(bolt["device"]["name"], "front");
    assert!(bolt.get("command_topic").is_none(), "nobody may ask: {bolt}");
    let contact = "homeassistant/binary_sensor/doorward/door_1_contact/config";
    let contact = home.announcement(contact).await?;
    assert_eq!(contact["device_class"], "door");
    assert_eq!(contact["payload_on"], "open");
    let entry = home.announcement("homeassistant/event/doorward/door_1_entry/config").await?;
    assert_eq!(entry["state_topic"], "doorward-home/1/entry/event");
    home.shown.wait(Place::default(), STATE, "LOCKED").await?;
    home.shown.wait(Place::default(), "doorward-home/1/lock/availability", "online").await?;
    home.shown.wait(Place::default(), "doorward-home/1/contact/state", "closed").await?;

    let start = scene.listener.journal().end();
    let here = home.shown.end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    home.shown.wait(here, STATE, "UNLOCKED").await?;
    home.shown.wait(here, "doorward-home/1/contact/state", "open").await?;
    for event in ["unlocking", "unlocked", "open", "relocking", "secured", "completed"] {
        home.shown.wait(here, "doorward-home/1/entry/event", &format!("\"{event}\"")).await?;
    }
    scene.entry_closed(start).await?;

    let all = [home.shown.all(), home.announced.all()].concat().join("\n");
    let digits: String = code.digits.chars().filter(char::is_ascii_digit).collect();
    for secret in [code.digits.as_str(), &digits, "Parcel Post"] {
        assert!(!all.contains(secret), "{all}");
    }

    scene.owner.ok(["home-assistant", "off"]).await?;
    for root in ["homeassistant", "doorward-home"] {
        let later = home.speaks.subscribe(&format!("{root}/#")).await?;
        later.nothing(Place::default(), Duration::from_millis(500), root, "").await?;
    }
    scene.end(&[]).await
}

#[tokio::test]
async fn home_assistant_commands_nothing_that_was_not_ticked() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let home = Home::move_in(&scene).await?;
    scene.owner.ok(["home-assistant", "on"]).await?;
    home.announcement(BOLT).await?;

    let start = scene.listener.journal().end();
    drop(home.asks("UNLOCK").await);
    let refused = scene.logged(start, "the refusal", |event| {
        let LogEvent::Trespass { device, attempt, .. } = event else { return None };
        Some((device.to_string(), *attempt))
    });
    assert_eq!(refused.await?, ("ha".to_owned(), Attempt::Publish));
    for other in ["doorward/front-lock/lock/set", "zigbee2mqtt/x/set", STATE, BOLT] {
        let tried = home.speaks.publish(other, Keep::Passing, b"{}").await;
        assert!(tried.is_err(), "it may publish on {other}");
    }
    assert_eq!(scene.commands(), []);
    scene.end(&[]).await
}

#[tokio::test]
async fn a_ticked_home_assistant_locks_and_if_ticked_for_it_unlocks_as_a_visit()
-> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let home = Home::move_in(&scene).await?;
    scene.owner.ok(["home-assistant", "on"]).await?;
    home.announcement(BOLT).await?;

    scene.owner.ok(["device", "allow", "ha", "--door", "front"]).await?;
    let lock = home.announcement(LOCK).await?;
    assert_eq!(lock["command_topic"], ASK);
    assert_eq!(lock["optimistic"], false);
    let grants = scene.owner.json(["device", "grants", "ha"]).await?;
    assert_eq!(grants["publish"], json!(["homeassistant/status", ASK]));

    let start = scene.listener.journal().end();
    home.asks("LOCK").await?;
    let by = scene.logged(start, "who had it locked", |event| {
        let LogEvent::LockAsked { by, .. } = event else { return None };
        Some(by.clone())
    });
    let agent = Actor::Device { device: "ha".into() };
    assert_eq!(by.await?, agent);
    home.asks("UNLOCK").await?;
    let refused = scene.logged(start, "the refusal", |event| {
        let LogEvent::Trespass { victim, .. } = event else { return None };
        Some(victim.clone())
    });
    let victim = Victim::Part { door: "front".into(), part: Part::Lock };
    assert_eq!(refused.await?, victim);
    assert!(!scene.commands().contains(&Turn::Retract));

    scene.owner.ok(["device", "allow", "ha", "--door", "front", "--unlock"]).await?;
    let start = scene.listener.journal().end();
    home.asks("UNLOCK").await?;
    let by = scene.logged(start, "who was let in", |event| {
        let LogEvent::UnlockGranted { by, .. } = event else { return None };
        Some(by.clone())
    });
    assert_eq!(by.await?, agent);
    scene.entry_closed(start).await?;
    let said = scene.owner.ok(["log", "list"]).await?;
    assert!(said.contains("leave to unlock: device ha"), "{said}");

    scene.owner.ok(["device", "disallow", "ha", "--door", "front"]).await?;
    assert!(home.asks("LOCK").await.is_err(), "it may still ask");
    let again = home.announced.end();
    scene.owner.ok(["home-assistant", "status"]).await?;
    home.announced.nothing(again, Duration::from_millis(300), LOCK, "{").await?;
    scene.end(&[]).await
}
