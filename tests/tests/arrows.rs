//! The architecture's arrows and absences, read from cargo's own view of the workspace.
//!
//! `docs/architecture.md` says which crate may know which; `deny.toml` says the same of foreign
//! crates to those who run cargo-deny. This test needs nothing but cargo.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Each crate of the house, and the crates of the house that it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("doorward-core", &[]),
    ("doorward-api", &[]),
    ("doorward-store", &["doorward-core"]),
    ("doorward-broker", &["doorward-core"]),
    ("doorward-devices", &["doorward-core"]),
    ("doorward-recorder", &["doorward-core"]),
    (
        "doorward",
        &[
            "doorward-api",
            "doorward-broker",
            "doorward-core",
            "doorward-devices",
            "doorward-recorder",
            "doorward-store",
        ],
    ),
    ("doorward-desktop", &["doorward-api"]),
    ("doorward-tests", &["doorward-api"]),
    ("xtask", &[]),
];

/// Foreign crates that one crate of the house alone may use.
const OWNED: &[(&str, &str)] = &[
    ("rusqlite", "doorward-store"),
    ("tlog_tiles", "doorward-store"),
    ("signed_note", "doorward-store"),
    ("rumqttd", "doorward-broker"),
    ("retina", "doorward-recorder"),
    ("openh264", "doorward-recorder"),
    ("rusty_h265", "doorward-recorder"),
    ("axum", "doorward"),
    ("keyring", "doorward"),
    ("tauri", "doorward-desktop"),
    ("ksni", "doorward-desktop"),
];

/// Who else may: the demonstration shows its door on a page of its own.
const ALSO: &[(&str, &str)] = &[("axum", "doorward-tests")];

/// What would let the core tell the time, roll dice, open a file or a socket.
const NOT_IN_CORE: &[&str] =
    &["tokio", "rusqlite", "rumqttd", "retina", "hyper", "axum", "rustls", "age", "tempfile"];

/// What would call out of the house.
const NOWHERE: &[&str] = &[
    "attohttpc",
    "curl",
    "hickory-resolver",
    "isahc",
    "minreq",
    "openssl",
    "reqwest",
    "rsntp",
    "surf",
    "trust-dns-resolver",
    "ureq",
];

#[test]
fn arrows_only_go_down() {
    for (name, uses) in workspace() {
        let (_, allowed) = ARROWS
            .iter()
            .find(|(member, _)| *member == name)
            .unwrap_or_else(|| panic!("{name} has no place in docs/architecture.md"));
        for used in uses.iter().filter(|used| ARROWS.iter().any(|(member, _)| member == used)) {
            assert!(allowed.contains(&used.as_str()), "{name} must not know {used}");
        }
    }
}

#[test]
fn foreign_engines_have_one_owner_each() {
    for (name, uses) in workspace() {
        for (engine, owner) in OWNED {
            assert!(
                name == *owner
                    || ALSO.contains(&(*engine, name.as_str()))
                    || !uses.contains(*engine),
                "{engine} belongs to {owner}, not {name}"
            );
        }
    }
}

#[test]
fn the_core_cannot_do_io() {
    let workspace = workspace();
    let core = &workspace["doorward-core"];
    for engine in NOT_IN_CORE {
        assert!(!core.contains(*engine), "the core must not know {engine}");
    }
}

/// The lock file holds what is linked on any system and with any feature, and the desktop app's
/// window brings an HTTP client along for phones, on which it is not built. What it links where it
/// is built is tested beside it.
#[test]
fn nothing_that_the_hub_or_its_tests_could_link_calls_out() {
    let lock = Lock::read();
    for member in
        ARROWS.iter().map(|(member, _)| *member).filter(|name| *name != "doorward-desktop")
    {
        let reached = lock.reached_from(member);
        assert!(reached.contains(member), "{member} is not in Cargo.lock");
        for name in NOWHERE {
            assert!(!reached.contains(*name), "{member} reaches {name}");
        }
    }
}

/// The lock file as a graph: each package's name, and the names of all that it could use. Versions
/// of one name are taken together, which can only reach more.
struct Lock(BTreeMap<String, BTreeSet<String>>);

impl Lock {
    fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
        let text = std::fs::read_to_string(path).unwrap();
        let mut uses = BTreeMap::<String, BTreeSet<String>>::new();
        for package in text.split("[[package]]").skip(1) {
            let mut quoted = package.split('"').skip(1).step_by(2);
            let name = quoted.next().unwrap().to_owned();
            let listed = package.split_once("dependencies = [").map_or("", |(_, list)| list);
            let names = listed.split('"').skip(1).step_by(2);
            let names = names.filter_map(|entry| entry.split(' ').next()).map(str::to_owned);
            uses.entry(name).or_default().extend(names);
        }
        Self(uses)
    }

    fn reached_from(&self, name: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut ahead: Vec<&str> =
            self.0.get_key_value(name).map(|(name, _)| name.as_str()).into_iter().collect();
        while let Some(next) = ahead.pop() {
            if reached.insert(next) {
                ahead.extend(self.0.get(next).into_iter().flatten().map(String::as_str));
            }
        }
        reached
    }
}

/// The workspace's crates and what each uses outside its tests.
fn workspace() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    list(&metadata["packages"]).map(|package| (text(&package["name"]), uses(package))).collect()
}

fn uses(package: &Value) -> BTreeSet<String> {
    list(&package["dependencies"])
        .filter(|dependency| dependency["kind"].is_null())
        .map(|dependency| text(&dependency["name"]))
        .collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
