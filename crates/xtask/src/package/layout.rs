//! A package's files in the places where they will be installed.

use std::path::Path;

use anyhow::Context as _;

use super::Kind;
use super::compile::Programs;
use super::description::{Package, Role, Speaks};
use super::identity::Identity;
use super::links;
use super::papers;
use super::source::read;
use super::tree::{Packed, Tree};

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
            Role::Document => links::mended(text, file.from, &to, kind)?,
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
