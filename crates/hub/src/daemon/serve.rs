//! `doorward serve`: from the command line to a hub that runs, and back.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use futures::future::join_all;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::daemon::Daemon;
use super::options::ServeOptions;
use super::service_manager;
use crate::http::{LocalSocket, router, serve_local};
use crate::keys::{Keys, Sources, UnlockError};
use crate::state_dir::{Config, StateDir};

/// Runs a hub until it is told to stop by SIGTERM or SIGINT.
///
/// A hub whose root key needs a passphrase starts sealed: it answers `status`
/// and `unseal`, and leaves the doors alone.
///
/// # Errors
/// Says why the hub could not start, or which part of it died.
pub async fn serve(options: ServeOptions) -> anyhow::Result<()> {
    let mut told = Told::listen()?;
    let state = StateDir::open(&options.state)?;
    let _lock = state.lock()?;
    let config = Config::load(&state)?;
    let fatal = CancellationToken::new();
    let shared = options.shared_socket.clone();
    let daemon = Daemon::new(state.clone(), config, options, fatal.clone());
    wake_unattended(&daemon, &state).await?;

    let stop = CancellationToken::new();
    #[cfg(debug_assertions)]
    super::provoked::listen(Arc::clone(&daemon), stop.clone())?;
    let mut served = answer(&daemon, &state, shared.as_deref(), &stop)?;
    service_manager::ready();
    service_manager::keep_alive(&daemon);
    info!(state = %state.path().display(), "ready");

    tokio::select! {
        () = told.wait() => info!("told to stop"),
        () = fatal.cancelled() => error!("a part of the hub died; stopping"),
        _ = &mut served => {
            error!("the local socket's task died; stopping");
            fatal.cancel();
        }
    }
    service_manager::stopping();
    stop.cancel();
    if !served.is_finished() {
        served.await.context("the local socket's task died")?;
    }
    daemon.stop().await;
    info!("stopped");
    anyhow::ensure!(!fatal.is_cancelled(), "a part of the hub died; its log says which");
    Ok(())
}

/// The signals that end a hub.
struct Told {
    terminated: Signal,
    interrupted: Signal,
}

impl Told {
    fn listen() -> anyhow::Result<Self> {
        let terminated = signal(SignalKind::terminate()).context("no signals")?;
        let interrupted = signal(SignalKind::interrupt()).context("no signals")?;
        Ok(Self { terminated, interrupted })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminated.recv() => {}
            _ = self.interrupted.recv() => {}
        }
    }
}

/// Answers at the local sockets until it is stopped.
fn answer(
    daemon: &Arc<Daemon>,
    state: &StateDir,
    shared: Option<&Path>,
    stop: &CancellationToken,
) -> anyhow::Result<JoinHandle<Vec<()>>> {
    let mut sockets = vec![LocalSocket::bind(&state.socket())?];
    sockets.extend(shared.map(LocalSocket::bind_shared).transpose()?);
    let router = router(Arc::clone(daemon), stop.clone());
    let served = sockets.into_iter().map(|it| serve_local(it, router.clone(), stop.clone()));
    Ok(tokio::spawn(join_all(served.collect::<Vec<_>>())))
}

/// Wakes the hub if it can do so without its owner.
async fn wake_unattended(daemon: &Daemon, state: &StateDir) -> anyhow::Result<()> {
    match Keys::unlock_unattended(state, &Sources::of_this_process()) {
        Ok(keys) => daemon.wake(keys).await,
        Err(UnlockError::NeedsPassphrase) => {
            info!("sealed: hand over the passphrase with `doorward unseal`");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
