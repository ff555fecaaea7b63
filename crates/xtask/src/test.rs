//! Every check and every test, cheapest first.

use crate::demo::Demo;
use crate::programs::{self, Profile};
use crate::steps::{self, Steps, cargo};
use crate::{desktop, setup, ui};

/// Runs them all; stops at the first step that fails.
///
/// # Errors
/// The step that failed.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut steps = Steps::new("test", 10);
    steps.step("setup", setup::for_tests)?;
    steps.step("format", || steps::run(&mut cargo(["fmt", "--all", "--check"])))?;
    steps.step("the app: types and tests", ui::check)?;
    steps.step("clippy, warnings denied", clippy)?;
    steps.step("documentation, warnings denied", documentation)?;
    steps.step("build the programs", || programs::build(Profile::Debug))?;
    steps.step("tests", tests)?;
    steps.step("demonstration to its end", || Demo::once().play())?;
    steps.step("the desktop app: clippy, warnings denied", desktop::clippy)?;
    steps.step("the desktop app: tests", desktop::tests)?;
    steps.finish();
    Ok(())
}

fn clippy() -> anyhow::Result<()> {
    let mut command = cargo(["clippy", "--all-targets", "--", "-D", "warnings"]);
    steps::run(&mut command)
}

fn documentation() -> anyhow::Result<()> {
    let mut command = cargo(["doc", "--no-deps"]);
    steps::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// `cargo test` rather than a faster runner: it is there wherever cargo is, and runs the
/// documentation's examples too.
fn tests() -> anyhow::Result<()> {
    steps::run(&mut cargo(["test", "--no-fail-fast"]))
}
