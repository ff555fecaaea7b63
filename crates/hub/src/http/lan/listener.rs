//! Connections: from the network to the router.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use doorward_core::network::HomeNetworks;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, error, warn};

use super::super::caller::Peer;
use super::super::connection::{self, Pace};
use super::super::house::House;
use super::super::router::router;
use super::files::App;
use super::guard::{Guard, guard};
use super::places::{Place, Places};
use super::{files, headers, login};
use crate::ca::{ServerCredential, Shown};

/// How long a handshake may take.
const HANDSHAKE_TIME: Duration = Duration::from_secs(5);

/// How long a peer may take none of what waits for it. The kernel counts, so that a phone that
/// takes little at a time is a slow one and not a silent one, however much is buffered.
const SILENCE: Duration = Duration::from_secs(15);

/// How long to wait after the system refused a connection for want of something.
const BREATH: Duration = Duration::from_millis(100);

/// Where and as whom to listen.
pub struct HttpsConfig {
    /// The address; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Who may connect.
    pub home: HomeNetworks,
    /// The certificate, and with it the hub's own names; a change is shown at once.
    pub server: watch::Receiver<Arc<ServerCredential>>,
}

/// Why there is no door for phones.
#[derive(Debug, thiserror::Error)]
pub enum HttpsError {
    /// It would listen where only strangers are.
    #[error(
        "{address} is not in the home network: listen on an address that is, or list its network \
         with --home-network"
    )]
    NotAtHome {
        /// The address.
        address: SocketAddr,
    },
    /// TLS cannot use the hub's key.
    #[error("phones cannot be shown the hub's certificate")]
    Certificate(#[from] rustls::Error),
    /// The system refused.
    #[error("could not listen for phones at {address}; --https-listen names another address")]
    Io {
        /// The address.
        address: SocketAddr,
        /// What it said.
        source: io::Error,
    },
}

/// A listener that runs until it is stopped.
pub struct Https {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Https {
    /// Begins to listen.
    ///
    /// # Errors
    /// If the address is a stranger's, or the system refuses it.
    pub async fn start<H: House>(config: HttpsConfig, house: Arc<H>) -> Result<Self, HttpsError> {
        let HttpsConfig { listen: address, home, server } = config;
        if !(address.ip().is_unspecified() || home.contains(address.ip())) {
            return Err(HttpsError::NotAtHome { address });
        }
        let shown = Shown::new(&server.borrow())?;
        let io_error = |source| HttpsError::Io { address, source };
        let listener = TcpListener::bind(address).await.map_err(io_error)?;
        let address = listener.local_addr().map_err(io_error)?;
        let stop = CancellationToken::new();
        let guard = Guard { shown: shown.clone(), port: address.port() };
        let followed = stop.clone().run_until_cancelled_owned(shown.clone().follow(server));
        let door = Door {
            tls: TlsAcceptor::from(Arc::new(tls(shown))),
            router: protected(house, guard, &stop),
            home,
            places: Places::default(),
            stop: stop.clone(),
        };
        let task = tokio::spawn(async move {
            tokio::join!(door.stand_open(listener), followed);
        });
        Ok(Self { address, stop, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it, and waits until the last connection has ended.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            error!(%error, "the task that listens for phones died");
        }
    }
}

/// Puts the API and the app's files behind everything that a request must pass.
fn protected<H: House>(house: Arc<H>, own: Guard, stop: &CancellationToken) -> Router {
    router(Arc::clone(&house), stop.clone())
        .fallback(files::serve::<App>)
        .layer(from_fn_with_state(house, login::recognise::<H>))
        .layer(from_fn_with_state(own, guard))
        .layer(from_fn(headers::put_on))
}

/// Browsers speak TLS 1.2 and 1.3 with what ring has; a certificate of the client's is
/// not asked for.
fn tls(shown: Shown) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the suites of both versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    // WebSockets want HTTP/1.1, and on a home network a second protocol gains nothing.
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    tls
}

/// What each connection is given.
#[derive(Clone)]
struct Door {
    tls: TlsAcceptor,
    router: Router,
    home: HomeNetworks,
    places: Places,
    stop: CancellationToken,
}

impl Door {
    async fn stand_open(self, listener: TcpListener) {
        let connections = TaskTracker::new();
        while let Some(accepted) = self.stop.run_until_cancelled(listener.accept()).await {
            match accepted {
                Ok((stream, peer)) => self.meet(stream, peer, &connections),
                Err(error) => {
                    warn!(%error, "could not accept a phone's connection");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
        drop(listener);
        connections.close();
        connections.wait().await;
    }

    /// Whoever is not at home, or takes more than a share, hears nothing.
    fn meet(&self, stream: TcpStream, peer: SocketAddr, connections: &TaskTracker) {
        if !self.home.contains(peer.ip()) {
            return debug!(%peer, "a connection from outside the home network was dropped");
        }
        let Some(place) = self.places.take(peer.ip()) else {
            return debug!(%peer, "a connection too many was dropped");
        };
        connections.spawn(self.clone().serve(stream, peer, place));
    }

    async fn serve(self, stream: TcpStream, peer: SocketAddr, place: Place) {
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "a connection keeps its packets waiting");
        }
        if let Err(error) = bound_silence(&stream) {
            return warn!(%error, "a connection that could be held for ever was dropped");
        }
        let handshake = timeout(HANDSHAKE_TIME, self.tls.accept(stream));
        let stream = match self.stop.run_until_cancelled(handshake).await {
            Some(Ok(Ok(stream))) => stream,
            Some(Ok(Err(error))) => return debug!(%error, "a handshake failed"),
            Some(Err(_too_slow)) => return debug!("a handshake was too slow"),
            None => return,
        };
        let router = self.router.layer(Extension(Peer(peer.ip())));
        connection::serve(stream, None, router, Pace::NETWORK, self.stop).await;
        drop(place);
    }
}

/// Has the kernel end a connection whose peer takes nothing, also one that says that it is there.
fn bound_silence(stream: &TcpStream) -> io::Result<()> {
    let millis = u32::try_from(SILENCE.as_millis()).unwrap_or(u32::MAX);
    Ok(rustix::net::sockopt::set_tcp_user_timeout(stream, millis)?)
}
