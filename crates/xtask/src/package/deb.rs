//! Debian's format, written by `dpkg-deb`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::description::{Debian, Role};
use super::identity::said;
use super::tree::{Packed, run};
use super::{Compiled, Staged, scripts};

/// How wide a description may be.
const COLUMNS: usize = 78;

/// Writes the package.
///
/// # Errors
/// If a tool is missing or refuses.
pub(crate) fn write(staged: &Staged<'_>, out: &Path) -> anyhow::Result<PathBuf> {
    let mut tree = staged.tree.again();
    for (_, text) in scripts::of(staged, "debian", &["lintian-overrides"])? {
        let to = format!("usr/share/lintian/overrides/{}", staged.package.name);
        tree.file(&to, text.as_bytes(), Packed::No)?;
    }
    let sums = sums(staged)?;
    let control = control(staged)?;
    tree.file("DEBIAN/control", control.as_bytes(), Packed::No)?;
    tree.file("DEBIAN/md5sums", sums.as_bytes(), Packed::No)?;
    let kept: String = configuration(staged).map(|path| format!("/{path}\n")).collect();
    if !kept.is_empty() {
        tree.file("DEBIAN/conffiles", kept.as_bytes(), Packed::No)?;
    }
    for (name, text) in
        scripts::of(staged, "debian", &["config", "preinst", "postinst", "prerm", "postrm"])?
    {
        tree.script(&format!("DEBIAN/{name}"), &text)?;
    }
    for (name, text) in scripts::of(staged, "debian", &["templates"])? {
        tree.file(&format!("DEBIAN/{name}"), text.as_bytes(), Packed::No)?;
    }
    tree.close()?;

    let (name, machine) = (staged.package.name, staged.identity.machine.debian());
    let path = out.join(format!("{name}_{}_{machine}.deb", staged.identity.full()));
    let packing: &[&str] = match staged.compiled {
        // More than one thread cuts the data differently.
        Compiled::Release => &["-Zxz", "-z6", "--threads-max=1"],
        Compiled::Debug => &["-Zgzip", "-z1"],
    };
    let mut command = Command::new("dpkg-deb");
    command.args(packing).args(["--root-owner-group", "--build"]).arg(tree.root()).arg(&path);
    run(command.env("SOURCE_DATE_EPOCH", staged.identity.moment.to_string()))?;
    Ok(path)
}

fn control(staged: &Staged<'_>) -> anyhow::Result<String> {
    let Staged { package, identity, .. } = staged;
    let mut depends = vec![libraries(staged)?];
    depends.extend(package.debian.depends.iter().map(|name| identity.named_in(name)));
    let mut text = String::new();
    writeln!(text, "Package: {}", package.name)?;
    writeln!(text, "Version: {}", identity.full())?;
    writeln!(text, "Architecture: {}", identity.machine.debian())?;
    writeln!(text, "Maintainer: {}", identity.maintainer)?;
    writeln!(text, "Installed-Size: {}", staged.tree.installed_kib()?)?;
    writeln!(text, "Depends: {}", depends.join(", "))?;
    let Debian { recommends, suggests, .. } = package.debian;
    for (field, names) in [("Recommends", recommends), ("Suggests", suggests)] {
        if !names.is_empty() {
            writeln!(text, "{field}: {}", names.join(", "))?;
        }
    }
    writeln!(text, "Section: {}", package.debian.section)?;
    writeln!(text, "Priority: optional")?;
    writeln!(text, "Description: {}", package.summary)?;
    for (number, paragraph) in package.description.iter().enumerate() {
        if number > 0 {
            writeln!(text, " .")?;
        }
        wrapped(paragraph).iter().try_for_each(|line| writeln!(text, " {line}"))?;
    }
    Ok(text)
}

/// Which versions of which libraries the programs need, by Debian's own account of their symbols.
fn libraries(staged: &Staged<'_>) -> anyhow::Result<String> {
    let folder = staged.work.join("debian");
    std::fs::create_dir_all(&folder)?;
    let name = staged.package.name;
    std::fs::write(
        folder.join("control"),
        format!("Source: {name}\n\nPackage: {name}\nArchitecture: any\n"),
    )?;
    let mut command = Command::new("dpkg-shlibdeps");
    command.current_dir(&staged.work).arg("-O");
    for program in staged.package.programs {
        command.arg(staged.tree.root().join("usr/bin").join(program));
    }
    let said = said(&mut command)?;
    let found = said.lines().find_map(|line| line.strip_prefix("shlibs:Depends="));
    Ok(found.context("dpkg-shlibdeps named no library")?.to_owned())
}

fn sums(staged: &Staged<'_>) -> anyhow::Result<String> {
    let kept: Vec<&str> = configuration(staged).collect();
    let files = staged.tree.files()?.into_iter();
    let files = files.filter(|path| !kept.iter().any(|kept| path == Path::new(kept)));
    let mut command = Command::new("md5sum");
    Ok(said(command.current_dir(staged.tree.root()).arg("--").args(files))? + "\n")
}

fn configuration<'a>(staged: &'a Staged<'_>) -> impl Iterator<Item = &'a str> {
    let files = staged.package.files.iter();
    files.filter(|file| file.role == Role::Configuration).map(|file| file.to)
}

/// Breaks a paragraph into lines.
pub(crate) fn wrapped(paragraph: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in paragraph.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() < COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_broken_between_words() {
        let lines = wrapped(&"door ".repeat(40));
        assert_eq!(lines.iter().map(|line| line.matches("door").count()).sum::<usize>(), 40);
        assert!(lines.iter().all(|line| line.len() < COLUMNS && !line.ends_with(' ')));
    }
}
