//! What people want without the page: from the tray icon, a notification, or a second start.

use doorward_api::{Client, ClientError, EntryId};
use futures::stream::{self, StreamExt};
use tauri::{AppHandle, Manager};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::equipment::Desktop;
use crate::follow::{Sight, Told, Weight};
use crate::hub::Hub;
use crate::page::{Order, Page};
use crate::{window, words};

/// How many wishes may wait, and for how many a hub may be asked at a time.
pub(crate) const MOST_WISHES: usize = 16;

/// How many locks are asked at a time.
const MOST_LOCKED_AT_ONCE: usize = 8;

/// One wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Show the window.
    Open,
    /// Show the window at one of the app's addresses.
    Go(String),
    /// Show the window, and in it what a hub told.
    Look(Told),
    /// Ask every lock to throw its bolt.
    LockAll,
    /// Let a visit go on.
    Approve(Visit),
    /// Stop a visit.
    Block(Visit),
    /// End this program, and not the hub.
    Quit,
}

/// A visit at one hub: its number alone may be another visit's elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit {
    /// The hub, by its host.
    pub(crate) host: String,
    pub(crate) entry: EntryId,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// The window shows another hub from here on.
    AnotherHub,
    /// Somebody wishes something.
    Wish(Wish),
    /// Nobody will any more.
    End,
}

/// Another hub goes first, so that what is wished of it is not taken for the last one's.
async fn next<T>(changes: &mut watch::Receiver<T>, wishes: &mut mpsc::Receiver<Wish>) -> Next {
    tokio::select! {
        biased;
        Ok(()) = changes.changed() => Next::AnotherHub,
        wish = wishes.recv() => wish.map_or(Next::End, Next::Wish),
    }
}

/// What a hub is asked for and has not answered.
#[derive(Default)]
struct Asking(JoinSet<()>);

impl Asking {
    fn is_full(&mut self) -> bool {
        self.under_way() >= MOST_WISHES
    }

    fn begin(&mut self, asking: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(asking);
    }

    /// Waits for none of it any more; returns whether there was any.
    fn gives_up(&mut self) -> bool {
        let any = self.under_way() > 0;
        self.0 = JoinSet::new();
        any
    }

    fn under_way(&mut self) -> usize {
        while self.0.try_join_next().is_some() {}
        self.0.len()
    }
}

/// Grants wishes until the program ends. Clones are the same.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) app: AppHandle,
    pub(crate) hub: Hub,
    pub(crate) sight: watch::Sender<Sight>,
    pub(crate) told: mpsc::Sender<Told>,
}

impl Desk {
    /// Grants what concerns the window at once, and has hubs asked beside that: one that hangs keeps
    /// nobody from quitting.
    pub(crate) async fn serve(self, mut wishes: mpsc::Receiver<Wish>) {
        let (mut asking, mut changes) = (Asking::default(), self.hub.changes());
        loop {
            match next(&mut changes, &mut wishes).await {
                Next::AnotherHub => self.give_up(&mut asking),
                Next::Wish(wish) => {
                    // Whoever wishes something has seen the icon.
                    self.sight.send_if_modified(|sight| sight.alarm.take().is_some());
                    self.grant(wish, &mut asking);
                }
                Next::End => return,
            }
        }
    }

    fn grant(&self, wish: Wish, asking: &mut Asking) {
        match wish {
            Wish::Open => self.open(),
            Wish::Go(page) => self.go(&page),
            Wish::Look(told) => self.look(&told),
            Wish::Quit => self.quit(),
            Wish::LockAll | Wish::Approve(_) | Wish::Block(_) if asking.is_full() => {
                let why = "The hub has not answered what was wished before";
                self.complain(why.to_owned());
            }
            Wish::LockAll => asking.begin(self.clone().lock_all()),
            Wish::Approve(visit) => asking.begin(self.clone().approve(visit)),
            Wish::Block(visit) => asking.begin(self.clone().block(visit)),
        }
    }

    /// What a hub has not answered when the window leaves it takes no room from what is wished of the next.
    fn give_up(&self, asking: &mut Asking) {
        if !asking.gives_up() {
            return;
        }
        let why = "The hub that this window showed before has not answered what was wished of it";
        self.complain(why.to_owned());
    }

    fn quit(&self) {
        info!("told to quit; the hub is not affected");
        self.app.exit(0);
    }

    /// Whoever opens a blank window wants the page that has died in it.
    fn open(&self) {
        self.show();
        if self.app.state::<Page>().is_dead() {
            self.begin_at("/");
        }
    }

    fn go(&self, page: &str) {
        self.show();
        // Where no page listens yet, it begins there.
        if !self.app.state::<Page>().tell(&Order::Go(page.to_owned())) {
            self.begin_at(page);
        }
    }

    fn show(&self) {
        if let Err(error) = window::show(&self.app) {
            warn!(%error, "the window could not be shown");
        }
    }

    fn begin_at(&self, page: &str) {
        if let Err(error) = window::begin_at(&self.app, page) {
            warn!(%error, "the window could not be led there");
        }
    }

    /// A click on what another hub told before shows the window and no page: there the number is
    /// another visit's.
    fn look(&self, told: &Told) {
        if told.host == self.hub.host() { self.go(&told.page) } else { self.open() }
    }

    async fn approve(self, visit: Visit) {
        if let Some(hub) = self.hub_of(&visit) {
            self.report(hub.approve_entry(visit.entry).await, visit);
        }
    }

    async fn block(self, visit: Visit) {
        if let Some(hub) = self.hub_of(&visit) {
            self.report(hub.block_entry(visit.entry).await, visit);
        }
    }

    /// A way to ask the hub of a visit, if the window still shows that one.
    fn hub_of(&self, visit: &Visit) -> Option<Client> {
        let client = self.hub.client_of(&visit.host);
        if client.is_none() {
            let why = "That visit is at a hub that this window no longer shows";
            self.complain(why.to_owned());
        }
        client
    }

    /// A lock that takes its time keeps no other waiting.
    async fn lock_all(self) {
        let (host, doors) = {
            let sight = self.sight.borrow();
            (sight.host.clone(), sight.doors.clone())
        };
        let Some(hub) = self.hub.client_of(&host) else {
            let why = "Those doors are of a hub that this window no longer shows";
            return self.complain(why.to_owned());
        };
        let asked = doors.into_iter().map(|door| {
            let hub = hub.clone();
            async move {
                let locked = hub.lock_door(&door).await;
                (door, locked)
            }
        });
        let mut asked = stream::iter(asked).buffer_unordered(MOST_LOCKED_AT_ONCE);
        while let Some((door, locked)) = asked.next().await {
            if let Err(error) = locked {
                let door = words::capital(&words::door(&door));
                self.complain(format!("{door}: {error}"));
            }
        }
    }

    /// Tells only what went wrong: what went well is seen at the door.
    fn report(&self, done: Result<(), ClientError>, Visit { host, entry }: Visit) {
        if let Err(error) = done {
            let sentence = words::capital(&error.to_string());
            self.complain_of(sentence, format!("/visit/{entry}"), host);
        }
    }

    /// Says that a wish was not met, of which no page shows more.
    fn complain(&self, sentence: String) {
        self.complain_of(sentence, "/".to_owned(), self.hub.host());
    }

    /// Says that a wish was not met: in the window, and as a notification. Where there are none, the
    /// window comes to the front, for nobody else would say it. The page is one of the hub that was asked,
    /// which the window may not show any more.
    fn complain_of(&self, sentence: String, page: String, host: String) {
        warn!("a wish from outside of the window was not met");
        // What a hub gives as its reason is its own, at any length.
        let sentence = words::sentence(&sentence);
        self.app.state::<Page>().tell(&Order::Failed(sentence.clone()));
        if !*self.app.state::<Desktop>().notices.borrow() {
            return self.open();
        }
        let told = Told { sentence, weight: Weight::Heavy, page, approve: None, host };
        if self.told.try_send(told).is_err() {
            warn!("a notification was left out: there are too many");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn what_a_hub_has_not_answered_is_dropped_when_the_window_leaves_it() {
        let mut asking = Asking::default();
        let mut dropped = Vec::new();
        while !asking.is_full() {
            let (held, drop) = oneshot::channel::<()>();
            dropped.push(drop);
            asking.begin(async move {
                pending::<()>().await;
                std::mem::drop(held);
            });
        }
        assert_eq!(dropped.len(), MOST_WISHES);
        assert!(asking.gives_up());
        for dropped in dropped {
            assert!(timeout(PATIENCE, dropped).await.unwrap().is_err(), "it was answered");
        }
        assert!(!asking.is_full(), "the next hub has no room");
        assert!(!asking.gives_up(), "nothing is left to be told of");
    }

    #[tokio::test]
    async fn what_was_answered_is_not_given_up() {
        let (mut asking, (done, heard)) = (Asking::default(), oneshot::channel());
        asking.begin(async move { done.send(()).unwrap() });
        // The answer is the last that is done, and on one thread nothing comes between.
        heard.await.unwrap();
        assert!(!asking.gives_up());
    }

    #[tokio::test]
    async fn the_window_leaves_a_hub_before_anything_is_wished_of_the_next() {
        let ((shown, mut changes), (wish, mut wishes)) =
            (watch::channel("own"), mpsc::channel(MOST_WISHES));
        wish.try_send(Wish::LockAll).unwrap();
        shown.send_replace("other");
        assert_eq!(next(&mut changes, &mut wishes).await, Next::AnotherHub);
        assert_eq!(next(&mut changes, &mut wishes).await, Next::Wish(Wish::LockAll));
        drop(wish);
        assert_eq!(next(&mut changes, &mut wishes).await, Next::End);
    }
}
