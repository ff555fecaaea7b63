//! What reaches the actor from the other tasks, and the handle that sends it.

use doorward_core::entry::Actor;
use doorward_core::grants::Dialect;
use doorward_core::hub::Hub;
use doorward_core::ids::DeviceName;
use doorward_core::io::{Input, OwnerRequest, Refusal, Reply};
use doorward_core::time::Now;
use doorward_devices::Dialects;
use tokio::sync::{mpsc, oneshot};

use super::directory::Directory;
use super::home::Switch;
use super::links::Links;

/// How many letters may wait. The senders wait with them.
pub(super) const MAILBOX: usize = 256;

/// One letter.
pub(super) enum Mail {
    /// Something happened.
    Input(Input),
    /// Somebody of the house wants something.
    Wish(Actor, OwnerRequest, oneshot::Sender<Result<Reply, Refusal>>),
    /// Somebody wants to look.
    Look(Box<dyn FnOnce(&Sight<'_>) + Send>),
    /// A device or bridge was enrolled.
    Enrolled(DeviceName, Dialect),
    /// A device's or bridge's certificate was revoked.
    Revoked(DeviceName),
    /// Home Assistant is shown the doors, or nothing.
    HomeAssistant(Switch),
    /// Nothing comes after this.
    End,
}

/// What there is to see.
pub(super) struct Sight<'a> {
    pub(super) hub: &'a Hub,
    pub(super) links: &'a Links,
    pub(super) dialects: &'a Dialects,
    pub(super) directory: &'a Directory,
    pub(super) now: Now,
}

/// Sends letters to the actor; clones share one box.
#[derive(Clone)]
pub(crate) struct Mailbox(pub(super) mpsc::Sender<Mail>);

/// The actor has stopped: the hub is going down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hub is stopping")]
pub(crate) struct Stopping;

impl Mailbox {
    /// Tells the hub that something happened.
    pub(super) async fn tell(&self, input: Input) -> Result<(), Stopping> {
        self.send(Mail::Input(input)).await
    }

    /// Has a wish met, and waits until the answer is on the disk.
    pub(super) async fn wish(
        &self,
        by: Actor,
        wish: OwnerRequest,
    ) -> Result<Result<Reply, Refusal>, Stopping> {
        let (answer, answered) = oneshot::channel();
        self.send(Mail::Wish(by, wish, answer)).await?;
        answered.await.map_err(|_| Stopping)
    }

    /// Looks at the hub as it is.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Sight<'_>) -> T + Send + 'static,
    ) -> Result<T, Stopping> {
        let (answer, answered) = oneshot::channel();
        let look = move |sight: &Sight<'_>| {
            // Whoever has stopped waiting wants no answer.
            let _ = answer.send(look(sight));
        };
        self.send(Mail::Look(Box::new(look))).await?;
        answered.await.map_err(|_| Stopping)
    }

    pub(super) async fn send(&self, mail: Mail) -> Result<(), Stopping> {
        self.0.send(mail).await.map_err(|_| Stopping)
    }
}
