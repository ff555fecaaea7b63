//! The `doorward` program as a command line.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use super::child;
use super::faketime::FakeTime;

/// No command line may take longer, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// `doorward` with a state folder.
#[derive(Debug, Clone)]
pub struct Doorward {
    program: PathBuf,
    state: PathBuf,
    time: Option<FakeTime>,
}

/// How a command line ended.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Doorward {
    /// Finds the program: `DOORWARD_PROGRAM`, or beside the running one in the target folder.
    ///
    /// # Errors
    /// If it was not built.
    pub fn new(state: &Path) -> anyhow::Result<Self> {
        let program = find("doorward", "DOORWARD_PROGRAM")?;
        Ok(Self { program, state: state.to_owned(), time: None })
    }

    /// The same for a program that believes in another time.
    #[must_use]
    pub fn in_time(&self, time: &FakeTime) -> Self {
        Self { time: Some(time.clone()), ..self.clone() }
    }

    /// The state folder.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The program's path.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A command line, to be started by somebody else.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        child::quiet(&mut command).env("DOORWARD_STATE", &self.state).kill_on_drop(true);
        self.time.iter().for_each(|time| time.bend(&mut command));
        command
    }

    /// Runs a command line to its end, whatever that is.
    ///
    /// # Errors
    /// If it cannot be started or does not end.
    pub async fn run<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> anyhow::Result<Outcome> {
        self.run_with_input(arguments, "").await
    }

    /// Runs a command line that reads something from standard input.
    ///
    /// # Errors
    /// If it cannot be started or does not end.
    pub async fn run_with_input<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        input: &str,
    ) -> anyhow::Result<Outcome> {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child::spawn(&mut command)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read may have ended already; its exit code tells more.
            drop(stdin.write_all(input.as_bytes()).await);
        }
        let output = timeout(PATIENCE, child.wait_with_output())
            .await
            .with_context(|| format!("a command line did not end in {PATIENCE:?}"))??;
        Ok(Outcome {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Runs a command line that must succeed; returns what it printed.
    ///
    /// # Errors
    /// If it does not, with what it said.
    pub async fn ok<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> anyhow::Result<String> {
        self.run(arguments).await?.success()
    }

    /// Runs a command line with `--json` that must succeed; returns the data.
    ///
    /// # Errors
    /// If it does not, or prints something else.
    pub async fn json<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> anyhow::Result<Value> {
        let printed = self.ok(arguments.into_iter().chain(["--json"])).await?;
        serde_json::from_str(&printed).with_context(|| format!("not JSON: {printed}"))
    }
}

impl Outcome {
    /// What was printed, if the program succeeded.
    ///
    /// # Errors
    /// If it did not, with what it said.
    pub fn success(self) -> anyhow::Result<String> {
        match self.code {
            Some(0) => Ok(self.stdout),
            code => bail!("exit code {code:?}; {}{}", self.stdout, self.stderr),
        }
    }
}

/// A program of this workspace.
pub(crate) fn find(name: &str, variable: &str) -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Ok(path.into());
    }
    let own = std::env::current_exe().context("which program is this?")?;
    // Tests run from `<profile>/deps`, programs from `<profile>`.
    own.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
        .with_context(|| {
            format!(
                "{name} is not built: run `cargo build --package doorward` first, or \
                 `cargo xtask test`, which does; or name it in {variable}"
            )
        })
}
