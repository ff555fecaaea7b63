//! Which hub this window belongs to, and how that hub is.
//!
//! A hub is one on another machine that this window was paired with; or one that the environment
//! names, this user's own, or the system's, by the socket that it shares with its group, in this order.
//! The first that answers is it, and stays it while it answers or may do so yet; another look may find
//! another. Whoever wants to ask a hub names it by its host, and is given no other. This module reads
//! folders and sockets, and starts nothing.

pub(crate) mod attachment;
pub(crate) mod moving;
mod place;
pub(crate) mod program;
mod quote;
pub(crate) mod service;
pub(crate) mod setup;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use doorward_api::Client;
use doorward_api::place::{SYSTEM_SOCKET, SYSTEM_STATE, customary_state};
use futures::future::join_all;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{debug, warn};

use crate::elsewhere::Elsewhere;
use crate::elsewhere::kept::{self, KeepError, Kept};
use crate::elsewhere::lost::Lost;
use attachment::Attachment;
pub(crate) use place::Place;

/// Names the hub's state folder, as for the command line.
const STATE: &str = "DOORWARD_STATE";

/// Names the socket that a hub of the system shares with a group, as for the command line.
const SOCKET: &str = "DOORWARD_SOCKET";

/// How long the window waits for the hubs of this computer before it shows one of them.
const FIRST_LOOK_TIME: Duration = Duration::from_secs(1);

/// The hub of this window. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Hub {
    places: Arc<[Place]>,
    shown: watch::Sender<Shown>,
    /// Where one elsewhere is remembered; absent where there is no place for that.
    remembered: Option<PathBuf>,
}

/// The hub that the window shows; each change is another hub, or another way to one.
#[derive(Debug, Clone)]
pub(crate) enum Shown {
    /// One on this computer.
    Here(Place),
    /// One on another machine.
    Elsewhere(Arc<Elsewhere>),
    /// One on another machine, and what was remembered of it cannot be read.
    Lost(Arc<Lost>),
}

impl Shown {
    /// Its host in the window's own scheme. The page of one hub finds nothing that the page of
    /// another has stored, since to a browser they are different places.
    pub(crate) fn host(&self) -> String {
        match self {
            Self::Here(place) => place.host(),
            Self::Elsewhere(elsewhere) => elsewhere.host(),
            Self::Lost(_) => Lost::HOST.to_owned(),
        }
    }

    fn client(&self) -> Client {
        match self {
            Self::Here(place) => place.client(),
            Self::Elsewhere(elsewhere) => Client::along(elsewhere.clone()),
            Self::Lost(lost) => Client::along(lost.clone()),
        }
    }
}

impl Hub {
    /// The hub that the environment names, or those that are customary.
    pub(crate) fn of_this_process() -> Self {
        let named = |name| std::env::var_os(name).filter(|path| !path.is_empty());
        let own = Place::Folder(customary_state());
        let places = match (named(STATE), named(SOCKET)) {
            // A service that is made of it begins in another folder than this program.
            (Some(named), _) => {
                let folder = std::path::absolute(&named).unwrap_or(named.into());
                vec![Place::Folder(folder)]
            }
            (None, Some(socket)) => vec![own, Place::Shared(socket.into())],
            (None, None) => {
                let system =
                    [Place::Shared(SYSTEM_SOCKET.into()), Place::Folder(SYSTEM_STATE.into())];
                [vec![own], system.to_vec()].concat()
            }
        };
        let remembered = service::settings().ok().map(|settings| kept::file_in(&settings));
        Self::remembering(places, remembered)
    }

    /// A hub that may be at any of these places, unless another one is remembered.
    fn remembering(places: Vec<Place>, remembered: Option<PathBuf>) -> Self {
        let mut hub = Self::at(places);
        hub.remembered = remembered;
        match hub.recalled() {
            Ok(None) => {}
            Ok(Some(elsewhere)) => drop(hub.shown.send_replace(Shown::Elsewhere(elsewhere))),
            Err(error) => {
                let error = format!("{error:#}");
                warn!(error, "what was remembered of a hub elsewhere cannot be read");
                hub.shown.send_replace(Shown::Lost(Arc::new(Lost::because(error))));
            }
        }
        hub
    }

    fn recalled(&self) -> anyhow::Result<Option<Arc<Elsewhere>>> {
        let Some(path) = &self.remembered else { return Ok(None) };
        let Some(kept) = Kept::read(path)? else { return Ok(None) };
        Ok(Some(Arc::new(Elsewhere::of(kept)?)))
    }

    /// A hub that may be at any of these places; at least one.
    pub(crate) fn at(places: Vec<Place>) -> Self {
        let (shown, _) = watch::channel(Shown::Here(first_of(&places)));
        Self { places: places.into(), shown, remembered: None }
    }

    /// Whether it is one of this computer.
    pub(crate) fn is_here(&self) -> bool {
        self.shown_here().is_some()
    }

    /// The host of the hub that is shown.
    pub(crate) fn host(&self) -> String {
        self.shown.borrow().host()
    }

    /// Becomes the hub elsewhere from here on, also after a restart.
    fn go_over(&self, elsewhere: Elsewhere) -> Result<(), KeepError> {
        match &self.remembered {
            Some(path) => elsewhere.kept().write(path)?,
            None => warn!("there is no folder for settings: this is forgotten at the end"),
        }
        self.shown.send_replace(Shown::Elsewhere(Arc::new(elsewhere)));
        Ok(())
    }

    /// Becomes the hub of this computer from here on, also after a restart.
    async fn come_home(&self) -> Result<(), KeepError> {
        if let Some(path) = &self.remembered {
            kept::forget(path)?;
        }
        let found = timeout(FIRST_LOOK_TIME, self.look_here()).await;
        let place = found.map_or_else(|_late| first_of(&self.places), |(_, place)| place);
        self.shown.send_replace(Shown::Here(place));
        Ok(())
    }

    /// Tells when it has become another hub.
    pub(crate) fn changes(&self) -> watch::Receiver<Shown> {
        self.shown.subscribe()
    }

    /// A way to ask the hub whose page has this host, if it is still the one that is shown. Who was meant
    /// and who is asked are found out in one look: what a page wants of one hub never goes to another.
    pub(crate) fn client_of(&self, host: &str) -> Option<Client> {
        let shown = self.shown.borrow();
        (shown.host() == host).then(|| shown.client())
    }

    /// Waits until the window shows another hub than the one whose page has this host.
    pub(crate) async fn leaves(&self, host: &str) {
        // It is told for as long as this one is there.
        drop(self.changes().wait_for(|shown| shown.host() != host).await);
    }

    /// Where the hub whose page has this host lies on this computer, if it is the one that is shown.
    pub(crate) fn place_of(&self, host: &str) -> Option<Place> {
        self.shown_here().filter(|place| place.host() == host)
    }

    /// Where it is on this computer, if it is there.
    fn shown_here(&self) -> Option<Place> {
        match &*self.shown.borrow() {
            Shown::Here(place) => Some(place.clone()),
            Shown::Elsewhere(_) | Shown::Lost(_) => None,
        }
    }

    /// Where one would be made.
    fn own(&self) -> PathBuf {
        let mut folders = self.places.iter().filter_map(Place::folder);
        folders.next().map_or_else(customary_state, PathBuf::from)
    }

    /// Looks for a hub of this computer before the window opens, so that it need not load another page
    /// right after; not for long.
    pub(crate) async fn first_look(&self) {
        if self.is_here() && timeout(FIRST_LOOK_TIME, self.look()).await.is_err() {
            debug!("the hub of this computer takes its time");
        }
    }

    /// Looks how the hub is. One of this computer is looked for in all places; from here on the window
    /// belongs to the one that was found.
    pub(crate) async fn look(&self) -> Attachment {
        let shown = self.shown.borrow().clone();
        match shown {
            Shown::Elsewhere(elsewhere) => Attachment::along(elsewhere).await,
            Shown::Lost(lost) => Attachment::Lost { why: lost.why().to_owned() },
            Shown::Here(_) => {
                let (found, place) = self.look_here().await;
                self.settle(place);
                found
            }
        }
    }

    /// Looks at all places at once, since each may take its time.
    async fn look_here(&self) -> (Attachment, Place) {
        let looks = join_all(self.places.iter().map(Place::look)).await;
        let own = self.own();
        let own_can = self.places.iter().zip(&looks).any(|(place, found)| {
            matches!(found, Attachment::Absent { can_set_up: true, .. })
                && place.folder() == Some(&own)
        });
        let shown = self.shown_here();
        let found = self.places.iter().zip(looks).min_by_key(|(place, found)| {
            let is_shown = shown.as_ref() == Some(*place);
            (found.rank(is_shown), !is_shown)
        });
        match found {
            Some((place, found)) => (found.beside(own_can), place.clone()),
            None => (Attachment::NOTHING, first_of(&self.places)),
        }
    }

    /// A look that began before the window went over to a hub elsewhere does not bring it back.
    fn settle(&self, found: Place) {
        self.shown.send_if_modified(|shown| match shown {
            Shown::Here(before) if *before != found => {
                *shown = Shown::Here(found);
                true
            }
            Shown::Here(_) | Shown::Elsewhere(_) | Shown::Lost(_) => false,
        });
    }
}

fn first_of(places: &[Place]) -> Place {
    places.first().cloned().unwrap_or_else(|| Place::Folder(customary_state()))
}
