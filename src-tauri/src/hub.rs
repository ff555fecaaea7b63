//! Which hub this window belongs to, and how that hub is.
//!
//! A hub is one on another machine that this window was paired with; or one that the environment
//! names, this user's own, or the system's, by the socket that it shares with its group, in this order:
//! the first that answers is it, until another look. This module reads folders and sockets, and starts
//! nothing.

pub(crate) mod moving;
pub(crate) mod program;
mod quote;
pub(crate) mod service;
pub(crate) mod setup;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use doorward_api::place::{SYSTEM_SOCKET, SYSTEM_STATE, customary_state, socket_in};
use doorward_api::{Client, ClientError};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::warn;

use crate::bridge::HOST;
use crate::elsewhere::Elsewhere;
use crate::elsewhere::kept::{self, KeepError, Kept};

/// Names the hub's state folder, as for the command line.
const STATE: &str = "DOORWARD_STATE";

/// Names the socket that a hub of the system shares with a group, as for the command line.
const SOCKET: &str = "DOORWARD_SOCKET";

/// What `doorward init` writes last.
const FINISHED: &str = "config.json";

/// How long a hub may take to say how it is, before it is called slow.
const LOOK_TIME: Duration = Duration::from_secs(5);

/// The hub of this window. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Hub {
    places: Arc<[Place]>,
    place: Arc<RwLock<Place>>,
    /// On which other machine it is; each change is another hub.
    elsewhere: watch::Sender<Option<Arc<Elsewhere>>>,
    /// Where that is remembered; absent where there is no place for it.
    remembered: Option<PathBuf>,
}

/// Where a hub may be on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Its state lies in this folder, with its socket.
    Folder(PathBuf),
    /// It shares this socket with a group.
    Shared(PathBuf),
}

impl Place {
    fn client(&self) -> Client {
        match self {
            Self::Folder(state) => Client::at(socket_in(state)),
            Self::Shared(socket) => Client::shared(socket),
        }
    }
}

/// How this window stands to its hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum Attachment {
    /// It answers.
    Attached {
        /// Its version.
        version: String,
        /// Whether that is this program's own.
        same_version: bool,
    },
    /// It takes longer than it should.
    Slow,
    /// There is one, and it does not run.
    Stopped,
    /// There is one, and it is another user's.
    Foreign {
        /// Where its state lies. Nobody can see from outside whether there is a hub in it.
        folder: String,
        /// Whether this user may have one beside it.
        can_set_up: bool,
    },
    /// There is one of the system, and this user is not in its group.
    Closed {
        /// Whether this user may have one beside it.
        can_set_up: bool,
    },
    /// Something answers that is no hub, or none that this program understands.
    Strange {
        /// What is odd about it.
        why: String,
    },
    /// It is on another machine, and cannot be reached there.
    Away {
        /// What keeps it away.
        why: String,
    },
    /// There is none.
    Absent {
        /// Whether the hub's program is there to make one with.
        can_set_up: bool,
    },
}

impl Hub {
    /// The hub that the environment names, or those that are customary.
    pub(crate) fn of_this_process() -> Self {
        let named = |name| std::env::var_os(name).filter(|path| !path.is_empty());
        let mut hub = match (named(STATE), named(SOCKET)) {
            // A service that is made of it begins in another folder than this program.
            (Some(named), _) => {
                let folder = std::path::absolute(&named).unwrap_or(named.into());
                Self::at(vec![Place::Folder(folder)])
            }
            (None, Some(socket)) => {
                let (own, shared) = (customary_state(), Place::Shared(socket.into()));
                Self::at(vec![Place::Folder(own), shared])
            }
            (None, None) => Self::at(vec![
                Place::Folder(customary_state()),
                Place::Shared(SYSTEM_SOCKET.into()),
                Place::Folder(SYSTEM_STATE.into()),
            ]),
        };
        hub.remembered = service::settings().ok().map(|settings| kept::file_in(&settings));
        match hub.recalled() {
            Ok(elsewhere) => drop(hub.elsewhere.send_replace(elsewhere)),
            Err(error) => warn!(error = format!("{error:#}"), "a hub elsewhere is not looked for"),
        }
        hub
    }

    fn recalled(&self) -> anyhow::Result<Option<Arc<Elsewhere>>> {
        let Some(path) = &self.remembered else { return Ok(None) };
        let Some(kept) = Kept::read(path)? else { return Ok(None) };
        Ok(Some(Arc::new(Elsewhere::of(kept)?)))
    }

    /// The hub on another machine, if it is that one.
    pub(crate) fn elsewhere(&self) -> Option<Arc<Elsewhere>> {
        self.elsewhere.borrow().clone()
    }

    /// Its host in the window's own scheme. The page of one hub finds nothing that the page of
    /// another has stored, since to a browser they are different places.
    pub(crate) fn host(&self) -> String {
        self.elsewhere().map_or_else(|| HOST.to_owned(), |elsewhere| elsewhere.host())
    }

    /// Becomes another hub from here on, also after a restart.
    fn change(&self, elsewhere: Option<Elsewhere>) -> Result<(), KeepError> {
        match (&self.remembered, &elsewhere) {
            (Some(path), Some(elsewhere)) => elsewhere.kept().write(path)?,
            (Some(path), None) => kept::forget(path)?,
            (None, _) => warn!("there is no folder for settings: this is forgotten at the end"),
        }
        self.elsewhere.send_replace(elsewhere.map(Arc::new));
        Ok(())
    }

    /// Tells when it has become another hub.
    pub(crate) fn changes(&self) -> watch::Receiver<Option<Arc<Elsewhere>>> {
        self.elsewhere.subscribe()
    }

    /// A hub that may be at any of these places; at least one.
    fn at(places: Vec<Place>) -> Self {
        let first = places.first().cloned();
        let first = first.unwrap_or_else(|| Place::Folder(customary_state()));
        let (elsewhere, _) = watch::channel(None);
        let place = Arc::new(RwLock::new(first));
        Self { places: places.into(), place, elsewhere, remembered: None }
    }

    /// A way to ask it.
    pub(crate) fn client(&self) -> Client {
        match self.elsewhere() {
            Some(elsewhere) => Client::along(elsewhere),
            None => self.place().client(),
        }
    }

    /// A way to ask the hub whose page has this host, if it is still the one that is shown. Who was meant
    /// and who is asked are found out in one look: what a page wants of one hub never goes to another.
    pub(crate) fn client_of(&self, host: &str) -> Option<Client> {
        match self.elsewhere() {
            Some(elsewhere) => (elsewhere.host() == host).then(|| Client::along(elsewhere)),
            None => (host == HOST).then(|| self.place().client()),
        }
    }

    fn place(&self) -> Place {
        self.place.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its state folder, if that is this user's affair.
    pub(crate) fn state(&self) -> PathBuf {
        match self.place() {
            Place::Folder(state) => state,
            Place::Shared(_) => self.own(),
        }
    }

    /// Where one would be made.
    fn own(&self) -> PathBuf {
        let mut folders = self.places.iter().filter_map(|place| match place {
            Place::Folder(state) => Some(state.clone()),
            Place::Shared(_) => None,
        });
        folders.next().unwrap_or_else(customary_state)
    }

    /// Looks at all places; from here on the window belongs to the hub that was found.
    pub(crate) async fn look(&self) -> Attachment {
        if let Some(elsewhere) = self.elsewhere() {
            return look_along(elsewhere).await;
        }
        let mut best = None;
        let mut own_can = false;
        for place in self.places.iter() {
            let mut found = look_at(place).await;
            match &mut found {
                Attachment::Absent { can_set_up } => {
                    own_can |= *can_set_up && *place == Place::Folder(self.own());
                }
                Attachment::Foreign { can_set_up, .. } | Attachment::Closed { can_set_up } => {
                    *can_set_up = own_can;
                }
                Attachment::Attached { .. }
                | Attachment::Slow
                | Attachment::Stopped
                | Attachment::Strange { .. }
                | Attachment::Away { .. } => {}
            }
            let nearer = best.as_ref().is_none_or(|(best, _)| rank(&found) < rank(best));
            if nearer {
                best = Some((found, place.clone()));
            }
        }
        let Some((found, place)) = best else { return Attachment::Absent { can_set_up: false } };
        *self.place.write().unwrap_or_else(PoisonError::into_inner) = place;
        found
    }
}

/// The lower, the more there is to this place.
const fn rank(attachment: &Attachment) -> u8 {
    match attachment {
        Attachment::Attached { .. } => 0,
        Attachment::Slow => 1,
        Attachment::Stopped => 2,
        Attachment::Strange { .. } => 3,
        Attachment::Closed { .. } => 4,
        Attachment::Foreign { .. } => 5,
        Attachment::Away { .. } => 6,
        Attachment::Absent { .. } => 7,
    }
}

async fn look_at(place: &Place) -> Attachment {
    let asked = timeout(LOOK_TIME, place.client().status_or_why()).await;
    match (asked, place) {
        (Ok(Ok(version)), _) => attached(version),
        (Ok(Err(error)), Place::Folder(state)) => without_answer(state, &error),
        (Ok(Err(ClientError::NotRunning { .. })), Place::Shared(_)) => {
            Attachment::Absent { can_set_up: false }
        }
        (Ok(Err(ClientError::NotAllowed { .. })), Place::Shared(_)) => {
            Attachment::Closed { can_set_up: false }
        }
        (Ok(Err(error)), Place::Shared(socket)) => without_answer(socket, &error),
        (Err(_late), _) => Attachment::Slow,
    }
}

/// Every address may take its time.
async fn look_along(elsewhere: Arc<Elsewhere>) -> Attachment {
    match timeout(LOOK_TIME * 3, Client::along(elsewhere).status_or_why()).await {
        Ok(Ok(version)) => attached(version),
        Ok(Err(ClientError::NoRoad(why))) => Attachment::Away { why: why.to_string() },
        Ok(Err(error)) => Attachment::Strange { why: error.to_string() },
        Err(_late) => Attachment::Slow,
    }
}

fn attached(version: String) -> Attachment {
    let same_version = version == env!("CARGO_PKG_VERSION");
    Attachment::Attached { version, same_version }
}

fn without_answer(state: &Path, error: &ClientError) -> Attachment {
    match error {
        ClientError::NotRunning { .. } if state.join(FINISHED).exists() => Attachment::Stopped,
        ClientError::NotRunning { .. } => {
            Attachment::Absent { can_set_up: program::find().is_some() }
        }
        ClientError::NotAllowed { .. } => {
            Attachment::Foreign { folder: state.display().to_string(), can_set_up: false }
        }
        ClientError::TooSlow => Attachment::Slow,
        ClientError::Problem(problem) => Attachment::Strange { why: problem.to_string() },
        ClientError::Connect { .. }
        | ClientError::NoRoad(_)
        | ClientError::NotHere
        | ClientError::Broken(_)
        | ClientError::Cut(_)
        | ClientError::NotOfTheApi
        | ClientError::TooLong
        | ClientError::NotUnderstood(_)
        | ClientError::NotAHub { .. }
        | ClientError::Write(_) => Attachment::Strange { why: error.to_string() },
    }
}

/// Says how this window stands to its hub.
#[tauri::command]
pub(crate) async fn attachment(hub: tauri::State<'_, Hub>) -> Result<Attachment, String> {
    Ok(hub.look().await)
}

/// Asking a hub for no more than it says while it is sealed, too.
trait Version {
    async fn status_or_why(&self) -> Result<String, ClientError>;
}

impl Version for Client {
    async fn status_or_why(&self) -> Result<String, ClientError> {
        Ok(self.welcome().await?.version)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[tokio::test]
    async fn a_place_without_a_hub_is_told_from_one_whose_hub_does_not_run() {
        let home = tempfile::tempdir().unwrap();
        let hub = Hub::at(vec![Place::Folder(home.path().to_owned())]);
        assert!(matches!(hub.look().await, Attachment::Absent { .. }));
        std::fs::write(home.path().join(FINISHED), "{}").unwrap();
        assert_eq!(hub.look().await, Attachment::Stopped);
        // The socket of a hub that was killed stays behind.
        drop(UnixListener::bind(socket_in(home.path())).unwrap());
        assert_eq!(hub.look().await, Attachment::Stopped);
    }

    #[test]
    fn what_a_page_wants_of_one_hub_is_not_asked_of_another() {
        let hub = Hub::at(vec![Place::Folder("/nowhere".into())]);
        assert!(hub.client_of(&hub.host()).is_some());
        assert!(hub.client_of("hub-0123").is_none());
    }

    #[tokio::test]
    async fn what_answers_with_something_else_is_called_strange() {
        use std::io::{Read, Write};
        let home = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(socket_in(home.path())).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            drop(stream.read(&mut [0; 4096]));
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>").unwrap();
        });
        let found = Hub::at(vec![Place::Folder(home.path().to_owned())]).look().await;
        assert!(matches!(found, Attachment::Strange { .. }), "{found:?}");
    }

    #[tokio::test]
    async fn a_hub_of_another_version_is_told_apart() {
        use std::io::{Read, Write};
        let home = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(socket_in(home.path())).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            drop(stream.read(&mut [0; 4096]));
            let body = r#"{"state":"ready","version":"9.9.9","ca_sha256":""}"#;
            let length = body.len();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        });
        let found = Hub::at(vec![Place::Folder(home.path().to_owned())]).look().await;
        let expected = Attachment::Attached { version: "9.9.9".to_owned(), same_version: false };
        assert_eq!(found, expected);
    }

    #[tokio::test]
    async fn a_hub_that_runs_elsewhere_goes_before_a_place_without_one() {
        let home = tempfile::tempdir().unwrap();
        let (own, other) = (home.path().join("own"), home.path().join("other"));
        std::fs::create_dir(&other).unwrap();
        std::fs::write(other.join(FINISHED), "{}").unwrap();
        let hub = Hub::at(vec![Place::Folder(own.clone()), Place::Folder(other.clone())]);
        assert_eq!(hub.look().await, Attachment::Stopped);
        assert_eq!(hub.state(), other);
        assert_eq!(hub.own(), own);
    }

    #[tokio::test]
    async fn a_hub_of_the_system_is_found_behind_one_of_ones_own_that_does_not_exist() {
        let home = tempfile::tempdir().unwrap();
        let (own, shared) = (home.path().join("own"), home.path().join("hub.sock"));
        let hub = Hub::at(vec![Place::Folder(own.clone()), Place::Shared(shared.clone())]);
        assert!(matches!(hub.look().await, Attachment::Absent { .. }));
        assert_eq!(hub.state(), own);
        let _somebody = UnixListener::bind(&shared).unwrap();
        assert_eq!(hub.look().await, Attachment::Slow, "it listens and says nothing");
        assert_eq!((hub.place(), hub.state()), (Place::Shared(shared), own));
    }

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
}
