//! The household identity, as its owner hands it over: a file with its line in it.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, anyhow};
use doorward_recorder::HouseholdIdentity;
use secrecy::SecretString;
use zeroize::Zeroizing;

/// How every age identity begins.
const MARK: &str = "AGE-SECRET-KEY-1";

/// The longest file that can hold an identity; a recovery sheet has some kilobytes.
const MAX_FILE_BYTES: usize = 64 * 1024;

/// Reads the household identity from a file: the recovery sheet, or an age key file.
pub(super) fn read(path: &Path) -> anyhow::Result<HouseholdIdentity> {
    let file = std::fs::File::open(path)
        .with_context(|| format!("could not read the identity {}", path.display()))?;
    // Room for all of it, so that growing leaves no copies behind.
    let mut text = Zeroizing::new(String::with_capacity(MAX_FILE_BYTES));
    file.take(MAX_FILE_BYTES as u64)
        .read_to_string(&mut text)
        .with_context(|| format!("could not read the identity {}", path.display()))?;
    find(&text).with_context(|| format!("{} holds no household identity", path.display()))
}

fn find(text: &str) -> anyhow::Result<HouseholdIdentity> {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with(MARK))
        .ok_or_else(|| anyhow!("no line in it begins with {MARK}"))?;
    HouseholdIdentity::parse(&SecretString::from(line)).map_err(Into::into)
}
