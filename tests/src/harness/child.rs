//! A child process whose lines go to a journal.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::journal::Journal;

/// Starts a command that is killed when dropped. It gets a process group of its own, so that Ctrl-C
/// reaches its parent alone, which then ends it in good order.
pub(crate) fn spawn(command: &mut Command) -> anyhow::Result<Child> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    command
        .kill_on_drop(true)
        .process_group(0)
        .spawn()
        .with_context(|| format!("could not start {name}"))
}

/// Copies a child's output into a journal, line by line, until it ends.
pub(crate) fn keep(output: Option<impl AsyncRead + Send + Unpin + 'static>) -> Journal<String> {
    let journal = Journal::default();
    let kept = journal.clone();
    tokio::spawn(async move {
        let Some(output) = output else { return };
        let mut lines = BufReader::new(output).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            kept.append(String::from_utf8_lossy(&line).into_owned());
        }
    });
    journal
}

/// Asks a child to end as a service manager does, and waits for it.
pub(crate) async fn terminate(child: &mut Child, patience: Duration) -> anyhow::Result<ExitStatus> {
    if let Some(pid) = pid(child) {
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)
            .context("could not signal the child")?;
    }
    timeout(patience, child.wait())
        .await
        .context("the child did not end when asked")?
        .context("wait")
}

/// The process's number, unless it has ended and been waited for.
pub(crate) fn pid(child: &Child) -> Option<rustix::process::Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
}

/// Standard streams that go nowhere and come from nowhere, to be opened one by one.
pub(crate) fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}
