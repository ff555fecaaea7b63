//! Believing one authority, known by its fingerprint.
//!
//! The hub sends its authority's certificate with its own. At the first meeting that certificate is
//! taken if its SHA-256 is the one of the pairing link, and then does what a root does: it has to
//! vouch for the hub's certificate and address. From then on it is the only root.

use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use sha2::{Digest, Sha256};

/// SHA-256 of an authority's certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint(pub(crate) [u8; 32]);

impl Fingerprint {
    /// That of a certificate.
    pub(crate) fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }

    /// Its first half, in hex: as many bits as nobody meets twice.
    pub(crate) fn short(&self) -> String {
        let (half, _) = self.0.split_at(16);
        half.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The first meeting with a hub.
#[derive(Debug)]
pub(crate) struct Introduction {
    expected: [u8; 32],
    provider: Arc<CryptoProvider>,
    met: OnceLock<Vec<u8>>,
}

impl Introduction {
    /// To the hub that this authority vouches for.
    pub(crate) fn to(expected: Fingerprint) -> Self {
        Self { expected: expected.0, provider: provider(), met: OnceLock::new() }
    }

    /// The authority, once a handshake has shown it.
    pub(crate) fn met(&self) -> Option<Vec<u8>> {
        self.met.get().cloned()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// What TLS does at the first meeting.
pub(crate) fn introduced_by(introduction: Arc<Introduction>) -> ClientConfig {
    let tls = ClientConfig::builder_with_provider(provider());
    let tls = tls.with_safe_default_protocol_versions().expect("ring has both versions");
    tls.dangerous().with_custom_certificate_verifier(introduction).with_no_client_auth()
}

/// What TLS does from then on.
///
/// # Errors
/// If that is no certificate.
pub(crate) fn believing(authority: &[u8]) -> Result<ClientConfig, Error> {
    let tls =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(tls.with_root_certificates(roots(authority)?).with_no_client_auth())
}

fn roots(authority: &[u8]) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority))?;
    Ok(roots)
}

impl ServerCertVerifier for Introduction {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let authority = intermediates
            .iter()
            .find(|one| Fingerprint::of(one).0 == self.expected)
            .ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let root = Arc::new(roots(authority)?);
        let verifier =
            WebPkiServerVerifier::builder_with_provider(root, Arc::clone(&self.provider));
        let verifier = verifier.build().map_err(|error| Error::General(error.to_string()))?;
        let verified = verifier.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )?;
        // The same one every time, if there are several addresses.
        drop(self.met.set(authority.to_vec()));
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
