//! The authority itself: made once, sealed, opened at each start.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use rand::TryRngCore;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
    SigningKey,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry;
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroize;

use super::names::{Bounds, HubNames};
use super::sealed::{self, Purpose, SealError};
use crate::keys::CaSealingKey;
use crate::state_dir::{HubId, PrivateFileError, StateDir, create_new};

/// Twenty years: longer than the locks live, since replacing the authority means
/// touching every device.
const AUTHORITY_DAYS: u32 = 20 * 365 + 5;

/// The number of a hub's first authority.
const FIRST: u32 = 1;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The hub's certificate authority, able to sign.
pub struct Authority {
    issuer: Issuer<'static, ZeroizedKeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
    bounds: Bounds,
    hub: HubId,
    number: u32,
    domain: String,
    not_before: Timestamp,
    expires: Timestamp,
}

/// Why the authority could not be made, opened or used.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// No randomness.
    #[error("the system has no randomness to give")]
    Randomness(#[source] io::Error),
    /// A certificate could not be made.
    #[error("could not make a certificate")]
    Make(#[from] rcgen::Error),
    /// A private key could not be sealed or opened.
    #[error("could not open {path}")]
    Seal {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SealError,
    },
    /// A file cannot be read.
    #[error("could not read {path}: put it back from a backup")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] PrivateFileError),
    /// A file is not what was written, or its key belongs to another certificate.
    #[error("{path} is damaged or does not fit its key: put both back from the same backup")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A device behind a bridge has no certificate: its bridge has.
    #[error("a device behind a bridge uses its bridge's certificate: enrol the bridge")]
    BehindBridge,
    /// None of the hub's names may stand in a certificate.
    #[error("none of this hub's names and addresses is private: give it a private address")]
    NoNames,
}

impl Authority {
    /// Makes the first authority for a hub on a machine of that name.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn create(
        hub: &HubId,
        host_name: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, AuthorityError> {
        Self::create_numbered(FIRST, hub, host_name, now)
    }

    /// Makes the authority that follows this one: of the same hub, with a key and a
    /// subject of its own, so that no verifier takes the one for the other.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn create_successor(
        &self,
        host_name: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, AuthorityError> {
        Self::create_numbered(self.number.saturating_add(1), &self.hub, host_name, now)
    }

    fn create_numbered(
        number: u32,
        hub: &HubId,
        host_name: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, AuthorityError> {
        let key = ZeroizedKeyPair::generate()?;
        let bounds = Bounds::for_host(host_name);
        let mut params = leaf_params(now, AUTHORITY_DAYS)?;
        params.distinguished_name.push(DnType::CommonName, subject(number, hub));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.custom_extensions = vec![constraints_extension(&bounds, &key)?];
        let certificate = params.self_signed(&key)?;
        let pem = certificate.pem();
        let certificate = certificate.der().clone();
        Self::assemble(certificate, pem, key)
            .ok_or(AuthorityError::Make(rcgen::Error::CouldNotParseCertificate))
    }

    /// Writes the authority into a fresh state folder, its key sealed.
    ///
    /// # Errors
    /// If a file exists or the system refuses.
    pub fn save_new(&self, state: &StateDir, key: &CaSealingKey) -> Result<(), AuthorityError> {
        self.save_at(&Paths::of(state), key)
    }

    pub(super) fn save_at(&self, paths: &Paths, key: &CaSealingKey) -> Result<(), AuthorityError> {
        let sealed = sealed::seal(key, Purpose::AuthorityKey, self.issuer.key().expose_der())
            .map_err(|source| AuthorityError::Seal { path: paths.key.clone(), source })?;
        create_new(&paths.key, &sealed)?;
        create_new(&paths.certificate, self.pem.as_bytes())?;
        Ok(())
    }

    /// Opens the authority of an unlocked hub.
    ///
    /// # Errors
    /// If a file is missing, damaged, or does not belong to the other.
    pub fn open(state: &StateDir, key: &CaSealingKey) -> Result<Self, AuthorityError> {
        Self::open_at(Paths::of(state), key)
    }

    pub(super) fn open_at(paths: Paths, key: &CaSealingKey) -> Result<Self, AuthorityError> {
        let Paths { certificate: path, key: key_path } = paths;
        let pem = std::fs::read_to_string(&path)
            .map_err(|source| AuthorityError::Read { path: path.clone(), source })?;
        let sealed = std::fs::read(&key_path)
            .map_err(|source| AuthorityError::Read { path: key_path.clone(), source })?;
        let der = sealed::open(key, Purpose::AuthorityKey, &sealed)
            .map_err(|source| AuthorityError::Seal { path: key_path, source })?;
        let damaged = || AuthorityError::Damaged { path: path.clone() };
        let key = ZeroizedKeyPair::from_der(der.expose_secret()).map_err(|_| damaged())?;
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| damaged())?;
        Self::assemble(certificate, pem, key).ok_or_else(damaged)
    }

    /// The authority's certificate: what devices and phones trust.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The same as PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The SHA-256 of the certificate, for the pairing code.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.certificate).into()
    }

    /// Which of the hub's authorities it is; the first is 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// When it ends, and with it all that it has issued.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// The domain under which this hub's devices have their certificates' names.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Which of a hub's names and addresses its certificate may bear.
    #[must_use]
    pub fn vouched(&self, names: &HubNames) -> HubNames {
        names.split(&self.bounds).0
    }

    /// The authority's private key, for tests that look where it must not be.
    #[cfg(test)]
    pub(crate) fn expose_der(&self) -> &[u8] {
        self.issuer.key().expose_der()
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    pub(super) fn issuer(&self) -> &Issuer<'static, impl SigningKey> {
        &self.issuer
    }

    /// A certificate is never issued for a time before the authority's own: a clock
    /// that says so lost its battery.
    fn no_earlier(&self, now: Timestamp) -> Timestamp {
        now.max(self.not_before)
    }

    /// Puts the parts together, or nothing if the key is not the certificate's.
    fn assemble(
        certificate: CertificateDer<'static>,
        pem: String,
        key: ZeroizedKeyPair,
    ) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(&certificate).ok()?;
        if parsed.public_key().raw != key.subject_public_key_info() {
            return None;
        }
        let bounds = Bounds::from_endings(permitted_names(&parsed));
        let subject = parsed.subject().iter_common_name().next()?.as_str().ok()?;
        let (number, hub) = read_subject(subject)?;
        let not_before = Timestamp::from_second(parsed.validity().not_before.timestamp()).ok()?;
        let expires = Timestamp::from_second(parsed.validity().not_after.timestamp()).ok()?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key).ok()?;
        let domain = format!("{hub}.doorward.internal");
        Some(Self { issuer, certificate, pem, bounds, hub, number, domain, not_before, expires })
    }
}

/// What an authority is called in certificates.
fn subject(number: u32, hub: &HubId) -> String {
    format!("Doorward authority {number} of hub {hub}")
}

fn read_subject(text: &str) -> Option<(u32, HubId)> {
    let (number, hub) = text.strip_prefix("Doorward authority ")?.split_once(" of hub ")?;
    Some((number.parse().ok()?, HubId::try_from(hub.to_owned()).ok()?))
}

/// The name constraints, not marked critical.
///
/// RFC 5280 wants them critical, and then Mbed TLS, which is what an ESP32 has,
/// refuses the whole authority: it does not know them. The verifiers against which
/// they are meant (browsers, OpenSSL, rustls) obey them marked or not, and a device
/// that ignores them talks to the hub alone.
///
/// rcgen writes them critical only; their encoding is taken from a certificate that
/// goes no further.
fn constraints_extension(
    bounds: &Bounds,
    key: &ZeroizedKeyPair,
) -> Result<CustomExtension, AuthorityError> {
    let mut params = CertificateParams::default();
    params.name_constraints = Some(bounds.constraints());
    let draft = params.self_signed(key)?;
    let unreadable = || AuthorityError::Make(rcgen::Error::CouldNotParseCertificate);
    let (_, parsed) = X509Certificate::from_der(draft.der()).map_err(|_| unreadable())?;
    let oid = oid_registry::OID_X509_EXT_NAME_CONSTRAINTS;
    let found = parsed.extensions().iter().find(|extension| extension.oid == oid);
    let content = found.ok_or_else(unreadable)?.value.to_vec();
    Ok(CustomExtension::from_oid_content(&[2, 5, 29, 30], content))
}

fn permitted_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(constraints)) = certificate.name_constraints() else {
        return Vec::new();
    };
    let permitted = constraints.value.permitted_subtrees.iter().flatten();
    permitted
        .filter_map(|subtree| match &subtree.base {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(_)
            | GeneralName::OtherName(..)
            | GeneralName::RFC822Name(_)
            | GeneralName::X400Address(_)
            | GeneralName::DirectoryName(_)
            | GeneralName::EDIPartyName(_)
            | GeneralName::URI(_)
            | GeneralName::RegisteredID(_)
            | GeneralName::Invalid(..) => None,
        })
        .collect()
}

/// Parameters of a certificate that an authority issues: it ends with it at the latest.
pub(super) fn issued_params(
    authority: &Authority,
    now: Timestamp,
    days: u32,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = leaf_params(authority.no_earlier(now), days)?;
    let last = u64::try_from(authority.expires.as_second()).unwrap_or(0);
    params.not_after =
        params.not_after.min(rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(last));
    Ok(params)
}

/// Parameters that every certificate of a hub shares. Validity starts a day early,
/// because the clock of a device that has just been switched on may be behind.
pub(super) fn leaf_params(now: Timestamp, days: u32) -> Result<CertificateParams, AuthorityError> {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let start = epoch + Duration::from_secs(seconds).saturating_sub(DAY);
    let mut params = CertificateParams::default();
    params.not_before = start;
    params.not_after = start + DAY * days;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.serial_number = Some(serial()?);
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// 127 random bits (RFC 5280 allows 20 bytes, positive).
fn serial() -> Result<SerialNumber, AuthorityError> {
    let mut bytes = [0_u8; 16];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| AuthorityError::Randomness(io::Error::other(error)))?;
    let positive = u128::from_be_bytes(bytes) >> 1 | 1;
    Ok(SerialNumber::from_slice(&positive.to_be_bytes()))
}

/// Where an authority lies in a state folder.
pub(super) struct Paths {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

impl Paths {
    pub(super) fn of(state: &StateDir) -> Self {
        let folder = state.ca();
        Self { certificate: folder.join("ca.pem"), key: folder.join("ca.key.sealed") }
    }

    /// Where the authority lies that follows another, until that one is retired.
    pub(super) fn of_next(state: &StateDir) -> Self {
        let folder = state.ca();
        Self { certificate: folder.join("ca-next.pem"), key: folder.join("ca-next.key.sealed") }
    }
}

/// A P-256 key pair whose written form is wiped when it goes.
pub(super) struct ZeroizedKeyPair(KeyPair);

impl ZeroizedKeyPair {
    pub(super) fn generate() -> Result<Self, rcgen::Error> {
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map(Self)
    }

    pub(super) fn from_der(pkcs8: &[u8]) -> Result<Self, rcgen::Error> {
        let der = PrivatePkcs8KeyDer::from(pkcs8);
        KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ECDSA_P256_SHA256).map(Self)
    }

    pub(super) fn expose_der(&self) -> &[u8] {
        self.0.serialized_der()
    }

    pub(super) fn expose_pem(&self) -> secrecy::SecretString {
        self.0.serialize_pem().into()
    }
}

impl Drop for ZeroizedKeyPair {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl PublicKeyData for ZeroizedKeyPair {
    fn der_bytes(&self) -> &[u8] {
        self.0.der_bytes()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        PublicKeyData::algorithm(&self.0)
    }
}

impl SigningKey for ZeroizedKeyPair {
    fn sign(&self, msg: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.0.sign(msg)
    }
}

/// Reads the names that a certificate stands for.
pub(super) fn subject_names(certificate: &X509Certificate<'_>) -> HubNames {
    let mut names = HubNames::default();
    for extension in certificate.extensions() {
        if let ParsedExtension::SubjectAlternativeName(san) = extension.parsed_extension() {
            for name in &san.general_names {
                add_general_name(&mut names, name);
            }
        }
    }
    names
}

fn add_general_name(names: &mut HubNames, name: &GeneralName<'_>) {
    if let GeneralName::DNSName(name) = name {
        names.add_name(name);
    }
    if let GeneralName::IPAddress(bytes) = name {
        if let Ok(v4) = <[u8; 4]>::try_from(*bytes) {
            names.add_address(v4.into());
        } else if let Ok(v6) = <[u8; 16]>::try_from(*bytes) {
            names.add_address(v6.into());
        }
    }
}
