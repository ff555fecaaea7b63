//! A Debian system that forgets: this machine's, with everything that is written to it kept apart.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use super::{PATIENCE, as_root, run};
use crate::harness::Outcome;

/// Mounts the system in a mount namespace of its own, as that namespace's root, and waits. (With a mere
/// `chroot` the kernel would refuse the namespaces that the service is shut in by.) `/run` is empty, as on a machine that
/// systemd does not run; processes end with the first one.
const BUILD: &str = "\
set -e
mount -t tmpfs -o size=\"$2\" tmpfs \"$1/kept\"
mkdir \"$1/kept/upper\" \"$1/kept/work\"
mount -t overlay overlay -o lowerdir=/,upperdir=\"$1/kept/upper\",workdir=\"$1/kept/work\" \"$1/root\"
mount -t proc proc \"$1/root/proc\"
mount --rbind /dev \"$1/root/dev\"
mount -t tmpfs -o mode=0755 tmpfs \"$1/root/run\"
mount -t tmpfs tmpfs \"$1/root/tmp\"
mkdir \"$1/root/tmp/given\"
mount --bind \"$1/given\" \"$1/root/tmp/given\"
cd \"$1/root\"
pivot_root . mnt
umount -l /mnt
echo built
exec cat";

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
    folder: TempDir,
    first: Child,
    _end: ChildStdin,
}

impl System {
    /// Makes one.
    ///
    /// # Errors
    /// If this is not root, or the kernel does not let it mount.
    pub async fn build(room: Room) -> anyhow::Result<Self> {
        as_root()?;
        let folder = tempfile::tempdir()?;
        for name in ["kept", "root", "given"] {
            std::fs::create_dir(folder.path().join(name))?;
        }
        let size = match room {
            Room::Ample => "2g".to_owned(),
            Room::MiB(size) => format!("{size}m"),
        };
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", BUILD, "sh"]);
        command.arg(folder.path()).arg(size).kill_on_drop(true);
        let mut first = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let end = first.stdin.take().context("no way to end the system")?;
        let mut said = BufReader::new(first.stdout.take().context("the system is silent")?).lines();
        let built = timeout(PATIENCE, said.next_line()).await??;
        ensure!(built.as_deref() == Some("built"), "the system was not built: {built:?}");
        Ok(Self { folder, first, _end: end })
    }

    /// A folder that is `/tmp/given` in the system.
    #[must_use]
    pub fn given(&self) -> PathBuf {
        self.folder.path().join("given")
    }

    /// A command of the system, as root, to be started by somebody else.
    ///
    /// # Errors
    /// If the system has ended.
    pub fn command(&self, words: &[&str]) -> anyhow::Result<Command> {
        let first = self.first.id().context("the system has ended")?;
        // The namespaces are those of the shell that mounted it, the child of the one that began them.
        let children = std::fs::read_to_string(format!("/proc/{first}/task/{first}/children"))?;
        let inner = children.split_whitespace().next().context("the system has no process")?;
        let mut command = Command::new("nsenter");
        command.args(["--target", inner, "--mount", "--pid"]);
        command.args(["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"]);
        command.args(["DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"]).args(words);
        Ok(command)
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
        Ok(format!("/tmp/given/{}", name.to_string_lossy()))
    }
}
