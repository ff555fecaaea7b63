//! Keeping the connection to another broker, and ending it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use doorward_core::network::HomeNetworks;
use rustls_pki_types::CertificateDer;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, warn};

use super::address::BrokerAddress;
use super::dial::{LinkFault, Target, dial};
use super::post::Post;
use super::session::Session;
use super::shared::Shared;
use super::state::{Board, OtherStats};
use super::tls::{self, Credentials, CredentialsError};
use crate::events::{self, BrokerEvent};
use crate::hub::{HubLink, HubSender, Messages, Way};
use crate::limits::Limits;
use crate::registry::Registry;

/// How long to wait after the first failure; then twice as long, and so on.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause: a door waits for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// How long the connection may take to end when the hub stops.
const FAREWELL: Duration = Duration::from_secs(12);

/// What it takes to be another broker's client.
pub struct OtherBrokerConfig {
    /// Where the broker is.
    pub address: BrokerAddress,
    /// The authorities that may vouch for it; no others are believed.
    pub authorities: Vec<CertificateDer<'static>>,
    /// What the hub shows.
    pub credentials: Credentials,
    /// The hub's client id there, unlike any other client's.
    pub client_id: String,
    /// Where the broker may be.
    pub home: HomeNetworks,
    /// How much the connection may take.
    pub limits: Limits,
}

/// Why the hub cannot be a client of another broker.
#[derive(Debug, thiserror::Error)]
pub enum OtherStartError {
    /// Its address lies outside.
    #[error(
        "the broker's address {0} is not in the home network: if it is yours, list its network \
         with --home-network"
    )]
    NotAtHome(IpAddr),
    /// The files do not make a TLS client.
    #[error("the certificates given for the broker cannot be used")]
    Credentials(#[from] CredentialsError),
}

/// The hub's part in another broker. Dropping it ends the connection without
/// waiting for anybody.
pub struct OtherBroker {
    pub(super) shared: Arc<Shared>,
    tasks: TaskTracker,
}

impl OtherBroker {
    /// Begins to connect, on the current tokio runtime. A broker that is not
    /// there is tried until it is.
    ///
    /// # Errors
    /// When the address or a certificate cannot be used.
    pub fn start(
        config: OtherBrokerConfig,
        registry: Registry,
    ) -> Result<(Self, HubLink), OtherStartError> {
        let OtherBrokerConfig { address, authorities, credentials, client_id, home, limits } =
            config;
        let ip = address.socket().ip();
        if !home.contains(ip) {
            return Err(OtherStartError::NotAtHome(ip));
        }
        let tls = tls::client(&authorities, &credentials)?;
        let stop = CancellationToken::new();
        let (events, event_stream) = events::channel(stop.clone());
        let (hub, messages) = mpsc::channel(limits.hub_queue);
        let post = Post::new(registry.clone());
        let shared = Arc::new(Shared {
            target: Target { address, tls, limits: limits.clone() },
            authorities,
            limits,
            registry,
            events,
            hub,
            post: post.clone(),
            board: Board::new(),
            stop: stop.clone(),
            client_id,
        });
        let tasks = TaskTracker::new();
        tasks.spawn(keep_connected(Arc::clone(&shared)));
        let messages = Messages { queue: messages, stop };
        let sender = HubSender(Way::Elsewhere(post));
        let link = HubLink { messages, events: event_stream, sender };
        Ok((Self { shared, tasks }, link))
    }

    /// Returns where the broker is.
    #[must_use]
    pub fn address(&self) -> &BrokerAddress {
        &self.shared.target.address
    }

    /// Returns how the connection is and what was counted.
    #[must_use]
    pub fn stats(&self) -> OtherStats {
        self.shared.board.read()
    }

    /// Takes leave and stops.
    pub async fn stop(self) {
        self.shared.stop.cancel();
        self.tasks.close();
        if timeout(FAREWELL, self.tasks.wait()).await.is_err() {
            warn!("the connection to the broker did not end in time");
        }
    }
}

impl Drop for OtherBroker {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        self.tasks.close();
    }
}

/// Connects again and again, with pauses that grow while nothing comes of it.
async fn keep_connected(shared: Arc<Shared>) {
    let mut pause = FIRST_PAUSE;
    while !shared.stop.is_cancelled() {
        // A task of its own: should it die, the next one is tried.
        let connection = tokio::spawn(connect_once(Arc::clone(&shared)));
        let fault = connection.await.unwrap_or_else(|died| {
            error!(%died, "the connection's task died");
            LinkFault::Died
        });
        shared.post.lead_to(None);
        let was_up = shared.board.is_up();
        note_end(&shared, fault);
        if was_up {
            pause = FIRST_PAUSE;
        }
        tokio::select! {
            () = sleep(pause) => {}
            () = shared.stop.cancelled() => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn connect_once(shared: Arc<Shared>) -> LinkFault {
    let dialled = tokio::select! {
        dialled = dial(&shared.target, &shared.client_id) => dialled,
        () = shared.stop.cancelled() => return LinkFault::Stopping,
    };
    match dialled {
        Ok(line) => {
            let (orders, queue) = mpsc::channel(shared.limits.command_queue);
            Session::new(line, Arc::clone(&shared), orders).run(queue).await
        }
        Err(fault) => fault,
    }
}

/// Nothing is known of a device that cannot be heard.
fn note_end(shared: &Shared, fault: LinkFault) {
    if !matches!(fault, LinkFault::Stopping) {
        let cause = std::error::Error::source(&fault).map(ToString::to_string);
        warn!(%fault, cause, "no connection to the broker");
    }
    for device in shared.board.down(fault) {
        shared.events.tell(BrokerEvent::Disconnected { device });
    }
}
