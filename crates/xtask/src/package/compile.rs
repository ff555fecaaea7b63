//! Programs for packages: compiled so that another machine gets the same bytes, or found finished.

use std::ffi::OsString;
use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use super::Compiled;
use super::description::Package;
use super::elf::Machine;
use crate::programs::{self, Profile};
use crate::steps::{self, cargo, say, workspace};
use crate::{desktop, ui};

/// Where the compiler finds its target folder, whatever that is called: OpenSSL writes the path of its
/// build into the program, and no flag of a compiler changes it.
const PLACE: &str = "/tmp/doorward-dist";

/// The profile in `Cargo.toml`.
const PROFILE: &str = "dist";

/// Programs that are built.
pub(crate) struct Programs {
    folder: PathBuf,
    speaker: Option<PathBuf>,
}

impl Programs {
    /// Takes those in a folder.
    ///
    /// # Errors
    /// If there is no such folder.
    pub(crate) fn in_folder(folder: &Path, speaker: Option<&Path>) -> anyhow::Result<Self> {
        let folder = std::path::absolute(folder)?;
        ensure!(folder.is_dir(), "{} is not a folder", folder.display());
        Ok(Self { folder, speaker: speaker.map(Path::to_owned) })
    }

    /// Compiles them.
    ///
    /// # Errors
    /// If they do not compile.
    pub(crate) fn compiled(compiled: Compiled, packages: &[&Package]) -> anyhow::Result<Self> {
        let folder = match compiled {
            Compiled::Debug => debug(packages)?,
            Compiled::Release => release(packages)?,
        };
        Ok(Self { folder, speaker: None })
    }

    /// The folder that they are in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a program is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// For which machine a package's programs are.
    ///
    /// # Errors
    /// If they are for different ones, or not there.
    pub(crate) fn machine(&self, package: &Package) -> anyhow::Result<Machine> {
        let machines = package.programs.iter().map(|name| Machine::of(&self.path(name)));
        let machines = machines.collect::<anyhow::Result<Vec<_>>>().with_context(|| {
            format!("no program for {}; `--package NAME` makes one package alone", package.name)
        })?;
        match machines.split_first() {
            Some((first, others)) if others.iter().all(|other| other == first) => Ok(*first),
            Some(_) => bail!("the programs of {} are for different machines", package.name),
            None => bail!("{} has no program", package.name),
        }
    }

    /// What a program prints.
    ///
    /// # Errors
    /// If it does not run here, or fails.
    pub(crate) fn say(&self, name: &str, words: &[&str]) -> anyhow::Result<Vec<u8>> {
        let program = self.speaker.clone().unwrap_or_else(|| self.path(name));
        let advice = || {
            format!(
                "{} does not run here: name one of the same version that does with --speaker",
                program.display()
            )
        };
        let said = Command::new(&program).args(words).output().with_context(advice)?;
        ensure!(said.status.success(), "{} {} failed", program.display(), words.join(" "));
        Ok(said.stdout)
    }

    /// Has a program write its manual pages; returns them sorted.
    ///
    /// # Errors
    /// If it does not run here, or fails.
    pub(crate) fn manual(&self, name: &str, work: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let folder = work.join("manual");
        std::fs::create_dir_all(&folder)?;
        let out = folder.to_str().context("a path that is no text")?;
        self.say(name, &["manual", "--out", out])?;
        let pages = std::fs::read_dir(&folder)?.map(|page| page.map(|page| page.path()));
        let mut pages = pages.collect::<Result<Vec<_>, _>>()?;
        pages.sort();
        Ok(pages)
    }
}

/// Builds the programs as the tests have them.
fn debug(packages: &[&Package]) -> anyhow::Result<PathBuf> {
    programs::build(Profile::Debug)?;
    if packages.iter().any(|package| package.name == desktop::PACKAGE) {
        desktop::build()?;
    }
    Ok(target()?.join("debug"))
}

/// Compiles the programs of packages without this machine's paths. One after the other: compiled
/// together they would share the features of their dependencies, and be other programs than alone.
fn release(packages: &[&Package]) -> anyhow::Result<PathBuf> {
    ui::build()?;
    let real = target()?.join(PROFILE);
    std::fs::create_dir_all(&real).with_context(|| format!("could not make {real:?}"))?;
    let fixed = fixed_place(&real)?;
    let flags = rust_flags()?;
    for package in packages {
        let mut command = cargo(["build", "--locked", "--profile", PROFILE, "--bins", "--package"]);
        command
            .arg(package.name)
            .env("CARGO_TARGET_DIR", &fixed)
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_ENCODED_RUSTFLAGS", &flags)
            // A time for what asks the clock at build time; always the same, because cargo does not
            // build anew when it changes.
            .env("SOURCE_DATE_EPOCH", "1")
            .env_remove("RUSTFLAGS");
        steps::run(&mut command)?;
    }
    Ok(real.join(PROFILE))
}

/// Sources are named without this machine's folders in what panics say.
fn rust_flags() -> anyhow::Result<OsString> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let registry = home.context("cargo has no home")?.join("registry/src");
    let mut flags = OsString::from("--remap-path-prefix=");
    flags.push(workspace().canonicalize()?);
    flags.push("=/doorward");
    // Each registry has a folder named for its address, which a mirror changes.
    let mut registries: Vec<_> = std::fs::read_dir(&registry)
        .with_context(|| format!("could not read {registry:?}: run `cargo fetch` first"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    registries.sort();
    for registry in registries {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(registry);
        flags.push("=/crates");
    }
    Ok(flags)
}

/// Makes a link of a known name to the target folder, in a folder that nobody else can write to.
fn fixed_place(real: &Path) -> anyhow::Result<PathBuf> {
    let place = Path::new(PLACE);
    match DirBuilder::new().mode(0o700).create(place) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error).with_context(|| format!("could not make {PLACE}"));
        }
        Ok(()) | Err(_) => {}
    }
    let found = std::fs::symlink_metadata(place)?;
    let me = std::fs::metadata("/proc/self")?.uid();
    ensure!(
        found.is_dir() && found.uid() == me && found.mode() & 0o022 == 0,
        "{PLACE} is not a folder of yours alone: remove it"
    );
    let link = place.join("target");
    match std::fs::remove_file(&link) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("could not remove {link:?}"));
        }
        Ok(()) | Err(_) => {}
    }
    symlink(real, &link).with_context(|| format!("could not make {link:?}"))?;
    say(&format!("package: compiling in {} by the name of {}", real.display(), link.display()));
    Ok(link)
}

/// Where compiled programs lie.
///
/// # Errors
/// If the system does not say where this program lies.
pub(crate) fn place() -> anyhow::Result<PathBuf> {
    Ok(target()?.join(PROFILE).join(PROFILE))
}

/// The target folder that this program was built in.
fn target() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("where does this program lie?")?;
    let target = own.parent().and_then(Path::parent).context("this program lies in no folder")?;
    Ok(target.to_owned())
}
