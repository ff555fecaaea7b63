//! What the program says of itself at the command line, without a display.

use std::io::Write as _;
use std::process::ExitCode;

/// What a program ends with that was called in a way that it does not know.
const MISUSED: u8 = 2;

const HELP: &str = "\
A window and a tray icon for your doors

Usage: doorward-desktop

Options:
  -h, --help     Print help
  -V, --version  Print version

It shows the hub of this computer, or one elsewhere in the house that it was paired with. Where there
is none, it offers to set one up as a service of this user. Closing the window leaves it in the tray,
and a second start brings it to the front; no hub and no door depends on it.

Environment:
  DOORWARD_STATE   the hub's state folder, if it is neither this user's own nor the system's
  DOORWARD_SOCKET  the socket that a hub of the system shares with its group, if not the customary one
  DOORWARD_LOG     what is logged on standard error: a level such as debug or warn
";

/// Says what was asked for in the place of a window; nothing if a window was.
pub(crate) fn answer() -> Option<ExitCode> {
    let word = std::env::args_os().nth(1)?;
    let words = match word.to_str() {
        Some("-h" | "--help") => HELP,
        Some("-V" | "--version") => concat!("doorward-desktop ", env!("CARGO_PKG_VERSION"), "\n"),
        Some(_) | None => {
            let said = "doorward-desktop: it takes no argument but --help and --version";
            drop(writeln!(std::io::stderr(), "{said}"));
            return Some(ExitCode::from(MISUSED));
        }
    };
    // Whoever has closed the output does not want to read.
    drop(std::io::stdout().write_all(words.as_bytes()));
    Some(ExitCode::SUCCESS)
}
