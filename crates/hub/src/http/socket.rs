//! WebSockets: what the handlers of them have in common.
//!
//! A socket ends when its session does, at once, and when the hub stops. Each paired
//! device has a share of them. What comes in is small; whoever does not read what goes
//! out is cut.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use doorward_api::ProblemKind;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::answer::Refused;
use super::describe::{Description, Gives, Shape, Takes};
use super::principal::{Principal, Session};

/// How many sockets one paired device may have, or the hub's own user.
const PER_ASKER: usize = 16;

/// What a client says is a few numbers.
const MAX_MESSAGE_BYTES: usize = 1024;

/// How long a client may take to read one message.
const READING_TIME: Duration = Duration::from_secs(10);

/// Close codes: RFC 6455's, and one of our own from the range that is free.
pub(super) const DONE: u16 = 1000;
pub(super) const GOING_AWAY: u16 = 1001;
pub(super) const NOT_UNDERSTOOD: u16 = 1008;
pub(super) const SESSION_ENDED: u16 = 4401;

/// Counts the sockets of each asker; clones share one count.
#[derive(Clone, Default)]
pub(super) struct Sockets(Arc<Mutex<HashMap<Principal, usize>>>);

/// One socket's place; given back when dropped.
pub(super) struct SocketPlace {
    asker: Principal,
    sockets: Sockets,
}

impl Sockets {
    fn take(&self, asker: Principal) -> Option<SocketPlace> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(asker).or_default();
        if *count >= PER_ASKER {
            return None;
        }
        *count += 1;
        Some(SocketPlace { asker, sockets: self.clone() })
    }
}

impl Drop for SocketPlace {
    fn drop(&mut self) {
        let mut taken = self.sockets.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.asker) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.asker);
            }
        }
    }
}

/// A request that wants to become a WebSocket, and who makes it.
pub(super) struct Knock {
    upgrade: WebSocketUpgrade,
    principal: Principal,
    /// Cancelled when the asker's session ends.
    ended: CancellationToken,
}

impl<S: Send + Sync> FromRequestParts<S> for Knock {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let principal = Principal::from_request_parts(parts, state).await?;
        let session = parts.extensions.get::<Session>();
        // The hub's own user has no session that could end.
        let ended = session.map(|session| session.ended.clone()).unwrap_or_default();
        let upgrade = WebSocketUpgrade::from_request_parts(parts, state).await;
        let upgrade =
            upgrade.map_err(|_| Refused::new(ProblemKind::Invalid, "this is a WebSocket"))?;
        Ok(Self { upgrade, principal, ended })
    }
}

impl Takes for Knock {
    fn tell(_: &mut Description) {}
}

/// The answer that makes a request a WebSocket.
pub(super) struct Opened(Response);

impl IntoResponse for Opened {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Gives for Opened {
    fn tell(description: &mut Description) {
        description.answer = Shape::Socket;
    }
}

/// An open WebSocket.
pub(super) struct Socket {
    wire: WebSocket,
    ended: CancellationToken,
    stop: CancellationToken,
    _place: SocketPlace,
}

/// Why a socket is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// The session ended.
    Session,
    /// The hub stops.
    Hub,
    /// The client has gone, or does not read.
    Client,
    /// There is no more to be told.
    Gone,
    /// The client said what makes no sense.
    Nonsense,
}

impl Knock {
    /// Who asks.
    pub(super) fn principal(&self) -> Principal {
        self.principal
    }

    /// Opens the socket and has `talk` talk over it.
    pub(super) fn open<Talk, Talking>(
        self,
        sockets: &Sockets,
        stop: CancellationToken,
        talk: Talk,
    ) -> Result<Opened, Refused>
    where
        Talk: FnOnce(Socket) -> Talking + Send + 'static,
        Talking: Future<Output = ()> + Send,
    {
        let place = sockets.take(self.principal).ok_or_else(|| {
            Refused::new(ProblemKind::TooMany, "this device has too many open connections")
        })?;
        let ended = self.ended;
        let upgrade =
            self.upgrade.max_message_size(MAX_MESSAGE_BYTES).max_frame_size(MAX_MESSAGE_BYTES);
        let opened = upgrade.on_upgrade(|wire| async move {
            talk(Socket { wire, ended, stop, _place: place }).await
        });
        Ok(Opened(opened))
    }
}

impl Socket {
    /// Sends a message; the session's end does not wait for the client to read it.
    pub(super) async fn send(&mut self, message: Message) -> Result<(), Over> {
        let sent = tokio::select! {
            biased;
            () = self.ended.cancelled() => return Err(Over::Session),
            () = self.stop.cancelled() => return Err(Over::Hub),
            sent = timeout(READING_TIME, self.wire.send(message)) => sent,
        };
        sent.map_err(|_| Over::Client)?.map_err(|_| Over::Client)
    }

    /// Returns the next thing that the client says. May be dropped at any await.
    pub(super) async fn hear(&mut self) -> Result<Message, Over> {
        let heard = tokio::select! {
            biased;
            () = self.ended.cancelled() => return Err(Over::Session),
            () = self.stop.cancelled() => return Err(Over::Hub),
            heard = self.wire.recv() => heard,
        };
        match heard {
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Over::Client),
            Some(Ok(message)) => Ok(message),
        }
    }

    /// Says goodbye and closes.
    pub(super) async fn close(mut self, over: Over) {
        let (code, reason) = match over {
            Over::Session => (SESSION_ENDED, "the session has ended"),
            Over::Hub => (GOING_AWAY, "the hub stops"),
            Over::Gone => (DONE, "there is no more"),
            Over::Nonsense => (NOT_UNDERSTOOD, "this was not understood"),
            Over::Client => return,
        };
        let goodbye = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        // Whoever does not read it finds the connection closed all the same.
        let _ = timeout(Duration::from_secs(1), self.wire.send(goodbye)).await;
    }
}
