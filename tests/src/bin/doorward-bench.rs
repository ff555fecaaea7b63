//! Measures a hub; `cargo xtask bench` builds this with optimisation and starts it.

use std::process::ExitCode;

use clap::Parser;
use doorward_tests::bench;
use doorward_tests::console::complain;

/// Measures a whole hub against its aims and prints the figures.
#[derive(Parser)]
struct Arguments {
    /// One measurement only: start, memory, latency, gate, rogues, mosquitto,
    /// recording, browser, sizes or log.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match bench::run(Arguments::parse().only.as_deref()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}
