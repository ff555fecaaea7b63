//! Those who take what they can get, all at once, until they are dropped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::AsyncReadExt as _;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::house::Enrolled;
use crate::mqtt::packets::{V4, connect, publish_at_most_once};
use crate::mqtt::{Papers, Wire, tcp_from_loopback};

/// Connections that say nothing, of as many addresses as [`ADDRESSES`].
const SILENT: u8 = 200;
/// Addresses of the loopback network that they come from.
const ADDRESSES: u8 = 4;
/// Clients that send a byte now and then.
const SLOW: usize = 8;

/// A crowd at work. Dropping it ends it.
#[derive(Debug)]
pub struct Crowd {
    // Kept for its `Drop`, which ends those in it.
    _members: JoinSet<()>,
    flooded: Arc<AtomicU64>,
}

/// How hard one device pushes.
#[derive(Debug, Clone, Copy)]
pub struct Flood<'a> {
    /// The device.
    pub device: &'a Enrolled,
    /// The topic, which is its own.
    pub topic: &'a str,
    /// Messages per second that it tries to send.
    pub per_second: u32,
}

impl Crowd {
    /// Gathers in front of the hub: silent connections that come back when they are put out, slow
    /// writers, and one device that floods.
    ///
    /// # Errors
    /// If the flooding device cannot even connect.
    pub async fn gather(hub: SocketAddr, flood: Flood<'_>) -> anyhow::Result<Self> {
        let mut members = JoinSet::new();
        for number in 0..SILENT {
            members.spawn(silent(hub, number));
        }
        for _ in 0..SLOW {
            let device = flood.device.clone();
            members.spawn(async move { slow(hub, &device).await });
        }
        let flooded = Arc::new(AtomicU64::new(0));
        let mut wire = Wire::open(hub, Papers::Of(flood.device)).await?;
        wire.greet(&connect(V4, "flood")).await.context("the flooding device")?;
        let message = publish_at_most_once(flood.topic, None, br#"{"bolt":"thrown"}"#);
        members.spawn(push(wire, message, flood.per_second, Arc::clone(&flooded)));
        Ok(Self { _members: members, flooded })
    }

    /// How many messages the flooding device has got rid of.
    #[must_use]
    pub fn flooded(&self) -> u64 {
        self.flooded.load(Ordering::Relaxed)
    }
}

/// Connects, says nothing, and comes back when it is put out.
async fn silent(hub: SocketAddr, number: u8) {
    let mut pace = interval(Duration::from_millis(200));
    loop {
        pace.tick().await;
        // A connection that is refused is what it came for, too.
        if let Ok(mut stream) = tcp_from_loopback(number % ADDRESSES + 2, hub).await {
            drop(stream.read(&mut [0; 64]).await);
        }
    }
}

/// Shakes hands and then sends its CONNECT byte by byte, with a second between them.
async fn slow(hub: SocketAddr, device: &Enrolled) {
    let hello = connect(V4, "slow");
    let mut pace = interval(Duration::from_secs(1));
    loop {
        pace.tick().await;
        let Ok(mut wire) = Wire::open(hub, Papers::Of(device)).await else { continue };
        for byte in &hello {
            pace.tick().await;
            if wire.send(std::slice::from_ref(byte)).await.is_err() {
                break;
            }
        }
    }
}

/// Sends as fast as it was told, or as fast as it is read from.
async fn push(mut wire: Wire, message: Vec<u8>, per_second: u32, sent: Arc<AtomicU64>) {
    const TURNS: u32 = 100;
    let together = per_second / TURNS;
    let batch = message.repeat(usize::try_from(together).unwrap_or(1));
    let mut pace = interval(Duration::from_secs(1) / TURNS);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        pace.tick().await;
        if wire.send(&batch).await.is_err() {
            return;
        }
        sent.fetch_add(u64::from(together), Ordering::Relaxed);
    }
}
