//! Links from one document to another, which have to lead somewhere on the machine that both are
//! installed on.
//!
//! In the repository documents link to each other by where they lie there. In a package each link is
//! written anew: to a neighbour by its name, and by its full path to whatever lies elsewhere.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};

use super::{ALL, Kind, places};

/// A text as a package has it, whose source is `from` and which is installed as `to`: a document with links
/// that lead somewhere there, and everything else as it is.
///
/// # Errors
/// If a link leads to a file of this repository that no package has.
pub(crate) fn mended(text: Vec<u8>, from: &str, to: &str, kind: Kind) -> anyhow::Result<Vec<u8>> {
    if !from.ends_with(".md") {
        return Ok(text);
    }
    Ok(rewritten(&String::from_utf8(text)?, from, to, kind)?.into_bytes())
}

/// Writes the links of a document anew, whose source is `from` and which is installed as `to`.
fn rewritten(text: &str, from: &str, to: &str, kind: Kind) -> anyhow::Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let (link, after) = after.split_once(')').context("a link without an end")?;
        out.extend([before, "](", &led(link, from, to, kind)?, ")"]);
        rest = after;
    }
    Ok(out + rest)
}

/// Where a link has to lead to.
fn led(link: &str, from: &str, to: &str, kind: Kind) -> anyhow::Result<String> {
    let (path, place) = link.split_at(link.find('#').unwrap_or(link.len()));
    if path.is_empty() || path.contains(':') {
        return Ok(link.to_owned());
    }
    let source = Path::new(from).parent().context("a document that is a folder")?.join(path);
    let source = plain(&source);
    let Some(installed) = ALL.iter().find_map(|package| places::of(package, &source, kind)) else {
        bail!("{from} leads to {}, which is in no package", source.display());
    };
    let neighbour = Path::new(&installed).parent() == Path::new(to).parent();
    let name = installed.rsplit('/').next().filter(|_| neighbour);
    Ok(name.map_or_else(|| format!("/{installed}"), str::to_owned) + place)
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::Normal(name) => out.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "usr/share/doc/doorward/README.md";

    fn in_readme(text: &str, kind: Kind) -> String {
        rewritten(text, "README.md", README, kind).unwrap()
    }

    #[test]
    fn neighbours_are_linked_by_name_and_others_by_their_path() {
        let text = "See [how](docs/install.md#remove), [the app](docs/desktop.md).";
        assert_eq!(
            in_readme(text, Kind::Deb),
            "See [how](install.md#remove), [the app](desktop.md)."
        );
        let app =
            rewritten("[up](install.md)", "docs/desktop.md", "usr/share/doc/x/d.md", Kind::Deb);
        assert_eq!(app.unwrap(), "[up](/usr/share/doc/doorward/install.md)");
    }

    #[test]
    fn papers_are_where_the_format_has_them() {
        let text = "[terms](LICENSE-MIT) [news](CHANGELOG.md)";
        assert_eq!(in_readme(text, Kind::Deb), "[terms](copyright) [news](changelog.gz)");
        assert_eq!(
            in_readme(text, Kind::Rpm),
            "[terms](/usr/share/licenses/doorward/LICENSE-MIT) [news](CHANGELOG.md)"
        );
    }

    #[test]
    fn what_leads_elsewhere_stays_and_what_leads_nowhere_is_refused() {
        for link in ["[a](https://example.org/a.md)", "[b](#remove)"] {
            assert_eq!(in_readme(link, Kind::Rpm), link);
        }
        assert!(rewritten("[c](Cargo.toml)", "README.md", README, Kind::Deb).is_err());
        assert!(rewritten("[c](never", "README.md", README, Kind::Deb).is_err());
    }
}
