//! The certificate that listeners show, which can change while they run.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::sync::watch;
use tracing::error;

use super::names::HubNames;
use super::server::ServerCredential;

/// The hub's certificate, as listeners show it; clones show the same.
///
/// Connections to come meet a change at once; those that are up keep what they were
/// shown.
#[derive(Clone)]
pub struct Shown(Arc<RwLock<Current>>);

struct Current {
    key: Arc<CertifiedKey>,
    names: Arc<HubNames>,
}

impl Shown {
    /// Shows a certificate.
    ///
    /// # Errors
    /// If TLS cannot use its key.
    pub fn new(credential: &ServerCredential) -> Result<Self, rustls::Error> {
        Ok(Self(Arc::new(RwLock::new(Current::of(credential)?))))
    }

    /// Shows each certificate as it comes, until no more can come.
    pub async fn follow(self, mut server: watch::Receiver<Arc<ServerCredential>>) {
        while server.changed().await.is_ok() {
            let credential = Arc::clone(&server.borrow_and_update());
            match Current::of(&credential) {
                Ok(current) => *self.0.write().unwrap_or_else(PoisonError::into_inner) = current,
                Err(error) => error!(%error, "phones cannot be shown the hub's certificate"),
            }
        }
    }

    /// The names and addresses for which the certificate that is shown stands.
    #[must_use]
    pub fn names(&self) -> Arc<HubNames> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).names)
    }
}

impl Current {
    fn of(credential: &ServerCredential) -> Result<Self, rustls::Error> {
        let provider = rustls::crypto::ring::default_provider();
        let key = CertifiedKey::from_der(credential.chain(), credential.expose_key(), &provider)?;
        Ok(Self { key: Arc::new(key), names: Arc::new(credential.names().clone()) })
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shown").field(&self.names()).finish()
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).key))
    }
}
