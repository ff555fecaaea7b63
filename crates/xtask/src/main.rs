//! Builds, tests, demonstrates and measures Doorward: `cargo xtask <command>`.
//!
//! Owns the order of the steps and their reporting. Knows nothing of doors: what a demonstration
//! or a measurement does is in `tests/`, which this program builds and starts. It has few
//! dependencies, because it must build before anything else can be set up.

mod bench;
mod demo;
mod desktop;
mod fuzz;
mod openapi;
mod package;
mod programs;
mod python;
mod setup;
mod steps;
mod test;
mod torture;
mod ui;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs what building, the demonstration and the tests need; does nothing if all is there.
    Setup,
    /// Plays one delivery with a simulated house, then stays up for codes typed by hand.
    Demo(demo::Demo),
    /// Runs every check and every test, and the demonstration to its end.
    Test,
    /// Measures latency, start, memory, processor time and disk use against their aims.
    Bench(bench::Bench),
    /// Makes the packages that people install: Debian's, RPM's, a container image.
    Package(package::Arguments),
    /// Writes the description of the hub's API to docs/openapi.json.
    Openapi,
    /// Kills the daemon at random points of many deliveries.
    Torture(torture::Torture),
    /// Looks for bytes from devices that break a promise; needs a nightly toolchain and cargo-fuzz.
    Fuzz(fuzz::Fuzz),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Setup => setup::for_tests(),
        Task::Demo(demo) => demo.run(),
        Task::Test => test::run(),
        Task::Bench(bench) => bench.run(),
        Task::Package(package) => package.run(),
        Task::Openapi => openapi::run(),
        Task::Torture(torture) => torture.run(),
        Task::Fuzz(fuzz) => fuzz.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            steps::complain(&error);
            ExitCode::FAILURE
        }
    }
}
