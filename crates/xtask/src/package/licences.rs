//! The licences of what is compiled in, which have to come along with it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;

use super::crates::Component;

/// How deep licences are looked for: crates that carry a library in another language have its licence
/// two folders down.
const DEPTH: u32 = 3;

/// The longest text that is taken for a licence; OpenSSL's and SQLite's are far below.
const LONGEST: usize = 60_000;

/// Writes one text with every licence once, and above it who stands under it.
///
/// # Errors
/// If a source cannot be read.
pub(crate) fn text(components: &[Component]) -> anyhow::Result<String> {
    let mut holders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut bare = Vec::new();
    for component in components {
        let mut texts = Vec::new();
        collect(&component.folder, DEPTH, &mut texts)?;
        let who = format!("{} {} ({})", component.name, component.version, component.licence);
        if texts.is_empty() {
            bare.push(who.clone());
        }
        for text in texts {
            let under = holders.entry(text).or_default();
            if under.last() != Some(&who) {
                under.push(who.clone());
            }
        }
    }
    laid_out(&holders, &bare)
}

fn laid_out(holders: &BTreeMap<String, Vec<String>>, bare: &[String]) -> anyhow::Result<String> {
    let mut out = String::from(
        "What is compiled into these programs was written by many people. Each licence stands here\n\
         once, below the names of what it is for.\n",
    );
    // By their first holder, so that neighbours in the list of parts stay neighbours here.
    let mut sorted: Vec<_> = holders.iter().collect();
    sorted.sort_by_key(|(_, under)| under.first().cloned());
    for (text, under) in sorted {
        writeln!(out, "\n{}\n{}\n", "=".repeat(78), under.join("\n"))?;
        writeln!(out, "{text}")?;
    }
    if !bare.is_empty() {
        writeln!(
            out,
            "\n{}\nWithout a text of their own, under the licences named:\n",
            "=".repeat(78)
        )?;
        writeln!(out, "{}", bare.join("\n"))?;
    }
    Ok(out)
}

fn collect(folder: &Path, depth: u32, texts: &mut Vec<String>) -> anyhow::Result<()> {
    let inside = std::fs::read_dir(folder)
        .with_context(|| format!("{} is not there: run `cargo xtask setup`", folder.display()))?;
    let mut inside: Vec<_> = inside.collect::<Result<_, _>>()?;
    inside.sort_by_key(std::fs::DirEntry::file_name);
    for entry in inside {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().to_uppercase());
        if entry.file_type()?.is_dir() {
            if depth > 1 && !["TESTS", "TEST", "NODE_MODULES", "EXAMPLES"].contains(&&*name) {
                collect(&path, depth - 1, texts)?;
            }
        } else if is_licence(&name) {
            let text = String::from_utf8_lossy(&std::fs::read(&path)?).replace("\r\n", "\n");
            let text = text.trim().to_owned();
            if !text.is_empty() && text.len() <= LONGEST && !texts.contains(&text) {
                texts.push(text);
            }
        }
    }
    Ok(())
}

/// Whether a file of this name, in capitals, holds a licence.
fn is_licence(name: &str) -> bool {
    let begins = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
    let code = [".RS", ".JS", ".TS", ".C", ".H", ".PY", ".HTML", ".JSON", ".SH", ".PL", ".GO"];
    begins.iter().any(|begin| name.starts_with(begin))
        && !code.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_told_from_code_about_licences() {
        for name in ["LICENSE", "LICENSE-MIT", "COPYING.LESSER", "NOTICE.TXT", "LICENSE.MD"] {
            assert!(is_licence(name), "{name}");
        }
        for name in ["LICENSE.RS", "README.MD", "MY-LICENSE", "COPYRIGHT.PL"] {
            assert!(!is_licence(name), "{name}");
        }
    }

    #[test]
    fn a_text_of_many_is_written_once() {
        let under =
            BTreeMap::from([("Do as you like.".to_owned(), vec!["a 1".into(), "b 2".into()])]);
        let text = laid_out(&under, &["c 3 (MIT)".to_owned()]).unwrap();
        assert_eq!(text.matches("Do as you like.").count(), 1);
        assert!(text.contains("a 1\nb 2\n") && text.ends_with("c 3 (MIT)\n"));
    }
}
