//! `cargo xtask openapi`: the description of the API, written anew.

use std::process::Stdio;

use anyhow::Context as _;

use crate::programs::{self, Profile};
use crate::steps::{self, say};

/// Builds the hub and has it write its own description.
///
/// # Errors
/// If it does not build, or the file cannot be written.
pub(crate) fn run() -> anyhow::Result<()> {
    programs::build(Profile::Debug)?;
    let path = steps::workspace().join("docs/openapi.json");
    let written = programs::program("doorward", Profile::Debug)?
        .arg("openapi")
        .stderr(Stdio::inherit())
        .output()
        .context("could not start doorward")?;
    anyhow::ensure!(written.status.success(), "`doorward openapi` ended with {}", written.status);
    std::fs::write(&path, written.stdout).context("could not write docs/openapi.json")?;
    say("docs/openapi.json is written");
    Ok(())
}
