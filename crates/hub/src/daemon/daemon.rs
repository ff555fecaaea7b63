//! The daemon: sealed until it has its root key, then awake.

use std::net::SocketAddr;
use std::sync::{Arc, RwLock, Weak};
use std::time::{Duration, Instant};

use anyhow::Context;
use doorward_api::{Problem, ProblemKind};
use doorward_core::network::HomeNetworks;
use doorward_store::Store;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::awake::{Awake, HOME, Waking};
use super::household::{Unclaimed, ca_sha256};
use super::mail::Mailbox;
use super::options::ServeOptions;
use crate::board::Board;
use crate::ca::{Authority, HubNames, ServerCredential};
use crate::http::{Answer, Https, HttpsConfig};
use crate::keys::{Keys, UnlockError};
use crate::pairing::Pairing;
use crate::state_dir::{Config, StateDir};

/// How often sessions that ran out are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(15);

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
    /// Offers, challenges and sessions, which outlive no restart.
    pairing: Pairing,
    /// Set from the unlocking of a hub without a household until one is named.
    unclaimed: RwLock<Option<Arc<Unclaimed>>>,
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
            pairing: Pairing::default(),
            unclaimed: RwLock::default(),
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

    pub(super) fn state(&self) -> &StateDir {
        &self.state
    }

    pub(super) fn pairing(&self) -> &Pairing {
        &self.pairing
    }

    /// What the household calls itself, as far as the hub can know.
    pub(super) fn household_name(&self) -> Option<String> {
        let configured = || self.config.household.as_ref().map(|it| it.name.as_str().to_owned());
        self.awake().map(|awake| awake.household.name.clone()).ok().or_else(configured)
    }

    /// Returns the hub as it is before it has a household.
    pub(super) fn unclaimed(&self) -> Option<Arc<Unclaimed>> {
        self.unclaimed.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Ends sessions that ran out, with their sockets, for as long as the hub runs.
    async fn sweep_sessions(me: Weak<Self>) {
        while let Some(daemon) = me.upgrade() {
            daemon.pairing.sessions.sweep(Instant::now());
            drop(daemon);
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    }

    /// Returns the hub with its keys.
    pub(super) fn awake(&self) -> Answer<Arc<Awake>> {
        let awake = self.awake.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        awake.clone().ok_or_else(|| {
            let detail = "the hub waits for its passphrase; hand it over with `doorward unseal`";
            Problem::new(ProblemKind::Sealed, detail)
        })
    }

    /// Returns the way to the task that owns the rules, if the hub has its keys.
    pub(super) fn rules(&self) -> Option<Mailbox> {
        let awake = self.awake.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        awake.as_ref().map(|awake| awake.mailbox.clone())
    }

    /// Wakes the hub with its keys.
    pub(super) async fn wake(&self, keys: Keys) -> anyhow::Result<()> {
        if self.config.household.is_none() && !has_household(&self.state, &keys).await? {
            return self.wait_for_household(keys).await;
        }
        let waking = Waking {
            state: &self.state,
            config: &self.config,
            options: &self.options,
            board: &self.board,
            fatal: &self.fatal,
        };
        let awake = Awake::start(&waking, keys).await?;
        let server = awake.certificates.server();
        *self.awake.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some(Arc::new(awake));
        let was_unclaimed =
            self.unclaimed.write().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        tokio::spawn(Self::sweep_sessions(self.me.clone()));
        match was_unclaimed {
            // The door is open, and whoever named the household stands in it.
            Some(unclaimed) => {
                tokio::spawn(unclaimed.follow(server));
                Ok(())
            }
            None => self.open_web(server).await,
        }
    }

    /// Lets a phone in that names the household, and nobody to anything else.
    async fn wait_for_household(&self, keys: Keys) -> anyhow::Result<()> {
        let authority = Authority::open(&self.state, &keys.ca_sealing)?;
        let names = HubNames::of_this_machine();
        let made = authority.server_certificate(
            &self.state,
            &keys.ca_sealing,
            &names,
            Timestamp::now(),
        )?;
        let shown = watch::Sender::new(Arc::new(made.credential));
        let server = shown.subscribe();
        let unclaimed = Unclaimed {
            keys: Mutex::new(Some(keys)),
            ca_sha256: ca_sha256(&server.borrow()),
            server: shown,
        };
        *self.unclaimed.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some(Arc::new(unclaimed));
        info!("no household yet: `doorward pair` prints the link that names one");
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
        if self.awake().is_ok() || self.unclaimed().is_some() {
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

/// A hub that was set up in a browser has its household in the database alone.
async fn has_household(state: &StateDir, keys: &Keys) -> anyhow::Result<bool> {
    let (path, keys) = (state.database(), keys.for_store());
    let look = move || -> anyhow::Result<bool> {
        let mut store = Store::open(&path, keys)?;
        Ok(store.questions()?.households()?.iter().any(|household| household.id == HOME))
    };
    tokio::task::spawn_blocking(look).await?
}

fn refused(error: &UnlockError) -> Problem {
    if matches!(error, UnlockError::WrongPassphrase) {
        warn!("a wrong passphrase was tried");
        return Problem::new(ProblemKind::WrongPassphrase, "that is not this hub's passphrase");
    }
    warn!(%error, "the hub cannot be unsealed");
    Problem::new(ProblemKind::Internal, error.to_string())
}
