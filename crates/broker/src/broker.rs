//! Starting, watching and stopping a broker.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::accept::{Entrance, Listener, accept_all};
use crate::admission::Gate;
use crate::config::{BrokerConfig, ListenPlainError, StartError};
use crate::hub::{HubLink, HubSender, Messages, Way};
use crate::keepsakes::RetainedChanges;
use crate::registry::Registry;
use crate::router::Router;
use crate::shared::Shared;
use crate::stats::Stats;
use crate::tls::{IdentityError, Tls, TrustError};
use crate::{events, supervisor, tls};

/// How long connections may take to end when the broker stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// A running broker. Dropping it stops it, without waiting for anybody.
pub struct Broker {
    shared: Arc<Shared>,
    tasks: TaskTracker,
    address: SocketAddr,
    tls: Arc<Tls>,
    gate: Gate,
    plain: Mutex<Option<Plain>>,
}

/// The listener without TLS.
struct Plain {
    address: SocketAddr,
    closed: CancellationToken,
}

impl Broker {
    /// Starts a broker on the current tokio runtime.
    ///
    /// # Errors
    /// When the address, a certificate or the router cannot be used.
    pub async fn start(
        config: BrokerConfig,
        registry: Registry,
    ) -> Result<(Self, HubLink), StartError> {
        let shown = tls::shown(config.server_chain, config.server_key)?;
        let tls = Arc::new(Tls::new(shown, tls::verifier(config.client_cas)?));
        let failed = |source| StartError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (router, pulse) =
            Router::start(config.limits.subscribers()).await.map_err(|_| StartError::Router)?;
        let stop = CancellationToken::new();
        let (events, event_stream) = events::channel(stop.clone());
        let (hub, messages) = mpsc::channel(config.limits.hub_queue);
        let shared =
            Arc::new(Shared::new(config.limits, registry, events, hub, router, stop.clone()));
        shared.restore(config.retained);
        let tasks = TaskTracker::new();
        tasks.spawn(supervisor::keep_router(Arc::clone(&shared), pulse));
        tasks.spawn(supervisor::forget_revoked(Arc::clone(&shared)));
        let gate = Gate::new(config.home, &shared.limits);
        let sender = HubSender(Way::Here(Arc::clone(&shared)));
        let broker = Self { shared, tasks, address, tls, gate, plain: Mutex::default() };
        broker.accept(listener, Entrance::Tls(Arc::clone(&broker.tls)));
        if let Some(address) = config.plain {
            broker.listen_plain(address).await?;
        }
        let link =
            HubLink { messages: Messages { queue: messages, stop }, events: event_stream, sender };
        Ok((broker, link))
    }

    fn accept(&self, socket: TcpListener, entrance: Entrance) {
        let porch = self.gate.porch(&self.shared.limits);
        let (shared, tasks) = (Arc::clone(&self.shared), self.tasks.clone());
        self.tasks.spawn(accept_all(Listener { socket, entrance, porch, shared, tasks }));
    }

    /// Shows another certificate to connections to come; the chain begins with
    /// it, and the key is its own. Connections that are up stay.
    ///
    /// # Errors
    /// When the chain is empty, cannot be read or is another key's. The broker
    /// then goes on with what it showed before.
    pub fn serve_as(
        &self,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<(), IdentityError> {
        self.tls.show(tls::shown(chain, key)?);
        Ok(())
    }

    /// Believes the client certificates of these CAs and of no others; two
    /// during a rollover.
    ///
    /// Connections that are up or coming about are judged anew, each by the
    /// certificate that it showed and at the time of day of this call: one that
    /// none of these CAs vouches for, or that has expired, is cut within a
    /// second. Its will is said, and its session waits, since the device is
    /// still enrolled: it may come back with a certificate that is believed.
    /// What was enrolled with a password is not concerned.
    ///
    /// # Errors
    /// When there is no CA or one cannot be used. The broker then goes on with
    /// those it believed before.
    pub fn trust(&self, cas: Vec<CertificateDer<'static>>) -> Result<(), TrustError> {
        self.tls.believe(tls::verifier(cas)?);
        Ok(())
    }

    /// Listens for devices that have no TLS and were enrolled with a password,
    /// beside the others and by the same rules. Everybody between them and the
    /// broker can read and change what is said. Returns the address, with the
    /// port that the system chose.
    ///
    /// # Errors
    /// When the broker listens so already, or the address cannot be used.
    pub async fn listen_plain(&self, address: SocketAddr) -> Result<SocketAddr, ListenPlainError> {
        let failed = |source| ListenPlainError::Listen { address, source };
        if let Some(open) = self.plain_addr() {
            return Err(ListenPlainError::Already(open));
        }
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let bound = socket.local_addr().map_err(failed)?;
        let closed = CancellationToken::new();
        let mut plain = self.plain();
        // Somebody else may have been faster while this one waited.
        if let Some(open) = plain.as_ref() {
            return Err(ListenPlainError::Already(open.address));
        }
        self.accept(socket, Entrance::Plain(closed.clone()));
        *plain = Some(Plain { address: bound, closed });
        Ok(bound)
    }

    /// Closes the listener without TLS and cuts its connections; nothing if
    /// there is none.
    pub fn close_plain(&self) {
        if let Some(open) = self.plain().take() {
            open.closed.cancel();
        }
    }

    /// Returns the address that is listened on without TLS, if any is.
    #[must_use]
    pub fn plain_addr(&self) -> Option<SocketAddr> {
        self.plain().as_ref().map(|plain| plain.address)
    }

    fn plain(&self) -> MutexGuard<'_, Option<Plain>> {
        self.plain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the address that is listened on, with the port that the system
    /// chose.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Returns what becomes of the retained messages, to write it down.
    #[must_use]
    pub fn retained_changes(&self) -> RetainedChanges {
        RetainedChanges(Arc::clone(&self.shared))
    }

    /// Returns what has been counted so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::of(&self.shared)
    }

    /// Takes leave of all devices and stops. Wills are not published: it is
    /// the hub that leaves, not the devices.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.tasks.close();
        if timeout(FAREWELL, self.tasks.wait()).await.is_err() {
            warn!("some connections did not end in time");
        }
    }
}

#[cfg(debug_assertions)]
impl Broker {
    /// Makes the message router panic, which nothing that a client sends can, so
    /// that a test can see what a hub in use does then. Only where some client has
    /// subscribed, and in debug builds alone.
    pub async fn provoke_router_panic(&self) {
        // One that has died already need not die.
        let _ = self.shared.router().kill().await;
    }
}

#[cfg(test)]
impl Broker {
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        self.tasks.close();
    }
}
