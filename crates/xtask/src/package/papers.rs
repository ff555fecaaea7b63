//! What has to come along in writing: what changed, and under which licences.

use std::fmt::Write as _;

use anyhow::Context as _;

use super::Kind;
use super::crates;
use super::description::Package;
use super::identity::Identity;
use super::licences;
use super::links;
use super::places::{CHANGES, LICENCES, of_papers};
use super::source::read;
use super::tree::{Packed, Tree};

const COPYRIGHT: &str = "\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: doorward
Comment: What else is compiled in, by whom and under which licences, is in
 third-party-licenses.txt beside this file.

Files: *
Copyright: HOLDER
License: Apache-2.0 or MIT

License: Apache-2.0
 On Debian systems the text of this license is in
 /usr/share/common-licenses/Apache-2.0

License: MIT
";

/// Puts changelog and licences in the places where the format wants them.
///
/// # Errors
/// If one cannot be made.
pub(crate) fn write(
    package: &Package,
    kind: Kind,
    identity: &Identity,
    tree: &mut Tree,
) -> anyhow::Result<()> {
    let parts = crates::components(package.name, identity.machine)?;
    let others = licences::text(&parts)?;
    let documents = format!("usr/share/doc/{}", package.name);
    match kind {
        Kind::Deb => {
            let own = debian_changelog(package, identity)?;
            let copyright = copyright()?;
            tree.file(&format!("{documents}/changelog.Debian.gz"), own.as_bytes(), Packed::Yes)?;
            changes(package, kind, Packed::Yes, tree)?;
            tree.file(&format!("{documents}/copyright"), copyright.as_bytes(), Packed::No)?;
            let to = format!("{documents}/third-party-licenses.txt.gz");
            tree.file(&to, others.as_bytes(), Packed::Yes)
        }
        Kind::Rpm => {
            changes(package, kind, Packed::No, tree)?;
            own_licences(package, others.as_bytes(), tree)
        }
        Kind::Oci => own_licences(package, others.as_bytes(), tree),
    }
}

fn changes(package: &Package, kind: Kind, packed: Packed, tree: &mut Tree) -> anyhow::Result<()> {
    let place = of_papers(package, kind).into_iter().find(|(from, _)| *from == CHANGES);
    let (from, to) = place.context("no place for what changed")?;
    tree.file(&to, &links::mended(read(from)?, from, &to, kind)?, packed)
}

fn own_licences(package: &Package, others: &[u8], tree: &mut Tree) -> anyhow::Result<()> {
    let folder = format!("usr/share/licenses/{}", package.name);
    for name in LICENCES {
        tree.file(&format!("{folder}/{name}"), &read(name)?, Packed::No)?;
    }
    tree.file(&format!("{folder}/third-party-licenses.txt"), others, Packed::No)
}

fn debian_changelog(package: &Package, identity: &Identity) -> anyhow::Result<String> {
    Ok(format!(
        "{} ({}) unstable; urgency=medium\n\n  * What changed is in changelog.gz.\n\n -- {}  {}\n",
        package.name,
        identity.full(),
        identity.maintainer,
        identity.date("+%a, %d %b %Y %H:%M:%S +0000")?,
    ))
}

/// In Debian's machine-readable form, with our own licences' texts.
fn copyright() -> anyhow::Result<String> {
    let mit = String::from_utf8(read("LICENSE-MIT")?)?;
    let holder = mit.lines().find(|line| line.starts_with("Copyright")).unwrap_or_default();
    let holder = holder.trim_start_matches("Copyright").trim();
    let mut text = COPYRIGHT.replace("HOLDER", holder);
    for line in mit.lines() {
        writeln!(text, " {}", if line.trim().is_empty() { "." } else { line })?;
    }
    Ok(text)
}
