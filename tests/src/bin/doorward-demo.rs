//! Plays one delivery with a simulated house; `cargo xtask demo` builds and starts this.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use doorward_tests::console::complain;
use doorward_tests::demo::{self, Afterwards};

/// Plays one delivery, then stays up for more if there is a terminal.
#[derive(Parser)]
struct Arguments {
    /// Ends after the delivery.
    #[arg(long)]
    once: bool,
    /// Keeps the hub's state, its recovery sheet and the clip in this folder, empty or not there yet,
    /// instead of a temporary one.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let afterwards = if arguments.once || !std::io::stdin().is_terminal() {
        Afterwards::Leave
    } else {
        Afterwards::Stay
    };
    match demo::run(arguments.state, afterwards).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}
