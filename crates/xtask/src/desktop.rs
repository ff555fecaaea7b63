//! The desktop app: built and tested apart from the rest, because it needs WebKit.

use crate::programs::{self, Profile};
use crate::steps::{self, cargo};
use crate::ui;

/// The package.
pub(crate) const PACKAGE: &str = "doorward-desktop";

/// Looks for what the compiler lets pass.
///
/// # Errors
/// If it finds something.
pub(crate) fn clippy() -> anyhow::Result<()> {
    let mut command = cargo(["clippy", "--package", PACKAGE, "--all-targets", "--"]);
    steps::run(command.args(["-D", "warnings"]))
}

/// Builds it; the owner's app must be built.
///
/// # Errors
/// If it does not compile.
pub(crate) fn build() -> anyhow::Result<()> {
    steps::run(&mut cargo(["build", "--package", PACKAGE]))
}

/// Builds it with optimisation, and what measures it without.
///
/// # Errors
/// If it does not build.
pub(crate) fn build_for_bench() -> anyhow::Result<()> {
    ui::build()?;
    steps::run(&mut cargo(["build", "--release", "--package", PACKAGE]))?;
    steps::run(&mut cargo(["test", "--package", PACKAGE, "--test", "desktop", "--no-run"]))
}

/// Measures how long its window takes to show something.
///
/// # Errors
/// If it shows nothing.
pub(crate) fn bench() -> anyhow::Result<()> {
    let program = programs::program(PACKAGE, Profile::Release)?;
    let mut command = cargo(["test", "--package", PACKAGE, "--test", "desktop", "--"]);
    command.env("DOORWARD_DESKTOP_PROGRAM", program.get_program());
    steps::run(command.args(["--ignored", "--nocapture", "start_to_first_paint"]))
}

/// Runs its tests, which drive the window on a screen of their own; the hub must be built.
///
/// # Errors
/// If one of them fails.
pub(crate) fn tests() -> anyhow::Result<()> {
    steps::run(&mut cargo(["test", "--package", PACKAGE, "--no-fail-fast"]))
}
