//! The name of a key: SHA-256 over its subject public key info.
//!
//! A renewed certificate may keep its key, and then it keeps its place in the
//! registry; a new key is a new enrolment.

use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

/// SHA-256 over a DER-encoded `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyFingerprint([u8; 32]);

/// A certificate that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the certificate is not DER-encoded X.509")]
pub struct CertificateError;

impl KeyFingerprint {
    /// Takes a fingerprint as it was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Computes the fingerprint of a DER-encoded `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn of_public_key(spki_der: &[u8]) -> Self {
        Self(Sha256::digest(spki_der).into())
    }

    /// Computes the fingerprint of the key in a DER-encoded certificate.
    ///
    /// # Errors
    /// When the bytes are not a certificate.
    pub fn of_certificate(der: &[u8]) -> Result<Self, CertificateError> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_| CertificateError)?;
        Ok(Self::of_public_key(certificate.public_key().raw))
    }

    /// Returns the fingerprint's bytes, to store them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Display for KeyFingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for KeyFingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
