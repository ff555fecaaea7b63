//! A Debian system that forgets: this machine's own, booted by its own systemd, with everything that is
//! written to it kept apart.
//!
//! Its processes, mounts, control groups and network are its own; the kernel is shared. Its settings and
//! devices are out of the way of a mistake, not of an attack: what runs there may mount. Nothing of it
//! outlives the value by long, nor the process that had it, however that ends.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail, ensure};
use tokio::net::UnixDatagram;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use super::{PATIENCE, as_root, run};
use crate::harness::Outcome;
use crate::street::{CABLE, Tape};

const KEEP: &str = include_str!("keep.sh");
const BOOT: &str = include_str!("boot.sh");

/// Keeps a system, and removes its folder when nothing of it is left that could write there. The mounts are
/// the keeper's alone: what is removed is what lies under them.
const HOLD: &str =
    r#"unshare --mount sh -c "$2" sh "$1" "$3" "$4" "$5"; code=$?; rm -rf "$1"; exit $code"#;

/// What none of a system's processes may do, for it would be done to this machine: load a module, reach
/// its memory, set its clock, read and clear its messages, wake it.
const NEVER: &str = "-sys_module,-sys_rawio,-sys_time,-syslog,-wake_alarm";

/// How much can be written to a system.
#[derive(Debug, Clone, Copy)]
pub enum Room {
    /// Enough.
    Ample,
    /// So many MiB.
    MiB(u32),
}

/// A system, for as long as this value lives.
#[derive(Debug)]
pub struct System {
    // The keeper ends the system when this is closed, however this process ends.
    _end: ChildStdin,
    keeper: Child,
    booted: UnixDatagram,
    folder: PathBuf,
}

impl System {
    /// Boots one.
    ///
    /// # Errors
    /// If this is not root, or the kernel does not grant what a system needs.
    pub async fn build(room: Room) -> anyhow::Result<Self> {
        as_root()?;
        let folder = tempfile::tempdir()?;
        for name in ["kept", "root", "groups", "given"] {
            std::fs::create_dir(folder.path().join(name))?;
        }
        std::fs::write(folder.path().join("cable"), CABLE)?;
        let booted = UnixDatagram::bind(folder.path().join("given/booted"))?;
        let size = match room {
            Room::Ample => "2g".to_owned(),
            Room::MiB(size) => format!("{size}m"),
        };
        let mut command = Command::new("sh");
        command.args(["-c", HOLD, "sh"]).arg(folder.path()).args([KEEP, &size, BOOT, NEVER]);
        // What ends this process may be meant for its group, and the keeper has to live on to clean up.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut keeper = command.spawn()?;
        let end = keeper.stdin.take().context("no way to end the system")?;
        let mut system = Self { _end: end, keeper, booted, folder: folder.keep() };
        system.has_booted().await?;
        Ok(system)
    }

    /// Restarts it in good order, and waits until it is there again with what was written to it.
    ///
    /// # Errors
    /// If it does not come back.
    pub async fn reboot(&mut self) -> anyhow::Result<()> {
        // It has said that it is ready whenever it had read its units anew, too.
        while self.booted.try_recv(&mut [0; 4096]).is_ok() {}
        let mode = "--job-mode=replace-irreversibly";
        self.ok(&["systemctl", "start", "--no-block", mode, "reboot.target"]).await?;
        self.has_booted().await
    }

    /// Waits until systemd says that it has started all that starts by itself.
    async fn has_booted(&mut self) -> anyhow::Result<()> {
        let mut message = [0; 4096];
        let told = async {
            loop {
                let length = self.booted.recv(&mut message).await?;
                let said = message.get(..length).unwrap_or_default();
                if said.split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
                    return anyhow::Ok(());
                }
            }
        };
        tokio::select! {
            told = timeout(PATIENCE, told) => told.context("the system did not boot")?,
            ended = self.keeper.wait() => bail!("the system ended with {}", ended?),
        }
    }

    /// A folder that is `/given` in the system.
    #[must_use]
    pub fn given(&self) -> PathBuf {
        self.folder.join("given")
    }

    /// A command of the system, as root, to be started by somebody else.
    ///
    /// # Errors
    /// If the system has ended.
    pub fn command(&self, words: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.first()?, "--mount", "--pid", "--net", "--uts", "--ipc"]);
        command.args(["setpriv", &format!("--bounding-set={NEVER}")]);
        command.args(["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"]);
        command.args(["DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"]).args(words);
        command.kill_on_drop(true);
        Ok(command)
    }

    /// The number of its first process, by this machine's count.
    fn first(&self) -> anyhow::Result<String> {
        let parent = std::fs::read_to_string(self.folder.join("first"))?;
        let parent = parent.trim();
        let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
        let children = children.context("the system has ended")?;
        let first = children.split_whitespace().next().context("the system has no process")?;
        Ok(first.to_owned())
    }

    /// Runs a command of the system to its end.
    ///
    /// # Errors
    /// If it cannot be started or does not end.
    pub async fn run(&self, words: &[&str]) -> anyhow::Result<Outcome> {
        run(&mut self.command(words)?).await
    }

    /// Runs a command of the system that must succeed; returns what it said on both streams.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ok(&self, words: &[&str]) -> anyhow::Result<String> {
        let Outcome { code, stdout, stderr } = self.run(words).await?;
        ensure!(code == Some(0), "{}: {code:?}\n{stdout}{stderr}", words.join(" "));
        Ok(stdout + &stderr)
    }

    /// Runs lines of a shell that must succeed; returns what they said on both streams.
    ///
    /// # Errors
    /// If they do not.
    pub async fn sh(&self, lines: &str) -> anyhow::Result<String> {
        self.ok(&["sh", "-ec", lines]).await
    }

    /// Whether something has this name in the system.
    ///
    /// # Errors
    /// If the system does not say.
    pub async fn has(&self, path: &str) -> anyhow::Result<bool> {
        Ok(self.run(&["test", "-e", path]).await?.code == Some(0))
    }

    /// Hands a file to the system; returns what it is called there.
    ///
    /// # Errors
    /// If it cannot be copied.
    pub fn give(&self, file: &Path) -> anyhow::Result<String> {
        let name = file.file_name().context("a file without a name")?;
        std::fs::copy(file, self.given().join(name))?;
        Ok(format!("/given/{}", name.to_string_lossy()))
    }

    /// Records every packet on the system's cable.
    ///
    /// # Errors
    /// If tcpdump is missing or may not listen.
    pub async fn tape(&self) -> anyhow::Result<Tape> {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.first()?, "--net", "tcpdump"]);
        Tape::start_by(command, &self.folder).await
    }
}
