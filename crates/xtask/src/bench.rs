//! Measures the hub against its aims.

use clap::Args;

use crate::desktop;
use crate::setup;
use crate::steps::{self, Profile, Steps};

#[derive(Args)]
pub(crate) struct Bench {
    /// Runs one measurement instead of all, by its name; `desktop` is run only by its name.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
}

impl Bench {
    /// Builds with optimisation and measures; prints, and judges nothing by exit code.
    ///
    /// # Errors
    /// If the build fails or a measurement could not be made.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        if self.only.as_deref() == Some("desktop") {
            return Self::desktop();
        }
        let mut steps = Steps::new("bench", 3);
        steps.step("look for what is missing", setup::run)?;
        steps.step("build with optimisation", || steps::build(Profile::Release))?;
        steps.step("measure", || self.measure())?;
        steps.finish();
        Ok(())
    }

    /// The one measurement that needs WebKit, so it is made only if it is named.
    fn desktop() -> anyhow::Result<()> {
        let mut steps = Steps::new("bench", 2);
        steps.step("look for what is missing", setup::run)?;
        steps.step("build with optimisation and measure", desktop::bench)?;
        steps.finish();
        Ok(())
    }

    fn measure(&self) -> anyhow::Result<()> {
        let mut command = steps::program("doorward-bench", Profile::Release)?;
        if let Some(name) = &self.only {
            command.args(["--only", name]);
        }
        steps::run(&mut command)
    }
}
