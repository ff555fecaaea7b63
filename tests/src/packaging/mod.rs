//! The packages that people install, and a system to install them in.
//!
//! The packages are made by the same code as those that are given away, from the programs that the
//! other tests use: what differs is how those were compiled. The system is a copy of this machine's
//! Debian that forgets, so that `dpkg`, its database and the packages that ours depends on are real.

mod filter;
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
pub use system::{Room, System};
pub use unit::Unit;

/// How long one command may take, on however busy a machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// Makes Debian's package of the programs that are built; later ones have higher revisions.
///
/// # Errors
/// If the programs or a tool are missing, or the package cannot be made.
pub async fn debian_package(folder: &Path, revision: u32) -> anyhow::Result<PathBuf> {
    let made = make(folder, "deb", revision).await?;
    made.into_iter().find(|path| path.extension() == Some(OsStr::new("deb"))).context("no package")
}

/// Makes packages of one kind; returns all files that came of it.
///
/// # Errors
/// If the programs or a tool are missing, or the package cannot be made.
pub async fn make(folder: &Path, kind: &str, revision: u32) -> anyhow::Result<Vec<PathBuf>> {
    let program = find("doorward", "DOORWARD_PROGRAM")?;
    let programs = program.parent().context("a program without a folder")?;
    let out = folder.join(format!("{kind}-{revision}"));
    let mut command = Command::new(find("xtask", "DOORWARD_XTASK")?);
    // Packed well takes a minute, which is of use to those who measure.
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    command.args(["package", "--profile", profile, "--only", kind, "--programs"]);
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
