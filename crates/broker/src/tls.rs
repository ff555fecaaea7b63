//! TLS for devices: a client certificate or nothing.
//!
//! What the broker shows and whom it believes can change while it runs. New
//! connections meet the change at once; those that are up are judged again
//! when the authorities change.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// Why the broker cannot show itself with a chain and a key.
#[derive(Debug, thiserror::Error)]
#[error("the broker's certificate or key cannot be used")]
pub struct IdentityError(#[from] rustls::Error);

/// Why authorities cannot be believed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// One is not a usable certificate.
    #[error("a client CA certificate cannot be used")]
    ClientCa(#[source] rustls::Error),
    /// There is none, or one cannot verify.
    #[error("client certificates cannot be verified with these CAs")]
    Verifier(#[source] rustls::server::VerifierBuilderError),
}

/// The broker's side of TLS.
pub(crate) struct Tls {
    current: RwLock<Current>,
    trust: watch::Sender<()>,
}

struct Current {
    shown: Arc<CertifiedKey>,
    verifier: Arc<dyn ClientCertVerifier>,
    config: Arc<ServerConfig>,
}

/// A certificate that was believed when its connection came about.
pub(crate) struct Believed {
    chain: Vec<CertificateDer<'static>>,
    tls: Arc<Tls>,
    changes: watch::Receiver<()>,
}

impl Tls {
    pub(crate) fn new(shown: Arc<CertifiedKey>, verifier: Arc<dyn ClientCertVerifier>) -> Self {
        let config = config(&shown, &verifier);
        let current = RwLock::new(Current { shown, verifier, config });
        Self { current, trust: watch::Sender::new(()) }
    }

    /// Shows another certificate to connections to come.
    pub(crate) fn show(&self, shown: Arc<CertifiedKey>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        current.config = config(&shown, &current.verifier);
        current.shown = shown;
    }

    /// Believes other authorities, and has the connections that are up judged
    /// by them.
    pub(crate) fn believe(&self, verifier: Arc<dyn ClientCertVerifier>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        current.config = config(&current.shown, &verifier);
        current.verifier = verifier;
        drop(current);
        self.trust.send_replace(());
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current.config))
    }

    /// To be asked before a handshake, so that no change during it is missed.
    pub(crate) fn watch(&self) -> watch::Receiver<()> {
        self.trust.subscribe()
    }

    fn believes(&self, chain: &[CertificateDer<'static>]) -> bool {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let verifier = Arc::clone(&current.verifier);
        drop(current);
        let Some((own, above)) = chain.split_first() else { return false };
        verifier.verify_client_cert(own, above, UnixTime::now()).is_ok()
    }
}

impl Believed {
    pub(crate) fn new(
        chain: Vec<CertificateDer<'static>>,
        tls: Arc<Tls>,
        changes: watch::Receiver<()>,
    ) -> Self {
        Self { chain, tls, changes }
    }

    /// Returns when the certificate is believed no more. May be dropped at any
    /// await.
    pub(crate) async fn until_doubted(&mut self) {
        while self.changes.changed().await.is_ok() {
            if !self.tls.believes(&self.chain) {
                return;
            }
        }
    }
}

/// Reads what the broker is to show, and sees that chain and key belong
/// together.
pub(crate) fn shown(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<CertifiedKey>, IdentityError> {
    let provider = rustls::crypto::ring::default_provider();
    Ok(Arc::new(CertifiedKey::from_der(chain, key, &provider)?))
}

/// Makes the judge of clients' certificates.
pub(crate) fn verifier(
    cas: Vec<CertificateDer<'static>>,
) -> Result<Arc<dyn ClientCertVerifier>, TrustError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for ca in cas {
        roots.add(ca).map_err(TrustError::ClientCa)?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(TrustError::Verifier)
}

/// TLS 1.3 is preferred; 1.2 remains for the small libraries that devices are
/// built with.
///
/// Sessions are not resumed: each connection shows its certificate, so that
/// taking a CA away holds for whoever was connected before, too.
fn config(shown: &Arc<CertifiedKey>, verifier: &Arc<dyn ClientCertVerifier>) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the suites of both versions")
        .with_client_cert_verifier(Arc::clone(verifier))
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(shown))));
    tls.session_storage = Arc::new(NoServerSessionStorage {});
    tls.send_tls13_tickets = 0;
    Arc::new(tls)
}
