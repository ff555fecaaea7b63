//! What a desktop may lack, and what may become of the hub: the program says so, and goes on as far as
//! it can.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use doorward_tests::harness::{Daemon, Doorward};
use tokio::process::Command;
use tokio::time::timeout;

use crate::PATIENCE;
use crate::login::Login;
use crate::window::Window;

#[tokio::test]
async fn without_a_display_the_program_ends_with_a_sentence() -> anyhow::Result<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    for nowhere in [None, Some(":4711")] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_doorward-desktop"));
        program.env_clear().env("PATH", &path).kill_on_drop(true).stdin(Stdio::null());
        program.envs(nowhere.map(|display| ("DISPLAY", display)));
        let ended = timeout(PATIENCE, program.output()).await??;
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        ensure!(ended.status.code() == Some(1), "it ended with {}: {said}", ended.status);
        ensure!(said.starts_with("doorward-desktop: there is no display"), "{said}");
        ensure!(said.lines().count() == 1, "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn what_the_program_does_not_know_is_refused() -> anyhow::Result<()> {
    for word in ["--foo", "foo", ""] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_doorward-desktop"));
        let ended = timeout(PATIENCE, program.arg(word).kill_on_drop(true).output()).await??;
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        ensure!(ended.status.code() == Some(2) && said.contains("--help"), "{word}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn a_bare_desktop_is_told_what_is_missing_and_a_hub_that_died_is_started_again()
-> anyhow::Result<()> {
    let login = Login::bare().await?;
    let owner = Doorward::new(&login.folder("state"))?;
    owner.init(&login.folder("sheet.txt")).await?;
    let daemon = Daemon::start(&owner, login.mqtt).await?;
    let window = Window::open(&login).await?;
    window.sees("There is no door yet").await?;

    window.go("/settings/computer").await?;
    for part in ["Tray icon", "Notifications", "Pictures (H.264)", "Keyring"] {
        window.sees(&format!("{part}: missing")).await?;
    }
    window.sees("Install gstreamer1.0-libav").await?;
    window.shot("13-bare").await?;

    daemon.kill().await?;
    window.sees("The hub on this computer does not run").await?;
    window.shot("14-died").await?;
    start_again(&window, &login).await?;
    let status = owner.status().await?;
    ensure!(status.house.is_some(), "the hub that the window has started does not work");
    window.end(&login).await
}

/// A file of the person's own, in the place of the one that starts the hub with the login, is not
/// written over; out of the way, the hub is started.
async fn start_again(window: &Window, login: &Login) -> anyhow::Result<()> {
    let entry = login.folder("config/autostart/doorward.desktop");
    let own = "[Desktop Entry]\nType=Application\nName=mine\nExec=true\n";
    std::fs::create_dir_all(entry.parent().context("no folder")?)?;
    std::fs::write(&entry, own)?;
    window.press("Start the hub").await?;
    window.sees("is not from this program, and stays as it is").await?;
    ensure!(std::fs::read_to_string(&entry)? == own, "it was written over");

    std::fs::remove_file(&entry)?;
    window.press("Start the hub").await?;
    window.sees("This computer").await?;
    window.sees("The door’s service").await?;
    ensure!(entry.exists(), "nothing starts the hub with the next login");
    Ok(())
}
