//! Looks for bytes that break a promise.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};

use crate::steps::{self, Steps, say, workspace};

#[derive(Args)]
pub(crate) struct Fuzz {
    /// What to look at; all of it, one after the other, if left out.
    target: Option<Target>,
    /// How long to look at each, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// What reads bytes of devices, or of whoever gives the owner a file.
#[derive(Clone, Copy, ValueEnum)]
enum Target {
    /// The front of the broker: bytes to packets and back.
    Packets,
    /// Topic names, filters and what covers what.
    Topics,
    /// The native dialect.
    Native,
    /// Zigbee2MQTT's dialect.
    Zigbee2mqtt,
    /// What is within a backup's seal.
    Backups,
}

impl Target {
    const fn name(self) -> &'static str {
        match self {
            Self::Packets => "packets",
            Self::Topics => "topics",
            Self::Native => "native",
            Self::Zigbee2mqtt => "zigbee2mqtt",
            Self::Backups => "backups",
        }
    }

    /// No message of a device is longer than 4 KiB; an archive has a head before each file.
    const fn longest_bytes(self) -> u32 {
        match self {
            Self::Packets | Self::Topics | Self::Native | Self::Zigbee2mqtt => 4096,
            Self::Backups => 16_384,
        }
    }

    /// The folders it starts from, which the tests read again.
    const fn corpora(self) -> &'static [&'static str] {
        match self {
            Self::Packets => &["crates/broker/corpus/packets"],
            Self::Topics => &["crates/broker/corpus/topics"],
            Self::Native | Self::Zigbee2mqtt => {
                &["crates/devices/corpus/read", "crates/devices/corpus/found"]
            }
            Self::Backups => &["crates/hub/corpus/backups"],
        }
    }
}

impl Fuzz {
    /// Fuzzes each target for the time given.
    ///
    /// # Errors
    /// If bytes were found that break a promise, or the tools are missing.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let targets = self.target.map_or(Target::value_variants().to_vec(), |one| vec![one]);
        let mut steps = Steps::new("fuzz", 1 + targets.len());
        steps.step("look for the tools", tools)?;
        for target in targets {
            steps.step(target.name(), || self.fuzz(target))?;
        }
        steps.finish();
        Ok(())
    }

    fn fuzz(&self, target: Target) -> anyhow::Result<()> {
        let found = findings(target);
        std::fs::create_dir_all(&found).with_context(|| format!("could not make {found:?}"))?;
        let mut command = nightly();
        command.args(["fuzz", "run", "--fuzz-dir", "tests/fuzz", target.name()]);
        // What it learns goes into the first folder; the corpus that is kept is only read.
        command.arg(&found).args(target.corpora());
        command.args(["--", "-print_final_stats=1"]);
        command.arg(format!("-max_len={}", target.longest_bytes()));
        command.arg(format!("-max_total_time={}", self.seconds));
        steps::run(&mut command)?;
        say(&format!("fuzz: {}: nothing found", target.name()));
        Ok(())
    }
}

/// Where the inputs that reach new code are kept between runs, outside of what is checked in.
fn findings(target: Target) -> PathBuf {
    workspace().join("tests/fuzz/corpus").join(target.name())
}

fn tools() -> anyhow::Result<()> {
    if !nightly().args(["fuzz", "--version"]).output().is_ok_and(|ran| ran.status.success()) {
        bail!(
            "fuzzing needs a nightly toolchain and cargo-fuzz:\n  rustup toolchain install nightly\n  cargo install cargo-fuzz"
        );
    }
    Ok(())
}

/// A nightly cargo. The variables of the cargo that started this program would lead it back to that
/// one's toolchain.
fn nightly() -> Command {
    let mut command = Command::new("cargo");
    command.arg("+nightly").current_dir(workspace());
    for variable in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "RUSTFLAGS"] {
        command.env_remove(variable);
    }
    command
}
