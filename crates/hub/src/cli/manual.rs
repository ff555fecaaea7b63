//! Manual pages, from the words of the command line.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, CommandFactory};

use super::Cli;
use super::failure::Failure;

#[derive(Args)]
#[command(after_help = "\
Example:
  doorward manual --out ~/.local/share/man/man1")]
pub(super) struct Manual {
    /// The folder for the pages; it must be there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Manual {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let written = clap_mangen::generate_to(Cli::command(), &self.out);
        let out = self.out.display();
        Ok(written.with_context(|| format!("could not write the manual pages to {out}"))?)
    }
}
