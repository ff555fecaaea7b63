//! A login of its own: a screen, a session bus, folders, and nothing of whoever runs the test.

use std::ffi::OsString;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use doorward_tests::harness::free_address;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::PATIENCE;

/// What decodes H.264 in GStreamer, wherever it comes from.
const H264: [&str; 6] =
    ["avdec_h264", "openh264dec", "vah264dec", "vaapih264dec", "v4l2slh264dec", "nvh264dec"];

/// How large the screen is, in pixels.
const SCREEN: &str = "1280x900";

/// Somebody who is logged in.
pub(crate) struct Login {
    screen: String,
    bus: String,
    /// What is set otherwise than for everybody.
    instead: Vec<(&'static str, OsString)>,
    /// Where devices find the hub that will be set up.
    pub(crate) mqtt: SocketAddr,
    _running: [Child; 2],
    // Last, so that the folder goes after those who live in it.
    folder: TempDir,
}

impl Login {
    /// Logs in.
    pub(crate) async fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        for name in ["home/Downloads", "config", "data", "cache"] {
            std::fs::create_dir_all(folder.path().join(name))?;
        }
        private(&folder.path().join("run"))?;
        let depth = format!("{SCREEN}x24");
        let words = ["-displayfd", "1", "-screen", "0", &depth, "-nolisten", "tcp"];
        let (xvfb, display) = first_line(Command::new("Xvfb").args(words)).await?;
        let words = ["--session", "--nofork", "--nopidfile", "--print-address=1"];
        let (dbus, bus) = first_line(Command::new("dbus-daemon").args(words)).await?;
        let mqtt = free_address()?;
        let screen = format!(":{display}");
        Ok(Self { screen, bus, instead: Vec::new(), mqtt, _running: [xvfb, dbus], folder })
    }

    /// The same on a poorer desktop: no bus, and no way to decode H.264.
    pub(crate) async fn bare() -> anyhow::Result<Self> {
        let mut login = Self::new().await?;
        let nowhere = login.folder("no-bus").display().to_string();
        login.instead("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={nowhere}"));
        // GStreamer's own way to take parts of it away (GST_PLUGIN_FEATURE_RANK).
        let ranks = H264.map(|decoder| format!("{decoder}:NONE")).join(",");
        login.instead("GST_PLUGIN_FEATURE_RANK", ranks);
        Ok(login)
    }

    /// Has programs that are started from here on find another value.
    pub(crate) fn instead(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.instead.push((name, value.into()));
    }

    /// A program that this person starts.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut command = Command::new(program.as_ref());
        command.env_clear().envs(self.variables()).env("PATH", path).kill_on_drop(true);
        command.envs(self.instead.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).process_group(0);
        command
    }

    fn variables(&self) -> Vec<(&'static str, OsString)> {
        let within = |name: &str| self.folder.path().join(name).into_os_string();
        vec![
            ("DISPLAY", self.screen.clone().into()),
            ("DBUS_SESSION_BUS_ADDRESS", self.bus.clone().into()),
            ("HOME", within("home")),
            ("XDG_RUNTIME_DIR", within("run")),
            ("XDG_CONFIG_HOME", within("config")),
            ("XDG_DATA_HOME", within("data")),
            ("XDG_CACHE_HOME", within("cache")),
            ("DOORWARD_STATE", within("state")),
            ("DOORWARD_MQTT_LISTEN", self.mqtt.to_string().into()),
            ("DOORWARD_PLAIN_LISTEN", "127.0.0.1:0".into()),
            ("DOORWARD_HTTPS_LISTEN", "127.0.0.1:0".into()),
            ("TAURI_WEBVIEW_AUTOMATION", "true".into()),
            ("LANG", "C.UTF-8".into()),
            // There is no graphics card, and nobody's screen reader.
            ("LIBGL_ALWAYS_SOFTWARE", "1".into()),
            ("NO_AT_BRIDGE", "1".into()),
        ]
    }

    /// The screen's name.
    pub(crate) fn screen(&self) -> &str {
        &self.screen
    }

    /// The address of the session bus.
    pub(crate) fn bus(&self) -> &str {
        &self.bus
    }

    /// A folder of this login.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Login {
    /// The hub outlives every window; it must not outlive the test.
    fn drop(&mut self) {
        let Ok(mut lock) = std::fs::File::open(self.folder("state/doorward.lock")) else { return };
        // A hub that has ended holds its lock no longer, and its number may be anybody's.
        if !matches!(lock.try_lock(), Err(std::fs::TryLockError::WouldBlock)) {
            return;
        }
        let mut holder = String::new();
        lock.read_to_string(&mut holder).ok();
        let process = holder.trim().parse().ok();
        if let Some(process) = process.and_then(rustix::process::Pid::from_raw) {
            // It may have ended already.
            rustix::process::kill_process(process, rustix::process::Signal::KILL).ok();
        }
    }
}

fn private(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    Ok(std::fs::DirBuilder::new().mode(0o700).create(folder)?)
}

/// Starts a program that says in one line where it is to be found.
async fn first_line(command: &mut Command) -> anyhow::Result<(Child, String)> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().with_context(|| {
        format!("could not start {name}; `cargo xtask setup` installs what is missing")
    })?;
    let output = child.stdout.take().context("no output")?;
    let mut line = String::new();
    timeout(PATIENCE, BufReader::new(output).read_line(&mut line)).await??;
    ensure!(!line.trim().is_empty(), "{name} did not say where it is");
    Ok((child, line.trim().to_owned()))
}
