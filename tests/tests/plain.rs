//! Devices without TLS: let in with a password, at a port that is open for them alone.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use doorward_api::door::Contact;
use doorward_api::event::{Attempt, LogEvent};
use doorward_api::status::HouseStatus;
use doorward_tests::harness::{
    Addresses, Blueprint, Daemon, Doorward, Keep, Mosquitto, PATIENCE, Scene, Subscription,
    free_address,
};
use doorward_tests::journal::Place;
use rumqttc::{AsyncClient, Event, EventLoop, Incoming, MqttOptions, QoS};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

/// A device without TLS, as its owner was shown it.
struct Plain {
    name: String,
    password: String,
    hub: SocketAddr,
    settings: String,
}

impl Plain {
    async fn enrol(
        owner: &Doorward,
        name: &str,
        kind: &str,
        dialect: &str,
    ) -> anyhow::Result<Self> {
        let words = ["device", "enrol", name, "--kind", kind, "--dialect", dialect, "--plain"];
        let shown = owner.json(words).await?;
        let text = |value: &Value| value.as_str().context("a text").map(str::to_owned);
        Ok(Self {
            name: text(&shown["username"])?,
            password: text(&shown["password"])?,
            hub: text(&shown["broker"][0])?.parse()?,
            settings: shown["settings"]["settings"].as_str().unwrap_or_default().to_owned(),
        })
    }

    fn speaks(&self) -> Mosquitto {
        Mosquitto::plain(self.hub, &self.name, &self.password)
    }

    async fn says(&self, topic: &str, payload: &str) -> anyhow::Result<()> {
        self.speaks().publish(topic, Keep::Passing, payload.as_bytes()).await
    }

    fn connects(&self) -> (AsyncClient, EventLoop) {
        connect(self.hub, &self.name, &self.password)
    }

    /// Whether it may publish on a topic, on a connection of its own.
    async fn may_say(&self, topic: &str) -> anyhow::Result<bool> {
        let (client, mut events) = self.connects();
        ensure!(is_let_in(&mut events).await?, "it is not let in");
        client.publish(topic, QoS::AtLeastOnce, false, "{}").await?;
        is_acknowledged(&mut events).await
    }

    async fn hears(&self, filter: &str) -> anyhow::Result<Subscription> {
        self.speaks().subscribe(filter).await
    }
}

fn connect(hub: SocketAddr, user: &str, password: &str) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new(user, hub.ip().to_string(), hub.port());
    options.set_credentials(user, password).set_keep_alive(Duration::from_secs(15));
    AsyncClient::new(options, 8)
}

async fn is_let_in(events: &mut EventLoop) -> anyhow::Result<bool> {
    until(events, |event| matches!(event, Incoming::ConnAck(_))).await
}

async fn is_acknowledged(events: &mut EventLoop) -> anyhow::Result<bool> {
    until(events, |event| matches!(event, Incoming::PubAck(_))).await
}

/// Whether something comes before the connection breaks.
async fn until(events: &mut EventLoop, wanted: impl Fn(&Incoming) -> bool) -> anyhow::Result<bool> {
    let came = async {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(event)) if wanted(&event) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    };
    timeout(PATIENCE, came).await.context("the hub says nothing")
}

/// A scene whose hub listens without TLS at an address of the test's.
async fn scene() -> anyhow::Result<(Scene, SocketAddr)> {
    let plain = free_address()?;
    let scene = Scene::build(Blueprint { plain_listen: Some(plain), ..Blueprint::default() });
    Ok((scene.await?, plain))
}

fn open_at(house: &HouseStatus) -> Option<&str> {
    house.without_tls.as_deref()
}

/// Waits until nobody listens at an address.
async fn closes(address: SocketAddr) -> anyhow::Result<()> {
    let closed = async { while TcpStream::connect(address).await.is_ok() {} };
    timeout(PATIENCE, closed).await.context("the port stays open for nobody")
}

#[tokio::test]
async fn the_port_without_tls_is_open_only_while_a_device_needs_it() -> anyhow::Result<()> {
    let (scene, plain) = scene().await?;
    ensure!(TcpStream::connect(plain).await.is_err(), "the port is open for nobody");
    scene.status_becomes("no listener", |house| open_at(house).is_none()).await?;
    let doctor = scene.owner.run(["doctor"]).await?.stdout;
    ensure!(!doctor.contains("without TLS"), "{doctor}");

    let plug = Plain::enrol(&scene.owner, "plug", "other", "tasmota").await?;
    ensure!(plug.hub == plain && plug.password.len() == 26, "{}", plug.hub);
    plug.says("plug/stat/POWER", "ON").await?;
    let address = plain.to_string();
    let shown = |house: &HouseStatus| open_at(house) == Some(&address);
    scene.status_becomes("the listener", shown).await?;
    let status = scene.owner.ok(["status"]).await?;
    ensure!(status.contains("without TLS at") && status.contains(&address), "{status}");

    let scene = scene.crash_and_return().await?;
    plug.says("plug/stat/POWER", "ON").await.context("it is forgotten by a restart")?;
    let shed = Plain::enrol(&scene.owner, "shed", "contact", "native").await?;
    let doctor = scene.owner.run(["doctor"]).await?.stdout;
    ensure!(doctor.contains("plug, shed") && doctor.contains("read and forge"), "{doctor}");

    let (_client, mut events) = plug.connects();
    ensure!(is_let_in(&mut events).await?, "it is not let in");
    let cut = tokio::spawn(async move {
        while events.poll().await.is_ok() {}
        Instant::now()
    });
    let asked = Instant::now();
    scene.owner.ok(["device", "revoke", "plug"]).await?;
    let took = timeout(PATIENCE, cut).await.context("it lives on")??.duration_since(asked);
    ensure!(took < Duration::from_secs(1), "cut after {took:?}");
    let (_client, mut events) = plug.connects();
    ensure!(!is_let_in(&mut events).await?, "a revoked password");
    shed.says("doorward/shed/status", "online").await.context("the other is shut out with it")?;

    scene.owner.ok(["device", "revoke", "shed"]).await?;
    closes(plain).await?;
    scene.status_becomes("no listener", |house| open_at(house).is_none()).await?;
    let doctor = scene.owner.run(["doctor"]).await?.stdout;
    ensure!(!doctor.contains("without TLS"), "{doctor}");
    let again = Plain::enrol(&scene.owner, "plug", "other", "tasmota").await?;
    ensure!(again.password != plug.password, "the same password again");
    again.says("plug/stat/POWER", "ON").await.context("it does not open again")?;
    scene.end(&[]).await
}

#[tokio::test]
async fn tasmota_and_shelly_say_what_they_always_say_and_nothing_else() -> anyhow::Result<()> {
    let (scene, _) = scene().await?;
    let plug = Plain::enrol(&scene.owner, "plug", "other", "tasmota").await?;
    let wanted = format!("MqttUser plug; MqttPassword {}; FullTopic plug/%prefix%/", plug.password);
    ensure!(plug.settings.contains(&wanted), "{}", plug.settings);
    let hears = plug.hears("plug/#").await?;
    for said in ["plug/tele/LWT", "plug/cmnd/POWER", "plug/stat/RESULT"] {
        plug.says(said, "Online").await?;
        hears.wait(Place::default(), said, "Online").await?;
    }
    plug.says("tasmota/discovery/AABBCCDDEEFF/config", "{}").await?;

    let lamp = Plain::enrol(&scene.owner, "lamp", "other", "shelly").await?;
    ensure!(lamp.settings.contains("mqtt_id=lamp"), "{}", lamp.settings);
    let dies = lamp
        .speaks()
        .subscribe_with_will("shellies/lamp/relay/0/command", "shellies/lamp/online", "false")
        .await?;
    let hears = lamp.hears("shellies/lamp/#").await?;
    let _all = lamp.hears("shellies/command").await?;
    lamp.says("shellies/announce", "{}").await?;
    lamp.says("shellies/lamp/relay/0", "on").await?;
    hears.wait(Place::default(), "shellies/lamp/relay/0", "on").await?;
    dies.kill().await?;
    hears.wait(Place::default(), "shellies/lamp/online", "false").await?;

    for other in ["doorward/front-lock/lock/set", "shellies/command", "plug/cmnd/POWER"] {
        ensure!(!lamp.may_say(other).await?, "it may say {other}");
    }
    ensure!(!plug.may_say("shellies/lamp/relay/0/command").await?, "it switches a lamp");
    let again = scene.owner.ok(["device", "settings", "lamp", "--for", "shelly"]).await?;
    ensure!(!again.contains(&lamp.password) && again.contains("THE-PASSWORD"), "{again}");
    scene.end(&[]).await
}

#[tokio::test]
async fn a_contact_without_tls_tells_of_its_door() -> anyhow::Result<()> {
    let (scene, _) = scene().await?;
    let gate = Plain::enrol(&scene.owner, "gate", "contact", "native").await?;
    scene.owner.enrol("gate-lock", "lock", "native", scene.folder()).await?;
    let pad = scene.owner.enrol("gate-pad", "keypad", "native", scene.folder()).await?;
    let door = ["door", "add", "gate", "--lock", "gate-lock", "--keypad", &pad.name];
    scene.owner.ok(door.into_iter().chain(["--contact", "gate"])).await?;
    let (client, mut events) = gate.connects();
    ensure!(is_let_in(&mut events).await?, "it is not let in");
    for (said, contact) in [("open", Contact::Open), ("closed", Contact::Closed)] {
        let state = format!("{{\"contact\":\"{said}\"}}");
        client.publish("doorward/gate/contact/state", QoS::AtLeastOnce, true, state).await?;
        ensure!(is_acknowledged(&mut events).await?, "its state is refused");
        let told = |house: &HouseStatus| {
            house.doors.iter().any(|door| {
                door.contact
                    .as_ref()
                    .is_some_and(|one| one.device.as_str() == "gate" && one.contact == contact)
            })
        };
        scene.status_becomes(said, told).await?;
    }
    ensure!(!gate.may_say("doorward/gate/cert/request").await?, "it has no certificate");
    scene.end(&[]).await
}

#[tokio::test]
async fn wrong_passwords_are_counted_and_told_of_once() -> anyhow::Result<()> {
    let (scene, plain) = scene().await?;
    let plug = Plain::enrol(&scene.owner, "plug", "other", "tasmota").await?;
    let start = scene.listener.journal().end();
    for (user, password) in [("plug", "wrong"), ("plug", "worse"), ("nobody", "wrong")] {
        let (_client, mut events) = connect(plain, user, password);
        ensure!(!is_let_in(&mut events).await?, "{user} is let in with {password}");
    }
    let told = scene.logged(start, "the wrong password in the log", |event| {
        let LogEvent::Trespass { device, attempt, .. } = event else { return None };
        Some((device.to_string(), *attempt))
    });
    ensure!(told.await? == ("plug".to_owned(), Attempt::GuessPassword), "told of something else");
    let counted = |house: &HouseStatus| house.rejected.wrong_passwords == 3;
    scene.status_becomes("three wrong passwords", counted).await?;
    let lines = scene.owner.ok(["log", "list"]).await?;
    ensure!(lines.matches("ALARM: plug was named with a wrong password").count() == 1, "{lines}");
    let doctor = scene.owner.run(["doctor"]).await?.stdout;
    ensure!(doctor.contains("password of plug"), "{doctor}");
    plug.says("plug/stat/POWER", "ON").await.context("it is locked out by others")?;

    // The password is worth nothing where devices show certificates.
    let (_client, mut events) = connect(scene.daemon.mqtt(), "plug", &plug.password);
    ensure!(!is_let_in(&mut events).await?, "a password is worth something there");
    scene.end(&[]).await
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_and_changes_nothing_else() -> anyhow::Result<()> {
    let (scene, plain) = scene().await?;
    let other = TcpListener::bind(plain).await?;
    let words = ["device", "enrol", "plug", "--kind", "other", "--dialect", "tasmota", "--plain"];
    let refused = scene.owner.run(words).await?;
    ensure!(refused.code == Some(1), "{refused:?}");
    ensure!(refused.stderr.contains(&plain.to_string()), "{refused:?}");
    ensure!(refused.stderr.contains("--plain-listen"), "{refused:?}");
    let list = scene.owner.json(["device", "list"]).await?;
    ensure!(!list.to_string().contains("\"plug\""), "{list}");

    drop(other);
    let plug = Plain::enrol(&scene.owner, "plug", "other", "tasmota").await?;
    plug.says("plug/stat/POWER", "ON").await?;
    let Scene { owner, daemon, house, .. } = scene;
    let mqtt = daemon.mqtt();
    daemon.stop(&[]).await?;
    let other = TcpListener::bind(plain).await?;
    let at = Addresses { mqtt, plain: Some(plain), https: None };
    let here = house.journal().end();
    let daemon = Daemon::start_at(&owner, at).await?;
    house.connected(here, PATIENCE).await.context("the door depends on it")?;
    let doctor = owner.run(["doctor"]).await?;
    ensure!(doctor.stdout.contains("nobody listens for plug"), "{doctor:?}");
    drop(other);
    daemon.stop(&["devices without TLS cannot connect"]).await
}

#[tokio::test]
async fn what_moves_a_bolt_hears_a_code_or_has_tls_is_refused() -> anyhow::Result<()> {
    let (scene, plain) = scene().await?;
    for (name, kind, dialect, why) in [
        ("x", "lock", "native", "whoever is in the network could unlock it"),
        ("x", "keypad", "native", "could read the codes"),
        ("x", "bridge", "zigbee2mqtt", "locks and keypads are behind it"),
        ("x", "home-assistant", "home-assistant", "may command doors"),
        ("x", "other", "zwave-js-ui", "has TLS"),
        ("x", "camera", "frigate", "has TLS"),
        ("a plug", "other", "tasmota", "user name"),
    ] {
        let words = ["device", "enrol", name, "--kind", kind, "--dialect", dialect, "--plain"];
        let refused = scene.owner.run(words).await?;
        ensure!(refused.code == Some(1) && refused.stderr.contains(why), "{refused:?}");
    }
    let list = scene.owner.json(["device", "list"]).await?;
    ensure!(!list.to_string().contains("\"x\""), "{list}");
    ensure!(TcpStream::connect(plain).await.is_err(), "the port is open for nobody");
    let with_files = ["device", "enrol", "x", "--kind", "contact", "--plain", "--out", "x"];
    ensure!(scene.owner.run(with_files).await?.code == Some(2), "a certificate without TLS");
    scene.end(&[]).await
}

#[tokio::test]
async fn with_another_broker_its_passwords_are_its_own() -> anyhow::Result<()> {
    let (scene, mut broker) = Scene::build_elsewhere(Blueprint::default()).await?;
    let words = ["device", "enrol", "plug", "--kind", "other", "--dialect", "tasmota", "--plain"];
    let refused = scene.owner.run(words).await?;
    let why = "the hub uses another broker";
    ensure!(refused.code == Some(1) && refused.stderr.contains(why), "{refused:?}");
    scene.end(&[]).await?;
    broker.stop().await
}
