//! Calamities on demand, in debug builds alone: no release has this file.
//!
//! SIGUSR2 makes the broker's message router panic, SIGUSR1 makes the task that owns the rules hang.
//! What a client can send does neither, so a test of a whole hub has no other way to see what becomes
//! of a visit then. Whoever may send the signals may end the process as well.

use std::sync::Arc;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::daemon::Daemon;

/// Starts to listen for the signals, until the hub stops.
pub(super) fn listen(daemon: Arc<Daemon>, stop: CancellationToken) -> anyhow::Result<()> {
    let mut panic = signal(SignalKind::user_defined2()).context("no signals")?;
    let mut hang = signal(SignalKind::user_defined1()).context("no signals")?;
    tokio::spawn(stop.run_until_cancelled_owned(async move {
        loop {
            tokio::select! {
                _ = panic.recv() => panic_router(&daemon).await,
                _ = hang.recv() => hang_rules(&daemon).await,
            }
        }
    }));
    Ok(())
}

async fn panic_router(daemon: &Daemon) {
    warn!("told to have the message router panic");
    if let Ok(awake) = daemon.awake() {
        awake.exchange.provoke_router_panic().await;
    }
}

async fn hang_rules(daemon: &Daemon) {
    if let Some(rules) = daemon.rules() {
        // Nobody answers.
        let _: Result<(), _> = rules.look(|_| hang()).await;
    }
}

fn hang() {
    warn!("told to hang");
    loop {
        std::thread::park();
    }
}
