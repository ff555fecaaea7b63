//! From a TCP connection to a connection that has proved who it is.
//!
//! Each connection has a task of its own from the first byte on, so that a
//! silent one delays nobody. What has not proved itself is counted apart from
//! what has: a flood of strangers cannot take the places of devices that are
//! connected.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use doorward_core::network::HomeNetworks;
use rustix::net::sockopt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::connect::{self, ConnectError};
use crate::events::BrokerEvent;
use crate::fingerprint::KeyFingerprint;
use crate::shared::Shared;

/// After the system refused to accept, which it does when it is out of file
/// descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// When TCP asks whether a silent device is still there, how often, and how
/// many questions may stay unanswered.
const PROBE_AFTER: Duration = Duration::from_secs(30);
const PROBE_EVERY: Duration = Duration::from_secs(10);
const PROBES: u32 = 3;

/// The socket and who may use it.
pub(crate) struct Listener {
    socket: TcpListener,
    acceptor: TlsAcceptor,
    shared: Arc<Shared>,
    tasks: TaskTracker,
    all: Arc<Semaphore>,
    handshakes: Arc<Semaphore>,
    addresses: Addresses,
    home: HomeNetworks,
}

/// How many connections each address has.
#[derive(Clone, Default)]
struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection's places; given back when dropped.
struct Admission {
    all: OwnedSemaphorePermit,
    handshake: OwnedSemaphorePermit,
    address: AddressPlace,
}

struct AddressPlace {
    address: IpAddr,
    addresses: Addresses,
}

impl Listener {
    pub(crate) fn new(
        socket: TcpListener,
        acceptor: TlsAcceptor,
        shared: Arc<Shared>,
        tasks: TaskTracker,
        home: HomeNetworks,
    ) -> Self {
        Self {
            home,
            all: Arc::new(Semaphore::new(shared.limits.connections)),
            handshakes: Arc::new(Semaphore::new(shared.limits.handshakes)),
            addresses: Addresses::default(),
            socket,
            acceptor,
            shared,
            tasks,
        }
    }

    fn admit(&self, peer: SocketAddr) -> Option<Admission> {
        if !self.home.contains(peer.ip()) {
            return None;
        }
        let limit = self.shared.limits.connections_per_address;
        Some(Admission {
            all: Arc::clone(&self.all).try_acquire_owned().ok()?,
            handshake: Arc::clone(&self.handshakes).try_acquire_owned().ok()?,
            address: self.addresses.enter(peer.ip().to_canonical(), limit)?,
        })
    }
}

/// Accepts connections until the broker stops.
pub(crate) async fn accept_all(listener: Listener) {
    loop {
        let accepted = tokio::select! {
            () = listener.shared.stop.cancelled() => return,
            accepted = listener.socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match listener.admit(peer) {
                Some(admission) => {
                    let (acceptor, shared) =
                        (listener.acceptor.clone(), Arc::clone(&listener.shared));
                    listener.tasks.spawn(serve(stream, acceptor, shared, admission));
                }
                None => {
                    listener.shared.counters.turned_away.fetch_add(1, Ordering::Relaxed);
                }
            },
            Err(error) => {
                warn!(%error, "could not accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    shared: Arc<Shared>,
    admission: Admission,
) {
    let stop = shared.stop.clone();
    let opening = open(stream, acceptor, &shared);
    let opened = tokio::select! {
        () = stop.cancelled() => return,
        opened = opening => opened,
    };
    let Admission { all, handshake, address } = admission;
    drop(handshake);
    let absent = match opened {
        Ok(session) => session.run().await,
        Err(reason) => {
            shared.counters.failed_handshakes.fetch_add(1, Ordering::Relaxed);
            debug!(%reason, "a connection did not come about");
            None
        }
    };
    // What is left of a session without a connection takes no connection's place.
    drop((address, all));
    if let Some(absent) = absent {
        absent.wait().await;
    }
}

async fn open(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    shared: &Arc<Shared>,
) -> Result<crate::session::Session, ConnectError> {
    prepare(&stream).map_err(ConnectError::Io)?;
    let limit = shared.limits.handshake;
    let handshake = timeout(limit, acceptor.accept(stream)).await;
    let tls = handshake.map_err(|_| ConnectError::TooSlow)?.map_err(ConnectError::Io)?;
    let key = peer_key(&tls).ok_or(ConnectError::NoCertificate)?;
    let Some(enrolled) = shared.registry.look_up(&key) else {
        shared.counters.strangers.fetch_add(1, Ordering::Relaxed);
        shared.events.tell(BrokerEvent::Stranger);
        return Err(ConnectError::Stranger);
    };
    timeout(limit + connect::HANDOVER_ALLOWANCE, connect::open(tls, key, enrolled, shared))
        .await
        .map_err(|_| ConnectError::TooSlow)?
}

/// Sets the socket's options: no packet waits for the acknowledgement of the
/// one before, and a device that lost its power is noticed even if it promised
/// no keep alive and nobody has anything to say to it.
fn prepare(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, PROBE_AFTER)?;
    sockopt::set_tcp_keepintvl(stream, PROBE_EVERY)?;
    sockopt::set_tcp_keepcnt(stream, PROBES)?;
    Ok(())
}

fn peer_key(tls: &TlsStream<TcpStream>) -> Option<KeyFingerprint> {
    let (_, connection) = tls.get_ref();
    let certificate = connection.peer_certificates()?.first()?;
    KeyFingerprint::of_certificate(certificate).ok()
}

impl Addresses {
    fn enter(&self, address: IpAddr, limit: usize) -> Option<AddressPlace> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_insert(0);
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(AddressPlace { address, addresses: self.clone() })
    }
}

impl Drop for AddressPlace {
    fn drop(&mut self) {
        let mut counts = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}
