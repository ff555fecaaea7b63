//! Packages that people install, made from programs that are built once.
//!
//! What is in a package is a description ([`description`]), so that another package is another value.
//! Guarantees that the same commit, toolchain and programs give the same bytes: the time is the
//! commit's, owners and modes are set, names are sorted, and nothing of this machine goes in.

mod checksums;
mod compile;
mod crates;
mod deb;
mod description;
mod desktop;
mod doorward;
mod elf;
mod identity;
mod layout;
mod licences;
mod links;
mod oci;
mod papers;
mod places;
mod rpm;
mod sbom;
mod scripts;
mod source;
mod tree;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use crate::steps::{Steps, say};
use checksums::checksums;
use compile::Programs;
use description::Package;
use identity::Identity;
use tree::Tree;

/// Every package that there is.
const ALL: [&Package; 2] = [&doorward::DOORWARD, &desktop::DESKTOP];

#[derive(Args)]
pub(crate) struct Arguments {
    /// Makes one package instead of all: `doorward`, which needs no WebKit, or `doorward-desktop`.
    #[arg(long, value_name = "NAME", value_parser = named)]
    package: Option<&'static Package>,
    /// Makes one kind instead of all.
    #[arg(long, value_enum, value_name = "KIND")]
    only: Option<Kind>,
    /// How the programs are compiled. Debug is for tests of the packages themselves.
    #[arg(long, value_enum, default_value = "release")]
    profile: Compiled,
    /// Takes finished programs from this folder instead of building any, such as those that were
    /// built for another machine.
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
    /// A `doorward` that runs on this machine, for the manual pages and completions, if the packaged
    /// one does not.
    #[arg(long, value_name = "PROGRAM")]
    speaker: Option<PathBuf>,
    /// Counts packages of one version.
    #[arg(long, default_value_t = 1)]
    revision: u32,
    /// Where the packages go.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// The kinds of packages.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Debian, Ubuntu, Raspberry Pi OS.
    Deb,
    /// Fedora, openSUSE and their like.
    Rpm,
    /// A container image.
    Oci,
}

/// How programs are compiled, in the words of the command line.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compiled {
    /// Optimised, without symbols, without this machine's paths.
    Release,
    /// As the tests have it.
    Debug,
}

/// One package on its way: what it is, and its files as they will be installed.
pub(crate) struct Staged<'a> {
    pub(crate) package: &'a Package,
    pub(crate) identity: &'a Identity,
    pub(crate) tree: Tree,
    /// A folder for what a format needs beside the tree.
    pub(crate) work: PathBuf,
    pub(crate) compiled: Compiled,
}

impl Arguments {
    /// Builds the programs, lays out each package and writes it in each format.
    ///
    /// # Errors
    /// Says which step failed.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let packages = self.packages();
        let mut steps = Steps::new("package", 2 + packages.len());
        let mut programs = None;
        steps.step("the programs", || {
            programs = Some(self.programs(&packages)?);
            Ok(())
        })?;
        let programs = programs.context("the programs were not built")?;
        let out = self.out(&programs)?;
        let mut made = Vec::new();
        for package in packages {
            steps.step(package.name, || {
                made.extend(self.package(package, &programs, &out)?);
                Ok(())
            })?;
        }
        steps.step("checksums", || checksums(&out, &mut made))?;
        steps.finish();
        for path in made {
            say(&format!("  {:>9}  {}", tree::shown_size(&path)?, path.display()));
        }
        Ok(())
    }

    fn packages(&self) -> Vec<&'static Package> {
        self.package.map_or_else(|| ALL.to_vec(), |package| vec![package])
    }

    fn programs(&self, packages: &[&Package]) -> anyhow::Result<Programs> {
        match &self.programs {
            Some(folder) => Programs::in_folder(folder, self.speaker.as_deref()),
            None => Programs::compiled(self.profile, packages),
        }
    }

    fn out(&self, programs: &Programs) -> anyhow::Result<PathBuf> {
        let out = self.out.clone().unwrap_or_else(|| programs.folder().join("packages"));
        let out = std::path::absolute(out)?;
        std::fs::create_dir_all(&out).with_context(|| format!("could not make {out:?}"))?;
        Ok(out)
    }

    fn package(
        &self,
        package: &Package,
        programs: &Programs,
        out: &Path,
    ) -> anyhow::Result<Vec<PathBuf>> {
        let identity = Identity::of_this_commit(self.revision, programs.machine(package)?)?;
        let mut made = vec![sbom::write(package, &identity, out)?];
        for kind in Kind::value_variants() {
            let without = *kind == Kind::Oci && package.image.is_none();
            if without || self.only.is_some_and(|only| only != *kind) {
                continue;
            }
            let work = out.join(format!(".{}-{}", package.name, kind.name()));
            tree::remove(&work)?;
            let tree = layout::lay_out(package, *kind, &identity, programs, &work)?;
            let staged =
                Staged { package, identity: &identity, tree, work, compiled: self.profile };
            made.extend(kind.write(&staged, out)?);
            tree::remove(&staged.work)?;
        }
        Ok(made)
    }
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Rpm => "rpm",
            Self::Oci => "oci",
        }
    }

    fn write(self, staged: &Staged<'_>, out: &Path) -> anyhow::Result<Option<PathBuf>> {
        match self {
            Self::Deb => deb::write(staged, out).map(Some),
            Self::Rpm => rpm::write(staged, out).map(Some),
            Self::Oci => oci::write(staged, out),
        }
    }
}

/// The hub's program as packages carry it, if it was compiled so.
///
/// # Errors
/// If the system does not say where this program lies.
pub(crate) fn compiled_before() -> anyhow::Result<Option<PathBuf>> {
    let program = compile::place()?.join(doorward::DOORWARD.name);
    Ok(program.is_file().then_some(program))
}

/// Finds a package by its name.
fn named(name: &str) -> Result<&'static Package, String> {
    let names = || ALL.map(|package| package.name).join(", ");
    ALL.into_iter()
        .find(|package| package.name == name)
        .ok_or_else(|| format!("there are {}", names()))
}
