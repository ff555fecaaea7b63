//! Commands whose names are settled and whose work comes with a later version.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;

use super::failure::Failure;

#[derive(Args)]
pub(super) struct Restore {
    /// The backup.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The household identity: the recovery sheet's file.
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
}

/// Says that the command does not exist yet.
pub(super) fn refuse(command: &str) -> Result<(), Failure> {
    Err(anyhow!("`doorward {command}` is not there yet; this version cannot do it").into())
}
