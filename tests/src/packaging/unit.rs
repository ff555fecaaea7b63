//! The hub's unit, as it lies in the repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A service's unit.
#[derive(Debug)]
pub struct Unit {
    path: PathBuf,
    values: BTreeMap<String, Vec<String>>,
}

impl Unit {
    /// Reads the hub's.
    ///
    /// # Errors
    /// If it is not there.
    pub fn of_the_hub() -> anyhow::Result<Self> {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/doorward/systemd/doorward.service");
        let text = std::fs::read_to_string(path).context("the hub has no unit")?;
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with(['#', '['])) {
            if let Some((key, value)) = line.split_once('=') {
                values.entry(key.to_owned()).or_default().push(value.to_owned());
            }
        }
        Ok(Self { path: path.into(), values })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All values of a setting.
    pub fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        self.values.get(key).into_iter().flatten().map(String::as_str)
    }
}
