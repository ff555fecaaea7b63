//! The hub's own certificate, for its MQTT and HTTPS ports.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use rcgen::{DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, PublicKeyData, SanType};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::ExposeSecret;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::authority::{Authority, AuthorityError, ZeroizedKeyPair, issued_params, subject_names};
use super::names::{HubNames, LeftOut};
use super::sealed::{self, Purpose};
use crate::keys::CaSealingKey;
use crate::state_dir::{StateDir, replace};

/// How long the hub's certificate lives, in days: browsers accept no more than 398.
pub const SERVER_DAYS: u32 = 397;

/// It is replaced when a third of its life is left.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(SERVER_DAYS as i64 * 24 / 3);

/// The hub's certificate with its key.
pub struct ServerCredential {
    certificate: CertificateDer<'static>,
    authority: CertificateDer<'static>,
    key: ZeroizedKeyPair,
    names: HubNames,
    not_before: Timestamp,
    expires: Timestamp,
}

/// The certificate to serve with, and what came of looking for it.
pub struct ServerOutcome {
    /// The certificate.
    pub credential: ServerCredential,
    /// Whether it was made just now: listeners that hold the old one must take it.
    pub reissued: bool,
    /// Names of the hub that may not stand in its certificate.
    pub left_out: LeftOut,
}

impl Authority {
    /// Returns the hub's certificate from the state folder, or makes one if there is
    /// none that fits: other names, nearly expired, damaged, or not of this authority.
    ///
    /// Call it at the start, daily, and when the machine's addresses change.
    ///
    /// # Errors
    /// If a certificate is needed and cannot be made or written.
    pub fn server_certificate(
        &self,
        state: &StateDir,
        sealing: &CaSealingKey,
        names: &HubNames,
        now: Timestamp,
    ) -> Result<ServerOutcome, AuthorityError> {
        let (names, left_out) = names.split(self.bounds());
        if let Some(credential) = self.stored_server(state, sealing)
            && credential.serves(&names, now)
        {
            return Ok(ServerOutcome { credential, reissued: false, left_out });
        }
        let credential = self.issue_server(&names, now)?;
        credential.save(state, sealing)?;
        Ok(ServerOutcome { credential, reissued: true, left_out })
    }

    /// Issues a certificate for the hub itself: good for being a server only.
    ///
    /// # Errors
    /// [`AuthorityError::NoNames`] without any name that the authority may vouch for.
    pub fn issue_server(
        &self,
        names: &HubNames,
        now: Timestamp,
    ) -> Result<ServerCredential, AuthorityError> {
        let (names, _left_out) = names.split(self.bounds());
        if names.is_empty() {
            return Err(AuthorityError::NoNames);
        }
        let key = ZeroizedKeyPair::generate()?;
        let mut params = issued_params(self, now, SERVER_DAYS)?;
        params.distinguished_name.push(DnType::CommonName, "Doorward");
        params.subject_alt_names = alt_names(&names)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, self.issuer())?.der().clone();
        ServerCredential::assemble(certificate, self.certificate().clone(), key)
            .ok_or(AuthorityError::Make(rcgen::Error::CouldNotParseCertificate))
    }

    /// Whatever is wrong with the stored certificate, the remedy is a fresh one.
    fn stored_server(&self, state: &StateDir, sealing: &CaSealingKey) -> Option<ServerCredential> {
        let paths = Paths::of(state);
        let certificate = CertificateDer::from(std::fs::read(paths.certificate).ok()?);
        let sealed = std::fs::read(paths.key).ok()?;
        let der = sealed::open(sealing, Purpose::ServerKey, &sealed).ok()?;
        let key = ZeroizedKeyPair::from_der(der.expose_secret()).ok()?;
        let credential = ServerCredential::assemble(certificate, self.certificate().clone(), key)?;
        credential.is_issued_by(self).then_some(credential)
    }
}

impl ServerCredential {
    /// The certificate and its authority's, leaf first, as TLS sends them.
    #[must_use]
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.certificate.clone(), self.authority.clone()]
    }

    /// Returns the private key for the TLS listeners.
    #[must_use]
    pub fn expose_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.expose_der().to_vec()).into()
    }

    /// The names and addresses for which the certificate stands.
    #[must_use]
    pub fn names(&self) -> &HubNames {
        &self.names
    }

    /// When the certificate ends.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// A certificate that is not valid yet is kept: then the clock is wrong, and a
    /// certificate made by that clock would be worse.
    fn serves(&self, names: &HubNames, now: Timestamp) -> bool {
        let fresh = now < self.not_before || self.expires.duration_since(now) > RENEW_BEFORE;
        fresh && self.names == *names
    }

    fn is_issued_by(&self, authority: &Authority) -> bool {
        let parsed = (
            X509Certificate::from_der(&self.certificate),
            X509Certificate::from_der(authority.certificate()),
        );
        let (Ok((_, leaf)), Ok((_, issuer))) = parsed else {
            return false;
        };
        leaf.issuer().as_raw() == issuer.subject().as_raw()
    }

    /// Puts the parts together, or nothing if the key is not the certificate's.
    fn assemble(
        certificate: CertificateDer<'static>,
        authority: CertificateDer<'static>,
        key: ZeroizedKeyPair,
    ) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(&certificate).ok()?;
        if parsed.public_key().raw != key.subject_public_key_info() {
            return None;
        }
        let names = subject_names(&parsed);
        let not_before = Timestamp::from_second(parsed.validity().not_before.timestamp()).ok()?;
        let expires = Timestamp::from_second(parsed.validity().not_after.timestamp()).ok()?;
        Some(Self { certificate, authority, key, names, not_before, expires })
    }

    /// A crash between the two files leaves a pair that does not fit, which the next
    /// start replaces.
    fn save(&self, state: &StateDir, sealing: &CaSealingKey) -> Result<(), AuthorityError> {
        let paths = Paths::of(state);
        let sealed = sealed::seal(sealing, Purpose::ServerKey, self.key.expose_der())
            .map_err(|source| AuthorityError::Seal { path: paths.key.clone(), source })?;
        replace(&paths.key, &sealed)?;
        replace(&paths.certificate, &self.certificate)?;
        Ok(())
    }
}

fn alt_names(names: &HubNames) -> Result<Vec<SanType>, AuthorityError> {
    let mut all = Vec::new();
    for name in names.dns() {
        all.push(SanType::DnsName(name.try_into()?));
    }
    all.extend(names.addresses().map(SanType::IpAddress));
    Ok(all)
}

/// Where the hub's own certificate lies in a state folder.
struct Paths {
    certificate: PathBuf,
    key: PathBuf,
}

impl Paths {
    fn of(state: &StateDir) -> Self {
        let folder = state.ca();
        Self { certificate: folder.join("server.der"), key: folder.join("server.key.sealed") }
    }
}
