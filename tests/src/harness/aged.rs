//! A hub that was made long ago, so that what it issued then is near its end.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use anyhow::ensure;
use tokio::time::{Instant, interval};

use super::daemon::free_address;
use super::faketime::FakeTime;
use super::patience::PATIENCE;
use super::program::Doorward;
use crate::house::Enrolled;

/// A device to be enrolled: its name, kind and dialect.
pub type Wanted<'a> = (&'a str, &'a str, &'a str);

/// A hub that was made some days ago and does not run.
pub struct AgedHub {
    /// The hub.
    pub owner: Doorward,
    /// Where it listens.
    pub mqtt: SocketAddr,
    /// Devices whose certificates were issued then, for 825 days.
    pub devices: Vec<Enrolled>,
}

impl AgedHub {
    /// Makes a hub and enrols devices, so many days ago.
    ///
    /// # Errors
    /// If that fails, or `libfaketime` is not installed.
    pub async fn make(folder: &Path, days: u32, devices: &[Wanted<'_>]) -> anyhow::Result<Self> {
        let owner = Doorward::new(&folder.join("state"))?;
        let mqtt = free_address()?;
        let long_ago = owner.in_time(&FakeTime::days_ago(days)?);
        let mut init = long_ago.command();
        init.args(["init", "--unlock", "keyfile", "--recovery-out"]);
        init.arg(folder.join("recovery.txt")).arg("--state").arg(owner.state());
        ensure!(init.stdout(Stdio::null()).status().await?.success(), "no hub was made");
        let mut serve = long_ago.command();
        serve.args(["serve", "--mqtt-listen", &mqtt.to_string()]);
        serve.args(["--https-listen", "127.0.0.1:0", "--state"]).arg(owner.state());
        let mut daemon = serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        awake(&owner).await?;
        let mut enrolled = Vec::new();
        for (name, kind, dialect) in devices {
            enrolled.push(owner.enrol(name, kind, dialect, folder).await?);
        }
        daemon.kill().await?;
        Ok(Self { owner, mqtt, devices: enrolled })
    }
}

/// Waits until a hub that was started answers for its house.
async fn awake(owner: &Doorward) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut pace = interval(std::time::Duration::from_millis(100));
    loop {
        pace.tick().await;
        match owner.json(["status"]).await {
            Ok(status) if !status["house"].is_null() => return Ok(()),
            found => ensure!(Instant::now() < deadline, "the hub does not wake: {found:?}"),
        }
    }
}
