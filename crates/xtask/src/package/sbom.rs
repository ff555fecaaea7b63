//! The list of parts that comes with a package, as CycloneDX 1.5 in JSON.
//!
//! Its serial number is left out, which the schema allows: a random one would make two lists of the
//! same parts differ.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::crates::{self, Component};
use super::description::Package;
use super::identity::Identity;

/// Writes the list beside the packages.
///
/// # Errors
/// If cargo does not name the parts, or the file cannot be written.
pub(crate) fn write(package: &Package, identity: &Identity, out: &Path) -> anyhow::Result<PathBuf> {
    let parts = crates::components(package.name, identity.machine)?;
    let list = list(package, identity, &parts)?;
    let machine = identity.machine.debian();
    let path = out.join(format!("{}_{}_{machine}.cdx.json", package.name, identity.full()));
    let mut text = serde_json::to_vec_pretty(&list)?;
    text.push(b'\n');
    std::fs::write(&path, text).with_context(|| format!("could not write {path:?}"))?;
    Ok(path)
}

fn list(package: &Package, identity: &Identity, parts: &[Component]) -> anyhow::Result<Value> {
    let name = format!("{}@{}", package.name, identity.version);
    let parts: Vec<Value> = parts.iter().map(part).collect();
    let needed: Vec<&Value> = parts.iter().map(|part| &part["bom-ref"]).collect();
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": identity.date("+%Y-%m-%dT%H:%M:%SZ")?,
            "component": {
                "type": "application",
                "bom-ref": name,
                "name": package.name,
                "version": identity.version,
                "description": package.summary,
                "licenses": [{ "expression": "Apache-2.0 OR MIT" }],
            },
        },
        "dependencies": [{ "ref": name, "dependsOn": needed }],
        "components": parts,
    }))
}

fn part(component: &Component) -> Value {
    let mut part = json!({
        "type": "library",
        "bom-ref": component.url,
        "name": component.name,
        "version": component.version,
        "licenses": [{ "expression": component.licence }],
        "purl": component.url,
    });
    if let Some(sum) = &component.sha256 {
        part["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
    }
    part
}
