//! What a broker is started with.

use std::net::SocketAddr;

use doorward_core::network::HomeNetworks;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::limits::Limits;
use crate::retained::RetainedMessage;
use crate::tls::{IdentityError, TrustError};

/// What a broker needs to start.
pub struct BrokerConfig {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where to listen without TLS, for devices that are enrolled with a
    /// password; see [`crate::Broker::listen_plain`].
    pub plain: Option<SocketAddr>,
    /// The broker's own certificate, then the chain up to its CA.
    pub server_chain: Vec<CertificateDer<'static>>,
    /// The key of the first certificate of `server_chain`.
    pub server_key: PrivateKeyDer<'static>,
    /// The CAs whose client certificates are believed; two during a rollover.
    pub client_cas: Vec<CertificateDer<'static>>,
    /// What devices had retained in an earlier run. Told to whoever subscribes
    /// and never to the hub, which hears only what is said to this broker.
    /// What is no longer granted to its device is forgotten.
    pub retained: Vec<RetainedMessage>,
    /// From where anybody may connect; whoever comes from elsewhere is turned away
    /// before the handshake.
    pub home: HomeNetworks,
    /// How much anybody may take.
    pub limits: Limits,
}

/// Why a broker does not listen without TLS.
#[derive(Debug, thiserror::Error)]
pub enum ListenPlainError {
    /// It does already, elsewhere or there.
    #[error("devices without TLS are listened to already, on {0}")]
    Already(SocketAddr),
    /// The address could not be listened on.
    #[error("could not listen for devices without TLS on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Why a broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address could not be listened on.
    #[error("could not listen for devices on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The chain and the key do not make a TLS server.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The client CAs cannot be believed.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The address without TLS could not be listened on.
    #[error(transparent)]
    Plain(#[from] ListenPlainError),
    /// The router did not come up.
    #[error("the message router did not start")]
    Router,
}
