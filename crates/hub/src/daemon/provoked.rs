//! Calamities on demand, in debug builds alone: no release has this file.
//!
//! SIGUSR2 makes the broker's message router panic. What a client can send does
//! not, so a test of a whole hub has no other way to see what becomes of a visit
//! then. Whoever may send the signal may end the process as well.

use std::sync::Arc;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::daemon::Daemon;

/// Starts to listen for the signal, until the hub stops.
pub(super) fn listen(daemon: Arc<Daemon>, stop: CancellationToken) -> anyhow::Result<()> {
    let mut asked = signal(SignalKind::user_defined2()).context("no signals")?;
    tokio::spawn(stop.run_until_cancelled_owned(async move {
        while asked.recv().await.is_some() {
            warn!("told to have the message router panic");
            if let Ok(awake) = daemon.awake() {
                awake.exchange.provoke_router_panic().await;
            }
        }
    }));
    Ok(())
}
