//! TLS for devices: a client certificate or nothing.

use std::sync::Arc;

use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::config::{BrokerConfig, StartError};

/// Makes the acceptor. TLS 1.3 is preferred; 1.2 remains for the small
/// libraries that devices are built with.
///
/// Sessions are not resumed: each connection shows its certificate, so that
/// taking a CA away holds for whoever was connected before, too.
pub(crate) fn acceptor(config: &BrokerConfig) -> Result<TlsAcceptor, StartError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for ca in &config.client_cas {
        roots.add(ca.clone()).map_err(StartError::ClientCa)?;
    }
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(StartError::Verifier)?;
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(StartError::Identity)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(config.server_chain.clone(), config.server_key.clone_key())
        .map_err(StartError::Identity)?;
    tls.session_storage = Arc::new(NoServerSessionStorage {});
    tls.send_tls13_tickets = 0;
    Ok(TlsAcceptor::from(Arc::new(tls)))
}
