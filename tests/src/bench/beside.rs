//! The hub's broker beside Mosquitto, in one run: the same clients over mutual TLS, in turns, so
//! that what else the machine does meets both.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use tokio::time::interval;

use super::figures::{Aim, Report, percentile_ms};
use super::latency::Bench;
use super::resources::resident_mb;
use crate::harness::{OtherBroker, Verbosity};
use crate::house::Enrolled;
use crate::mqtt::packets::{V4, connect, puback, publish, subscribe, subscribe_at_most_once};
use crate::mqtt::{Papers, Wire};

const TURNS: usize = 5;
const ROUND_TRIPS: usize = 200;
/// What the hub lets a quiet device send at once.
const BURST: usize = 2_000;
/// Publishes that are on their way together.
const TOGETHER: usize = 50;
const IDLE_CLIENTS: usize = 1_000;
/// Clients of one device, and those of one address.
const PER_DEVICE: usize = 16;
const PER_ADDRESS: usize = 60;
const TOPIC: &str = "zigbee2mqtt/bench";
const PAYLOAD: &[u8] = br#"{"state":"LOCK","lock_state":"locked","battery":87,"linkquality":120}"#;

/// One of the two.
struct Rival {
    name: &'static str,
    address: SocketAddr,
    pid: u32,
    round_trips: Vec<Duration>,
    per_second: Vec<f64>,
}

/// Both, and a bridge that both let in.
struct Ring {
    bench: Bench,
    bridge: Enrolled,
    rivals: [Rival; 2],
    // Kept for its `Drop`.
    _mosquitto: OtherBroker,
    _folder: TempDir,
}

/// Round trips, throughput, memory with many idle clients, and growth by ever new topics.
pub(crate) async fn beside_mosquitto(report: &mut Report) -> anyhow::Result<()> {
    let mut ring = Ring::set_up().await?;
    for _ in 0..TURNS {
        for rival in &mut ring.rivals {
            rival.round_trips(&ring.bridge).await?;
        }
    }
    for _ in 0..TURNS {
        for rival in &mut ring.rivals {
            rival.burst(&ring.bridge).await?;
        }
        refill().await;
    }
    ring.note_speed(report);
    ring.idle_clients(report).await?;
    ring.new_topics(report).await?;
    ring.bench.daemon.stop(&[]).await
}

/// Until the hub lets the device send as much at once again.
async fn refill() {
    let mut pace = interval(Duration::from_secs(5));
    pace.tick().await;
    pace.tick().await;
}

impl Ring {
    async fn set_up() -> anyhow::Result<Self> {
        let bench = Bench::start().await?;
        let folder = tempfile::tempdir()?;
        let bridge = bench.owner.enrol("z2m", "bridge", "zigbee2mqtt", folder.path()).await?;
        let mut mosquitto =
            OtherBroker::lay_out(folder.path(), bench.owner.state(), Verbosity::Notices)?;
        mosquitto.grant("pattern readwrite #\n")?;
        mosquitto.start().await?;
        let hub = bench.daemon.pid().context("the hub has ended")?;
        let other = mosquitto.pid().context("mosquitto has ended")?;
        let rivals = [
            Rival::new("doorward", bench.daemon.mqtt(), hub),
            Rival::new("mosquitto", mosquitto.address(), other),
        ];
        Ok(Self { bench, bridge, rivals, _mosquitto: mosquitto, _folder: folder })
    }

    fn note_speed(&mut self, report: &mut Report) {
        let mut round_trips = Vec::new();
        for rival in &mut self.rivals {
            rival.round_trips.sort_unstable();
            rival.per_second.sort_by(f64::total_cmp);
            let name = rival.name;
            let at = |share| percentile_ms(&rival.round_trips, share);
            round_trips.push((at(0.5), at(0.99)));
            report.note(format!("QoS 1 round trip, mTLS, {name}, p50"), at(0.5), "ms", Aim::None);
            report.note(format!("QoS 1 round trip, mTLS, {name}, p99"), at(0.99), "ms", Aim::None);
            report.note(format!("messages, {name}, median"), rival.median_k(), "k/s", Aim::None);
        }
        if let [(own_50, own_99), (other_50, other_99)] = round_trips[..] {
            let aim = Aim::AtMost(1.3);
            report.note("round trip beside mosquitto's, p50", own_50 / other_50, "×", aim);
            report.note("round trip beside mosquitto's, p99", own_99 / other_99, "×", aim);
        }
    }

    /// What a thousand clients that have nothing to say cost.
    async fn idle_clients(&self, report: &mut Report) -> anyhow::Result<()> {
        let folder = TempDir::new()?;
        let mut devices = Vec::new();
        for number in 0..IDLE_CLIENTS.div_ceil(PER_DEVICE) {
            let name = format!("idle-{number}");
            devices.push(self.bench.owner.enrol(&name, "contact", "native", folder.path()).await?);
        }
        for rival in &self.rivals {
            let before = resident_mb(rival.pid)?;
            let clients = rival.crowd(&devices).await?;
            let after = resident_mb(rival.pid)?;
            ensure!(clients.len() == IDLE_CLIENTS, "{} clients", clients.len());
            let name = rival.name;
            let aim = if name == "doorward" { Aim::AtMost(50.0) } else { Aim::None };
            report.note(format!("RSS with 1,000 idle clients, {name}"), after, "MB", aim);
            report.note(format!("  of it by the clients, {name}"), after - before, "MB", Aim::None);
        }
        Ok(())
    }

    /// How much one device can make a broker remember by publishing to ever new topics.
    async fn new_topics(&self, report: &mut Report) -> anyhow::Result<()> {
        const TOPICS: usize = 20_000;
        for rival in &self.rivals {
            let before = resident_mb(rival.pid)?;
            let sent = rival.new_topics(&self.bridge, TOPICS).await?;
            let after = resident_mb(rival.pid)?;
            let name = rival.name;
            #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
            let topics = sent as f64;
            report.note(format!("new topics let through of 20,000, {name}"), topics, "", Aim::None);
            report.note(format!("  RSS they added, {name}"), after - before, "MB", Aim::None);
        }
        Ok(())
    }
}

impl Rival {
    fn new(name: &'static str, address: SocketAddr, pid: u32) -> Self {
        Self { name, address, pid, round_trips: Vec::new(), per_second: Vec::new() }
    }

    async fn client(&self, device: &Enrolled, id: &str) -> anyhow::Result<Wire> {
        let mut wire = Wire::open(self.address, Papers::Of(device)).await?;
        wire.greet(&connect(V4, id)).await.context(self.name)?;
        Ok(wire)
    }

    /// Publishes to itself, one message after the other.
    async fn round_trips(&mut self, device: &Enrolled) -> anyhow::Result<()> {
        let mut wire = self.client(device, "there-and-back").await?;
        wire.send(&subscribe(TOPIC)).await?;
        wire.until(0x90).await?;
        let message = publish(TOPIC, None, PAYLOAD);
        for _ in 0..ROUND_TRIPS {
            let began = Instant::now();
            wire.send(&message).await?;
            let mut back = None;
            let mut acknowledged = false;
            while back.is_none() || !acknowledged {
                let (first, body) = wire.next().await?.context("cut off")?;
                match first >> 4 {
                    3 => {
                        back = Some(began.elapsed());
                        wire.send(&puback(&body).context("no publish")?).await?;
                    }
                    4 => acknowledged = true,
                    _ => {}
                }
            }
            self.round_trips.extend(back);
        }
        Ok(())
    }

    /// Publishes with QoS 1, many at a time, while another client listens.
    async fn burst(&mut self, device: &Enrolled) -> anyhow::Result<()> {
        let mut listener = self.client(device, "listener").await?;
        listener.send(&subscribe_at_most_once(TOPIC)).await?;
        listener.until(0x90).await?;
        let mut speaker = self.client(device, "speaker").await?;
        let batch = publish(TOPIC, None, PAYLOAD).repeat(TOGETHER);
        let began = Instant::now();
        let speaking = async {
            for _ in 0..BURST / TOGETHER {
                speaker.send(&batch).await?;
                for _ in 0..TOGETHER {
                    speaker.until(0x40).await?;
                }
            }
            anyhow::Ok(())
        };
        let listening = async {
            for _ in 0..BURST {
                listener.until(0x30).await?;
            }
            anyhow::Ok(())
        };
        tokio::try_join!(speaking, listening)?;
        #[expect(clippy::cast_precision_loss, reason = "two thousand")]
        let per_second = BURST as f64 / began.elapsed().as_secs_f64();
        self.per_second.push(per_second);
        Ok(())
    }

    fn median_k(&self) -> f64 {
        self.per_second.get(self.per_second.len() / 2).map_or(f64::NAN, |rate| rate / 1_000.0)
    }

    async fn crowd(&self, devices: &[Enrolled]) -> anyhow::Result<Vec<Wire>> {
        let mut clients = Vec::new();
        for number in 0..IDLE_CLIENTS {
            let device = devices.get(number / PER_DEVICE).context("too few devices")?;
            let address = u8::try_from(number / PER_ADDRESS + 2)?;
            let mut wire = Wire::from_loopback(address, self.address, Papers::Of(device)).await?;
            wire.greet(&connect(V4, &format!("idle-{number}"))).await.context(self.name)?;
            clients.push(wire);
        }
        Ok(clients)
    }

    /// How many were let through before the broker had enough.
    async fn new_topics(&self, device: &Enrolled, topics: usize) -> anyhow::Result<usize> {
        let mut wire = self.client(device, "inventive").await?;
        for number in 0..topics {
            let message = publish(format!("{TOPIC}/{number}"), None, PAYLOAD);
            if wire.send(&message).await.is_err() || wire.until(0x40).await.is_err() {
                return Ok(number);
            }
        }
        Ok(topics)
    }
}
