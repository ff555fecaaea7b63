//! Certificates for devices that make their own keys.
//!
//! A signing request (PKCS #10, RFC 2986) proves that whoever made it has the key,
//! and nothing else. Names, usages and extensions that it asks for are not even
//! looked at: what a certificate says is the hub's to say.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use doorward_broker::{CertificateError, KeyFingerprint};
use doorward_core::ids::DeviceName;
use jiff::Timestamp;
use rcgen::SubjectPublicKeyInfo;
use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_SIG_ED25519};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo as ParsedKey;

use super::authority::{Authority, AuthorityError};
use super::device::device_params;

/// The largest request that is read; those of RSA keys have about a tenth of it.
pub const MAX_REQUEST_BYTES: usize = 16 * 1024;

/// RSA keys of fewer bits are within reach of whoever can pay for it.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A request whose signature was checked: the public key of a device that has the
/// private one.
pub struct SigningRequest {
    key: SubjectPublicKeyInfo,
}

/// Why a text is no request that can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Too long to be one.
    #[error("a signing request has at most 16 KiB")]
    TooLarge,
    /// Not a request in PEM.
    #[error("this is no signing request: the file begins with -----BEGIN CERTIFICATE REQUEST-----")]
    Format,
    /// Its signature does not fit its key.
    #[error("the request is not signed with the key that it is for: make it anew")]
    Signature,
    /// A kind of key that the hub does not take.
    #[error("the key must be EC P-256, Ed25519, or RSA with 2048 to 8192 bits")]
    Key,
}

/// A certificate for a key that the hub has never seen.
pub struct IssuedCertificate {
    /// The certificate, PEM.
    pub pem: String,
    /// The fingerprint by which the broker recognises the device.
    pub fingerprint: KeyFingerprint,
    /// When the certificate ends.
    pub expires: Timestamp,
}

/// Why no certificate was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The authority could not make it.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// What the authority made cannot be read.
    #[error("the certificate that was made cannot be read")]
    Unreadable(#[from] CertificateError),
}

impl SigningRequest {
    /// Reads a request and checks that it was signed with the key that it is for.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(pem: &str) -> Result<Self, RequestError> {
        if pem.len() > MAX_REQUEST_BYTES {
            return Err(RequestError::TooLarge);
        }
        let der = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| RequestError::Format)?;
        Self::parse_der(&der)
    }

    /// The same for a request in PEM, or in base64 of its DER, which is what small
    /// libraries make.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse_any(text: &str) -> Result<Self, RequestError> {
        if text.trim_start().starts_with("-----BEGIN") {
            return Self::parse(text);
        }
        if text.len() > MAX_REQUEST_BYTES {
            return Err(RequestError::TooLarge);
        }
        let der = BASE64_STANDARD.decode(text.trim()).map_err(|_| RequestError::Format)?;
        Self::parse_der(&der)
    }

    fn parse_der(der: &[u8]) -> Result<Self, RequestError> {
        let (rest, request) =
            X509CertificationRequest::from_der(der).map_err(|_| RequestError::Format)?;
        if !rest.is_empty() {
            return Err(RequestError::Format);
        }
        let public = &request.certification_request_info.subject_pki;
        check_key(public)?;
        request.verify_signature().map_err(|_| RequestError::Signature)?;
        let key = SubjectPublicKeyInfo::from_der(public.raw).map_err(|_| RequestError::Key)?;
        Ok(Self { key })
    }
}

impl Authority {
    /// Issues a certificate for a device that keeps its key to itself: the same as
    /// for any other device, but for the key.
    ///
    /// # Errors
    /// [`AuthorityError::BehindBridge`] for a device that has no connection of its
    /// own.
    pub fn issue_requested(
        &self,
        name: &DeviceName,
        request: &SigningRequest,
        now: Timestamp,
    ) -> Result<IssuedCertificate, IssueError> {
        let (params, expires) = device_params(self, name, now)?;
        let made = params.signed_by(&request.key, self.issuer()).map_err(AuthorityError::Make)?;
        let fingerprint = KeyFingerprint::of_certificate(made.der())?;
        Ok(IssuedCertificate { pem: made.pem(), fingerprint, expires })
    }
}

fn check_key(key: &ParsedKey<'_>) -> Result<(), RequestError> {
    let algorithm = &key.algorithm;
    let good = if algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY {
        let curve = algorithm.parameters.as_ref().and_then(|named| named.as_oid().ok());
        curve.is_some_and(|curve| curve == OID_EC_P256)
    } else if algorithm.algorithm == OID_SIG_ED25519 {
        true
    } else {
        matches!(key.parsed(), Ok(PublicKey::RSA(rsa)) if RSA_BITS.contains(&bits(rsa.modulus)))
    };
    if good { Ok(()) } else { Err(RequestError::Key) }
}

/// The length of a number, without the zeros before it.
fn bits(number: &[u8]) -> usize {
    let mut digits = number.iter().skip_while(|byte| **byte == 0);
    let first = digits.next().map_or(0, |byte| 8 - byte.leading_zeros() as usize);
    first + 8 * digits.count()
}
