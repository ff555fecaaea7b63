//! The owner's app in `ui/`: its packages, its checks and its build, which the hub takes in; and the
//! packages of the browser tests.
//!
//! Each does nothing if nothing has changed since it last went well.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, bail};

use crate::steps::{self, say, workspace};

/// What the app's tools ask for, as in `ui/package.json`.
const NODE: (u32, u32) = (20, 19);

/// What a build is made of, beside the folders.
const SOURCES: [&str; 9] = [
    "ui/src",
    "ui/public",
    "ui/dev",
    "ui/index.html",
    "ui/package-lock.json",
    "ui/svelte.config.js",
    "ui/tsconfig.json",
    "ui/vite.config.ts",
    "docs/openapi.json",
];

/// What Node runs: the app's own tools, and what drives a browser in the tests.
const FOLDERS: [&str; 2] = [APP, "tests/browser"];

const APP: &str = "ui";

/// Installs the packages of the lock files.
///
/// # Errors
/// If Node is missing or too old, or npm fails.
pub(crate) fn install() -> anyhow::Result<()> {
    check_node()?;
    FOLDERS.into_iter().try_for_each(install_in)
}

fn install_in(name: &str) -> anyhow::Result<()> {
    let folder = workspace().join(name);
    let lock = folder.join("package-lock.json");
    let installed = folder.join("node_modules/.doorward-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("could not read {}", lock.display()))?;
    if fs::read(&installed).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    say(&format!("setup: npm ci in {name}/"));
    steps::run(npm(&["ci", "--no-audit", "--no-fund"]).current_dir(folder))?;
    fs::write(&installed, wanted).context("could not note which packages are installed")
}

/// Checks the app's types and runs its tests.
///
/// # Errors
/// If one of them fails.
pub(crate) fn check() -> anyhow::Result<()> {
    steps::run(&mut npm(&["run", "check"]))?;
    steps::run(&mut npm(&["run", "test"]))
}

/// Builds the app, unless its build is newer than everything that it is made of.
///
/// # Errors
/// If the build fails.
pub(crate) fn build() -> anyhow::Result<()> {
    let built = modified(&folder().join("dist/index.html"));
    let newest = SOURCES.iter().filter_map(|name| newest(&workspace().join(name))).max();
    if built.is_some() && built >= newest {
        return Ok(());
    }
    steps::run(&mut npm(&["run", "types"]))?;
    steps::run(&mut npm(&["run", "build"]))
}

fn check_node() -> anyhow::Result<()> {
    let advice = format!("install Node {}.{} or newer, with npm", NODE.0, NODE.1);
    let answer = Command::new("node").arg("--version").output();
    let answer = answer.with_context(|| format!("there is no `node`: {advice}"))?;
    let version = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    if parse(&version).is_none_or(|found| found < NODE) {
        bail!("this is Node {version}: {advice}");
    }
    Ok(())
}

/// Reads `v20.19.3`.
fn parse(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// The newest file at or below a path. What the build itself writes does not count.
fn newest(path: &Path) -> Option<SystemTime> {
    if path.ends_with("schema.d.ts") {
        return None;
    }
    let Ok(inside) = fs::read_dir(path) else {
        return modified(path);
    };
    inside.flatten().filter_map(|entry| newest(&entry.path())).max()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder());
    command
}

fn folder() -> PathBuf {
    workspace().join(APP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_node_is_read() {
        assert_eq!(parse("v20.19.3"), Some((20, 19)));
        assert_eq!(parse("v9.1.0"), Some((9, 1)));
        assert_eq!(parse("command not found"), None);
    }

    #[test]
    fn what_the_build_writes_does_not_make_its_sources_newer() {
        let folder = std::env::temp_dir().join(format!("doorward-xtask-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("schema.d.ts"), "").unwrap();
        assert_eq!(newest(&folder), None);
        fs::write(folder.join("main.ts"), "").unwrap();
        assert!(newest(&folder).is_some());
        fs::remove_dir_all(&folder).unwrap();
    }
}
