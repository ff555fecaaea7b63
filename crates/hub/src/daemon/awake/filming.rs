//! The recorder and its cameras, when a hub wakes.

use std::path::PathBuf;

use doorward_core::io::Input;
use doorward_core::network::HomeNetworks;
use doorward_recorder::{EyeProgram, Recorder, RecorderConfig, RecorderEvent};
use doorward_store::StoreHandle;
use tokio::sync::mpsc;

use super::super::house::{self, Unhung};
use super::super::left_behind;
use super::super::options::ServeOptions;
use super::Waking;
use crate::state_dir::StateDir;

/// What films.
pub(super) struct Filming {
    pub(super) recorder: Recorder,
    pub(super) events: mpsc::Receiver<RecorderEvent>,
    pub(super) unhung: Unhung,
    /// What the core has to hear of recordings that the last run did not close.
    pub(super) left_behind: Vec<Input>,
}

impl Filming {
    pub(super) async fn begin(waking: &Waking<'_>, store: &StoreHandle) -> anyhow::Result<Self> {
        let Waking { state, options, .. } = *waking;
        let left_behind = left_behind::take_up(state.recordings(), store).await?;
        let (recorder, events) = start_recorder(state, options);
        let home = HomeNetworks::with(&options.home_networks);
        let unhung = house::hang_cameras(&recorder, store, &home).await;
        Ok(Self { recorder, events, unhung, left_behind })
    }
}

fn start_recorder(
    state: &StateDir,
    options: &ServeOptions,
) -> (Recorder, mpsc::Receiver<RecorderEvent>) {
    // By this name the kernel starts the very program that runs, even if its file
    // has been replaced by an upgrade since.
    let this = || PathBuf::from("/proc/self/exe");
    let program = options.eye_program.clone().unwrap_or_else(this);
    let eye = EyeProgram { program, arguments: vec!["eye".to_owned()] };
    Recorder::start(RecorderConfig { folder: state.recordings(), eye })
}
