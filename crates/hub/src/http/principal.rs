//! Who asks.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use doorward_api::{PairedDeviceId, PersonId, ProblemKind, Role};
use tokio::net::unix::UCred;
use tokio_util::sync::CancellationToken;

use super::answer::Refused;

pub use doorward_api::session::COOKIE;

/// Who asks, as the listener has found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Principal {
    /// The user whose hub this is, root, or a member of the group that the hub's shared socket is for,
    /// on the hub's own machine.
    LocalOwner,
    /// Somebody of the house, on a paired device with a session.
    Person {
        /// Who.
        person: PersonId,
        /// On which device.
        device: PairedDeviceId,
        /// What this person may do.
        role: Role,
    },
    /// Somebody on the home network, without a session.
    Anyone,
}

/// A session that still lasts.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose it is; always a [`Principal::Person`].
    pub principal: Principal,
    /// Cancelled when the session ends, for whatever reason: logged out, run out,
    /// its device revoked, its person's role changed. Sockets are cut at once.
    pub ended: CancellationToken,
    /// When it ends at the latest.
    pub expires: jiff::Timestamp,
}

impl Principal {
    /// Recognises the peer of a local socket by the uid that the kernel vouches for.
    pub(super) fn of_peer(peer: &UCred) -> Option<Self> {
        let me = rustix::process::geteuid().as_raw();
        (peer.uid() == me || peer.uid() == 0).then_some(Self::LocalOwner)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refused> {
        let stranger = || Refused::new(ProblemKind::Forbidden, "this hub belongs to another user");
        parts.extensions.get().copied().ok_or_else(stranger)
    }
}
