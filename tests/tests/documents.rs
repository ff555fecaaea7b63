//! The documents keep their word: links lead somewhere, and every test that is named exists.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[test]
fn every_link_between_documents_leads_to_a_file() {
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for target in links(&text) {
            let path = document.parent().unwrap().join(target);
            assert!(path.exists(), "{} links to {target}, which is not there", document.display());
        }
    }
}

#[test]
fn every_test_that_the_security_page_names_exists() {
    let text = std::fs::read_to_string(top().join("docs/security.md")).unwrap();
    let named: Vec<(&str, &str)> =
        text.split('`').skip(1).step_by(2).filter_map(test_name).collect();
    assert!(named.len() > 40, "only {} tests are named", named.len());
    for (place, name) in named {
        let folder = match place {
            "tests" => top().join("tests"),
            "desktop" => top().join("src-tauri"),
            krate => top().join("crates").join(krate),
        };
        assert!(functions(&folder).contains(name), "{place} has no test {name}");
    }
}

#[test]
fn every_promise_names_its_tests() {
    let text = std::fs::read_to_string(top().join("docs/security.md")).unwrap();
    let promises = text.split("\n### S").skip(1);
    let mut count = 0;
    for promise in promises {
        let section = promise.split("\n## ").next().unwrap();
        let tests = section.split('`').skip(1).step_by(2).filter_map(test_name).count();
        assert!(tests > 0, "S{} names no test", promise.split(' ').next().unwrap());
        count += 1;
    }
    assert_eq!(count, 12);
}

#[test]
fn no_file_holds_what_a_merge_left_to_be_decided() {
    let mut git = std::process::Command::new("git");
    let listed = git.args(["ls-files", "-z"]).current_dir(top()).output().unwrap();
    assert!(listed.status.success(), "the source is a clone");
    let listed = String::from_utf8(listed.stdout).unwrap();
    let files = listed.split_terminator('\0').map(|name| top().join(name));
    let mut count = 0;
    // Pictures and the like are no text, and a file that was just removed is still listed.
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let left = text
            .lines()
            .find(|line| ["<<<<<<< ", ">>>>>>> "].iter().any(|mark| line.starts_with(mark)));
        assert_eq!(left, None, "{}", file.display());
        count += 1;
    }
    assert!(count > 300, "only {count} files were read");
}

/// A test as the security page writes it: `crate/name_of_the_test`.
fn test_name(code: &str) -> Option<(&str, &str)> {
    let (place, name) = code.split_once('/')?;
    let word = |text: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    (word(place) && word(name) && name.contains('_')).then_some((place, name))
}

fn functions(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in files(folder, "rs") {
        let text = std::fs::read_to_string(file).unwrap();
        let after = text.split("fn ").skip(1);
        names.extend(after.filter_map(|rest| Some(rest.split_once('(')?.0.to_owned())));
    }
    names
}

fn documents() -> Vec<PathBuf> {
    let mut documents = files(&top().join("docs"), "md");
    let here = std::fs::read_dir(top()).unwrap().map(|file| file.unwrap().path());
    documents.extend(here.filter(|path| path.extension().is_some_and(|end| end == "md")));
    documents
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| {
        let target = rest.split(')').next()?.split('#').next()?;
        (!target.is_empty() && !target.contains("://")).then_some(target)
    })
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == extension) {
                found.push(path);
            }
        }
    }
    found
}

fn top() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
