//! Against a real Secret Service, in a session bus of its own, so that a test never
//! touches the keyring of whoever runs it.
//!
//! Each test runs itself again as a child process in a prepared environment; a
//! variable tells the child that it is one.

use std::process::{Command, Output};

use super::*;

const INSIDE: &str = "DOORWARD_TEST_IN_KEYRING_SESSION";

/// Unlocks a fresh keyring with a password of its own, then runs the test.
const SESSION: &str = r#"printf 'for this session' | gnome-keyring-daemon --unlock --components=secrets >/dev/null \
    && exec "$0" "$@""#;

#[test]
fn a_keyring_gives_back_what_it_was_given_until_it_forgets() {
    if std::env::var_os(INSIDE).is_some() {
        return keep_and_forget();
    }
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("timeout");
    command.args(["-k", "5", "60", "dbus-run-session", "--", "sh", "-c", SESSION]);
    command.env("XDG_DATA_HOME", home.path()).env("XDG_RUNTIME_DIR", home.path());
    let done = again(
        command,
        "keys::keyring::tests::a_keyring_gives_back_what_it_was_given_until_it_forgets",
    );
    passed(&done);
}

fn keep_and_forget() {
    let (hub, other) = (HubId::draw().unwrap(), HubId::draw().unwrap());
    let root = RootKey::draw().unwrap();
    store(&hub, &root).unwrap();
    assert_eq!(load(&hub).unwrap().check(), root.check());
    assert!(matches!(load(&other), Err(KeyringError::NoEntry { .. })));
    entry(&hub).unwrap().set_password("not a key").unwrap();
    assert!(matches!(load(&hub), Err(KeyringError::Damaged { .. })));
    forget(&hub).unwrap();
    assert!(matches!(load(&hub), Err(KeyringError::NoEntry { .. })));
}

#[test]
fn without_a_keyring_the_way_out_is_named() {
    if std::env::var_os(INSIDE).is_some() {
        let refused = store(&HubId::draw().unwrap(), &RootKey::draw().unwrap()).unwrap_err();
        assert!(matches!(refused, KeyringError::Unavailable { .. }));
        assert!(refused.to_string().contains("--unlock passphrase"));
        return;
    }
    let mut command = Command::new("env");
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let done = again(command, "keys::keyring::tests::without_a_keyring_the_way_out_is_named");
    passed(&done);
}

fn again(mut command: Command, test: &str) -> Output {
    command
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", test])
        .env(INSIDE, "1")
        .output()
        .unwrap()
}

fn passed(done: &Output) {
    let said = [done.stdout.as_slice(), &done.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        done.status.success() && said.contains("1 passed"),
        "needs dbus-run-session and gnome-keyring-daemon: {said}"
    );
}
