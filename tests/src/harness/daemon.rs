//! `doorward serve` as a service manager starts it.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::net::UnixDatagram;
use tokio::process::Child;
use tokio::time::timeout;

use super::child;
use super::program::Doorward;
use crate::journal::Journal;

const START_PATIENCE: Duration = Duration::from_secs(60);
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// A loopback address that nobody listens at.
///
/// # Errors
/// If the system has no port left.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("finding a free port")?;
    Ok(listener.local_addr()?)
}

/// Where a hub listens.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// For devices.
    pub mqtt: SocketAddr,
    /// For devices without TLS, while there are any; the system chooses if it does not matter.
    pub plain: Option<SocketAddr>,
    /// For phones; the system chooses if it does not matter.
    pub https: Option<SocketAddr>,
}

/// A running hub.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    log: Journal<String>,
    mqtt: SocketAddr,
    plain: Option<SocketAddr>,
}

impl Daemon {
    /// Starts a hub that listens for devices at `mqtt`, and returns when it says that it is ready.
    ///
    /// # Errors
    /// If it ends or stays silent instead; its words are in the error.
    pub async fn start(doorward: &Doorward, mqtt: SocketAddr) -> anyhow::Result<Self> {
        Self::start_at(doorward, Addresses { mqtt, plain: None, https: None }).await
    }

    /// The same, with a say in where else it listens.
    ///
    /// # Errors
    /// If it ends or stays silent instead; its words are in the error.
    pub async fn start_at(doorward: &Doorward, at: Addresses) -> anyhow::Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let [mqtt, plain, https] =
            [at.mqtt, at.plain.unwrap_or(any), at.https.unwrap_or(any)].map(|at| at.to_string());
        let words = ["--mqtt-listen", &mqtt, "--plain-listen", &plain, "--https-listen", &https];
        Ok(Self { plain: at.plain, ..Self::start_with(doorward, at.mqtt, words).await? })
    }

    /// Starts a hub with words of one's own; devices are to be found at `mqtt`.
    ///
    /// # Errors
    /// If it ends or stays silent instead; its words are in the error.
    pub async fn start_with<A: AsRef<OsStr>>(
        doorward: &Doorward,
        mqtt: SocketAddr,
        words: impl IntoIterator<Item = A>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a folder for the notification socket")?;
        let socket = folder.path().join("notify");
        let ready = UnixDatagram::bind(&socket).context("binding the notification socket")?;
        let mut command = doorward.command();
        command
            .arg("serve")
            .arg("--state")
            .arg(doorward.state())
            .args(words)
            .env("NOTIFY_SOCKET", &socket)
            .stderr(Stdio::piped());
        let mut child = child::spawn(&mut command)?;
        let log = child::keep(child.stderr.take());
        let mut daemon = Self { child, log, mqtt, plain: None };
        daemon.wait_until(&ready).await?;
        Ok(daemon)
    }

    async fn wait_until(&mut self, ready: &UnixDatagram) -> anyhow::Result<()> {
        let notified = async {
            let mut message = [0; 4096];
            loop {
                let length = ready.recv(&mut message).await?;
                let text = String::from_utf8_lossy(message.get(..length).unwrap_or_default());
                if text.lines().any(|line| line == "READY=1") {
                    return anyhow::Ok(());
                }
            }
        };
        tokio::select! {
            ready = timeout(START_PATIENCE, notified) => {
                ready.with_context(|| format!("the hub did not become ready:\n{}", self.said()))?
            }
            ended = self.child.wait() => {
                bail!("the hub ended with {} instead of becoming ready:\n{}", ended?, self.said())
            }
        }
    }

    /// Where it listens for devices. Kept over restarts, for devices look for no new port.
    #[must_use]
    pub const fn mqtt(&self) -> SocketAddr {
        self.mqtt
    }

    /// Where it listens for devices without TLS, if the test chose a place.
    #[must_use]
    pub const fn plain(&self) -> Option<SocketAddr> {
        self.plain
    }

    /// What it wrote to standard error.
    #[must_use]
    pub const fn log(&self) -> &Journal<String> {
        &self.log
    }

    /// Its process number.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for it to end by itself.
    ///
    /// # Errors
    /// If the system does not say.
    pub async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Makes its message router panic; a hub of a release build cannot be told to.
    ///
    /// # Errors
    /// If the system refuses.
    #[cfg(debug_assertions)]
    pub fn provoke_router_panic(&self) -> anyhow::Result<()> {
        let pid = child::pid(&self.child).context("the hub has ended")?;
        rustix::process::kill_process(pid, rustix::process::Signal::USR2)
            .context("could not signal the hub")
    }

    /// Cuts its life off, as a power cut would.
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn kill(mut self) -> anyhow::Result<Journal<String>> {
        self.child.kill().await.context("killing the hub")?;
        Ok(self.log)
    }

    /// Asks it to end and waits until it has.
    ///
    /// # Errors
    /// If it does not end well, or wrote an error that is not among `expected`.
    pub async fn stop(mut self, expected: &[&str]) -> anyhow::Result<()> {
        let status = self.terminate().await?;
        ensure!(status.success(), "the hub ended with {status}:\n{}", self.said());
        let errors = self.errors(expected);
        ensure!(errors.is_empty(), "the hub wrote errors:\n{}", errors.join("\n"));
        Ok(())
    }

    /// Error lines and panics in what it wrote, but for those that contain an expected text.
    #[must_use]
    pub fn errors(&self, expected: &[&str]) -> Vec<String> {
        let mut lines = self.log.all();
        lines.retain(|line| line.contains("ERROR") || line.contains("panicked at"));
        lines.retain(|line| !expected.iter().any(|text| line.contains(text)));
        lines
    }

    async fn terminate(&mut self) -> anyhow::Result<ExitStatus> {
        child::terminate(&mut self.child, STOP_PATIENCE)
            .await
            .with_context(|| format!("stopping the hub, which wrote:\n{}", self.said()))
    }

    fn said(&self) -> String {
        self.log.all().join("\n")
    }
}
