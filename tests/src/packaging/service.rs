//! What systemd does between `systemctl start` and a service that is ready, as the installed unit has it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, bail, ensure};
use tokio::net::UnixDatagram;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::{PATIENCE, System, Unit};

/// A folder of the test's, as the system knows it.
const GIVEN: &str = "/tmp/given";

/// The installed program at work: the unit's own command line, as the unit's user, within its walls.
#[derive(Debug)]
pub struct Service {
    child: Child,
    state: String,
    runtime: String,
}

impl Service {
    /// Starts it, and waits until it says that it is ready.
    ///
    /// # Errors
    /// If the unit has something that this knows nothing of, or the service ends instead.
    pub async fn start(system: &System) -> anyhow::Result<Self> {
        let unit = Unit::installed(system).await?;
        let needed = unit.value("AssertPathExists")?;
        ensure!(system.has(needed).await?, "there is no {needed}");
        let state = folder(system, &unit, "StateDirectory", "/var/lib").await?;
        let runtime = folder(system, &unit, "RuntimeDirectory", "/run").await?;
        unit.script(&system.given(), GIVEN, &[&state, &runtime])?;

        let socket = system.given().join("notify");
        drop(std::fs::remove_file(&socket));
        let ready = UnixDatagram::bind(&socket)?;
        std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666))?;
        let log = std::fs::File::create(system.given().join("log"))?;
        let mut command = command(system, &unit, &state, &runtime).await?;
        let mut child = command.stdin(Stdio::null()).stderr(log).kill_on_drop(true).spawn()?;
        tokio::select! {
            told = timeout(PATIENCE, told_ready(&ready)) => told??,
            ended = child.wait() => bail!("it ended with {}: {}", ended?, said(system)),
        }
        Ok(Self { child, state, runtime })
    }

    /// Stops it as the unit would, by SIGTERM.
    ///
    /// # Errors
    /// If it does not end well, or has logged an error.
    pub async fn stop(mut self, system: &System) -> anyhow::Result<()> {
        system.ok(&["kill", &self.process(system).await?]).await?;
        let ended = timeout(PATIENCE, self.child.wait()).await??;
        let said = said(system);
        ensure!(ended.success() && !said.contains("ERROR"), "{ended}: {said}");
        system.ok(&["rm", "-r", &self.runtime]).await.map(drop)
    }

    /// What the kernel says of the hub's process, by the names in `/proc/PID/status`.
    ///
    /// # Errors
    /// If the process has ended.
    pub async fn status(&self, system: &System) -> anyhow::Result<BTreeMap<String, String>> {
        let status = format!("/proc/{}/status", self.process(system).await?);
        let lines = system.ok(&["cat", &status]).await?;
        let lines = lines.lines().filter_map(|line| line.split_once(':'));
        Ok(lines.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect())
    }

    async fn process(&self, system: &System) -> anyhow::Result<String> {
        let number = system.ok(&["cat", &format!("{}/doorward.lock", self.state)]).await?;
        Ok(number.trim().to_owned())
    }
}

/// Makes a folder for the service's user, with the mode that the unit has for it.
async fn folder(system: &System, unit: &Unit, key: &str, base: &str) -> anyhow::Result<String> {
    let path = format!("{base}/{}", unit.value(key)?);
    let mode = format!("--mode={}", unit.value(&format!("{key}Mode"))?);
    let (user, group) = (unit.value("User")?, unit.value("Group")?);
    let owner = [format!("--owner={user}"), format!("--group={group}")];
    system.ok(&["install", "-d", &mode, &owner[0], &owner[1], &path]).await?;
    Ok(path)
}

/// The unit's own command line, with the environment that systemd gives a service.
async fn command(
    system: &System,
    unit: &Unit,
    state: &str,
    runtime: &str,
) -> anyhow::Result<Command> {
    let settings = settings(system, unit.value("EnvironmentFile")?).await?;
    let (user, group) = (unit.value("User")?, unit.value("Group")?);
    let as_user = [format!("--reuid={user}"), format!("--regid={group}")];
    let mut command = system.command(&["setpriv", &as_user[0], &as_user[1], "--init-groups"])?;
    command.args(["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"]);
    command.args(["LANG=C.UTF-8", &format!("HOME={state}"), &format!("USER={user}")]);
    command.args([format!("STATE_DIRECTORY={state}"), format!("RUNTIME_DIRECTORY={runtime}")]);
    command.arg(format!("NOTIFY_SOCKET={GIVEN}/notify"));
    command.args(settings.iter().map(|(name, value)| format!("{name}={value}")));
    command.arg(format!("{GIVEN}/shut-in"));
    for word in unit.value("ExecStart")?.split_whitespace() {
        match word.strip_prefix('$') {
            // As systemd has it: a variable by itself is as many words as it has, or none.
            Some(name) => {
                command.args(settings.get(name).into_iter().flat_map(|it| it.split_whitespace()))
            }
            None => command.arg(word),
        };
    }
    Ok(command)
}

/// Reads an `EnvironmentFile=`; one that begins with a dash need not be there.
async fn settings(system: &System, value: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let (path, needed) = match value.strip_prefix('-') {
        Some(path) => (path, false),
        None => (value, true),
    };
    if !needed && !system.has(path).await? {
        return Ok(BTreeMap::new());
    }
    let text = system.ok(&["cat", path]).await?;
    let lines = text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.split_once('=').context("a setting without a value")?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

async fn told_ready(ready: &UnixDatagram) -> anyhow::Result<()> {
    let mut message = [0; 4096];
    loop {
        let length = ready.recv(&mut message).await?;
        if message.get(..length).is_some_and(|said| said.starts_with(b"READY=1")) {
            return Ok(());
        }
    }
}

fn said(system: &System) -> String {
    let log: &Path = &system.given().join("log");
    std::fs::read_to_string(log).unwrap_or_default()
}
