//! A page whose process dies begins again in the same window.

use anyhow::{Context as _, ensure};
use doorward_api::Client;
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, interval};

use crate::PATIENCE;
use crate::login::Login;
use crate::window::Window;

/// The browser's process for pages, as the kernel cuts its name.
const OF_PAGES: &str = "WebKitWebProces";

#[tokio::test]
async fn a_page_whose_process_dies_is_there_again() -> anyhow::Result<()> {
    let login = Login::new().await?;
    let window = Window::open(&login).await?;
    window.sees("There is no hub on this computer yet").await?;
    let desk = Client::at(login.folder("run/doorward/desktop.sock")).peer().await?;
    let program = desk.process.context("the window has no process")?;

    let dead = process_of_pages(program)?.context("the page has no process")?;
    kill_process(dead, Signal::KILL)?;
    let deadline = Instant::now() + PATIENCE;
    let mut pace = interval(std::time::Duration::from_millis(100));
    while process_of_pages(program)?.is_none_or(|process| process == dead) {
        ensure!(Instant::now() < deadline, "the page did not begin again");
        pace.tick().await;
    }
    window.sees("There is no hub on this computer yet").await
}

/// The living process that shows the pages of a program, which is its child.
fn process_of_pages(program: i32) -> anyhow::Result<Option<Pid>> {
    for process in std::fs::read_dir("/proc")?.flatten() {
        let number = process.file_name().to_string_lossy().parse().ok();
        let Some(process) = number.and_then(Pid::from_raw) else { continue };
        // It may have ended meanwhile.
        let path = format!("/proc/{}/stat", process.as_raw_nonzero());
        let stat = std::fs::read_to_string(path).unwrap_or_default();
        if is_of_pages(&stat, program).unwrap_or(false) {
            return Ok(Some(process));
        }
    }
    Ok(None)
}

/// Reads a line of `/proc/PID/stat`: number, name in brackets, state, parent.
fn is_of_pages(stat: &str, program: i32) -> Option<bool> {
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    let (state, parent) = (words.next()?, words.next()?);
    Some(name == OF_PAGES && state != "Z" && parent.parse() == Ok(program))
}
