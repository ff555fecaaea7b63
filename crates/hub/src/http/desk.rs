//! The state of the router: the house behind it, its end, and its sockets.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::socket::Sockets;

/// What every handler is given.
pub(super) struct Desk<H> {
    pub(super) house: Arc<H>,
    pub(super) stop: CancellationToken,
    pub(super) sockets: Sockets,
}

impl<H> Clone for Desk<H> {
    fn clone(&self) -> Self {
        Self {
            house: Arc::clone(&self.house),
            stop: self.stop.clone(),
            sockets: self.sockets.clone(),
        }
    }
}
