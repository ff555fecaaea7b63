//! A page whose process dies begins again in the same window.

use std::process::Stdio;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::ChildStderr;
use tokio::time::timeout;

use crate::PATIENCE;
use crate::login::Login;

/// The browser's process for pages, as the kernel cuts its name.
const OF_PAGES: &str = "WebKitWebProces";

/// What the program logs when its page was painted.
const PAINTED: &str = "painted";

/// Without a driver, which would lose its session with the page.
#[tokio::test]
async fn a_page_whose_process_dies_is_there_again() -> anyhow::Result<()> {
    let login = Login::new().await?;
    let mut program = login.command(env!("CARGO_BIN_EXE_doorward-desktop"));
    program.env_remove("TAURI_WEBVIEW_AUTOMATION").stderr(Stdio::piped());
    let mut child = program.spawn()?;
    let mut said = BufReader::new(child.stderr.take().context("no words")?).lines();
    painted(&mut said).await?;
    let number = child.id().context("the window has no process")?;
    let pages = process_of_pages(number)?.context("the page has no process")?;
    kill_process(pages, Signal::KILL)?;
    painted(&mut said).await.context("the window stays blank")?;
    Ok(child.kill().await?)
}

async fn painted(said: &mut Lines<BufReader<ChildStderr>>) -> anyhow::Result<()> {
    let painted = async {
        while let Some(line) = said.next_line().await? {
            if line.contains(PAINTED) {
                return anyhow::Ok(());
            }
        }
        anyhow::bail!("it ended before it had painted")
    };
    timeout(PATIENCE, painted).await.context("it did not paint")?
}

/// The process that shows the pages of a program, which is its child.
fn process_of_pages(program: u32) -> anyhow::Result<Option<Pid>> {
    for process in std::fs::read_dir("/proc")?.flatten() {
        // It may have ended meanwhile.
        let stat = std::fs::read_to_string(process.path().join("stat")).unwrap_or_default();
        if is_of_pages(&stat, program).unwrap_or(false) {
            let number = process.file_name().to_string_lossy().parse()?;
            return Ok(Pid::from_raw(number));
        }
    }
    Ok(None)
}

/// Reads a line of `/proc/PID/stat`: number, name in brackets, state, parent.
fn is_of_pages(stat: &str, program: u32) -> Option<bool> {
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(") ")?;
    let parent = rest.split(' ').nth(1)?;
    Some(name == OF_PAGES && parent.parse() == Ok(program))
}
