//! Foreign programs that run to their end.

use std::ffi::OsStr;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use tokio::process::Command;
use tokio::time::timeout;

use super::child;
use super::patience::PATIENCE;

/// Runs a program that must succeed; returns what it printed.
///
/// # Errors
/// If it is missing (`cargo xtask setup` installs it) or fails.
pub async fn tool<A: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = A>,
) -> anyhow::Result<Vec<u8>> {
    let mut command = Command::new(program);
    child::quiet(&mut command).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child =
        child::spawn(&mut command).context("`cargo xtask setup` installs what is missing")?;
    let output = timeout(PATIENCE, child.wait_with_output()).await??;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{program} ended with {}: {said}", output.status);
    Ok(output.stdout)
}
