//! The programs of this workspace: built, and found where they lie.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::steps::{cargo, run};
use crate::ui;

/// How programs are compiled.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    /// Quickly.
    Debug,
    /// With optimisation.
    Release,
}

/// Builds the owner's app and every program but the desktop app: the daemon, which takes it in, the
/// simulated house, the demonstration.
///
/// All steps work on the workspace's default members together, for another choice of packages would
/// choose other features of their dependencies, too, and compile those twice. The desktop app is
/// built apart, because it needs WebKit.
///
/// # Errors
/// If the build fails.
pub(crate) fn build(profile: Profile) -> anyhow::Result<()> {
    ui::build()?;
    let mut command = cargo(["build", "--bins"]);
    match profile {
        Profile::Debug => {}
        Profile::Release => drop(command.arg("--release")),
    }
    run(&mut command)
}

/// A program that [`build`] has built, found beside this one.
///
/// # Errors
/// If the system does not say where this program lies.
pub(crate) fn program(name: &str, profile: Profile) -> anyhow::Result<Command> {
    let own = std::env::current_exe().context("where does this program lie?")?;
    let target = own.parent().and_then(Path::parent).context("this program lies in no folder")?;
    let folder = match profile {
        Profile::Debug => "debug",
        Profile::Release => "release",
    };
    Ok(Command::new(target.join(folder).join(name)))
}
