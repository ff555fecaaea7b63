//! Starting, watching and stopping a broker.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use doorward_core::ids::DeviceName;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::accept::{Listener, accept_all};
use crate::config::{BrokerConfig, StartError};
use crate::hub::{HubLink, HubSender, Messages};
use crate::keepsakes::RetainedChanges;
use crate::registry::Registry;
use crate::router::Router;
use crate::shared::Shared;
use crate::{events, supervisor, tls};

/// How long connections may take to end when the broker stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// A running broker. Dropping it stops it, without waiting for anybody.
pub struct Broker {
    shared: Arc<Shared>,
    tasks: TaskTracker,
    address: SocketAddr,
}

/// What the broker counts, for whoever asks how it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections of each connected device.
    pub connected: BTreeMap<DeviceName, usize>,
    /// How often each device tried what it may not do, since the broker
    /// started.
    pub refusals: BTreeMap<DeviceName, u64>,
    /// Packets that were no MQTT or too long.
    pub malformed: u64,
    /// Connections with a believed certificate whose key is not enrolled.
    pub strangers: u64,
    /// Connections that did not get through TLS and CONNECT.
    pub failed_handshakes: u64,
    /// Connections turned away because there were too many.
    pub turned_away: u64,
    /// How often the router died and was started again.
    pub router_restarts: u64,
    /// Retained messages.
    pub retained: usize,
    /// Sessions whose clients are away.
    pub absent_sessions: usize,
    /// Messages that absent clients will not hear because too many waited.
    pub dropped_for_absent: u64,
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
        let acceptor = tls::acceptor(&config)?;
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
        let listener =
            Listener::new(listener, acceptor, Arc::clone(&shared), tasks.clone(), config.home);
        tasks.spawn(accept_all(listener));
        let sender = HubSender(Arc::clone(&shared));
        let link =
            HubLink { messages: Messages { queue: messages, stop }, events: event_stream, sender };
        Ok((Self { shared, tasks, address }, link))
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
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.shared.counters;
        Stats {
            connected: self.shared.sessions.connected(),
            refusals: self.shared.devices.refusals(),
            malformed: count(&counters.malformed),
            strangers: count(&counters.strangers),
            failed_handshakes: count(&counters.failed_handshakes),
            turned_away: count(&counters.turned_away),
            router_restarts: count(&counters.router_restarts),
            retained: self.shared.retained().len(),
            absent_sessions: self.shared.sessions.absent(),
            dropped_for_absent: count(&counters.dropped_for_absent),
        }
    }

    /// Takes leave of all devices and stops. Wills are not published: it is
    /// the hub that leaves, not the devices.
    pub async fn stop(self) {
        self.shared.stop.cancel();
        self.tasks.close();
        if timeout(FAREWELL, self.tasks.wait()).await.is_err() {
            warn!("some connections did not end in time");
        }
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
