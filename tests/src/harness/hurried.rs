//! A scene in which hours pass in seconds.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use doorward_api::status::Status;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, interval};

use super::camera::Camera;
use super::child;
use super::daemon::Daemon;
use super::faketime::FakeTime;
use super::patience::PATIENCE;
use super::program::{Doorward, find};
use super::scene::Scene;
use crate::journal::{Journal, Place};

/// A hub and its devices for whom time runs fast. The camera and the command line live as before:
/// pictures cannot be hurried.
#[derive(Debug)]
pub struct Hurried {
    /// The running hub.
    pub daemon: Daemon,
    /// The command line.
    pub owner: Doorward,
    devices: Child,
    // Held, so that it goes on filming.
    _camera: Option<Camera>,
    folder: TempDir,
}

impl Scene {
    /// Starts the hub anew, with these words, and the devices; time runs so many times as fast for
    /// both. Returns when all devices are connected.
    ///
    /// # Errors
    /// If something does not come back.
    pub async fn hurry(self, times: u32, words: &[&str]) -> anyhow::Result<Hurried> {
        let Self { owner, daemon, listener, camera, house, folder } = self;
        let mqtt = daemon.mqtt();
        drop((listener, house));
        daemon.stop(&[]).await?;
        let time = FakeTime::hurried(times)?;
        let daemon = Daemon::start_with(&owner.in_time(&time), mqtt, words).await?;
        let mut devices = devices(&folder, &daemon, &time)?;
        let seen: Journal<String> = child::keep(devices.stdout.take());
        for device in ["front-lock", "front-contact"].iter().chain(&Self::KEYPADS) {
            let up =
                |line: &String| (line.contains("\"up\"") && line.contains(device)).then_some(());
            seen.wait(Place::default(), PATIENCE, device, up).await?;
        }
        Ok(Hurried { daemon, owner, devices, _camera: camera, folder })
    }
}

impl Hurried {
    /// Waits until the hub believes that it has been running for so long, and returns its status then.
    ///
    /// # Errors
    /// If that does not come.
    pub async fn runs_for(&self, time: Duration) -> anyhow::Result<Status> {
        let deadline = Instant::now() + PATIENCE;
        let mut pace = interval(Duration::from_millis(500));
        loop {
            pace.tick().await;
            // A hub for whom a second is a moment hangs up on a command line that is slow.
            match self.owner.status().await {
                Ok(status) if Duration::from_millis(status.uptime_ms) >= time => return Ok(status),
                other => {
                    ensure!(
                        Instant::now() < deadline,
                        "the hub did not run for {time:?}: {other:?}"
                    );
                }
            }
        }
    }

    /// Ends the hub, looks for errors in what it wrote, and returns its folder.
    ///
    /// # Errors
    /// If there are some that are not among `expected`.
    pub async fn end(mut self, expected: &[&str]) -> anyhow::Result<TempDir> {
        self.daemon.stop(expected).await?;
        self.devices.kill().await?;
        Ok(self.folder)
    }
}

fn devices(folder: &TempDir, daemon: &Daemon, time: &FakeTime) -> anyhow::Result<Child> {
    let certificates = folder.path().join("certificates");
    let of = |name: &str| format!("{name}={}", certificates.join(name).display());
    let mut command = Command::new(find("doorward-house", "DOORWARD_HOUSE")?);
    command.args(["--json", "--hub", &daemon.mqtt().to_string()]);
    command.args(["--lock", &of("front-lock"), "--contact", &of("front-contact")]);
    command.args(Scene::KEYPADS.iter().flat_map(|keypad| ["--keypad".to_owned(), of(keypad)]));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    time.bend(&mut command);
    child::spawn(&mut command).context("the devices")
}
