//! What a program says, line by line, to wait for.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::PATIENCE;

/// A program that runs, and what it has said so far on standard output.
#[derive(Debug)]
pub struct Said {
    program: Child,
    lines: Lines<BufReader<ChildStdout>>,
    text: String,
}

impl Said {
    /// Starts a program.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn by(mut command: Command) -> anyhow::Result<Self> {
        let mut program = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let lines = program.stdout.take().context("a program that says nothing")?;
        Ok(Self { program, lines: BufReader::new(lines).lines(), text: String::new() })
    }

    /// Waits until it has said something in so many more lines.
    ///
    /// # Errors
    /// If it does not, with what it said.
    pub async fn until(&mut self, words: &str, times: usize) -> anyhow::Result<()> {
        let seen = async {
            let mut seen = 0;
            while seen < times {
                let line = self.lines.next_line().await?.context("it has ended")?;
                seen += usize::from(line.contains(words));
                self.text += &(line + "\n");
            }
            anyhow::Ok(())
        };
        let seen = timeout(PATIENCE, seen).await;
        let seen = seen.context("not in time").flatten();
        seen.with_context(|| format!("not {times} times: {words}\n{}", self.text))
    }

    /// Waits until it ends; returns all that it has said.
    ///
    /// # Errors
    /// If it does not end, or not well.
    pub async fn end(mut self) -> anyhow::Result<String> {
        let ended = async {
            while let Some(line) = self.lines.next_line().await? {
                self.text += &(line + "\n");
            }
            self.program.wait().await
        };
        let ended = timeout(PATIENCE, ended).await.context("it does not end")??;
        ensure!(ended.success(), "{ended}\n{}", self.text);
        Ok(self.text)
    }
}
