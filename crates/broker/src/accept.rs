//! From a TCP connection to a connection that has proved who it is.
//!
//! Each connection has a task of its own from the first byte on, so that a
//! silent one delays nobody.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::net::sockopt;
use rustls_pki_types::CertificateDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::admission::{Admission, Porch};
use crate::connect::{self, Arrival, ConnectError, Identity};
use crate::events::BrokerEvent;
use crate::fingerprint::KeyFingerprint;
use crate::leave::Leave;
use crate::session::Session;
use crate::shared::Shared;
use crate::tls::{Believed, Tls};

/// After the system refused to accept, which it does when it is out of file
/// descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// When TCP asks whether a silent device is still there, how often, and how
/// many questions may stay unanswered.
const PROBE_AFTER: Duration = Duration::from_secs(30);
const PROBE_EVERY: Duration = Duration::from_secs(10);
const PROBES: u32 = 3;

/// How a listener's connections come in.
#[derive(Clone)]
pub(crate) enum Entrance {
    /// With a certificate, over TLS.
    Tls(Arc<Tls>),
    /// With a password, until the listener is closed.
    Plain(CancellationToken),
}

/// A socket, and who may come in by it.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) entrance: Entrance,
    pub(crate) porch: Porch,
    pub(crate) shared: Arc<Shared>,
    pub(crate) tasks: TaskTracker,
}

/// Accepts connections until the listener is closed or the broker stops.
pub(crate) async fn accept_all(listener: Listener) {
    loop {
        let accepted = tokio::select! {
            () = listener.shared.stop.cancelled() => return,
            () = listener.entrance.closed() => return,
            accepted = listener.socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => listener.take_in(stream, peer),
            Err(error) => {
                warn!(%error, "could not accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

impl Listener {
    fn take_in(&self, stream: TcpStream, peer: SocketAddr) {
        let shared = Arc::clone(&self.shared);
        match self.porch.admit(peer.ip(), &shared.limits) {
            Some(admission) => {
                let newcomer = Newcomer { stream, address: peer.ip().to_canonical(), shared };
                self.tasks.spawn(newcomer.serve(self.entrance.clone(), admission));
            }
            None => {
                shared.counters.turned_away.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Entrance {
    async fn closed(&self) {
        match self {
            // It is open as long as the broker runs.
            Self::Tls(_) => std::future::pending().await,
            Self::Plain(closed) => closed.cancelled().await,
        }
    }
}

/// Somebody who has said nothing yet.
struct Newcomer {
    stream: TcpStream,
    address: IpAddr,
    shared: Arc<Shared>,
}

impl Newcomer {
    async fn serve(self, entrance: Entrance, admission: Admission) {
        let shared = Arc::clone(&self.shared);
        let opened = tokio::select! {
            () = shared.stop.cancelled() => return,
            () = entrance.closed() => return,
            opened = self.open(&entrance) => opened,
        };
        let Admission { connection, handshake } = admission;
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
        drop(connection);
        if let Some(absent) = absent {
            absent.wait().await;
        }
    }

    async fn open(self, entrance: &Entrance) -> Result<Session, ConnectError> {
        prepare(&self.stream).map_err(ConnectError::Io)?;
        let shared = Arc::clone(&self.shared);
        let arrival = match entrance {
            Entrance::Tls(tls) => self.shake_hands(tls).await?,
            Entrance::Plain(closed) => Arrival {
                wire: Either::Right(self.stream),
                address: self.address,
                leave: Leave::PlainListener(closed.clone()),
                identity: Identity::ToBeSaid,
            },
        };
        let limit = shared.limits.handshake + connect::HANDOVER_ALLOWANCE;
        let opening = timeout(limit, connect::open(arrival, &shared));
        opening.await.map_err(|_| ConnectError::TooSlow)?
    }

    async fn shake_hands(self, tls: &Arc<Tls>) -> Result<Arrival, ConnectError> {
        let shared = &self.shared;
        let changes = tls.watch();
        let handshake = timeout(shared.limits.handshake, tls.acceptor().accept(self.stream)).await;
        let stream = handshake.map_err(|_| ConnectError::TooSlow)?.map_err(ConnectError::Io)?;
        let chain = stream.get_ref().1.peer_certificates().ok_or(ConnectError::NoCertificate)?;
        let chain: Vec<_> = chain.iter().cloned().map(CertificateDer::into_owned).collect();
        let key = chain.first().and_then(|own| KeyFingerprint::of_certificate(own).ok());
        let credential = key.ok_or(ConnectError::NoCertificate)?.into();
        let Some(enrolled) = shared.registry.look_up(&credential) else {
            shared.counters.strangers.fetch_add(1, Ordering::Relaxed);
            shared.events.tell(BrokerEvent::Stranger);
            return Err(ConnectError::Stranger);
        };
        Ok(Arrival {
            wire: Either::Left(stream),
            address: self.address,
            leave: Leave::Certificate(Believed::new(chain, Arc::clone(tls), changes)),
            identity: Identity::Proven(credential, enrolled),
        })
    }
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
