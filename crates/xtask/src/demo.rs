//! Plays one delivery in front of your eyes.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::Context as _;
use clap::Args;

use crate::programs::{self, Profile};
use crate::setup;
use crate::steps::{self, Steps};

#[derive(Args)]
pub(crate) struct Demo {
    /// Ends after the delivery, as it does without a terminal; exit code 0 only if every step was seen.
    #[arg(long)]
    once: bool,
    /// Keeps the hub's state, its recovery sheet and the clip in this folder, empty or not there yet,
    /// instead of a temporary one.
    #[arg(long, value_name = "DIR")]
    state: Option<std::path::PathBuf>,
}

impl Demo {
    /// The demonstration as the tests run it.
    pub(crate) const fn once() -> Self {
        Self { once: true, state: None }
    }

    /// Sets up, builds, plays.
    ///
    /// # Errors
    /// If a package is missing, the build fails or a step of the delivery was not seen.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let mut steps = Steps::new("demo", 3);
        steps.step("look for what is missing", setup::run)?;
        steps.step("build (minutes the first time, seconds after)", || {
            programs::build(Profile::Debug)
        })?;
        steps.step("play a delivery", || self.become_it())
    }

    /// Plays the delivery, which must be built, and comes back.
    ///
    /// # Errors
    /// If a step of the delivery was not seen.
    pub(crate) fn play(&self) -> anyhow::Result<()> {
        steps::run(&mut self.command()?)
    }

    /// Replaces this process by the demonstration, so that Ctrl-C has one process to reach and the
    /// shell waits until that has cleaned up.
    fn become_it(&self) -> anyhow::Result<()> {
        Err(self.command()?.exec()).context("could not start the demonstration")
    }

    fn command(&self) -> anyhow::Result<Command> {
        let mut command = programs::program("doorward-demo", Profile::Debug)?;
        if self.once {
            command.arg("--once");
        }
        if let Some(state) = &self.state {
            command.arg("--state").arg(std::path::absolute(state)?);
        }
        Ok(command)
    }
}
