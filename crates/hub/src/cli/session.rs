//! What every command is given: where the hub's state lies, and where to print.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use doorward_api::place::customary_state;
use doorward_api::{Client, ClientError};

use super::output::Output;
use crate::state_dir::StateDir;

/// One run of the command line.
pub(super) struct Session {
    state: PathBuf,
    pub(super) output: Output,
}

impl Session {
    /// Takes the state folder that was named, or the customary one.
    pub(super) fn of_this_process(state: Option<PathBuf>, output: Output) -> Self {
        Self { state: state.unwrap_or_else(customary_state), output }
    }

    /// Returns the state folder's path.
    pub(super) fn state(&self) -> &Path {
        &self.state
    }

    /// Connects to the running hub.
    pub(super) async fn hub(&self) -> anyhow::Result<Client> {
        let state = StateDir::named(&self.state);
        Client::connect(state.socket()).await.map_err(|error| {
            if matches!(error, ClientError::NotRunning { .. }) {
                nobody_home(&state)
            } else if matches!(error, ClientError::NotAllowed { .. }) {
                anyhow!("{error}: try it as the user who runs the hub")
            } else {
                error.into()
            }
        })
    }
}

fn nobody_home(state: &StateDir) -> anyhow::Error {
    let path = state.path().display();
    if state.is_initialised() {
        anyhow!("no hub is running on {path}; start it with `doorward serve --state {path}`")
    } else {
        anyhow!(
            "no hub is running on {path}, and none was made there; make one with `doorward init \
             --state {path}`, or name another folder with --state or DOORWARD_STATE"
        )
    }
}
