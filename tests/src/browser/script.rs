//! A script that runs in Node, and the conversation with it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::stage::Stage;
use super::words::{Numbered, Opening, Outcome, Told};
use crate::console::say;
use crate::harness::spawn;

/// Longer than any script takes on a busy machine; on an idle one the longest takes little more than a
/// minute.
const PATIENCE: Duration = Duration::from_secs(480);

/// A script by its name in `tests/browser/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// From the setup link to the evidence pack, with all that can go wrong beside it.
    Story,
    /// The same in short, by somebody who clicks the certificate's warning away.
    Stranger,
    /// A hub that dies while it is set up, and one whose disk is full.
    HardTimes,
    /// How quick it is.
    Measure,
    /// A passkey: made, used, refused.
    Passkey,
}

impl Script {
    const fn name(self) -> &'static str {
        match self {
            Self::Story => "story",
            Self::Stranger => "stranger",
            Self::HardTimes => "hard-times",
            Self::Measure => "measure",
            Self::Passkey => "passkey",
        }
    }
}

/// Runs a script against the stage to its end.
///
/// # Errors
/// If Node or the browser is missing, or the script did not see what it was to see.
pub async fn play(script: Script, stage: &mut Stage) -> anyhow::Result<()> {
    let mut running = Running::start(script, stage).await?;
    let played = timeout(PATIENCE, running.converse(stage))
        .await
        .with_context(|| format!("the script {} did not end in {PATIENCE:?}", script.name()));
    match played {
        Ok(seen) => seen,
        Err(late) => {
            running.child.kill().await.context("ending the script")?;
            Err(late)
        }
    }
}

struct Running {
    child: Child,
    answers: ChildStdin,
    wishes: Lines<BufReader<ChildStdout>>,
}

impl Running {
    async fn start(script: Script, stage: &Stage) -> anyhow::Result<Self> {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/browser"));
        ensure!(
            folder.join("node_modules").is_dir(),
            "the browser tests' packages are missing; `cargo xtask setup` installs them"
        );
        let mut command = Command::new("node");
        command
            .arg(folder.join(format!("{}.js", script.name())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = spawn(&mut command)?;
        let answers = child.stdin.take().context("the script has no standard input")?;
        let wishes = child.stdout.take().context("the script has no standard output")?;
        let mut running = Self { child, answers, wishes: BufReader::new(wishes).lines() };
        running.tell(&opening(script, stage).await?).await?;
        Ok(running)
    }

    /// Grants wishes until the script ends.
    async fn converse(&mut self, stage: &mut Stage) -> anyhow::Result<()> {
        while let Some(line) = self.wishes.next_line().await.context("listening to the script")? {
            if !line.starts_with('{') {
                say(&line);
                continue;
            }
            let Numbered { id, wish } = serde_json::from_str(&line)
                .context("the script wished for something unheard of")?;
            let outcome = match stage.grant(wish).await {
                Ok(value) => Outcome::Done(value),
                Err(error) => Outcome::Failed(format!("{error:#}")),
            };
            self.tell(&Told { id, outcome }).await?;
        }
        let status = self.child.wait().await.context("the script's end")?;
        if !status.success() {
            bail!("the browser did not see what it was to see ({status}); it said why above");
        }
        Ok(())
    }

    async fn tell(&mut self, what: &impl serde::Serialize) -> anyhow::Result<()> {
        let line = serde_json::to_string(what)? + "\n";
        self.answers.write_all(line.as_bytes()).await.context("telling the script")
    }
}

async fn opening(script: Script, stage: &Stage) -> anyhow::Result<Opening> {
    let screens = screens()?.join(script.name());
    std::fs::create_dir_all(&screens).context("a folder for pictures of the screens")?;
    Ok(Opening {
        https: stage.https(),
        link: stage.setup_link().await?,
        screens,
        folder: stage.folder().to_owned(),
    })
}

/// Beside the programs that were built: pictures are output, and no part of the sources.
fn screens() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("which program is this?")?;
    // Tests run from `<profile>/deps`, programs from `<profile>`.
    let profile = own.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    Ok(profile.context("this program lies in no folder")?.join("screens"))
}
