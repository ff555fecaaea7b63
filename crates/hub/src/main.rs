//! The `doorward` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    doorward::cli::main()
}
