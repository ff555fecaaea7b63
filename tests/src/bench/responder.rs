//! The quickest possible house: a lock that reports at once, a door that opens and closes at once.
//!
//! It measures what the hub does; the simulated house of the tests would measure its bolt's motor.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rumqttc::{AsyncClient, Event, EventLoop, Incoming, QoS};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::harness::{Doorward, Fittings, PATIENCE};
use crate::house::{Enrolled, connect};

/// One door with its three devices.
pub(crate) struct Responder {
    keypad: Wire,
    unlocked: mpsc::UnboundedReceiver<Instant>,
    locked: mpsc::UnboundedReceiver<Instant>,
    seq: u64,
}

impl Responder {
    /// Enrols a door's devices, describes the door and connects them.
    pub(crate) async fn furnish(
        owner: &Doorward,
        hub: SocketAddr,
        certificates: &Path,
        door: &str,
        camera: Option<&str>,
    ) -> anyhow::Result<Self> {
        let names = ["lock", "keypad", "contact"].map(|kind| (format!("{door}-{kind}"), kind));
        let mut wires = Vec::new();
        for (name, kind) in &names {
            let enrolled = owner.enrol(name, kind, "native", certificates).await?;
            wires.push(Wire::open(hub, &enrolled)?);
        }
        let [(lock, _), (keypad, _), (contact, _)] = &names;
        let fittings =
            Fittings { lock, keypads: &[keypad.as_str()], contact: Some(contact), camera };
        owner.add_door(door, fittings).await?;
        if camera.is_none() {
            owner.ok(["door", "policy", door, "--recording", "off"]).await?;
        }
        let [lock, keypad, contact] =
            <[_; 3]>::try_from(wires).map_err(|_| anyhow::anyhow!("three devices"))?;
        Self::connect(lock, keypad, contact).await
    }

    async fn connect(
        (lock, lock_events): (Wire, EventLoop),
        (keypad, keypad_events): (Wire, EventLoop),
        (contact, contact_events): (Wire, EventLoop),
    ) -> anyhow::Result<Self> {
        let (unlocked_out, unlocked) = mpsc::unbounded_channel();
        let (locked_out, locked) = mpsc::unbounded_channel();
        lock.client.subscribe(lock.topic("lock/set"), QoS::AtLeastOnce).await?;
        tokio::spawn(idle(keypad_events));
        tokio::spawn(idle(contact_events));
        let (heard_out, mut heard) = mpsc::unbounded_channel();
        let actor = Lock { lock, contact, unlocked: unlocked_out, locked: locked_out, seq: 0 };
        tokio::spawn(actor.run(lock_events, heard_out));
        timeout(PATIENCE, heard.recv()).await.context("the lock did not connect")?;
        keypad.say("status", "online").await?;
        Ok(Self { keypad, unlocked, locked, seq: 0 })
    }

    /// Types a code and waits for the command to unlock; returns how long that took.
    pub(crate) async fn type_code(&mut self, code: &str) -> anyhow::Result<Duration> {
        self.seq += 1;
        let entry = format!(r#"{{"code":"{code}","seq":{}}}"#, self.seq);
        let topic = self.keypad.topic("keypad/entry");
        let began = Instant::now();
        self.keypad.client.publish(topic, QoS::AtLeastOnce, false, entry).await?;
        let unlocked = timeout(PATIENCE, self.unlocked.recv()).await.context("no unlock came")?;
        Ok(unlocked.context("the lock is gone")?.duration_since(began))
    }

    /// Waits until the door is locked again.
    pub(crate) async fn rest(&mut self) -> anyhow::Result<()> {
        timeout(PATIENCE, self.locked.recv()).await.context("the door was not locked")?;
        Ok(())
    }
}

/// A device's connection.
struct Wire {
    client: AsyncClient,
    device: String,
}

impl Wire {
    fn open(hub: SocketAddr, enrolled: &Enrolled) -> anyhow::Result<(Self, EventLoop)> {
        let (client, events) = connect(hub, enrolled)?;
        Ok((Self { client, device: enrolled.name.clone() }, events))
    }

    fn topic(&self, leaf: &str) -> String {
        format!("doorward/{}/{leaf}", self.device)
    }

    async fn say(&self, leaf: &str, payload: &str) -> anyhow::Result<()> {
        self.client.publish(self.topic(leaf), QoS::AtLeastOnce, true, payload).await?;
        Ok(())
    }
}

/// Keeps a connection going that has nothing to hear.
async fn idle(mut events: EventLoop) {
    while events.poll().await.is_ok() {}
}

/// A lock and the leaf of its door.
struct Lock {
    lock: Wire,
    contact: Wire,
    unlocked: mpsc::UnboundedSender<Instant>,
    locked: mpsc::UnboundedSender<Instant>,
    seq: u64,
}

impl Lock {
    /// Obeys until the connection ends; says on `ready` when it has begun to listen.
    async fn run(mut self, mut events: EventLoop, ready: mpsc::UnboundedSender<()>) {
        while let Ok(event) = events.poll().await {
            let now = Instant::now();
            let done = match event {
                Event::Incoming(Incoming::SubAck(_)) => {
                    // Whoever waited for this may be gone; the lock works on.
                    ready.send(()).ok();
                    self.begin().await
                }
                Event::Incoming(Incoming::Publish(command)) => {
                    self.obey(&command.payload, now).await
                }
                Event::Incoming(_) | Event::Outgoing(_) => Ok(()),
            };
            if done.is_err() {
                return;
            }
        }
    }

    async fn begin(&mut self) -> anyhow::Result<()> {
        self.lock.say("status", "online").await?;
        self.contact.say("status", "online").await?;
        self.report_bolt("thrown").await?;
        self.report_leaf("closed").await
    }

    async fn obey(&mut self, command: &[u8], now: Instant) -> anyhow::Result<()> {
        if command.windows(9).any(|part| part == br#""retract""#) {
            self.unlocked.send(now)?;
            self.report_bolt("retracted").await?;
            self.report_leaf("open").await?;
            self.report_leaf("closed").await
        } else {
            self.report_bolt("thrown").await?;
            Ok(self.locked.send(now)?)
        }
    }

    async fn report_bolt(&mut self, bolt: &str) -> anyhow::Result<()> {
        self.seq += 1;
        let state = format!(r#"{{"bolt":"{bolt}","seq":{}}}"#, self.seq);
        self.lock.say("lock/state", &state).await
    }

    async fn report_leaf(&mut self, leaf: &str) -> anyhow::Result<()> {
        self.seq += 1;
        let state = format!(r#"{{"contact":"{leaf}","seq":{}}}"#, self.seq);
        self.contact.say("contact/state", &state).await
    }
}
