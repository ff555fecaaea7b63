//! The installed service, as its owner handles it: by `systemctl` and the journal.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};

use super::{Said, System};

const NAME: &str = "doorward.service";

/// Where an owner's changes to the unit lie until the system restarts.
const CHANGES: &str = "/run/systemd/system/doorward.service.d";

/// The unit in a system, whatever state it is in.
#[derive(Debug, Clone, Copy)]
pub struct Service<'a>(&'a System);

impl<'a> Service<'a> {
    /// The one in a system.
    #[must_use]
    pub const fn of(system: &'a System) -> Self {
        Self(system)
    }

    /// Starts it, and waits until it has told systemd that it is ready.
    ///
    /// # Errors
    /// If it fails, with what it said.
    pub async fn start(self) -> anyhow::Result<()> {
        let started = self.wish("start").await;
        if started.is_err() {
            let said = self.said().await?;
            return started.context(said);
        }
        Ok(())
    }

    /// Stops it.
    ///
    /// # Errors
    /// If it does not end well, or has logged an error since it was started.
    pub async fn stop(self) -> anyhow::Result<()> {
        let invocation = self.shown("InvocationID").await?;
        self.wish("stop").await?;
        let result = self.shown("Result").await?;
        let own = format!("_SYSTEMD_INVOCATION_ID={invocation}");
        let errors = self.journal(&["--quiet", "--priority=err", &own]).await?;
        let said = self.journal(&["--quiet", &own]).await?;
        let panicked = said.contains("panicked at");
        ensure!(result == "success" && errors.is_empty() && !panicked, "{result}: {said}");
        Ok(())
    }

    /// Has systemd do something with it: `enable`, `restart` and the like.
    ///
    /// # Errors
    /// If systemd does not do it.
    pub async fn wish(self, wish: &str) -> anyhow::Result<()> {
        self.0.ok(&["systemctl", wish, NAME]).await.map(drop)
    }

    /// Sends a signal to the hub's own process.
    ///
    /// # Errors
    /// If there is none.
    pub async fn signal(self, signal: &str) -> anyhow::Result<()> {
        self.0.ok(&["systemctl", "kill", "--kill-who=main", "--signal", signal, NAME]).await?;
        Ok(())
    }

    /// Changes the unit as `systemctl edit` does, until the system restarts.
    ///
    /// # Errors
    /// If systemd does not take it.
    pub async fn change(self, name: &str, lines: &str) -> anyhow::Result<()> {
        let file = format!("{CHANGES}/{name}.conf");
        let write = format!("mkdir -p {CHANGES}\ncat >{file} <<'EOF'\n[Service]\n{lines}\nEOF\n");
        self.0.sh(&(write + "systemctl daemon-reload")).await.map(drop)
    }

    /// Whether it is at work.
    ///
    /// # Errors
    /// If systemd does not say.
    pub async fn runs(self) -> anyhow::Result<bool> {
        Ok(self.shown("ActiveState").await? == "active")
    }

    /// What systemd knows of it by some name, such as `InvocationID`, which each start changes.
    ///
    /// # Errors
    /// If systemd does not say.
    pub async fn shown(self, property: &str) -> anyhow::Result<String> {
        let show = ["systemctl", "show", "--value", "--property", property, NAME];
        Ok(self.0.ok(&show).await?.trim().to_owned())
    }

    /// What the kernel says of the hub's process, by the names in `/proc/PID/status`.
    ///
    /// # Errors
    /// If there is none.
    pub async fn status(self) -> anyhow::Result<BTreeMap<String, String>> {
        let status = format!("/proc/{}/status", self.shown("MainPID").await?);
        let lines = self.0.ok(&["cat", &status]).await?;
        let lines = lines.lines().filter_map(|line| line.split_once(':'));
        Ok(lines.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect())
    }

    /// All that it, and systemd about it, has said since the system started.
    ///
    /// # Errors
    /// If there is no journal.
    pub async fn said(self) -> anyhow::Result<String> {
        self.journal(&["--unit", NAME]).await
    }

    async fn journal(self, words: &[&str]) -> anyhow::Result<String> {
        // What was sent before is written down then.
        self.0.ok(&["journalctl", "--sync"]).await?;
        self.0.ok(&[&["journalctl", "--output=cat"], words].concat()).await
    }

    /// Waits until it, or systemd about it, has said something so many times since the system started.
    ///
    /// # Errors
    /// If that does not happen.
    pub async fn until(self, words: &str, times: usize) -> anyhow::Result<()> {
        self.follow(&[])?.until(words, times).await
    }

    /// Waits until it has said something of a camera.
    ///
    /// # Errors
    /// If that does not happen.
    pub async fn until_of(self, camera: &str, words: &str) -> anyhow::Result<()> {
        self.follow(&[&format!("F_CAMERA={camera}")])?.until(words, 1).await
    }

    fn follow(self, fields: &[&str]) -> anyhow::Result<Said> {
        let follow = ["journalctl", "--output=cat", "--follow", "--lines=all", "--unit", NAME];
        Said::by(self.0.command(&[&follow, fields].concat())?)
    }
}
