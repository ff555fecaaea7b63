//! A page whose process dies begins again in the same window; one that dies again at once, when somebody
//! wants it.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
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

/// And when it has died again so soon that it does not begin by itself.
const DIED_AGAIN: &str = "somebody has to look";

/// Without a driver, which would lose its session with the page.
#[tokio::test]
async fn a_page_whose_process_dies_is_there_again() -> anyhow::Result<()> {
    let login = Login::new().await?;
    let mut program = login.command(env!("CARGO_BIN_EXE_doorward-desktop"));
    program.env_remove("TAURI_WEBVIEW_AUTOMATION").stderr(Stdio::piped());
    let mut child = program.spawn()?;
    let mut said = BufReader::new(child.stderr.take().context("no words")?).lines();
    says(&mut said, PAINTED).await?;
    let number = child.id().context("the window has no process")?;
    kill_page(number)?;
    says(&mut said, PAINTED).await.context("the window stays blank")?;

    kill_page(number)?;
    says(&mut said, DIED_AGAIN).await?;
    try_again(&login).await?;
    says(&mut said, PAINTED).await.context("the window stays blank though somebody wants it")?;
    Ok(child.kill().await?)
}

/// "Try again" is what the return key means.
async fn try_again(login: &Login) -> anyhow::Result<()> {
    let mut keys = login.command("xdotool");
    keys.args(["search", "--sync", "--onlyvisible", "--name", "has died twice"]);
    keys.args(["windowfocus", "--sync", "key", "Return"]);
    let pressed = timeout(PATIENCE, keys.output()).await.context("there is no dialog")?;
    let pressed = pressed.context("`cargo xtask setup` installs xdotool")?;
    ensure!(pressed.status.success(), "{}", String::from_utf8_lossy(&pressed.stderr));
    Ok(())
}

fn kill_page(program: u32) -> anyhow::Result<()> {
    let pages = process_of_pages(program)?.context("the page has no process")?;
    Ok(kill_process(pages, Signal::KILL)?)
}

/// Waits until the program logs this.
async fn says(said: &mut Lines<BufReader<ChildStderr>>, words: &str) -> anyhow::Result<()> {
    let heard = async {
        while let Some(line) = said.next_line().await? {
            if line.contains(words) {
                return anyhow::Ok(());
            }
        }
        anyhow::bail!("it ended before")
    };
    let heard = timeout(PATIENCE, heard).await.context("it waited in vain");
    heard.flatten().with_context(|| format!("the program did not say {words:?}"))
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
