//! Where devices and the hub meet: the hub's own broker, or another one that the
//! house has already.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use doorward_broker::{
    Broker, BrokerAddress, Credentials, HubLink, Limits, OtherBroker, OtherBrokerConfig, Registry,
    Stats,
};
use doorward_core::network::HomeNetworks;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tracing::info;

use crate::state_dir::HubId;

/// The longest file of certificates that is read.
const MAX_PEM_BYTES: u64 = 256 * 1024;

/// Another broker, as the owner named it.
#[derive(Debug, Clone)]
pub struct OtherBrokerFiles {
    /// Where it is.
    pub address: BrokerAddress,
    /// The authorities that may vouch for it, PEM.
    pub authorities: PathBuf,
    /// The certificate that the hub shows, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
}

/// The broker in use.
pub(super) enum Exchange {
    /// The hub's own.
    Own(Arc<Broker>),
    /// Somebody else's.
    Other {
        /// The hub's connection to it.
        broker: OtherBroker,
        /// Whom a device has to trust there, PEM.
        authorities_pem: String,
    },
}

impl Exchange {
    /// Begins to connect to another broker.
    pub(super) fn other(
        files: &OtherBrokerFiles,
        hub: &HubId,
        home: HomeNetworks,
        registry: Registry,
    ) -> anyhow::Result<(Self, HubLink)> {
        let authorities_pem = read(&files.authorities)?;
        let config = OtherBrokerConfig {
            address: files.address.clone(),
            authorities: certificates(authorities_pem.as_bytes())
                .with_context(|| unusable(&files.authorities))?,
            credentials: Credentials {
                chain: certificates(read(&files.certificate)?.as_bytes())
                    .with_context(|| unusable(&files.certificate))?,
                key: PrivateKeyDer::from_pem_file(&files.key)
                    .with_context(|| unusable(&files.key))?,
            },
            client_id: format!("doorward-{hub}"),
            home,
            limits: Limits::default(),
        };
        let (broker, link) = OtherBroker::start(config, registry)?;
        info!(address = %broker.address(), "devices and the hub meet at this broker");
        Ok((Self::Other { broker, authorities_pem }, link))
    }

    /// Returns the hub's own broker, if it runs.
    pub(super) fn own(&self) -> Option<&Arc<Broker>> {
        match self {
            Self::Own(broker) => Some(broker),
            Self::Other { .. } => None,
        }
    }

    /// Returns the connection to somebody else's broker.
    pub(super) fn elsewhere(&self) -> Option<&OtherBroker> {
        match self {
            Self::Own(_) => None,
            Self::Other { broker, .. } => Some(broker),
        }
    }

    /// Returns whom devices have to trust there, if not the hub's own authority.
    pub(super) fn other_authorities(&self) -> Option<&str> {
        match self {
            Self::Own(_) => None,
            Self::Other { authorities_pem, .. } => Some(authorities_pem),
        }
    }

    /// Returns the address at which the hub itself listens for devices.
    pub(super) fn listens(&self) -> Option<SocketAddr> {
        match self {
            Self::Own(broker) => Some(broker.local_addr()),
            Self::Other { .. } => None,
        }
    }

    /// Returns the address at which the hub listens for devices without TLS, if it does.
    pub(super) fn listens_plain(&self) -> Option<SocketAddr> {
        self.own().and_then(|broker| broker.plain_addr())
    }

    /// Returns where devices connect.
    pub(super) fn address(&self) -> String {
        match self {
            Self::Own(broker) => broker.local_addr().to_string(),
            Self::Other { broker, .. } => broker.address().socket().to_string(),
        }
    }

    /// Returns where devices connect: hosts, the likeliest to work first, and the
    /// port. `own` names the hub's.
    pub(super) fn hosts(&self, own: impl FnOnce(IpAddr) -> Vec<String>) -> (Vec<String>, u16) {
        match self {
            Self::Own(broker) => {
                let address = broker.local_addr();
                (own(address.ip()), address.port())
            }
            Self::Other { broker, .. } => {
                let address = broker.address();
                (vec![address.host().to_owned()], address.socket().port())
            }
        }
    }

    /// Returns what the hub's own broker counted: nothing, if it does not run.
    pub(super) fn stats(&self) -> Stats {
        match self {
            Self::Own(broker) => broker.stats(),
            Self::Other { .. } => Stats::default(),
        }
    }

    /// Makes the message router panic. Another broker's is not ours to break.
    #[cfg(debug_assertions)]
    pub(super) async fn provoke_router_panic(&self) {
        match self {
            Self::Own(broker) => broker.provoke_router_panic().await,
            Self::Other { .. } => {}
        }
    }

    /// Takes leave of whoever is connected.
    pub(super) async fn stop(self) {
        match self {
            Self::Own(broker) => broker.stop().await,
            Self::Other { broker, .. } => broker.stop().await,
        }
    }
}

/// Reads certificates, at least one.
pub(super) fn certificates(pem: &[u8]) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>()?;
    anyhow::ensure!(!all.is_empty(), "it holds no certificate");
    Ok(all)
}

fn read(path: &Path) -> anyhow::Result<String> {
    let size = std::fs::metadata(path).with_context(|| unreadable(path))?.len();
    anyhow::ensure!(size <= MAX_PEM_BYTES, "{} is too long for certificates", path.display());
    std::fs::read_to_string(path).with_context(|| unreadable(path))
}

fn unreadable(path: &Path) -> String {
    format!("could not read {}", path.display())
}

fn unusable(path: &Path) -> String {
    format!("{} is not the PEM file it should be", path.display())
}
