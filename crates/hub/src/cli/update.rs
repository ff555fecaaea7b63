//! `doorward update`: whether a package is to be trusted, before root opens it.
//!
//! Needs no hub. Nothing is fetched and nothing is installed here.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use clap::{Args, Subcommand};
use serde_json::json;

use super::failure::Failure;
use super::session::Session;
use crate::update::{PackageVersion, check};

/// Where the key lies of whom this machine's owner takes updates from.
const KEY: &str = "/etc/doorward/update.pub";

/// Writing by the file's group and by everybody.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// The longest key or signature; minisign's have a few hundred bytes.
const LONGEST_BYTES: u64 = 4096;

#[derive(Subcommand)]
pub(super) enum Update {
    /// Checks whom a package is from, and that it is no older version.
    Verify(Verify),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  sudo install -D -m 644 doorward.pub /etc/doorward/update.pub   once, from a source that you trust
  doorward update verify doorward_0.2.0-1_amd64.deb

The signature is minisign's and lies beside the package, as doorward_0.2.0-1_amd64.deb.minisig.
Exit code 1, and why, if the package should not be installed. A hub never looks for updates by
itself; you bring them.")]
pub(super) struct Verify {
    /// The package.
    file: PathBuf,
    /// Its signature; without this, the file of the package's name with .minisig after it.
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// The key of whom you take updates from; without this, /etc/doorward/update.pub.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Takes a version, too, that is older than this program.
    #[arg(long)]
    allow_older: bool,
}

impl Update {
    pub(super) fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Verify(verify) => verify.run(session),
        }
    }
}

impl Verify {
    fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let signed = self.check()?;
        let running = PackageVersion::of_this_program();
        if signed.is_older_than(running) && !self.allow_older {
            let why = anyhow!(
                "the package is what it says, but version {signed} is older than this one ({running}) \
                 and may lack the answer to a known attack; --allow-older takes it all the same"
            );
            return Err(why.into());
        }
        let file = self.file.display().to_string();
        let shown = json!({ "file": file, "version": signed.to_string() });
        Ok(session.output.show(&shown, |_| {
            format!("{file} is version {signed}, signed by the key that you trust")
        })?)
    }

    fn check(&self) -> anyhow::Result<PackageVersion> {
        let file = self.file.display();
        let name = self.file.file_name().and_then(|name| name.to_str());
        let name = name.with_context(|| format!("{file} is not the name of a package"))?;
        let key = self.key.as_deref().unwrap_or(Path::new(KEY));
        let key = keys_text(key).context("no key to check by: --key names one")?;
        let beside = || self.file.with_file_name(format!("{name}.minisig"));
        let signature = short(&self.signature.clone().unwrap_or_else(beside))?;
        let mut package =
            File::open(&self.file).with_context(|| format!("could not read {file}"))?;
        check(&mut package, name, &signature, &key)
            .with_context(|| format!("do not install {file}"))
    }
}

/// Reads the key. Whoever can change it decides whom this machine takes updates from.
fn keys_text(path: &Path) -> anyhow::Result<String> {
    let found = std::fs::metadata(path);
    let found = found.with_context(|| format!("could not read {}", path.display()))?;
    let me = rustix::process::geteuid().as_raw();
    ensure!(
        [0, me].contains(&found.uid()) && found.mode() & WRITABLE_BY_OTHERS == 0,
        "{0} can be changed by other users: look whether it is the key that you trust, then \
         `chown root {0}` and `chmod go-w {0}`",
        path.display()
    );
    short(path)
}

/// Reads a text that has to be short.
fn short(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read =
        File::open(path).and_then(|file| file.take(LONGEST_BYTES + 1).read_to_string(&mut text));
    let length = read.with_context(|| format!("could not read {}", path.display()))?;
    let fits = u64::try_from(length).is_ok_and(|length| length <= LONGEST_BYTES);
    ensure!(fits, "{} is too long for a key or a signature", path.display());
    Ok(text)
}
