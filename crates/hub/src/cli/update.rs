//! `doorward update`: whether a package is to be trusted, before root opens it.
//!
//! Needs no hub. Nothing is fetched and nothing is installed here.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
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
        let file = shown(&self.file);
        let shown = json!({ "file": file, "version": signed.to_string() });
        Ok(session.output.show(&shown, |_| {
            format!("{file} is version {signed}, signed by the key that you trust")
        })?)
    }

    fn check(&self) -> anyhow::Result<PackageVersion> {
        let file = shown(&self.file);
        let name = self.file.file_name().and_then(|name| name.to_str());
        let name = name.with_context(|| format!("{file} is not the name of a package"))?;
        let key = self.key.as_deref().unwrap_or(Path::new(KEY));
        ensure!(
            self.key.is_some() || key.exists(),
            "there is no key to check by: get the key of whom the package is from, from a source that \
             you trust, then `sudo install -D -m 644 KEY {KEY}`, or name it with --key"
        );
        let key = keys_text(key)?;
        let beside = || self.file.with_file_name(format!("{name}.minisig"));
        let mut package = regular(&self.file)?;
        let signature = short(&self.signature.clone().unwrap_or_else(beside)).with_context(|| {
            format!("{file} is checked by its signature: bring that along, or name it with --signature")
        })?;
        check(&mut package, name, &signature, &key)
            .with_context(|| format!("do not install {file}"))
    }
}

/// Reads the key. Whoever can change it decides whom this machine takes updates from.
fn keys_text(path: &Path) -> anyhow::Result<String> {
    let found = std::fs::metadata(path);
    let found = found.with_context(|| format!("could not read {}", shown(path)))?;
    let me = rustix::process::geteuid().as_raw();
    ensure!(
        [0, me].contains(&found.uid()) && found.mode() & WRITABLE_BY_OTHERS == 0,
        "{0} can be changed by other users: look whether it is the key that you trust, then \
         `chown root {0}` and `chmod go-w {0}`",
        shown(path)
    );
    short(path)
}

/// Opens a file without waiting: at a pipe nobody may ever come.
fn regular(path: &Path) -> anyhow::Result<File> {
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits())?;
    let opened = File::options().read(true).custom_flags(nonblocking).open(path);
    let file = opened.with_context(|| format!("could not read {}", shown(path)))?;
    ensure!(file.metadata()?.is_file(), "{} is no file", shown(path));
    Ok(file)
}

/// A path as it may be printed: whoever named the file has no say over the terminal, nor over the
/// direction of writing.
fn shown(path: &Path) -> String {
    let path = path.to_string_lossy();
    let plain = |c: char| {
        !(c.is_control()
            || ('\u{200e}'..='\u{200f}').contains(&c)
            || ('\u{2028}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c))
    };
    let escaped = |c: char| if plain(c) { c.to_string() } else { c.escape_unicode().to_string() };
    path.chars().map(escaped).collect()
}

/// Reads a text that has to be short.
fn short(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = regular(path)?.take(LONGEST_BYTES + 1).read_to_string(&mut text);
    let length = read.with_context(|| format!("could not read {}", shown(path)))?;
    let fits = u64::try_from(length).is_ok_and(|length| length <= LONGEST_BYTES);
    ensure!(fits, "{} is too long for a key or a signature", shown(path));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_say_over_the_terminal() {
        let name = Path::new("a\u{1b}[2Kb\r\u{202e}c.deb");
        assert_eq!(shown(name), "a\\u{1b}[2Kb\\u{d}\\u{202e}c.deb");
        let verify = Verify {
            file: name.into(),
            signature: None,
            key: Some(name.into()),
            allow_older: false,
        };
        let refused = format!("{:#}", verify.check().unwrap_err());
        assert!(
            refused.contains("could not read a\\u{1b}") && !refused.contains('\u{1b}'),
            "{refused}"
        );
    }

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        for path in [pipe.as_path(), folder.path()] {
            assert!(regular(path).unwrap_err().to_string().ends_with("is no file"));
        }
    }
}
