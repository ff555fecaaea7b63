//! The daemon: sealed until it has its root key, then awake.

use std::net::SocketAddr;
use std::sync::{Arc, RwLock, Weak};
use std::time::{Duration, Instant};

use anyhow::Context;
use doorward_api::{Problem, ProblemKind};
use doorward_core::network::HomeNetworks;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::awake::Awake;
use super::serve::ServeOptions;
use crate::board::Board;
use crate::ca::ServerCredential;
use crate::http::{Answer, Https, HttpsConfig};
use crate::keys::{Keys, UnlockError};
use crate::state_dir::{Config, StateDir};

/// One hub on one state folder.
pub(crate) struct Daemon {
    /// For the doors that it opens, which ask it.
    me: Weak<Self>,
    state: StateDir,
    config: Config,
    options: ServeOptions,
    started_at: Timestamp,
    started: Instant,
    board: Board,
    awake: RwLock<Option<Arc<Awake>>>,
    /// One attempt to wake it at a time; each costs a second and much memory.
    waking: Mutex<()>,
    /// The door for phones, while it is open.
    web: Mutex<Option<Https>>,
    fatal: CancellationToken,
}

impl Daemon {
    pub(super) fn new(
        state: StateDir,
        config: Config,
        options: ServeOptions,
        fatal: CancellationToken,
    ) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            state,
            config,
            options,
            started_at: Timestamp::now(),
            started: Instant::now(),
            board: Board::default(),
            awake: RwLock::default(),
            waking: Mutex::new(()),
            web: Mutex::default(),
            fatal,
        })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn started_at(&self) -> Timestamp {
        self.started_at
    }

    pub(super) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn board(&self) -> &Board {
        &self.board
    }

    /// Returns the hub with its keys.
    pub(super) fn awake(&self) -> Answer<Arc<Awake>> {
        let awake = self.awake.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        awake.clone().ok_or_else(|| {
            let detail = "the hub waits for its passphrase; hand it over with `doorward unseal`";
            Problem::new(ProblemKind::Sealed, detail)
        })
    }

    /// Wakes the hub with its keys.
    pub(super) async fn wake(&self, keys: Keys) -> anyhow::Result<()> {
        let awake = Awake::start(
            &self.state,
            &self.config,
            &self.options,
            keys,
            self.board.clone(),
            self.fatal.clone(),
        )
        .await?;
        let server = awake.certificates.server();
        *self.awake.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some(Arc::new(awake));
        self.open_web(server).await
    }

    /// Lets phones in, by this certificate.
    pub(super) async fn open_web(
        &self,
        server: watch::Receiver<Arc<ServerCredential>>,
    ) -> anyhow::Result<()> {
        let me = self.me.upgrade().context("the hub is gone")?;
        let home = HomeNetworks::with(&self.options.home_networks);
        let config = HttpsConfig { listen: self.options.https_listen, home, server };
        let https = Https::start(config, me).await?;
        info!(address = %https.address(), "phones connect here");
        let before = self.web.lock().await.replace(https);
        if let Some(before) = before {
            before.stop().await;
        }
        Ok(())
    }

    /// Where phones connect, if the door for them is open.
    pub(super) async fn web_address(&self) -> Option<SocketAddr> {
        self.web.lock().await.as_ref().map(Https::address)
    }

    /// Wakes the hub with the passphrase that the owner brought.
    pub(super) async fn wake_with(&self, passphrase: SecretString) -> Answer<()> {
        let _alone = self.waking.lock().await;
        if self.awake().is_ok() {
            return Err(Problem::new(ProblemKind::Conflict, "the hub is not sealed"));
        }
        let state = self.state.clone();
        let unlock = move || Keys::unlock_with_passphrase(&state, &passphrase);
        let unlocked = tokio::task::spawn_blocking(unlock).await;
        let keys = unlocked
            .map_err(|_| Problem::new(ProblemKind::Internal, "the passphrase was not tried"))?
            .map_err(|error| refused(&error))?;
        self.wake(keys).await.map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "the hub did not wake");
            Problem::new(ProblemKind::Internal, format!("{error:#}"))
        })?;
        info!("unsealed");
        Ok(())
    }

    /// Puts everything down in order.
    pub(super) async fn stop(&self) {
        let web = self.web.lock().await.take();
        if let Some(web) = web {
            web.stop().await;
        }
        let awake = {
            let mut slot = self.awake.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            slot.take()
        };
        match awake.map(Arc::try_unwrap) {
            None => {}
            Some(Ok(awake)) => awake.stop().await,
            Some(Err(shared)) => {
                warn!("somebody still asks the hub while it stops");
                shared.put_down().await;
            }
        }
    }
}

fn refused(error: &UnlockError) -> Problem {
    if matches!(error, UnlockError::WrongPassphrase) {
        warn!("a wrong passphrase was tried");
        return Problem::new(ProblemKind::WrongPassphrase, "that is not this hub's passphrase");
    }
    warn!(%error, "the hub cannot be unsealed");
    Problem::new(ProblemKind::Internal, error.to_string())
}
