//! Completion scripts for shells.

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell;

use super::Cli;
use super::failure::Failure;
use super::session::Session;

/// The shells that are supported.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Supported {
    Bash,
    Zsh,
    Fish,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward completions bash > ~/.local/share/bash-completion/completions/doorward
  doorward completions zsh > ~/.zfunc/_doorward
  doorward completions fish > ~/.config/fish/completions/doorward.fish")]
pub(super) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Supported,
}

impl Completions {
    pub(super) fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let shell = match self.shell {
            Supported::Bash => Shell::Bash,
            Supported::Zsh => Shell::Zsh,
            Supported::Fish => Shell::Fish,
        };
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "doorward", &mut script);
        Ok(session.output.print(&String::from_utf8_lossy(&script))?)
    }
}
