//! Programs that believe in another time, by the library libfaketime.
//!
//! It stands between a program and the C library. A program's wall clock, its `Instant`s and the
//! timers of its event loop are bent; what asks the kernel directly is not, and of the hub that is
//! the clock of the rules, which counts the machine's sleep, too.

use std::path::PathBuf;

use anyhow::Context as _;
use tokio::process::Command;

/// How a program's clock differs from the machine's.
#[derive(Debug, Clone)]
pub struct FakeTime {
    library: PathBuf,
    clock: String,
    monotonic: Monotonic,
}

#[derive(Debug, Clone, Copy)]
enum Monotonic {
    Bent,
    True,
}

impl FakeTime {
    /// So many days ago; what measures durations stays true.
    ///
    /// # Errors
    /// If `libfaketime` is not installed.
    pub fn days_ago(days: u32) -> anyhow::Result<Self> {
        let clock = format!("-{days}d");
        Ok(Self { library: library()?, clock, monotonic: Monotonic::True })
    }

    /// Times pass so many times as fast, durations and timers, too.
    ///
    /// # Errors
    /// If `libfaketime` is not installed.
    pub fn hurried(times: u32) -> anyhow::Result<Self> {
        let clock = format!("+0 x{times}");
        Ok(Self { library: library()?, clock, monotonic: Monotonic::Bent })
    }

    /// Lets a program that is to be started believe it.
    pub fn bend(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("FAKETIME", &self.clock);
        match self.monotonic {
            Monotonic::Bent => {}
            Monotonic::True => drop(command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1")),
        }
    }
}

fn library() -> anyhow::Result<PathBuf> {
    std::fs::read_dir("/usr/lib")?
        .flatten()
        .map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"))
        .find(|library| library.exists())
        .context("the library libfaketime is not installed: `cargo xtask setup`")
}
