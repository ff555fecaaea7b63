//! The program as it is typed: exit codes, and which stream says what.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output, Stdio};

fn doorward(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_doorward"))
        .args(words)
        .env_remove("DOORWARD_STATE")
        .env("HOME", "/nonexistent")
        .env_remove("XDG_STATE_HOME")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let home = tempfile::tempdir().unwrap();
    let asked = |state: &str| {
        let mut doorward = Command::new(env!("CARGO_BIN_EXE_doorward"));
        doorward.args(["door", "list"]).env("DOORWARD_STATE", state).env("DOORWARD_SOCKET", "");
        doorward.env("HOME", home.path()).env("XDG_STATE_HOME", home.path());
        let output = doorward.stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    let customary = asked("");
    assert!(!customary.contains("no hub is running on ,"), "{customary}");
    assert_ne!(customary, asked("/nonexistent/hub"));
    let typed = doorward(&["--state", "", "status"]);
    assert_eq!(typed.status.code(), Some(2), "{}", text(&typed.stderr));
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_to_type() {
    let table: [(&[&str], &str); 6] = [
        (&[], "Usage: doorward"),
        (&["stauts"], "status"),
        (&["door", "add", "front"], "--lock"),
        (&["status", "--jsno"], "--json"),
        (&["device", "enrol", "x", "--kind", "lok", "--out", "d"], "lock"),
        (&["init", "--state", "/nonexistent/x", "--unlock", "keyfile", "--json"], "--recovery-out"),
    ];
    for (words, advice) in table {
        let output = doorward(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(text(&output.stderr).contains(advice), "{words:?}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "", "{words:?}");
    }
}

#[test]
fn a_command_without_a_hub_exits_with_1_and_says_how_to_start_one() {
    let state = tempfile::tempdir().unwrap();
    let output = doorward(&["--state", state.path().to_str().unwrap(), "status"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("error: no hub is running on "));
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn help_and_completions_go_to_standard_output() {
    let table: [(&[&str], &str); 5] = [
        (&["--help"], "First steps:"),
        (&["delivery", "expect", "--help"], "Examples:"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
        (&["completions", "bash"], "complete -F _doorward"),
        (&["completions", "fish"], "complete -c doorward"),
    ];
    for (words, part) in table {
        let output = doorward(words);
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert!(text(&output.stdout).contains(part), "{words:?}: {}", text(&output.stdout));
    }
}

#[test]
fn a_hub_is_made_once_and_its_sheet_goes_where_it_was_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("hub");
    let sheet = folder.path().join("sheet.txt");
    let (state, sheet) = (state.to_str().unwrap(), sheet.to_str().unwrap());
    let words =
        ["init", "--state", state, "--unlock", "keyfile", "--recovery-out", sheet, "--json"];
    let output = doorward(&words);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let made: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(made.get("state").and_then(|path| path.as_str()), Some(state));
    assert!(!text(&output.stdout).contains("AGE-SECRET-KEY"));
    assert!(std::fs::read_to_string(sheet).unwrap().contains("AGE-SECRET-KEY-1"));
    let again = doorward(&["init", "--state", state, "--unlock", "keyfile"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("already holds a hub"), "{}", text(&again.stderr));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_doorward"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output.stderr), "");
}
