//! From the start of the program to the first thing to be seen. A measurement, and no test: it judges
//! nothing, and a busy machine is slow.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout;

use crate::PATIENCE;
use crate::login::Login;

const RUNS: usize = 5;

/// What the program logs when its page was painted.
const PAINTED: &str = "painted";

#[tokio::test]
#[ignore = "`cargo xtask bench --only desktop` runs it, with optimisation"]
async fn start_to_first_paint() -> anyhow::Result<()> {
    let login = Login::new().await?;
    let mut took = Vec::new();
    for _ in 0..RUNS {
        took.push(start(&login).await?);
    }
    took.sort();
    let (median, longest) = (took[RUNS / 2], took[RUNS - 1]);
    println!(
        "desktop: start to first paint, {RUNS} starts: median {median:.1?}, longest {longest:.1?} (aim: 2 s)"
    );
    Ok(())
}

/// Starts the program, waits until it has painted, and ends it.
async fn start(login: &Login) -> anyhow::Result<Duration> {
    let named = std::env::var_os("DOORWARD_DESKTOP_PROGRAM");
    let path = named.map_or_else(|| env!("CARGO_BIN_EXE_doorward-desktop").into(), PathBuf::from);
    let mut program = login.command(path);
    program.env_remove("TAURI_WEBVIEW_AUTOMATION").stderr(Stdio::piped());
    let began = Instant::now();
    let mut child = program.spawn()?;
    let mut said = BufReader::new(child.stderr.take().context("no words")?).lines();
    let painted = async {
        while let Some(line) = said.next_line().await? {
            if line.contains(PAINTED) {
                return anyhow::Ok(());
            }
        }
        anyhow::bail!("it ended before it had painted")
    };
    timeout(PATIENCE, painted).await.context("it did not paint")??;
    let took = began.elapsed();
    child.kill().await?;
    Ok(took)
}
