//! What a package is: a value that says which files it has and what the formats must know.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Kind;
use super::compile::Programs;
use super::identity::Identity;
use super::links;
use super::papers;
use super::tree::{Packed, Tree};
use crate::steps::workspace;

/// A package, in every format.
pub(crate) struct Package {
    /// Its name, which is also the name of the crate that its program comes from.
    pub(crate) name: &'static str,
    /// One line.
    pub(crate) summary: &'static str,
    /// Paragraphs.
    pub(crate) description: &'static [&'static str],
    /// Programs, as they are called in the target folder; each goes to `/usr/bin`.
    pub(crate) programs: &'static [&'static str],
    /// Files of this repository.
    pub(crate) files: &'static [File],
    /// The folder in `packaging/` with `debian/` and `rpm/`, the scripts of those formats.
    pub(crate) folder: &'static str,
    /// Whether the program writes its own manual and completions.
    pub(crate) speaks: Speaks,
    pub(crate) debian: Debian,
    pub(crate) rpm: Rpm,
    pub(crate) image: Option<Image>,
}

/// One file of this repository.
pub(crate) struct File {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) role: Role,
}

impl File {
    /// Where it goes, by its own name if only a folder is named.
    pub(crate) fn place(&self) -> String {
        let name = self.from.rsplit('/').next().unwrap_or(self.from);
        if self.to.ends_with('/') { format!("{}{name}", self.to) } else { self.to.to_owned() }
    }
}

/// What becomes of a file when the package is upgraded or the owner has changed it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It is replaced.
    Part,
    /// The owner's changes stay.
    Configuration,
    /// As a part; kept out of images, where nobody reads it.
    Document,
    /// As a part, for a service manager, which an image has not.
    Service,
}

/// Whether a program writes its own manual.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// `PROGRAM manual` and `PROGRAM completions` do.
    ForItself,
    /// A page of this repository does, for a program with a window and no command line.
    Through(&'static str),
}

/// What Debian's format must know beside.
pub(crate) struct Debian {
    pub(crate) section: &'static str,
    /// Besides the libraries, which are read from the program. `@VERSION@` is the package's own.
    pub(crate) depends: &'static [&'static str],
    pub(crate) recommends: &'static [&'static str],
    pub(crate) suggests: &'static [&'static str],
}

/// What RPM must know beside.
pub(crate) struct Rpm {
    /// Besides the libraries, which rpmbuild reads from the program. `@VERSION@` is the package's own.
    pub(crate) requires: &'static [&'static str],
    /// What the scripts use, which has to be there before and after them, too.
    pub(crate) scripts: &'static [&'static str],
    pub(crate) recommends: &'static [&'static str],
}

/// What an image must know beside.
pub(crate) struct Image {
    pub(crate) uid: u32,
    pub(crate) state: &'static str,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) ports: &'static [&'static str],
}

/// Lays out a package's files as they will be installed.
pub(crate) fn lay_out(
    package: &Package,
    kind: Kind,
    identity: &Identity,
    programs: &Programs,
    work: &Path,
) -> anyhow::Result<Tree> {
    let mut tree = Tree::new(work.join("tree"), identity.moment)?;
    for name in package.programs {
        tree.program(&programs.path(name), &format!("usr/bin/{name}"))?;
    }
    for file in package.files.iter().filter(|file| kind != Kind::Oci || file.role == Role::Part) {
        let (text, to) = (read(file.from)?, file.place());
        let text = match file.role {
            Role::Document => document(text, file.from, &to, kind)?,
            Role::Part | Role::Configuration | Role::Service => text,
        };
        tree.file(&to, &text, Packed::No)?;
    }
    if kind != Kind::Oci {
        words(package, kind, identity, programs, work, &mut tree)?;
    }
    papers::write(package, kind, identity, &mut tree)?;
    Ok(tree)
}

/// A document as a package has it, with links that lead somewhere there.
pub(crate) fn document(text: Vec<u8>, from: &str, to: &str, kind: Kind) -> anyhow::Result<Vec<u8>> {
    if !from.ends_with(".md") {
        return Ok(text);
    }
    Ok(links::rewritten(&String::from_utf8(text)?, from, to, kind)?.into_bytes())
}

/// The manual pages and completions.
fn words(
    package: &Package,
    kind: Kind,
    identity: &Identity,
    programs: &Programs,
    work: &Path,
    tree: &mut Tree,
) -> anyhow::Result<()> {
    if let Speaks::Through(page) = package.speaks {
        let to = format!("usr/share/man/man1/{}.1.gz", package.name);
        let page = identity.named_in(&String::from_utf8(read(page)?)?);
        return tree.file(&to, page.as_bytes(), Packed::Yes);
    }
    for page in programs.manual(package.name, work)? {
        let name = page.file_name().context("a page without a name")?.to_string_lossy();
        let text = std::fs::read(&page).with_context(|| format!("could not read {page:?}"))?;
        tree.file(&format!("usr/share/man/man1/{name}.gz"), &text, Packed::Yes)?;
    }
    for (shell, to) in completions(kind) {
        let script = programs.say(package.name, &["completions", shell])?;
        tree.file(&to.replace("NAME", package.name), &script, Packed::No)?;
    }
    Ok(())
}

const fn completions(kind: Kind) -> [(&'static str, &'static str); 3] {
    let zsh = match kind {
        Kind::Deb | Kind::Oci => "usr/share/zsh/vendor-completions/_NAME",
        Kind::Rpm => "usr/share/zsh/site-functions/_NAME",
    };
    [
        ("bash", "usr/share/bash-completion/completions/NAME"),
        ("zsh", zsh),
        ("fish", "usr/share/fish/vendor_completions.d/NAME.fish"),
    ]
}

/// Reads a file of this repository.
pub(crate) fn read(path: &str) -> anyhow::Result<Vec<u8>> {
    let path: PathBuf = workspace().join(path);
    std::fs::read(&path).with_context(|| format!("could not read {}", path.display()))
}
