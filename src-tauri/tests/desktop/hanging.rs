//! A hub that hangs keeps nobody from leaving: what is wished of the window is done at once.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use doorward_tests::harness::{Blueprint, Scene};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use crate::desktop::Desktop;
use crate::login::Login;
use crate::window::Window;
use crate::{gone, tip_becomes};

/// Far less than a hub is given for an answer.
const AT_ONCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn the_window_quits_at_once_while_locks_are_waited_for() -> anyhow::Result<()> {
    let (mut login, scene) = tokio::try_join!(Login::new(), Scene::build(Blueprint::default()))?;
    login.instead("DOORWARD_STATE", scene.owner.state());
    let desktop = Desktop::on(login.bus()).await?;
    let window = Window::open(&login).await?;
    window.sees("Locked").await?;
    let icon = tip_becomes(&desktop, "All doors are locked").await?;

    let process = scene.daemon.pid().and_then(|pid| Pid::from_raw(pid.try_into().ok()?));
    let process = process.context("the hub has no process")?;
    kill_process(process, Signal::STOP)?;
    desktop.choose(&icon, "Lock all doors").await?;
    desktop.choose(&icon, "Quit").await?;
    let told = Instant::now();
    let ended = gone(&login).await;
    kill_process(process, Signal::CONT)?;
    ended?;
    ensure!(told.elapsed() < AT_ONCE, "quitting took {:?}", told.elapsed());
    drop(window);
    scene.end(&[]).await
}
