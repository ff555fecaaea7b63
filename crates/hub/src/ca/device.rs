//! Device certificates.

use doorward_broker::KeyFingerprint;
use doorward_core::ids::DeviceName;
use jiff::Timestamp;
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, PublicKeyData,
    SanType,
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use secrecy::SecretString;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::authority::{Authority, AuthorityError, ZeroizedKeyPair, issued_params, subject_names};

/// How long a device's certificate lives, in days.
pub const DEVICE_DAYS: u32 = 825;

/// Bytes of a name per label: 60 of the 63 characters that DNS allows.
const LABEL_BYTES: usize = 30;

/// A device's certificate with its key.
pub struct DeviceCredential {
    name: DeviceName,
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    key: ZeroizedKeyPair,
    fingerprint: KeyFingerprint,
    expires: Timestamp,
}

impl Authority {
    /// Issues a certificate to a device: for 825 days, good for being a client only.
    ///
    /// # Errors
    /// [`AuthorityError::BehindBridge`] for a device that has no connection of its
    /// own.
    pub fn issue_device(
        &self,
        name: &DeviceName,
        now: Timestamp,
    ) -> Result<DeviceCredential, AuthorityError> {
        let (params, expires) = device_params(self, name, now)?;
        let key = ZeroizedKeyPair::generate()?;
        let certificate = params.signed_by(&key, self.issuer())?;
        Ok(DeviceCredential {
            name: name.clone(),
            certificate_pem: certificate.pem(),
            certificate: certificate.der().clone(),
            fingerprint: KeyFingerprint::of_public_key(&key.subject_public_key_info()),
            key,
            expires,
        })
    }
}

/// What stands in every device's certificate, whoever made its key, and when it ends.
pub(super) fn device_params(
    authority: &Authority,
    name: &DeviceName,
    now: Timestamp,
) -> Result<(CertificateParams, Timestamp), AuthorityError> {
    if name.behind_bridge().is_some() {
        return Err(AuthorityError::BehindBridge);
    }
    let mut params = issued_params(authority, now, DEVICE_DAYS)?;
    params.distinguished_name.push(DnType::CommonName, name.as_str());
    params.subject_alt_names =
        vec![SanType::DnsName(encode_name(name, authority.domain()).try_into()?)];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let expires =
        Timestamp::from_second(params.not_after.unix_timestamp()).unwrap_or(Timestamp::MAX);
    Ok((params, expires))
}

impl DeviceCredential {
    /// The device.
    #[must_use]
    pub fn name(&self) -> &DeviceName {
        &self.name
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The same as PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The fingerprint by which the broker recognises the device.
    #[must_use]
    pub fn fingerprint(&self) -> KeyFingerprint {
        self.fingerprint
    }

    /// When the certificate ends.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Returns the private key as PEM, to be written once and handed to the device.
    #[must_use]
    pub fn expose_key_pem(&self) -> SecretString {
        self.key.expose_pem()
    }

    /// Returns the private key for a client in this process.
    #[must_use]
    pub fn expose_key_der(&self) -> PrivatePkcs8KeyDer<'_> {
        PrivatePkcs8KeyDer::from(self.key.expose_der())
    }
}

/// Reads a device's name from its certificate; `domain` is [`Authority::domain`].
/// The certificate must have been verified before.
#[must_use]
pub fn device_of(der: &[u8], domain: &str) -> Option<DeviceName> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let names = subject_names(&certificate);
    let mut devices = names.dns().filter_map(|name| decode_name(name, domain));
    devices.next()
}

fn encode_name(name: &DeviceName, domain: &str) -> String {
    let mut text = String::new();
    for label in name.as_str().as_bytes().chunks(LABEL_BYTES) {
        text.extend(label.iter().map(|byte| format!("{byte:02x}")));
        text.push('.');
    }
    text + "device." + domain
}

fn decode_name(text: &str, domain: &str) -> Option<DeviceName> {
    let digits = text.strip_suffix(domain)?.strip_suffix(".device.")?.replace('.', "");
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    DeviceName::parse(std::str::from_utf8(&bytes?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_device_name_survives_its_dns_name() {
        let longest = "ü".repeat(32);
        for text in ["porch-lock", "Porch keypad", "Küche & Flur", "門", "a.b", &longest] {
            let name = DeviceName::parse(text).unwrap();
            let dns = encode_name(&name, "0123456789abcdef.doorward.internal");
            assert!(dns.len() <= 253 && dns.split('.').all(|label| label.len() <= 63), "{dns}");
            assert_eq!(decode_name(&dns, "0123456789abcdef.doorward.internal"), Some(name));
        }
    }

    #[test]
    fn a_name_of_another_hub_is_no_name() {
        let name = DeviceName::parse("lock").unwrap();
        let dns = encode_name(&name, "0.doorward.internal");
        assert_eq!(decode_name(&dns, "1.doorward.internal"), None);
        for text in [
            "0.doorward.internal",
            "6.device.0.doorward.internal",
            "device.0.doorward.internal",
            "zz.device.0.doorward.internal",
        ] {
            assert_eq!(decode_name(text, "0.doorward.internal"), None, "{text}");
        }
    }
}
