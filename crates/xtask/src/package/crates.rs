//! What is compiled into a program: read from cargo's own account of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::elf::Machine;
use super::identity::said;
use crate::steps::{cargo, workspace};

/// One crate, or one package of the app that the hub serves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) version: String,
    /// An SPDX expression.
    pub(crate) licence: String,
    /// A package URL.
    pub(crate) url: String,
    /// Where its source lies on this machine.
    pub(crate) folder: PathBuf,
    /// The SHA-256 of its source, as the lock file has it.
    pub(crate) sha256: Option<String>,
}

/// Lists what is compiled into a crate's program on a kind of machine, and the packages of the app.
///
/// # Errors
/// If cargo does not say, or an answer cannot be read.
pub(crate) fn components(program: &str, machine: Machine) -> anyhow::Result<Vec<Component>> {
    let mut command = cargo(["metadata", "--format-version", "1", "--locked", "--filter-platform"]);
    let metadata: Value = serde_json::from_str(&said(command.arg(machine.rust()))?)?;
    let sums = checksums()?;
    let mut found: Vec<Component> = Vec::new();
    let linked = linked(&metadata, program)?;
    for package in list(&metadata, "packages")? {
        let ours = package["source"].is_null();
        if linked.contains(text(package, "id")?) && !ours {
            found.push(component(package, &sums)?);
        }
    }
    found.extend(app()?);
    found.sort();
    // One that several others brought along lies in several folders.
    found.dedup_by(|one, other| one.url == other.url);
    Ok(found)
}

/// The ids of all crates that a crate needs at run time or for its build, the latter because they leave
/// traces: bindings, generated code.
fn linked<'a>(metadata: &'a Value, program: &str) -> anyhow::Result<BTreeSet<&'a str>> {
    let mut nodes = BTreeMap::new();
    for node in list(&metadata["resolve"], "nodes")? {
        nodes.insert(text(node, "id")?, node);
    }
    let named = list(metadata, "packages")?.iter().find(|package| package["name"] == program);
    let mut open = vec![text(named.context("there is no such crate")?, "id")?];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        for needed in list(nodes.get(id).context("a crate that nobody resolved")?, "deps")? {
            let kinds = list(needed, "dep_kinds")?;
            if kinds.iter().any(|kind| kind["kind"] != "dev") {
                open.push(text(needed, "pkg")?);
            }
        }
    }
    Ok(seen)
}

fn component(package: &Value, sums: &BTreeMap<String, String>) -> anyhow::Result<Component> {
    let (name, version) = (text(package, "name")?, text(package, "version")?);
    let manifest = PathBuf::from(text(package, "manifest_path")?);
    let licence = package["license"].as_str().unwrap_or("see its source");
    Ok(Component {
        name: name.to_owned(),
        version: version.to_owned(),
        // An old way to write "or".
        licence: licence.replace('/', " OR "),
        url: format!("pkg:cargo/{name}@{version}"),
        folder: manifest.parent().context("a manifest without a folder")?.to_owned(),
        sha256: sums.get(&format!("{name} {version}")).cloned(),
    })
}

/// The digests in `Cargo.lock`, by name and version. Cargo writes the file, one key a line.
fn checksums() -> anyhow::Result<BTreeMap<String, String>> {
    let lock = std::fs::read_to_string(workspace().join("Cargo.lock"))?;
    let mut sums = BTreeMap::new();
    for package in lock.split("[[package]]") {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key))?;
            Some(line.trim_start_matches(" = ").trim_matches('"').to_owned())
        };
        if let (Some(name), Some(version), Some(sum)) =
            (value("name"), value("version"), value("checksum"))
        {
            sums.insert(format!("{name} {version}"), sum);
        }
    }
    Ok(sums)
}

/// The packages that the app in `ui/` brings along: what it depends on, and what its compiler puts in.
fn app() -> anyhow::Result<Vec<Component>> {
    let folder = workspace().join("ui");
    let lock: Value = serde_json::from_slice(&std::fs::read(folder.join("package-lock.json"))?)?;
    let packages = lock["packages"].as_object().context("ui/package-lock.json has no packages")?;
    let mut found = Vec::new();
    for (path, package) in packages {
        let Some(name) = path.rsplit("node_modules/").next().filter(|name| !name.is_empty()) else {
            continue;
        };
        // Svelte's runtime is part of every page; its package counts as a tool for all that.
        let brought = package["dev"] != true || name == "svelte";
        if !brought || package["optional"] == true {
            continue;
        }
        let version = text(package, "version")?;
        found.push(Component {
            name: name.to_owned(),
            version: version.to_owned(),
            licence: package["license"].as_str().unwrap_or("see its source").to_owned(),
            url: format!("pkg:npm/{}@{version}", name.replace('@', "%40")),
            folder: folder.join(path),
            sha256: None,
        });
    }
    Ok(found)
}

fn list<'a>(value: &'a Value, key: &str) -> anyhow::Result<&'a Vec<Value>> {
    value[key].as_array().with_context(|| format!("cargo's account has no list `{key}`"))
}

fn text<'a>(value: &'a Value, key: &str) -> anyhow::Result<&'a str> {
    let Some(text) = value[key].as_str() else { bail!("cargo's account has no text `{key}`") };
    Ok(text)
}
