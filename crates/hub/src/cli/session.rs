//! What every command is given: where the hub's state lies, and where to print.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use doorward_api::place::{SYSTEM_SOCKET, customary_state};
use doorward_api::{Client, ClientError};

use super::output::Output;
use crate::state_dir::{StateDir, start_command};

/// One run of the command line.
pub(super) struct Session {
    state: PathBuf,
    place: Place,
    pub(super) output: Output,
}

/// Where the running hub is looked for.
enum Place {
    /// In the state folder that was named.
    Named,
    /// In the customary one, and then where a hub of the system is.
    Customary,
    /// At a shared socket that was named.
    Shared(PathBuf),
}

impl Session {
    /// Takes the state folder or the shared socket that was named, or what is customary.
    pub(super) fn of_this_process(
        state: Option<PathBuf>,
        socket: Option<PathBuf>,
        output: Output,
    ) -> Self {
        let place = match (&state, socket) {
            (_, Some(socket)) => Place::Shared(socket),
            (Some(_), None) => Place::Named,
            (None, None) => Place::Customary,
        };
        Self { state: state.unwrap_or_else(customary_state), place, output }
    }

    /// Returns the state folder's path.
    pub(super) fn state(&self) -> &Path {
        &self.state
    }

    /// Connects to the running hub.
    pub(super) async fn hub(&self) -> anyhow::Result<Client> {
        let state = StateDir::named(&self.state);
        match &self.place {
            Place::Named => {}
            Place::Shared(socket) => return shared(socket).await.map_err(not_a_member),
            Place::Customary if state.is_initialised() => {}
            Place::Customary => match shared(Path::new(SYSTEM_SOCKET)).await {
                Err(ClientError::NotRunning { .. }) => {}
                found => return found.map_err(not_a_member),
            },
        }
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

async fn shared(socket: &Path) -> Result<Client, ClientError> {
    Client::shared(socket).seen().await
}

fn not_a_member(error: ClientError) -> anyhow::Error {
    if matches!(error, ClientError::NotAllowed { .. }) {
        return anyhow!(
            "{error}: whoever administers this computer can let you in, with `usermod -aG doorward` \
             and your name; log in again afterwards"
        );
    }
    error.into()
}

fn nobody_home(state: &StateDir) -> anyhow::Error {
    let path = state.path().display();
    if state.is_initialised() {
        let start = start_command(state.path());
        anyhow!("no hub is running on {path}; start it with `{start}`")
    } else {
        anyhow!(
            "no hub is running on {path}, and none was made there; make one with `doorward init \
             --state {path}`, or name another folder with --state or DOORWARD_STATE"
        )
    }
}
