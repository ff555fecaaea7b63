//! Where the documents lead that a package has brought.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::{Package, System};

/// The files that an installed package's documents link to, by their full paths.
///
/// # Errors
/// If it has brought no document.
pub async fn links(system: &System, package: Package) -> anyhow::Result<BTreeSet<PathBuf>> {
    let folder = format!("/usr/share/doc/{}", package.name());
    let texts = system.sh(&format!("cat {folder}/*.md")).await?;
    let begun = texts.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let links = begun.map(|(link, _)| link.split('#').next().unwrap_or_default());
    let files = links.filter(|link| !link.is_empty() && !link.contains(':'));
    Ok(files.map(|link| plain(&Path::new(&folder).join(link))).collect())
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::RootDir | Component::Normal(_) => out.push(part),
            Component::CurDir | Component::Prefix(_) => {}
        }
    }
    out
}
