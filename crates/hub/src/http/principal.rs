//! Who asks.

use tokio::net::unix::UCred;

/// Who asks, as the listener has found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Principal {
    /// The user whose hub this is, or root, on the hub's own machine.
    LocalOwner,
}

impl Principal {
    /// Recognises the peer of a local socket by the uid that the kernel vouches for.
    pub(super) fn of_peer(peer: &UCred) -> Option<Self> {
        let me = rustix::process::geteuid().as_raw();
        (peer.uid() == me || peer.uid() == 0).then_some(Self::LocalOwner)
    }
}
