//! The hub's own certificate follows the machine: its names, its addresses, and time.
//!
//! Somebody looks once a minute. The kernel could tell of each change of an address, but
//! not of a host name or of the certificate's age, and a device that moved with the
//! hub's network needs longer than that to find it again.

use std::sync::Arc;
use std::time::Duration;

use doorward_broker::Broker;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};

use super::certificates::Certificates;
use crate::ca::{HubNames, ServerCredential};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(60);

/// Keeps the hub's certificate true to the machine's names.
pub(super) struct Keeper<N> {
    pub(super) certificates: Certificates,
    /// Says by which names and addresses the hub is reached.
    pub(super) names: N,
}

impl<N: Fn() -> HubNames + Clone + Send + 'static> Keeper<N> {
    /// Looks every minute until the hub ends.
    pub(super) async fn run(self, ending: CancellationToken) {
        let mut looks = interval(EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while ending.run_until_cancelled(looks.tick()).await.is_some() {
            self.look().await;
        }
    }

    /// Makes another certificate if this one no longer fits. It waits for the disk, and
    /// does so where nobody else has to.
    async fn look(&self) {
        let (certificates, names) = (self.certificates.clone(), self.names.clone());
        let refresh = move || certificates.refresh_server(&names(), Timestamp::now());
        match tokio::task::spawn_blocking(refresh).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let error: &dyn std::error::Error = &error;
                error!(error, "the hub's certificate could not be renewed");
            }
            Err(died) => error!(%died, "the look at the hub's names died"),
        }
    }
}

/// Has the broker show each certificate as it comes, until the hub ends.
pub(super) async fn show(
    broker: Arc<Broker>,
    mut server: watch::Receiver<Arc<ServerCredential>>,
    ending: CancellationToken,
) {
    // The first one is what the broker was started with.
    server.mark_unchanged();
    while let Some(Ok(())) = ending.run_until_cancelled(server.changed()).await {
        let shown = Arc::clone(&server.borrow_and_update());
        match broker.serve_as(shown.chain(), shown.expose_key()) {
            Ok(()) => debug!("devices are shown another certificate"),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                error!(error, "devices cannot be shown the hub's certificate");
            }
        }
    }
    // The sender lives as long as the hub does.
    ending.cancelled().await;
}

#[cfg(test)]
mod tests;
