//! A terminal, or what stands in for one: lines in, lines out.

use std::io::{BufRead as _, Write as _};

use tokio::sync::mpsc;

/// Lines typed on standard input, until it ends.
///
/// They are read on a thread of their own that is never joined: a read of a terminal cannot be
/// interrupted, and must not keep the program from ending.
#[must_use]
pub fn lines() -> mpsc::UnboundedReceiver<String> {
    let (typed, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if typed.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// Prints a line at once, into a pipe too.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody reads any more: there is nobody left to tell about that either.
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

/// Prints why a program failed, cause by cause.
pub fn complain(error: &anyhow::Error) {
    drop(writeln!(std::io::stderr(), "error: {error:#}"));
}
