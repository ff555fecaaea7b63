//! Where documents of this repository are installed.

use std::path::Path;

use super::Kind;
use super::description::{Package, Role};

/// What changed, of all packages.
pub(crate) const CHANGES: &str = "CHANGELOG.md";

/// Our own licences.
pub(crate) const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Where a package has a document of this repository, if it has it.
pub(crate) fn of(package: &Package, source: &Path, kind: Kind) -> Option<String> {
    let files = package.files.iter().filter(|file| file.role == Role::Document);
    files
        .map(|file| (file.from, file.place()))
        .chain(of_papers(package, kind))
        .find_map(|(from, place)| (Path::new(from) == source).then_some(place))
}

/// Where texts of this repository are that each format has a place for.
pub(crate) fn of_papers(package: &Package, kind: Kind) -> Vec<(&'static str, String)> {
    let documents = format!("usr/share/doc/{}", package.name);
    match kind {
        Kind::Deb => {
            let licences = LICENCES.map(|name| (name, format!("{documents}/copyright")));
            [&licences[..], &[(CHANGES, format!("{documents}/changelog.gz"))]].concat()
        }
        Kind::Rpm | Kind::Oci => {
            let folder = format!("usr/share/licenses/{}", package.name);
            let licences = LICENCES.map(|name| (name, format!("{folder}/{name}")));
            [&licences[..], &[(CHANGES, format!("{documents}/{CHANGES}"))]].concat()
        }
    }
}
