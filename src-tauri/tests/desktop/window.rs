//! The window, driven as a person would: by the words that are to be seen in it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use doorward_tests::harness::free_address;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, interval, timeout};

use crate::PATIENCE;
use crate::login::Login;

/// How large the window is; without a window manager it lies in the corner of the screen.
const WINDOW: &str = "1100x780";

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Presses the button or link whose words begin so, once it can be pressed.
const PRESS: &str = "
    const shown = [...document.querySelectorAll('button, a, summary, label')];
    const found = shown.find((one) => one.checkVisibility() && one.innerText.trim().startsWith(arguments[0]));
    if (!found || found.ariaDisabled === 'true') return false;
    found.click();
    return true;";

/// Types into the field whose label begins so.
const FILL: &str = "
    const labels = [...document.querySelectorAll('label')];
    const label = labels.find((one) => one.innerText.trim().startsWith(arguments[0]));
    const field = label?.control ?? label?.querySelector('input, textarea');
    if (!field) return false;
    field.focus();
    field.value = arguments[1];
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.dispatchEvent(new Event('change', { bubbles: true }));
    return true;";

/// The picture moves, and is one: the camera films nothing black.
const MOVES: &str = "
    const video = document.querySelector('video');
    if (!video || video.readyState < 2) return false;
    window.began ??= video.currentTime;
    if (video.currentTime <= window.began + 1 || video.videoWidth !== 640) return false;
    const drawn = Object.assign(document.createElement('canvas'), { width: 8, height: 8 });
    const pen = drawn.getContext('2d');
    pen.drawImage(video, 0, 0, 8, 8);
    return pen.getImageData(0, 0, 8, 8).data.some((one, n) => n % 4 < 3 && one > 64);";

/// Lets the page draw what it has.
const DRAWN: &str = "
    return new Promise((drawn) =>
        requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))));";

/// What the player says of itself.
const PLAYER: &str = "
    const video = document.querySelector('video');
    if (!video) return 'there is no player: ' + document.body.innerText;
    const { readyState, networkState, currentTime, paused, videoWidth, error } = video;
    const held = [...Array(video.buffered.length).keys()]
        .map((n) => [video.buffered.start(n), video.buffered.end(n)]);
    const failed = error?.message;
    return { readyState, networkState, currentTime, paused, videoWidth, failed, held };";

/// The window.
pub(crate) struct Window {
    client: Client,
    _driver: Child,
    screen: String,
    shots: PathBuf,
}

impl Window {
    /// Starts the program and waits for its window.
    pub(crate) async fn open(login: &Login) -> anyhow::Result<Self> {
        let at = free_address()?;
        let mut driver = login.command("WebKitWebDriver");
        driver.args([format!("--port={}", at.port()), format!("--host={}", at.ip())]);
        let driver = driver.spawn().context("`cargo xtask setup` installs WebKitWebDriver")?;
        listens(at).await?;
        let program = env!("CARGO_BIN_EXE_doorward-desktop");
        let options = json!({ "binary": program, "args": [] });
        let wanted = Capabilities::from_iter([
            ("browserName".to_owned(), json!("wry")),
            ("webkitgtk:browserOptions".to_owned(), options),
        ]);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(wanted).connect(&format!("http://{at}")).await?;
        let screen = login.screen().to_owned();
        Ok(Self { client, _driver: driver, screen, shots: shots()? })
    }

    /// Ends the program, as a crash would.
    pub(crate) async fn end(self, login: &Login) -> anyhow::Result<()> {
        self.client.close().await?;
        crate::gone(login).await
    }

    /// Waits until these words are to be seen.
    pub(crate) async fn sees(&self, words: &str) -> anyhow::Result<()> {
        let script = "return document.body.innerText.includes(arguments[0])";
        if self.becomes(script, &[json!(words)]).await.is_err() {
            self.shot("failed").await?;
            let shown =
                self.run("return location.href + ': ' + document.body.innerText", &[]).await?;
            bail!("{words:?} was not to be seen; there was {shown}");
        }
        Ok(())
    }

    /// Presses a button, a link or a choice.
    pub(crate) async fn press(&self, words: &str) -> anyhow::Result<()> {
        let pressed = self.becomes(PRESS, &[json!(words)]).await;
        pressed.with_context(|| format!("there is no {words:?} to press"))
    }

    /// Loads the app at one of its addresses.
    pub(crate) async fn go(&self, page: &str) -> anyhow::Result<()> {
        // The page that is asked gives way before it can answer.
        drop(self.run("location.href = arguments[0]", &[json!(page)]).await);
        let there = "return location.pathname === arguments[0]";
        self.becomes(there, &[json!(page)]).await
    }

    /// Types into a field.
    pub(crate) async fn fill(&self, label: &str, text: &str) -> anyhow::Result<()> {
        let filled = self.becomes(FILL, &[json!(label), json!(text)]).await;
        filled.with_context(|| format!("there is no field {label:?}"))
    }

    /// Waits until a script says true.
    pub(crate) async fn becomes(&self, script: &str, given: &[Value]) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut pace = interval(LOOK_EVERY);
        while Instant::now() < deadline {
            pace.tick().await;
            // While a page gives way to the next there is nobody to ask.
            if matches!(self.run(script, given).await, Ok(Value::Bool(true))) {
                return Ok(());
            }
        }
        bail!("waited {PATIENCE:?} in vain")
    }

    /// Waits until the picture moves.
    pub(crate) async fn moves(&self) -> anyhow::Result<()> {
        self.run("window.began = undefined", &[]).await?;
        if self.becomes(MOVES, &[]).await.is_err() {
            self.shot("failed").await?;
            bail!("the picture does not move; the player: {}", self.run(PLAYER, &[]).await?);
        }
        Ok(())
    }

    /// Runs a script in the page.
    pub(crate) async fn run(&self, script: &str, given: &[Value]) -> anyhow::Result<Value> {
        Ok(self.client.execute(script, given.to_vec()).await?)
    }

    /// Keeps a picture of what is to be seen, beside the programs that were built. It is taken off the
    /// screen: the driver's own pictures show neither video nor, at times, the latest of the page.
    pub(crate) async fn shot(&self, name: &str) -> anyhow::Result<()> {
        // What the page has drawn is on the screen after the frame that follows.
        self.run(DRAWN, &[]).await.ok();
        let file = self.shots.join(format!("{name}.png"));
        let mut grab = Command::new("ffmpeg");
        grab.args(["-loglevel", "error", "-y", "-f", "x11grab", "-draw_mouse", "0"]);
        grab.args(["-video_size", WINDOW, "-i"]);
        grab.arg(&self.screen).args(["-frames:v", "1"]).arg(file);
        let taken = timeout(PATIENCE, grab.stdin(Stdio::null()).kill_on_drop(true).status()).await;
        let taken = taken.context("the picture takes too long")?.context("ffmpeg is missing")?;
        ensure!(taken.success(), "the screen could not be photographed");
        Ok(())
    }
}

async fn listens(at: SocketAddr) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut pace = interval(LOOK_EVERY);
    while Instant::now() < deadline {
        pace.tick().await;
        if TcpStream::connect(at).await.is_ok() {
            return Ok(());
        }
    }
    bail!("the driver does not listen")
}

fn shots() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let profile = own.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    let shots = profile.context("this program lies in no folder")?.join("screens/desktop");
    std::fs::create_dir_all(&shots)?;
    Ok(shots)
}
