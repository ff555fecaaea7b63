//! A real RTSP camera on loopback: GStreamer, started from `tests/camera/`.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin, Command};

use super::child;
use crate::journal::{Journal, Place};

const PATIENCE: Duration = Duration::from_secs(30);

/// The user name and password that the camera asks for.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The name.
    pub user: &'a str,
    /// The password.
    pub password: &'a str,
}

/// What the camera can be told to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Moving pictures.
    Live,
    /// The same picture again and again.
    Frozen,
    /// No pictures; the connection stays.
    Stalled,
    /// Moving pictures, and no sound any more.
    Deaf,
    /// Moving pictures, and sound that comes and goes.
    Patchy,
}

impl Condition {
    const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Frozen => "freeze",
            Self::Stalled => "stall",
            Self::Deaf => "deaf",
            Self::Patchy => "patchy",
        }
    }
}

/// A running camera.
#[derive(Debug)]
pub struct Camera {
    child: Child,
    orders: ChildStdin,
    said: Journal<String>,
    port: u16,
}

impl Camera {
    /// Small pictures, and few of them: what tests need and no more.
    pub const FRUGAL: [&str; 4] = ["--width=640", "--height=360", "--fps=15", "--gop=15"];

    /// Starts a small, frugal camera that asks for digest authentication.
    ///
    /// # Errors
    /// If GStreamer is missing or the camera does not come up.
    pub async fn start(credentials: Credentials<'_>) -> anyhow::Result<Self> {
        Self::start_with(credentials, &Self::FRUGAL).await
    }

    /// Starts a camera with these further arguments.
    ///
    /// # Errors
    /// If GStreamer is missing or the camera does not come up.
    pub async fn start_with(
        credentials: Credentials<'_>,
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        let mut command = Command::new("/usr/bin/python3");
        child::quiet(&mut command)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/camera/rtsp_camera.py"))
            .args(["--user", credentials.user, "--password", credentials.password])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut child = child::spawn(&mut command)?;
        let orders = child.stdin.take().context("the camera has no standard input")?;
        let said = child::keep(child.stdout.take());
        let (port, _) = said
            .wait(Place::default(), PATIENCE, "the camera's port", |line| {
                line.strip_prefix("ready ")?.trim().parse().ok()
            })
            .await
            .context("the camera did not start; `cargo xtask setup` installs what it needs")?;
        Ok(Self { child, orders, said, port })
    }

    /// Where to look at it.
    #[must_use]
    pub fn url(&self, mount: &str) -> String {
        format!("rtsp://127.0.0.1:{}/{mount}", self.port)
    }

    /// Mends or breaks it, and returns when it has.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn become_(&mut self, condition: Condition) -> anyhow::Result<()> {
        let place = self.said.end();
        let word = condition.word();
        self.orders
            .write_all(format!("{word}\n").as_bytes())
            .await
            .context("telling the camera")?;
        self.said.wait(place, PATIENCE, word, |line| (line.trim() == word).then_some(())).await?;
        Ok(())
    }

    /// Pulls its plug.
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn unplug(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("unplugging the camera")
    }
}
