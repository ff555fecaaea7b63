//! RPM's format, written by `rpmbuild`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::description::Role;
use super::tree::run;
use super::{Compiled, Staged, deb, scripts};

/// What keeps this machine out of the package: its name, its clock, its habits. The programs are
/// stripped and the pages packed already.
const DEFINITIONS: [&str; 9] = [
    "_buildhost doorward",
    "use_source_date_epoch_as_buildtime 1",
    "clamp_mtime_to_source_date_epoch 1",
    "source_date_epoch_from_changelog 0",
    "_build_id_links none",
    "debug_package %{nil}",
    "__os_install_post %{nil}",
    "_unpackaged_files_terminate_build 1",
    "_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm",
];

/// Writes the package.
///
/// # Errors
/// If rpmbuild is missing or refuses.
pub(crate) fn write(staged: &Staged<'_>, out: &Path) -> anyhow::Result<PathBuf> {
    staged.tree.close()?;
    let spec = staged.work.join("spec");
    std::fs::write(&spec, description(staged)?)?;
    let top = staged.work.join("rpm");
    let machine = staged.identity.machine.rpm();
    let payload = match staged.compiled {
        Compiled::Release => "w6.xzdio",
        Compiled::Debug => "w1.gzdio",
    };
    let mut command = Command::new("rpmbuild");
    command.args(["-bb", "--target", &format!("{machine}-linux")]);
    command.args(DEFINITIONS.iter().flat_map(|definition| ["--define", definition]));
    command.arg("--define").arg(format!("_binary_payload {payload}"));
    command.arg("--define").arg(format!("_topdir {}", top.display()));
    command.arg("--define").arg(format!("_rpmdir {}", out.display()));
    command.arg(spec).env("SOURCE_DATE_EPOCH", staged.identity.moment.to_string());
    run(&mut command)?;
    let name = staged.package.name;
    Ok(out.join(format!("{name}-{}.{machine}.rpm", staged.identity.full())))
}

fn description(staged: &Staged<'_>) -> anyhow::Result<String> {
    let Staged { package, identity, .. } = staged;
    let mut text = String::new();
    writeln!(text, "Name: {}", package.name)?;
    writeln!(text, "Version: {}", identity.version)?;
    writeln!(text, "Release: {}", identity.revision)?;
    writeln!(text, "Summary: {}", package.summary)?;
    writeln!(text, "License: Apache-2.0 OR MIT")?;
    for name in package.rpm.requires {
        writeln!(text, "Requires: {}", identity.named_in(name))?;
    }
    for name in package.rpm.scripts {
        writeln!(text, "Requires(pre,post,preun,postun): {name}")?;
    }
    for name in package.rpm.recommends {
        writeln!(text, "Recommends: {name}")?;
    }
    writeln!(text, "\n%description")?;
    for paragraph in package.description {
        writeln!(text, "{}\n", deb::wrapped(paragraph).join("\n"))?;
    }
    writeln!(text, "%install\ncp -a {}/. %{{buildroot}}/\n", staged.tree.root().display())?;
    for (name, script) in scripts::of(staged, "rpm", &["pre", "post", "preun", "postun"])? {
        writeln!(text, "%{name}\n{script}")?;
    }
    writeln!(text, "%files")?;
    for path in staged.tree.files()? {
        let path = path.to_str().context("a path that is no text")?;
        writeln!(text, "{}/{path}", mark(staged, path))?;
    }
    Ok(text)
}

/// How RPM is told what becomes of a file.
fn mark(staged: &Staged<'_>, path: &str) -> &'static str {
    let file = staged.package.files.iter().find(|file| file.to == path);
    match file.map(|file| file.role) {
        Some(Role::Configuration) => "%config(noreplace) ",
        Some(Role::Part | Role::Service | Role::Document) => "",
        None if path.starts_with("usr/share/licenses/") => "%license ",
        None if path.starts_with("usr/share/doc/") => "%doc ",
        None => "",
    }
}
