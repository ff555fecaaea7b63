//! A page whose process dies begins again in the same window; one that dies again at once, when somebody
//! wants it, in the dialog that says so or later.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::PATIENCE;
use crate::login::Login;

/// The browser's process for pages, as the kernel cuts its name.
const OF_PAGES: &str = "WebKitWebProces";

/// What the program logs when its page was painted.
const PAINTED: &str = "painted";

/// And when it has died again so soon that it does not begin by itself.
const DIED_AGAIN: &str = "somebody has to look";

/// The keys of the dialog: for "Try again", and for nothing.
const TRY_AGAIN: &str = "Return";
const LATER: &str = "Escape";

/// A window whose page can be killed: without a driver, which would lose its session with the page.
struct Mortal {
    child: Child,
    said: Lines<BufReader<ChildStderr>>,
}

impl Mortal {
    async fn open(login: &Login) -> anyhow::Result<Self> {
        let mut program = program(login);
        let mut child = program.stderr(Stdio::piped()).spawn()?;
        let said = BufReader::new(child.stderr.take().context("no words")?).lines();
        let mut window = Self { child, said };
        window.says(PAINTED).await?;
        Ok(window)
    }

    fn kill_page(&self) -> anyhow::Result<()> {
        kill_page(self.child.id().context("the window has no process")?)
    }

    /// Has the page die once, which it survives, and once more.
    async fn kill_page_twice(&mut self) -> anyhow::Result<()> {
        self.kill_page()?;
        self.says(PAINTED).await.context("the window stays blank")?;
        self.kill_page()?;
        self.says(DIED_AGAIN).await
    }

    /// Waits until the program logs this.
    async fn says(&mut self, words: &str) -> anyhow::Result<()> {
        let heard = async {
            while let Some(line) = self.said.next_line().await? {
                if line.contains(words) {
                    return anyhow::Ok(());
                }
            }
            anyhow::bail!("it ended before")
        };
        let heard = timeout(PATIENCE, heard).await.context("it waited in vain");
        heard.flatten().with_context(|| format!("the program did not say {words:?}"))
    }
}

fn program(login: &Login) -> Command {
    let mut program = login.command(env!("CARGO_BIN_EXE_doorward-desktop"));
    program.env_remove("TAURI_WEBVIEW_AUTOMATION");
    program
}

#[tokio::test]
async fn a_page_whose_process_dies_is_there_again() -> anyhow::Result<()> {
    let login = Login::new().await?;
    let mut window = Mortal::open(&login).await?;
    window.kill_page_twice().await?;
    press(&login, TRY_AGAIN).await?;
    window.says(PAINTED).await.context("the window stays blank though somebody wants it")?;
    Ok(window.child.kill().await?)
}

#[tokio::test]
async fn a_window_that_was_left_blank_has_a_page_when_it_is_opened() -> anyhow::Result<()> {
    let login = Login::new().await?;
    let mut window = Mortal::open(&login).await?;
    window.kill_page_twice().await?;
    press(&login, LATER).await?;
    let second = timeout(PATIENCE, program(&login).output()).await.context("it goes on")??;
    ensure!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
    window.says(PAINTED).await.context("the window stays blank though it was opened")?;
    Ok(window.child.kill().await?)
}

/// Presses a key in the dialog.
async fn press(login: &Login, key: &str) -> anyhow::Result<()> {
    let mut keys = login.command("xdotool");
    keys.args(["search", "--sync", "--onlyvisible", "--name", "has died twice"]);
    // The dialog is gone before the key is up again.
    keys.args(["windowfocus", "--sync", "keydown", key]);
    let pressed = timeout(PATIENCE, keys.output()).await.context("there is no dialog")?;
    let pressed = pressed.context("`cargo xtask setup` installs xdotool")?;
    ensure!(pressed.status.success(), "{}", String::from_utf8_lossy(&pressed.stderr));
    Ok(())
}

fn kill_page(program: u32) -> anyhow::Result<()> {
    let pages = process_of_pages(program)?.context("the page has no process")?;
    Ok(kill_process(pages, Signal::KILL)?)
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
