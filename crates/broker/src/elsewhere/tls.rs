//! TLS towards another broker: its name vouched for by the authorities that the
//! owner gave, and by nobody else.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// What a client shows to be let in.
pub struct Credentials {
    /// The client's certificate, then the chain up to its authority.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of the first certificate of `chain`.
    pub key: PrivateKeyDer<'static>,
}

/// Why no TLS client could be made of what was given.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// No authority was given.
    #[error("no authority is given that vouches for the broker")]
    NoAuthority,
    /// An authority cannot be used.
    #[error("an authority's certificate cannot be used")]
    Authority(#[source] rustls::Error),
    /// The certificate and the key do not make a client.
    #[error("the client's certificate and key cannot be used together")]
    Client(#[source] rustls::Error),
}

/// Makes a client. Sessions are not resumed, so that each connection is judged
/// by the certificates of its own time.
pub(super) fn client(
    authorities: &[CertificateDer<'static>],
    credentials: &Credentials,
) -> Result<Arc<ClientConfig>, CredentialsError> {
    if authorities.is_empty() {
        return Err(CredentialsError::NoAuthority);
    }
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.clone()).map_err(CredentialsError::Authority)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(CredentialsError::Client)?
        .with_root_certificates(roots)
        .with_client_auth_cert(credentials.chain.clone(), credentials.key.clone_key())
        .map_err(CredentialsError::Client)?;
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}
