//! One delivery in front of your eyes.
//!
//! Sets up what an owner would set up, with the same commands, and narrates two views side by side:
//! what an onlooker sees in the house, and what the hub writes into its log. The delivery counts
//! only when every step was seen.

mod narrator;
mod setting;
mod simulator;
mod stay;
mod steps;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow};

use narrator::Narrator;
use setting::Setting;
use steps::{Follow, Step};

/// The pre-roll, the visit and the post-roll take 20 s; a busy machine may take its time.
const PATIENCE: Duration = Duration::from_secs(120);

/// What to do when the delivery is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// End.
    Leave,
    /// Stay up for codes typed by hand.
    Stay,
}

/// Plays a delivery.
///
/// # Errors
/// If something could not be started or a step was not seen.
pub async fn run(state: Option<PathBuf>, afterwards: Afterwards) -> anyhow::Result<()> {
    let narrator = Narrator::new();
    let setting = Setting::build(&narrator, state).await?;
    let played = play(&setting, &narrator, afterwards).await;
    narrator.headline("the end");
    let ended = setting.tear_down(&narrator).await;
    played.and(ended)
}

async fn play(
    setting: &Setting,
    narrator: &Narrator,
    afterwards: Afterwards,
) -> anyhow::Result<()> {
    tokio::select! {
        played = perform(setting, narrator, afterwards) => played,
        signal = stay::signal() => signal,
    }
}

async fn perform(
    setting: &Setting,
    narrator: &Narrator,
    afterwards: Afterwards,
) -> anyhow::Result<()> {
    narrator.headline("a delivery");
    let mut follow =
        Follow::new(setting.house().journal().end(), setting.listener().journal().end());
    let code = setting.issue(narrator).await?;
    follow.saw(Step::CodeIssued);
    narrator.tell("courier", "stands at the door and types the code");
    setting.type_code(&code);
    tokio::time::timeout(PATIENCE, follow.until_closed(setting, narrator))
        .await
        .map_err(|_| anyhow!("not seen within {PATIENCE:?}: {}", follow.missing()))??;
    let recording = follow.closed().context("no recording was closed")?;
    let clip = setting.export(recording, narrator).await?;
    follow.saw(Step::ClipSealed);
    setting.verify(narrator).await?;
    follow.saw(Step::LogVerified);
    follow.conclude(narrator)?;
    setting.where_things_lie(narrator, &clip, afterwards);
    match afterwards {
        Afterwards::Leave => Ok(()),
        Afterwards::Stay => stay::until_told(setting, narrator, follow).await,
    }
}
