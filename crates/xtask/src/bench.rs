//! Measures the hub against its aims.

use clap::Args;

use crate::programs::{self, Profile};
use crate::steps::{self, Steps, say};
use crate::{desktop, package, setup};

/// Names another program to measure.
const PROGRAM: &str = "DOORWARD_PROGRAM";

#[derive(Args)]
pub(crate) struct Bench {
    /// Runs one measurement instead of all, by its name; `desktop` is run only by its name. `sizes`
    /// alone is of what `cargo xtask package` has compiled last, if it has.
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
        steps.step("build with optimisation", || programs::build(Profile::Release))?;
        steps.step("measure", || self.measure())?;
        steps.finish();
        Ok(())
    }

    /// The one measurement that needs WebKit, so it is made only if it is named.
    fn desktop() -> anyhow::Result<()> {
        let mut steps = Steps::new("bench", 3);
        steps.step("look for what is missing", setup::run)?;
        steps.step("build with optimisation", desktop::build_for_bench)?;
        steps.step("measure", desktop::bench)?;
        steps.finish();
        Ok(())
    }

    fn measure(&self) -> anyhow::Result<()> {
        let mut command = programs::program("doorward-bench", Profile::Release)?;
        if let Some(name) = &self.only {
            command.args(["--only", name]);
        }
        if self.only.as_deref() == Some("sizes")
            && std::env::var_os(PROGRAM).is_none()
            && let Some(packaged) = package::compiled_before()?
        {
            say(&format!("bench: of {}, as packages carry it", packaged.display()));
            command.env(PROGRAM, packaged);
        }
        steps::run(&mut command)
    }
}
