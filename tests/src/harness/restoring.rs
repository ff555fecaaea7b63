//! `doorward restore` under way, to be cut off where a test wants.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;

use anyhow::{Context as _, ensure};
use rustix::fs::{CWD, FileType, Mode, inotify, mknodat};
use rustix::process::{Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::child;
use super::patience::PATIENCE;
use super::program::Doorward;
use crate::journal::{Journal, Place};

/// A restoring that runs.
#[derive(Debug)]
pub struct Restoring {
    child: Child,
    said: Journal<String>,
    last: Option<mpsc::Sender<()>>,
}

impl Restoring {
    /// Starts one into a folder that is there and empty. It gets the whole backup but for the last byte,
    /// which [`Self::give_the_rest`] gives, and so comes to no end by itself. Returns when it has made
    /// a file or folder of this name.
    ///
    /// # Errors
    /// If it does not come that far.
    pub async fn up_to(
        owner: &Doorward,
        backup: &Path,
        sheet: &Path,
        made: &str,
    ) -> anyhow::Result<Self> {
        Self::drip_fed(owner.command(), owner, backup, sheet, made).await
    }

    /// The same by `nohup`.
    ///
    /// # Errors
    /// If it does not come that far.
    pub async fn with_nohup(
        owner: &Doorward,
        backup: &Path,
        sheet: &Path,
        made: &str,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new("nohup");
        child::quiet(&mut command).env("DOORWARD_STATE", owner.state()).kill_on_drop(true);
        command.arg(owner.program());
        Self::drip_fed(command, owner, backup, sheet, made).await
    }

    /// The same with the whole backup: it may have come to its end.
    ///
    /// # Errors
    /// If it does not come that far.
    pub async fn beyond(
        owner: &Doorward,
        backup: &Path,
        sheet: &Path,
        made: &str,
    ) -> anyhow::Result<Self> {
        Self::start(owner.command(), owner, backup, sheet, None, made).await
    }

    async fn drip_fed(
        command: Command,
        owner: &Doorward,
        backup: &Path,
        sheet: &Path,
        made: &str,
    ) -> anyhow::Result<Self> {
        let (pipe, last) = drip(backup)?;
        Self::start(command, owner, &pipe, sheet, Some(last), made).await
    }

    async fn start(
        mut command: Command,
        owner: &Doorward,
        backup: &Path,
        sheet: &Path,
        last: Option<mpsc::Sender<()>>,
        made: &str,
    ) -> anyhow::Result<Self> {
        let made = appears(owner.state(), made)?;
        command.args(["restore", "--unlock", "keyfile", "--from"].map(OsStr::new));
        command.arg(backup).arg("--identity").arg(sheet).stderr(Stdio::piped());
        let mut child = child::spawn(&mut command)?;
        let said = child::keep(child.stderr.take());
        let restoring = Self { child, said, last };
        timeout(PATIENCE, made).await.with_context(|| restoring.words())??;
        Ok(restoring)
    }

    /// Gives it the backup's last byte.
    pub fn give_the_rest(&mut self) {
        self.last = None;
    }

    /// Cuts its life off.
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("killing a restoring")
    }

    /// Asks it to stop, and returns when it has heard.
    ///
    /// # Errors
    /// If it does not say so.
    pub async fn ask_to_stop(&self, signal: Signal) -> anyhow::Result<()> {
        let here = self.said.end();
        self.signal(signal)?;
        let heard = |line: &String| line.contains("stopping").then_some(());
        self.said.wait(here, PATIENCE, "that it stops", heard).await?;
        Ok(())
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// If it has ended.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = child::pid(&self.child).context("it has ended")?;
        kill_process(pid, signal).context("could not signal it")
    }

    /// Waits for its end, which must be a good one.
    ///
    /// # Errors
    /// If it does not end, or fails.
    pub async fn succeeded(mut self) -> anyhow::Result<()> {
        let status = timeout(PATIENCE, self.child.wait()).await.context("it does not end")??;
        ensure!(status.success(), "{}", self.words());
        Ok(())
    }

    /// Waits for its end; returns how it ended and why, by its own words.
    ///
    /// # Errors
    /// If it does not end, or does not say why.
    pub async fn failed(mut self) -> anyhow::Result<(ExitStatus, String)> {
        let status = timeout(PATIENCE, self.child.wait()).await.context("it does not end")??;
        let why = |line: &String| line.strip_prefix("error: ").map(str::to_owned);
        let (why, _) = self.said.wait(Place::default(), PATIENCE, "why it failed", why).await?;
        Ok((status, why))
    }

    fn words(&self) -> String {
        self.said.all().join("\n")
    }
}

/// Becomes ready when a file or folder of this name is made in a folder.
fn appears(folder: &Path, name: &str) -> anyhow::Result<oneshot::Receiver<()>> {
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC)?;
    inotify::add_watch(&watch, folder, inotify::WatchFlags::CREATE)?;
    let (tell, told) = oneshot::channel();
    let name = name.to_owned();
    thread::spawn(move || {
        let mut room = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(watch, &mut room);
        while let Ok(event) = events.next() {
            if event.file_name().is_some_and(|made| made.to_bytes() == name.as_bytes()) {
                // Whoever waited may have gone.
                let _ = tell.send(());
                return;
            }
        }
    });
    Ok(told)
}

/// A pipe through which a file comes, its last byte once the sender is dropped.
fn drip(file: &Path) -> anyhow::Result<(PathBuf, mpsc::Sender<()>)> {
    let bytes = std::fs::read(file)?;
    let pipe = file.with_extension("pipe");
    // A pipe of its own: whoever fed the one before may still hold that.
    if pipe.exists() {
        std::fs::remove_file(&pipe)?;
    }
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
    let (sender, rest) = mpsc::channel();
    let into = pipe.clone();
    thread::spawn(move || -> std::io::Result<()> {
        let mut into = File::options().write(true).open(into)?;
        let (last, most) = bytes.split_last().unwrap_or((&0, &[]));
        into.write_all(most)?;
        // Nothing is ever sent: this waits until the sender is gone.
        let _ = rest.recv();
        into.write_all(&[*last])
    });
    Ok((pipe, sender))
}
