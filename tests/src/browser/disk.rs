//! A disk of the hub's own, which can be filled.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

/// Room for a hub, its database and nothing to spare for long.
const SIZE: &str = "size=24m";

/// A file system in memory; unmounted when dropped.
#[derive(Debug)]
pub(super) struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts one, if this machine lets us.
    pub(super) fn mount() -> anyhow::Result<Option<Self>> {
        let folder = tempfile::tempdir().context("a folder to mount on")?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SIZE, "doorward-test"]).arg(folder.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        Ok(mounted.then_some(Self(folder)))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it to the last byte.
    pub(super) fn fill(&self) -> anyhow::Result<()> {
        let full = std::fs::write(self.ballast(), vec![0; 64 << 20]);
        ensure!(full.is_err(), "the disk is larger than it was meant to be");
        Ok(())
    }

    /// Makes room again.
    pub(super) fn free(&self) -> anyhow::Result<()> {
        std::fs::remove_file(self.ballast()).context("making room on the disk")
    }

    fn ballast(&self) -> std::path::PathBuf {
        self.0.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the hub that lives on it is killed at the same moment.
        let unmounted = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
        debug_assert!(unmounted.is_ok_and(|status| status.success()), "the disk stays mounted");
    }
}
