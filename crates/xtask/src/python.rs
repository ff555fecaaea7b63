//! The one Python program that the tests need, with all that it runs on, in an environment of its own.
//!
//! Its packages are those of `tests/guessed/requirements.txt`, by version and by hash. It lies in the
//! user's folder for caches, so that neither the checkout nor the system's Python is touched; where that
//! folder cannot be used, beside the programs that cargo builds. `tests/tests/guessed_requests.rs` looks
//! in both places.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::steps::{self, say, workspace};

const REQUIREMENTS: &str = "tests/guessed/requirements.txt";

/// The environment's folder.
const NAME: &str = "doorward-schemathesis";

/// Written last; says of which packages the environment is.
const INSTALLED: &str = "doorward-requirements.txt";

/// Installs the packages unless exactly these are there.
///
/// # Errors
/// If Python or pip is missing or fails.
pub(crate) fn install() -> anyhow::Result<()> {
    let list = workspace().join(REQUIREMENTS);
    let wanted = fs::read(&list).with_context(|| format!("could not read {}", list.display()))?;
    let folder = folder()?;
    let installed = folder.join(INSTALLED);
    if fs::read(&installed).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    say(&format!("setup: pip install of {REQUIREMENTS} into {}", folder.display()));
    steps::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    // Nothing of a package is run while it is installed.
    pip.args(["--only-binary", ":all:", "--require-hashes", "--requirement"]).arg(&list);
    steps::run(&mut pip)?;
    fs::write(installed, wanted).context("could not note which packages are installed")
}

fn folder() -> anyhow::Result<PathBuf> {
    if let Some(cache) = cache().filter(|cache| is_usable(cache)) {
        return Ok(cache.join(NAME));
    }
    let own = std::env::current_exe().context("where does this program lie?")?;
    let target = own.ancestors().nth(2).context("this program lies in no target folder")?;
    Ok(target.join(NAME))
}

/// The user's folder for caches, by the XDG Base Directory Specification.
fn cache() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")))
}

fn is_usable(cache: &Path) -> bool {
    fs::create_dir_all(cache.join(NAME)).is_ok()
}
