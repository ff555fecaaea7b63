//! Where a hub may be on this computer.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use doorward_api::place::{SYSTEM_SOCKET, SYSTEM_STATE, customary_state, socket_in};
use doorward_api::{Client, ClientError};

use super::attachment::Attachment;
use crate::bridge::HOST;
use crate::elsewhere::pin::Fingerprint;

/// What `doorward init` writes last.
pub(super) const FINISHED: &str = "config.json";

/// The host of the system's hub, whichever way it is reached.
const SYSTEM_HOST: &str = "system";

/// Where a hub may be on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Its state lies in this folder, with its socket.
    Folder(PathBuf),
    /// It shares this socket with a group.
    Shared(PathBuf),
}

impl Place {
    /// The host of its page: another one for each place. It is the place's and not the hub's, so that the
    /// page notices when another hub has taken the place of the one whose log it has witnessed, and
    /// knows its own again after that hub's authority was followed by another.
    pub(crate) fn host(&self) -> String {
        let path = match self {
            Self::Folder(state) if state == Path::new(SYSTEM_STATE) => {
                return SYSTEM_HOST.to_owned();
            }
            Self::Shared(socket) if socket == Path::new(SYSTEM_SOCKET) => {
                return SYSTEM_HOST.to_owned();
            }
            Self::Folder(state) if *state == customary_state() => return HOST.to_owned(),
            Self::Folder(path) | Self::Shared(path) => path,
        };
        format!("here-{}", Fingerprint::of(path.as_os_str().as_bytes()).short())
    }

    /// A way to ask the hub there.
    pub(super) fn client(&self) -> Client {
        match self {
            Self::Folder(state) => Client::at(socket_in(state)),
            Self::Shared(socket) => Client::shared(socket),
        }
    }

    /// Its state folder, if that is this user's affair.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(state) => Some(state),
            Self::Shared(_) => None,
        }
    }

    /// Looks how the hub there is.
    pub(super) async fn look(&self) -> Attachment {
        match (Attachment::ask(&self.client()).await, self) {
            (None, _) => Attachment::Slow,
            (Some(Ok(attached)), _) => attached,
            (Some(Err(error)), Self::Folder(state)) => without_answer(state, &error),
            (Some(Err(ClientError::NotRunning { .. })), Self::Shared(_)) => Attachment::NOTHING,
            (Some(Err(ClientError::NotAllowed { .. })), Self::Shared(_)) => {
                Attachment::Closed { can_set_up: false }
            }
            (Some(Err(error)), Self::Shared(socket)) => without_answer(socket, &error),
        }
    }
}

fn without_answer(state: &Path, error: &ClientError) -> Attachment {
    match error {
        ClientError::NotRunning { .. } if state.join(FINISHED).exists() => Attachment::Stopped,
        ClientError::NotRunning { .. } => Attachment::absent(),
        ClientError::NotAllowed { .. } => {
            Attachment::Foreign { folder: state.display().to_string(), can_set_up: false }
        }
        ClientError::TooSlow => Attachment::Slow,
        ClientError::Problem(_)
        | ClientError::Connect { .. }
        | ClientError::NoRoad(_)
        | ClientError::NotHere
        | ClientError::Broken(_)
        | ClientError::Cut(_)
        | ClientError::NotOfTheApi
        | ClientError::TooLong
        | ClientError::NotUnderstood(_)
        | ClientError::NotAHub { .. }
        | ClientError::Write(_) => Attachment::strange(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_of_somebody_else_is_called_foreign() {
        let state = Path::new("/home/ben/hub");
        let error = ClientError::NotAllowed { socket: socket_in(state) };
        let folder = state.display().to_string();
        assert_eq!(
            without_answer(state, &error),
            Attachment::Foreign { folder, can_set_up: false }
        );
    }

    #[test]
    fn every_hub_of_this_computer_has_a_host_of_its_own() {
        let own = Place::Folder("/home/ada/hub".into()).host();
        let other = Place::Folder("/home/ada/other".into()).host();
        let shared = Place::Shared("/run/other/hub.sock".into()).host();
        let system = Place::Shared(SYSTEM_SOCKET.into()).host();
        let customary = Place::Folder("/nowhere".into()).host();
        let hosts = [own, other, shared, system, customary, HOST.to_owned()];
        for (at, host) in hosts.iter().enumerate() {
            assert!(!hosts[..at].contains(host), "{hosts:?}");
            assert!(!host.starts_with("hub-"), "the page takes {host} for one elsewhere");
        }
    }

    #[test]
    fn the_systems_hub_is_one_whichever_way_it_is_reached() {
        let (socket, state) =
            (Place::Shared(SYSTEM_SOCKET.into()), Place::Folder(SYSTEM_STATE.into()));
        assert_eq!(socket.host(), state.host());
    }
}
