//! The packages that people install, and a system to install them in.
//!
//! The packages are made by the same code as those that are given away, from the programs that the
//! other tests use: what differs is how those were compiled. The system is a copy of this machine's
//! Debian that forgets, so that systemd, `dpkg`, its database and the packages that ours depends on are
//! real.

mod links;
mod said;
mod service;
mod system;
mod unit;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::Outcome;
use crate::harness::find;
pub use links::links;
pub use said::Said;
pub use service::Service;
pub use system::{Room, System};
pub use unit::Unit;

/// How long one command may take, on however busy a machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// Which package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Package {
    /// The hub as a service.
    Hub,
    /// The window and the tray icon.
    Desktop,
}

impl Package {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hub => "doorward",
            Self::Desktop => "doorward-desktop",
        }
    }

    /// Makes it for Debian, of the programs that are built; later ones have higher revisions.
    ///
    /// # Errors
    /// If the programs or a tool are missing, or the package cannot be made.
    pub async fn debian(self, folder: &Path, revision: u32) -> anyhow::Result<PathBuf> {
        let made = self.make(folder, "deb", revision).await?;
        let deb = Some(OsStr::new("deb"));
        made.into_iter().find(|path| path.extension() == deb).context("no package")
    }

    /// Makes it in one kind; returns all files that came of it.
    ///
    /// # Errors
    /// If the programs or a tool are missing, or the package cannot be made.
    pub async fn make(
        self,
        folder: &Path,
        kind: &str,
        revision: u32,
    ) -> anyhow::Result<Vec<PathBuf>> {
        make(self, folder, kind, revision).await
    }
}

/// Finds a program of this workspace beside the hub's.
///
/// # Errors
/// If the hub was not built.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    Ok(find("doorward", "DOORWARD_PROGRAM")?.with_file_name(name))
}

/// Has Debian's own tool judge a package.
///
/// # Errors
/// If it finds an error or a warning.
pub async fn judge(package: &Path) -> anyhow::Result<()> {
    let mut lintian = Command::new("lintian");
    lintian.args(["--fail-on", "error,warning", "--allow-root"]).arg(package);
    let judged = run(&mut lintian).await?;
    let Outcome { code, stdout, stderr } = judged;
    ensure!(code == Some(0) && stdout.is_empty(), "lintian: {code:?}\n{stdout}{stderr}");
    Ok(())
}

async fn make(
    package: Package,
    folder: &Path,
    kind: &str,
    revision: u32,
) -> anyhow::Result<Vec<PathBuf>> {
    let program = find("doorward", "DOORWARD_PROGRAM")?;
    let programs = program.parent().context("a program without a folder")?;
    let out = folder.join(format!("{}-{kind}-{revision}", package.name()));
    let mut command = Command::new(find("xtask", "DOORWARD_XTASK")?);
    // Packed well takes a minute, which is of use to those who measure.
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    command.args(["package", "--package", package.name(), "--profile", profile]);
    command.args(["--only", kind, "--programs"]);
    command.arg(programs).arg("--out").arg(&out);
    command.args(["--revision", &revision.to_string()]);
    run(&mut command).await?.success()?;
    let made = std::fs::read_dir(&out)?.map(|file| file.map(|file| file.path()));
    Ok(made.collect::<Result<_, _>>()?)
}

/// Runs a command to its end, whatever that is.
///
/// # Errors
/// If it cannot be started or does not end.
pub async fn run(command: &mut Command) -> anyhow::Result<Outcome> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let child = command.spawn();
    let child = child.with_context(|| format!("no {name}: `cargo xtask setup` installs it"))?;
    let output = timeout(PATIENCE, child.wait_with_output()).await;
    let output = output.with_context(|| format!("{name} did not end in {PATIENCE:?}"))??;
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    Ok(Outcome { code: output.status.code(), stdout, stderr })
}

/// Says whether this is root, whom installing needs.
///
/// # Errors
/// If it is not.
pub fn as_root() -> anyhow::Result<()> {
    let root = rustix::process::geteuid().is_root();
    ensure!(root, "this test installs packages: run it as root, as `.ci/run` does");
    Ok(())
}
