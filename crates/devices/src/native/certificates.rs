//! How a device of our own dialect has its certificate renewed.
//!
//! Only the words are here: whether a request is granted is for whoever holds the
//! authority.

use doorward_core::ids::DeviceName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::speech::{Malformed, Outgoing, Unwritable, outgoing};
use crate::{CertificateRequest, parse};

/// The topic of a request, below the device's own.
pub(super) const REQUEST: &str = "cert/request";

/// What a device is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// Its certificate, PEM.
    pub certificate_pem: String,
    /// The authorities to trust from here on, PEM, one after the other.
    pub ca_pem: String,
    /// When the certificate ends.
    pub until: Timestamp,
}

/// Why a device is given none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateRefused {
    /// Its certificate is not that old.
    TooEarly,
    /// It is no signing request.
    NotARequest,
    /// It was not signed with the key that it is for.
    BadSignature,
    /// The hub takes no keys of this kind.
    KeyKind,
    /// Some device has the key, or had it.
    KeyUsed,
    /// The hub could not, and may be able to later.
    TryLater,
}

#[derive(Deserialize)]
struct Request {
    csr: String,
}

#[derive(Serialize)]
struct Issued<'a> {
    certificate: &'a str,
    ca: &'a str,
    until: String,
}

#[derive(Serialize)]
struct Refused {
    reason: &'static str,
}

#[derive(Serialize)]
struct Renew {
    until: String,
}

pub(super) fn read(text: &str) -> Result<CertificateRequest, Malformed> {
    let Request { csr } = parse::object(text)?;
    Ok(CertificateRequest { csr })
}

/// Hands a device its certificate.
///
/// # Errors
/// If the device's topic breaks a rule of topics.
pub fn certificate_issued(
    device: &DeviceName,
    issued: &IssuedCertificate,
) -> Result<Outgoing, Unwritable> {
    let IssuedCertificate { certificate_pem, ca_pem, until } = issued;
    let message = Issued { certificate: certificate_pem, ca: ca_pem, until: second(*until) };
    outgoing(&topic(device, "issued"), &message)
}

/// Tells a device why it is given no certificate.
///
/// # Errors
/// If the device's topic breaks a rule of topics.
pub fn certificate_refused(
    device: &DeviceName,
    why: CertificateRefused,
) -> Result<Outgoing, Unwritable> {
    let reason = match why {
        CertificateRefused::TooEarly => "too_early",
        CertificateRefused::NotARequest => "not_a_request",
        CertificateRefused::BadSignature => "bad_signature",
        CertificateRefused::KeyKind => "key_kind",
        CertificateRefused::KeyUsed => "key_used",
        CertificateRefused::TryLater => "try_later",
    };
    outgoing(&topic(device, "refused"), &Refused { reason })
}

/// Tells a device that it is time, to be retained; `None` takes that back.
///
/// # Errors
/// If the device's topic breaks a rule of topics.
pub fn certificate_to_renew(
    device: &DeviceName,
    until: Option<Timestamp>,
) -> Result<Outgoing, Unwritable> {
    let topic = topic(device, "renew");
    match until {
        Some(until) => outgoing(&topic, &Renew { until: second(until) }),
        None => Ok(Outgoing { payload: Vec::new(), ..outgoing(&topic, &())? }),
    }
}

fn topic(device: &DeviceName, word: &str) -> String {
    format!("doorward/{device}/cert/{word}")
}

/// Whole seconds, rounded down: simpler to read on a small chip.
fn second(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
