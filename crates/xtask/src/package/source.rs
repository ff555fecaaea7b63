//! The files of this repository.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::steps::workspace;

/// Reads one.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn read(path: &str) -> anyhow::Result<Vec<u8>> {
    let path: PathBuf = workspace().join(path);
    std::fs::read(&path).with_context(|| format!("could not read {}", path.display()))
}
