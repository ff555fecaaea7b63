//! Certificates that are followed by others: over the device's own connection, and by hand.

use std::collections::VecDeque;
use std::path::Path;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use doorward_tests::harness::{
    AgedHub, Blueprint, Daemon, Doorward, PATIENCE, Scene, free_address,
};
use doorward_tests::house::{Enrolled, connect};
use rumqttc::{AsyncClient, Event, EventLoop, Incoming, Publish, QoS};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

#[tokio::test]
async fn a_device_renews_over_its_own_connection_and_its_old_key_is_void_once_the_new_one_is_shown()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let wanted = [("old-lock", "lock", "native"), ("old-pad", "keypad", "native")];
    let AgedHub { owner, mqtt, devices } = AgedHub::make(folder.path(), 800, &wanted).await?;
    let daemon = Daemon::start(&owner, mqtt).await?;
    let [lock, pad] = devices.as_slice() else { anyhow::bail!("two devices") };

    let mut device = Device::connect(mqtt, lock).await?;
    let (topic, told) = device.hears().await?;
    ensure!(topic == "doorward/old-lock/cert/renew" && told["until"].is_string(), "{topic} {told}");
    let answer = device.asks(&json!({ "csr": "bm9uc2Vuc2U=" })).await?;
    assert_eq!(answer, ("doorward/old-lock/cert/refused".to_owned(), reason("not_a_request")));
    let renewed = folder.path().join("renewed");
    let request = request(&renewed).await?;
    let (topic, issued) = device.asks(&json!({ "csr": BASE64_STANDARD.encode(&request) })).await?;
    assert_eq!(topic, "doorward/old-lock/cert/issued", "{issued}");
    keep(&renewed, &issued)?;

    // The answer may have been lost: the same request is granted again, by its device alone.
    let (topic, issued) = device.asks(&json!({ "csr": BASE64_STANDARD.encode(&request) })).await?;
    assert_eq!(topic, "doorward/old-lock/cert/issued", "{issued}");
    let mut other = Device::connect(mqtt, pad).await?;
    other.hears().await?;
    let answer = other.asks(&json!({ "csr": BASE64_STANDARD.encode(&request) })).await?;
    assert_eq!(answer, ("doorward/old-pad/cert/refused".to_owned(), reason("key_used")));
    drop(device);
    ensure!(is_let_in(mqtt, lock).await?, "the old key is void before the new one was shown");

    let next = Enrolled { name: lock.name.clone(), folder: renewed };
    let mut device = Device::connect(mqtt, &next).await?;
    // Cleared, or told of the old certificate's end before that was noted.
    let answer = device.asks_until_answered(&json!({ "csr": "" })).await?;
    ensure!(answer.0.ends_with("/refused"), "{answer:?}");
    let log = logged(&owner, "device old-lock uses its new certificate").await?;
    assert_eq!(log.matches("device old-lock was issued another certificate").count(), 2, "{log}");
    ensure!(!is_let_in(mqtt, lock).await?, "the old key is let in beside the new one");
    let again = folder.path().join("again");
    let request = self::request(&again).await?;
    let answer = device.asks(&json!({ "csr": BASE64_STANDARD.encode(&request) })).await?;
    assert_eq!(answer, ("doorward/old-lock/cert/refused".to_owned(), reason("too_early")));
    drop(device);

    daemon.kill().await?;
    let daemon = Daemon::start(&owner, mqtt).await?;
    ensure!(!is_let_in(mqtt, lock).await?, "a restart brought the old key back");
    ensure!(is_let_in(mqtt, &next).await?, "a restart forgot the new key");
    daemon.stop(&[]).await
}

#[tokio::test]
async fn a_file_that_the_owner_carries_to_a_device_follows_the_one_before_it() -> anyhow::Result<()>
{
    let scene = Scene::build(Blueprint::default()).await?;
    let (hub, folder) = (scene.daemon.mqtt(), scene.folder());
    let before = scene.owner.enrol("side-lock", "lock", "native", folder).await?;
    let out = folder.join("side-lock-next");
    let renew = ["device", "renew", "side-lock", "--out", out.to_str().context("a path")?];
    let said = scene.owner.ok(renew).await?;
    ensure!(said.contains("stays good until this one is shown"), "{said}");
    let next = Enrolled { name: "side-lock".to_owned(), folder: out };
    ensure!(is_let_in(hub, &before).await?, "the old file is void before the new one was shown");
    let list = scene.owner.ok(["device", "list"]).await?;
    ensure!(list.contains("another one waits to be used"), "{list}");
    ensure!(is_let_in(hub, &next).await?, "the new file is not let in");
    logged(&scene.owner, "device side-lock uses its new certificate").await?;
    ensure!(!is_let_in(hub, &before).await?, "the old file is let in beside the new one");

    scene.owner.ok(["device", "revoke", "side-lock"]).await?;
    ensure!(!is_let_in(hub, &next).await?, "a revoked device was let in");
    let elsewhere = folder.join("elsewhere");
    let renew = ["device", "renew", "side-lock", "--out", elsewhere.to_str().context("a path")?];
    let refused = scene.owner.run(renew).await?;
    ensure!(
        refused.code == Some(1) && refused.stderr.contains("no device side-lock"),
        "{refused:?}"
    );
    scene.end(&[]).await
}

#[tokio::test]
async fn another_authority_follows_and_no_device_that_comes_over_notices() -> anyhow::Result<()> {
    let home = tempfile::tempdir()?;
    let (hub, folder) = (free_address()?, home.path());
    let owner = &Doorward::new(&folder.join("state"))?;
    owner.init(&folder.join("recovery.txt")).await?;
    let daemon = Daemon::start(owner, hub).await?;
    let asks = owner.enrol("asks", "contact", "native", folder).await?;
    let carried = owner.enrol("carried", "contact", "native", folder).await?;
    let left = owner.enrol("left", "contact", "native", folder).await?;
    let refused = owner.run(["ca", "finish"]).await?;
    ensure!(refused.code == Some(1) && refused.stderr.contains("ca rollover"), "{refused:?}");

    let begun = owner.json(["ca", "rollover"]).await?;
    assert_eq!((&begun["current"]["number"], &begun["next"]["number"]), (&json!(1), &json!(2)));
    for device in [&asks, &carried, &left] {
        ensure!(is_let_in(hub, device).await?, "{} is shut out at once", device.name);
    }
    let late = owner.enrol("late", "contact", "native", folder).await?;
    let given = std::fs::read_to_string(late.folder.join("ca.pem"))?;
    assert_eq!(given.matches("BEGIN CERTIFICATE").count(), 2, "{given}");

    let mut device = Device::connect(hub, &asks).await?;
    let (topic, _) = device.hears().await?;
    assert_eq!(topic, "doorward/asks/cert/renew", "it is told at once, as young as it is");
    let over = folder.join("asks-next");
    let request = request(&over).await?;
    let (topic, issued) = device.asks(&json!({ "csr": BASE64_STANDARD.encode(&request) })).await?;
    assert_eq!(topic, "doorward/asks/cert/issued", "{issued}");
    keep(&over, &issued)?;
    drop(device);
    let out = folder.join("carried-next");
    let renew = ["device", "renew", "carried", "--out", out.to_str().context("a path")?];
    owner.ok(renew).await?;
    let asks_next = Enrolled { name: asks.name.clone(), folder: over };
    let carried_next = Enrolled { name: carried.name.clone(), folder: out };
    for device in [&asks_next, &carried_next, &late] {
        ensure!(is_let_in(hub, device).await?, "{} has come over", device.name);
    }
    logged(owner, "device asks uses its new certificate").await?;
    logged(owner, "device carried uses its new certificate").await?;

    let refused = owner.run(["ca", "finish"]).await?;
    ensure!(refused.code == Some(1) && refused.stderr.contains("left"), "{refused:?}");
    ensure!(!refused.stderr.contains("carried"), "{refused:?}");
    let ended = owner.json(["ca", "finish", "--revoke-remaining"]).await?;
    assert_eq!((&ended["current"]["number"], &ended["next"]), (&json!(2), &Value::Null));
    daemon.kill().await?;
    let daemon = Daemon::start(owner, hub).await?;
    for device in [&asks_next, &carried_next, &late] {
        ensure!(is_let_in(hub, device).await?, "{} is shut out at the end", device.name);
    }
    for device in [&asks, &carried, &left] {
        ensure!(!is_let_in(hub, device).await?, "{} is let in after the end", device.name);
    }
    let log = logged(owner, "authority 1 is no longer believed").await?;
    ensure!(log.contains("device left revoked"), "{log}");
    daemon.stop(&[]).await
}

/// A device with its connection up and its subscriptions made.
struct Device {
    name: String,
    client: AsyncClient,
    events: EventLoop,
    heard: VecDeque<Publish>,
}

impl Device {
    async fn connect(hub: std::net::SocketAddr, enrolled: &Enrolled) -> anyhow::Result<Self> {
        let (client, events) = connect(hub, enrolled)?;
        let name = enrolled.name.clone();
        for word in ["renew", "issued", "refused"] {
            client.subscribe(format!("doorward/{name}/cert/{word}"), QoS::AtLeastOnce).await?;
        }
        let mut device = Self { name, client, events, heard: VecDeque::new() };
        let mut granted = 0;
        while granted < 3 {
            granted += usize::from(matches!(device.step().await?, Some(Incoming::SubAck(_))));
        }
        Ok(device)
    }

    /// Asks and returns the answer: topic and message.
    async fn asks(&mut self, request: &Value) -> anyhow::Result<(String, Value)> {
        let topic = format!("doorward/{}/cert/request", self.name);
        self.client.publish(topic, QoS::AtLeastOnce, false, request.to_string()).await?;
        self.hears().await
    }

    /// The same, past what is said about renewing.
    async fn asks_until_answered(&mut self, request: &Value) -> anyhow::Result<(String, Value)> {
        let mut said = self.asks(request).await?;
        while said.0.ends_with("/renew") {
            said = self.hears().await?;
        }
        Ok(said)
    }

    async fn hears(&mut self) -> anyhow::Result<(String, Value)> {
        while self.heard.is_empty() {
            self.step().await?;
        }
        let Publish { topic, payload, .. } = self.heard.pop_front().context("a message")?;
        if payload.is_empty() {
            return Ok((topic, Value::Null));
        }
        Ok((topic, serde_json::from_slice(&payload)?))
    }

    /// Takes in one event; messages wait until they are asked for.
    async fn step(&mut self) -> anyhow::Result<Option<Incoming>> {
        let event = timeout(PATIENCE, self.events.poll()).await.context("the hub says nothing")?;
        match event? {
            Event::Incoming(Incoming::Publish(publish)) => {
                self.heard.push_back(publish);
                Ok(None)
            }
            Event::Incoming(other) => Ok(Some(other)),
            Event::Outgoing(_) => Ok(None),
        }
    }
}

fn reason(word: &str) -> Value {
    json!({ "reason": word })
}

/// Whether the hub takes a device's CONNECT.
async fn is_let_in(hub: std::net::SocketAddr, device: &Enrolled) -> anyhow::Result<bool> {
    let (_client, mut events) = connect(hub, device)?;
    let answer = async {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Incoming::ConnAck(_))) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    };
    timeout(PATIENCE, answer).await.context("the hub neither lets it in nor refuses")
}

/// Waits until a line is in the log; returns all of it.
async fn logged(owner: &Doorward, line: &str) -> anyhow::Result<String> {
    let wait = async {
        let mut pace = tokio::time::interval(std::time::Duration::from_millis(100));
        loop {
            pace.tick().await;
            let log = owner.ok(["log", "list"]).await?;
            if log.contains(line) {
                return anyhow::Ok(log);
            }
        }
    };
    timeout(PATIENCE, wait).await.with_context(|| format!("not in the log: {line}"))?
}

/// Has OpenSSL make a key, `client.key`, and a signing request for it, DER.
async fn request(folder: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::create_dir(folder)?;
    let request = folder.join("request.der");
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
    openssl.args(["-subj", "/CN=front-lock", "-outform", "DER", "-keyout"]);
    openssl.arg(folder.join("client.key")).arg("-out").arg(&request);
    let output = openssl.output().await.context("starting openssl")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(std::fs::read(request)?)
}

/// Writes down what a device was given.
fn keep(folder: &Path, issued: &Value) -> anyhow::Result<()> {
    let text = |field: &str| issued[field].as_str().context("a field that is text");
    std::fs::write(folder.join("client.pem"), text("certificate")?)?;
    std::fs::write(folder.join("ca.pem"), text("ca")?)?;
    Ok(())
}
