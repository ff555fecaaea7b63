//! Debian's MQTT clients, which nobody here wrote.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::child;
use super::patience::PATIENCE;
use crate::house::Enrolled;
use crate::journal::{InVain, Journal, Place};

/// `mosquitto_pub` and `mosquitto_sub` with what an enrolled device shows.
#[derive(Debug, Clone)]
pub struct Mosquitto {
    hub: SocketAddr,
    shows: Shows,
}

/// What a device shows to be let in.
#[derive(Debug, Clone)]
enum Shows {
    Certificate(Enrolled),
    Password { user: String, password: String },
}

/// A message on its way, to be kept by the broker or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Retained.
    Retained,
    /// For those who listen.
    Passing,
}

/// A running `mosquitto_sub`.
#[derive(Debug)]
pub struct Subscription {
    // Kept for its `Drop` too, which ends the program.
    child: Child,
    lines: Journal<String>,
}

impl Mosquitto {
    /// Speaks to this hub as this device.
    #[must_use]
    pub const fn new(hub: SocketAddr, enrolled: Enrolled) -> Self {
        Self { hub, shows: Shows::Certificate(enrolled) }
    }

    /// Speaks to this hub without TLS.
    #[must_use]
    pub fn plain(hub: SocketAddr, user: &str, password: &str) -> Self {
        let (user, password) = (user.to_owned(), password.to_owned());
        Self { hub, shows: Shows::Password { user, password } }
    }

    /// Publishes with QoS 1.
    ///
    /// # Errors
    /// If the broker refuses.
    pub async fn publish(&self, topic: &str, keep: Keep, payload: &[u8]) -> anyhow::Result<()> {
        let mut command = self.command("mosquitto_pub", &[]);
        command.args(["-q", "1", "-t", topic, "-s"]);
        if keep == Keep::Retained {
            command.arg("-r");
        }
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child::spawn(&mut command)?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        stdin.write_all(payload).await?;
        drop(stdin);
        let output = timeout(PATIENCE, child.wait_with_output()).await??;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "mosquitto_pub to {topic}: {said}");
        Ok(())
    }

    /// Subscribes and returns when the broker has acknowledged.
    ///
    /// # Errors
    /// If it does not.
    pub async fn subscribe(&self, filter: &str) -> anyhow::Result<Subscription> {
        self.subscribe_with(filter, &[]).await
    }

    /// The same with a will, which the program leaves behind when its connection breaks.
    ///
    /// # Errors
    /// If it is not acknowledged.
    pub async fn subscribe_with_will(
        &self,
        filter: &str,
        topic: &str,
        payload: &str,
    ) -> anyhow::Result<Subscription> {
        self.subscribe_with(filter, &["--will-topic", topic, "--will-payload", payload]).await
    }

    async fn subscribe_with(&self, filter: &str, more: &[&str]) -> anyhow::Result<Subscription> {
        // Into a pipe it would write its first lines only when there are many.
        let mut command = self.command("stdbuf", &["-oL", "mosquitto_sub"]);
        command.args(["-d", "-v", "-q", "1", "-t", filter]).args(more).stdout(Stdio::piped());
        let mut child = child::spawn(&mut command)?;
        let lines = child::keep(child.stdout.take());
        lines
            .wait(Place::default(), PATIENCE, "the acknowledged subscription", |line| {
                line.starts_with("Subscribed (mid").then_some(())
            })
            .await?;
        Ok(Subscription { child, lines })
    }

    fn command(&self, program: &str, first: &[&str]) -> Command {
        let mut command = Command::new(program);
        child::quiet(&mut command).args(first).args([
            "-h",
            &self.hub.ip().to_string(),
            "-p",
            &self.hub.port().to_string(),
        ]);
        match &self.shows {
            Shows::Certificate(Enrolled { folder, .. }) => {
                for (option, file) in
                    [("--cafile", "ca.pem"), ("--cert", "client.pem"), ("--key", "client.key")]
                {
                    command.arg(option).arg(folder.join(file));
                }
            }
            Shows::Password { user, password } => {
                command.args(["-u", user, "-P", password]);
            }
        }
        command
    }
}

impl Subscription {
    /// Ends the program in the middle of what it does, so that its will is said.
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("killing mosquitto_sub")
    }

    /// The end of what came so far.
    #[must_use]
    pub fn end(&self) -> Place {
        self.lines.end()
    }

    /// All that came.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.lines.all()
    }

    /// Waits for a message on a topic, from `place` on, that holds a text.
    ///
    /// # Errors
    /// If none comes.
    pub async fn wait(&self, place: Place, topic: &str, text: &str) -> Result<String, InVain> {
        let what = format!("{text} on {topic}");
        let (payload, _) = self
            .lines
            .wait(place, PATIENCE, &what, |line| {
                let payload = line.strip_prefix(topic)?.strip_prefix(' ')?;
                payload.contains(text).then(|| payload.to_owned())
            })
            .await?;
        Ok(payload)
    }

    /// Makes sure that no message on a topic holds a text within `span`.
    ///
    /// # Errors
    /// If one does.
    pub async fn nothing(
        &self,
        place: Place,
        span: Duration,
        topic: &str,
        text: &str,
    ) -> anyhow::Result<()> {
        let unwanted = self.lines.wait(place, span, text, |line| {
            (line.starts_with(topic) && line.contains(text)).then(|| line.clone())
        });
        match unwanted.await {
            Ok((line, _)) => bail!("unwanted: {line}"),
            Err(InVain { .. }) => Ok(()),
        }
    }
}
