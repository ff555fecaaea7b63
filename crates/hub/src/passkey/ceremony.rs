//! The two ceremonies: a passkey is made, and a passkey is used.

use std::net::IpAddr;

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::authenticator_data::AuthenticatorData;
use super::client_data::{self, Asked, Ceremony};
use super::not_verified::NotVerified;

/// What a browser answers once a passkey was made.
#[derive(Debug, Clone, Copy)]
pub struct Registration<'a> {
    /// `clientDataJSON`.
    pub client_data: &'a [u8],
    /// The authenticator's data, out of the attestation object. The rest of that is not looked at:
    /// whatever makes the key is trusted as the person's own device is.
    pub authenticator_data: &'a [u8],
}

/// What a browser answers once a passkey was used.
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// The passkey's name.
    pub id: &'a [u8],
    /// `clientDataJSON`.
    pub client_data: &'a [u8],
    /// The authenticator's data.
    pub authenticator_data: &'a [u8],
    /// Its signature over both, DER.
    pub signature: &'a [u8],
}

/// A passkey, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// The name by which the authenticator knows it.
    pub id: Vec<u8>,
    /// The public key, a point on P-256 (SEC 1, uncompressed).
    pub key: [u8; 65],
    /// The host name that it is for, without a port.
    pub name: String,
    /// How often it was used, if its authenticator counts.
    pub counter: u32,
}

impl Registration<'_> {
    /// Checks that a verified person made a passkey for this hub just now (section 7.1).
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check(&self, asked: &Asked<'_>) -> Result<Passkey, NotVerified> {
        client_data::check(self.client_data, Ceremony::Create, asked)?;
        let said = AuthenticatorData::read(self.authenticator_data)?;
        let name = name_of(asked.host)?;
        check_name(&said, name)?;
        said.check_person()?;
        let made = said.new_key.ok_or(NotVerified::AuthenticatorData)?;
        Ok(Passkey {
            id: made.id.to_vec(),
            key: made.point,
            name: name.to_owned(),
            counter: said.counter,
        })
    }
}

impl Assertion<'_> {
    /// Checks that a verified person used this passkey just now, and returns how often it was used
    /// (section 7.2).
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check(&self, asked: &Asked<'_>, passkey: &Passkey) -> Result<u32, NotVerified> {
        if self.id != passkey.id {
            return Err(NotVerified::Unknown);
        }
        client_data::check(self.client_data, Ceremony::Get, asked)?;
        let said = AuthenticatorData::read(self.authenticator_data)?;
        if name_of(asked.host)? != passkey.name {
            return Err(NotVerified::Name);
        }
        check_name(&said, &passkey.name)?;
        said.check_person()?;
        self.check_signature(passkey)?;
        // Authenticators that do not count say zero always.
        if (said.counter, passkey.counter) != (0, 0) && said.counter <= passkey.counter {
            return Err(NotVerified::Copied);
        }
        Ok(said.counter)
    }

    pub(super) fn check_signature(&self, passkey: &Passkey) -> Result<(), NotVerified> {
        let key = VerifyingKey::from_sec1_bytes(&passkey.key).map_err(|_| NotVerified::Key)?;
        let signature = Signature::from_der(self.signature).map_err(|_| NotVerified::Signature)?;
        let hash = Sha256::digest(self.client_data);
        let signed = [self.authenticator_data, hash.as_slice()].concat();
        key.verify(&signed, &signature).map_err(|_| NotVerified::Signature)
    }
}

/// Returns the host name of an authority: what a passkey of its pages is for.
fn name_of(host: &str) -> Result<&str, NotVerified> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_address = host.starts_with('[') || name.parse::<IpAddr>().is_ok();
    if is_address || name.is_empty() { Err(NotVerified::Address) } else { Ok(name) }
}

fn check_name(said: &AuthenticatorData<'_>, name: &str) -> Result<(), NotVerified> {
    let expected = Sha256::digest(name.as_bytes());
    if said.rp_id_hash.as_slice() == expected.as_slice() { Ok(()) } else { Err(NotVerified::Name) }
}
