//! Kills the daemon, often.

use clap::Args;

use crate::programs::{self, Profile};
use crate::setup;
use crate::steps::{self, Steps, cargo};

#[derive(Args)]
pub(crate) struct Torture {
    /// How many deliveries to interrupt.
    #[arg(long, default_value_t = 200)]
    rounds: u32,
    /// The seed of the random points, to repeat a run.
    #[arg(long)]
    seed: Option<u64>,
}

impl Torture {
    /// Runs the kill test for many rounds.
    ///
    /// # Errors
    /// If a code opened twice, a door was left unlocked or the log no longer verifies.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let mut steps = Steps::new("torture", 3);
        steps.step("look for what is missing", setup::run)?;
        steps.step("build", || programs::build(Profile::Debug))?;
        steps.step("kill and look", || self.kill())?;
        steps.finish();
        Ok(())
    }

    fn kill(&self) -> anyhow::Result<()> {
        let mut command = cargo(["test", "--test", "killed"]);
        command.args(["--", "--nocapture"]);
        command.env("DOORWARD_TORTURE_ROUNDS", self.rounds.to_string());
        if let Some(seed) = self.seed {
            command.env("DOORWARD_TORTURE_SEED", seed.to_string());
        }
        steps::run(&mut command)
    }
}
