//! Steps: child processes that are announced, timed and, if they fail, named.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// The steps of one task, with the time each took.
pub(crate) struct Steps {
    task: &'static str,
    total: usize,
    done: Vec<(&'static str, Duration)>,
}

impl Steps {
    /// Starts a task of `total` steps.
    pub(crate) const fn new(task: &'static str, total: usize) -> Self {
        Self { task, total, done: Vec::new() }
    }

    /// Runs one step and prints how long it took.
    ///
    /// # Errors
    /// What the step returned, with the step's name.
    pub(crate) fn step(
        &mut self,
        name: &'static str,
        run: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        say(&format!("{} [{}/{}] {name}", self.task, self.done.len() + 1, self.total));
        let start = Instant::now();
        run().with_context(|| format!("{}: step '{name}' failed", self.task))?;
        self.done.push((name, start.elapsed()));
        Ok(())
    }

    /// Prints the table of times.
    pub(crate) fn finish(self) {
        say(&format!("{}: all {} steps passed", self.task, self.done.len()));
        for (name, took) in &self.done {
            say(&format!("  {:>7.1} s  {name}", took.as_secs_f64()));
        }
        let sum: Duration = self.done.iter().map(|(_, took)| *took).sum();
        say(&format!("  {:>7.1} s  in all", sum.as_secs_f64()));
    }
}

/// Runs a command to its end, its output passed through. It finds its standard input at its end, as
/// under a service manager.
///
/// # Errors
/// If it cannot be started or does not exit with 0.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = shown(command);
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("could not start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// The cargo that started this program, in the workspace's folder.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(workspace());
    command
}

/// The workspace's top folder, found from this crate's own.
pub(crate) fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Prints one line at once, even into a pipe.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // A reader that went away ends the program soon enough: the next step's output meets it too.
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

/// Prints why a task failed, cause by cause.
pub(crate) fn complain(error: &anyhow::Error) {
    drop(writeln!(std::io::stderr(), "error: {error:#}"));
}

fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|part| part.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
