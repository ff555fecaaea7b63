//! The digests of what lies in the packages' folder, for `sha256sum --check`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::identity::said;

const NAME: &str = "SHA256SUMS";

/// Writes the digests of all that was made, and of what was made before and is as it was then.
///
/// # Errors
/// If a file cannot be read or written.
pub(crate) fn checksums(out: &Path, made: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    made.sort();
    let path = out.join(NAME);
    let mut lines = before(&path)?;
    lines.extend(digests(out, made.iter().filter_map(|path| path.file_name()))?);
    lines.sort_by(|one, other| name(one).cmp(&name(other)));
    lines.dedup();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, text).with_context(|| format!("could not write {path:?}"))?;
    made.push(path);
    Ok(())
}

/// The lines of an earlier call that are true still.
fn before(sums: &Path) -> anyhow::Result<Vec<String>> {
    let text = match std::fs::read_to_string(sums) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.with_context(|| format!("could not read {sums:?}"))?,
    };
    let out = sums.parent().context("digests in no folder")?;
    let mut lines = Vec::new();
    for line in text.lines() {
        let here = name(line).filter(|name| out.join(name).is_file());
        if let Some(name) = here
            && digests(out, [OsStr::new(name)].into_iter())?.iter().any(|found| found == line)
        {
            lines.push(line.to_owned());
        }
    }
    Ok(lines)
}

fn digests<'a>(out: &Path, names: impl Iterator<Item = &'a OsStr>) -> anyhow::Result<Vec<String>> {
    let sums = said(Command::new("sha256sum").arg("--").args(names).current_dir(out))?;
    Ok(sums.lines().map(str::to_owned).collect())
}

/// Of which file a line is, if of one of this folder.
fn name(line: &str) -> Option<&str> {
    line.split_once("  ").map(|(_, name)| name).filter(|name| !name.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn sum(folder: &Path, mut made: Vec<PathBuf>) -> Vec<String> {
        checksums(folder, &mut made).unwrap();
        let text = std::fs::read_to_string(folder.join(NAME)).unwrap();
        text.lines().filter_map(name).map(str::to_owned).collect()
    }

    #[test]
    fn a_later_call_keeps_the_lines_that_are_true_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let hub = make(folder, "hub.deb", "one");
        let gone = make(folder, "gone.deb", "two");
        let changed = make(folder, "changed.deb", "three");
        let made = vec![hub.clone(), gone.clone(), changed];
        assert_eq!(sum(folder, made), ["changed.deb", "gone.deb", "hub.deb"]);

        std::fs::remove_file(gone).unwrap();
        make(folder, "changed.deb", "four");
        let window = make(folder, "window.deb", "five");
        assert_eq!(sum(folder, vec![window]), ["hub.deb", "window.deb"]);
        // Made anew, it has one line.
        assert_eq!(sum(folder, vec![hub]), ["hub.deb", "window.deb"]);
        let mut check = Command::new("sha256sum");
        said(check.args(["--check", NAME]).current_dir(folder)).unwrap();
    }
}
