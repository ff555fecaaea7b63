//! What the program is allowed and made of, read from its own files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What would call out of the house.
const NOWHERE: [&str; 8] =
    ["attohttpc", "curl", "hyper-rustls", "hyper-tls", "native-tls", "openssl", "reqwest", "ureq"];

/// The tests drive the window over HTTP; the program itself links none of it.
#[test]
fn nothing_that_calls_out_is_linked() {
    let words = ["tree", "--offline", "--package", "doorward-desktop", "--edges", "normal"];
    let output = Command::new(env!("CARGO"))
        .args(words)
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    let linked: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(linked.contains("tauri"), "{}", String::from_utf8_lossy(&output.stderr));
    for name in NOWHERE {
        assert!(!linked.contains(name), "{name} is linked");
    }
    for house in ["doorward", "doorward-core", "doorward-store", "doorward-tests"] {
        assert!(!linked.contains(house), "{house} is linked");
    }
}

/// One capability for one window, by name, for pages of our own scheme; and no permission but for
/// commands of our own.
#[test]
fn the_window_may_call_our_own_commands_and_nothing_else() {
    let build = std::fs::read_to_string(top().join("build.rs")).unwrap();
    let listed = build.split_once("COMMANDS: &[&str] = &[").unwrap().1.split_once("];").unwrap().0;
    let commands: BTreeSet<String> =
        listed.split('"').skip(1).step_by(2).map(|name| name.replace('_', "-")).collect();
    assert!(commands.len() > 5);

    let files: Vec<PathBuf> = files(&top().join("capabilities"));
    assert_eq!(files.len(), 1, "{files:?}");
    let capability = json(&files[0]);
    assert_eq!(capability["windows"], serde_json::json!(["main"]));
    assert_eq!(capability["local"], true);
    for absent in ["remote", "webviews", "platforms"] {
        assert!(capability.get(absent).is_none(), "{absent}");
    }
    let allowed = capability["permissions"].as_array().unwrap().iter();
    let allowed: BTreeSet<String> = allowed
        .map(|one| one.as_str().unwrap().strip_prefix("allow-").unwrap().to_owned())
        .collect();
    assert_eq!(allowed, commands);
}

#[test]
fn the_configuration_opens_nothing() {
    let configuration = json(&top().join("tauri.conf.json"));
    let app = &configuration["app"];
    assert_eq!(app["withGlobalTauri"], false);
    assert_eq!(app["windows"], serde_json::json!([]), "the one window is opened by the program");
    assert_eq!(app["security"]["capabilities"], serde_json::json!(["window"]));
    assert_eq!(app["security"]["assetProtocol"]["enable"], false);
    for absent in ["plugins", "build"] {
        assert!(configuration.get(absent).is_none(), "{absent}");
    }
    let manifest = std::fs::read_to_string(top().join("../Cargo.toml")).unwrap();
    let tauri = manifest.lines().find(|line| line.starts_with("tauri = ")).unwrap();
    assert!(tauri.contains("default-features = false"), "{tauri}");
    for feature in ["devtools", "protocol-asset", "unstable", "webview-data-url"] {
        assert!(!tauri.contains(feature), "{feature}");
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect()
}

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
