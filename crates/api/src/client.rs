//! A thin client for a hub: over its local socket, or by a [`Road`] that a program brings for a hub
//! on another machine.
//!
//! Each question opens a connection of its own: on a local socket that costs
//! microseconds, and a hub that restarts between two questions is no event. The
//! client bounds what it waits for and what it reads, whoever answers.

mod following;
mod people;
mod relay;
mod requests;
mod socket;
mod stream;
mod transport;
mod way;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::problem::Problem;

pub use following::Following;
pub use relay::{Answer, Question, Room};
pub use socket::{Conversation, Said};
pub use stream::{Notices, SealedDownload};
use way::{Belief, Way};
pub use way::{Connection, Road, Wire};

/// A way to a hub.
#[derive(Debug, Clone)]
pub struct Client {
    way: Way,
}

/// Why the hub gave no answer, or not the one that was hoped for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens at the socket.
    #[error("no hub is running at {socket}")]
    NotRunning {
        /// The socket.
        socket: PathBuf,
    },
    /// The socket, or whoever listens there, is somebody else's.
    #[error("the hub at {socket} belongs to another user")]
    NotAllowed {
        /// The socket.
        socket: PathBuf,
    },
    /// The socket cannot be connected to.
    #[error("could not connect to {socket}")]
    Connect {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The hub is on another machine, and there is no way to it.
    #[error(transparent)]
    NoRoad(Box<dyn std::error::Error + Send + Sync>),
    /// What was wanted can be done on the hub's own machine alone.
    #[error("the hub runs on another computer")]
    NotHere,
    /// The hub answered with a problem.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// No answer came in time.
    #[error("the hub did not answer within {} s", transport::ANSWER_TIME.as_secs())]
    TooSlow,
    /// The connection broke before the answer was whole.
    #[error("the connection to the hub broke")]
    Broken(#[from] hyper::Error),
    /// A conversation broke off.
    #[error("the connection to the hub broke")]
    Cut(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was to be handed on is no question of this API.
    #[error("that is no question to a hub")]
    NotOfTheApi,
    /// The answer is longer than any answer of this API.
    #[error("the hub's answer is too long")]
    TooLong,
    /// The answer is not what this version of the client expects.
    #[error("the hub's answer makes no sense to this program: are both of the same version?")]
    NotUnderstood(#[source] serde_json::Error),
    /// Something that is not this API answered.
    #[error("what answered with HTTP status {status} is no doorward hub")]
    NotAHub {
        /// The status.
        status: u16,
    },
    /// The caller's file or pipe failed while a download was written to it.
    #[error("could not write what was downloaded")]
    Write(#[source] io::Error),
}

/// Who listens at the socket, as the kernel vouches for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Whose process it is.
    pub uid: u32,
    /// Which process it is, where the system says so.
    pub process: Option<i32>,
}

impl Client {
    /// Says who listens.
    ///
    /// # Errors
    /// If nobody does, this user may not connect, or the hub is on another machine.
    pub async fn peer(&self) -> Result<Peer, ClientError> {
        let (socket, belief) = self.way.socket().ok_or(ClientError::NotHere)?;
        let stream = way::knock(socket, belief).await?;
        let peer = stream
            .peer_cred()
            .map_err(|source| ClientError::Connect { socket: socket.to_owned(), source })?;
        Ok(Peer { uid: peer.uid(), process: peer.pid() })
    }

    /// Connects to the hub whose socket lies at `path`, to see that it is there.
    ///
    /// # Errors
    /// Says whether nobody listens, or whether this user may not connect.
    pub async fn connect(path: impl AsRef<Path>) -> Result<Self, ClientError> {
        Self::at(path.as_ref()).seen().await
    }

    /// Connects to see that a hub is there.
    ///
    /// # Errors
    /// Says why there is none.
    pub async fn seen(self) -> Result<Self, ClientError> {
        self.way.dial().await?;
        Ok(self)
    }

    /// Names a hub of this user by its socket without looking whether it is there.
    #[must_use]
    pub fn at(socket: impl Into<PathBuf>) -> Self {
        Self { way: Way::Socket { path: socket.into(), belief: Belief::Own } }
    }

    /// Names a hub that the system runs by the socket that it shares with a group. It is believed if
    /// it runs as a service's user who owns the socket's folder, and none but root could have given that
    /// user the folder.
    #[must_use]
    pub fn shared(socket: impl Into<PathBuf>) -> Self {
        Self { way: Way::Socket { path: socket.into(), belief: Belief::FolderOfRoots } }
    }

    /// Names a hub on another machine.
    #[must_use]
    pub fn along(road: Arc<dyn Road>) -> Self {
        Self { way: Way::Road(road) }
    }
}
