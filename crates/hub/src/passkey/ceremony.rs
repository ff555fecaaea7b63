//! The two ceremonies: a passkey is made, and a passkey is used.

use std::net::IpAddr;

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::authenticator_data::AuthenticatorData;
use super::client_data::{self, Ceremony};

/// What the hub asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What the browser was given to have signed.
    pub challenge: &'a [u8],
    /// The authority by which the page reached the hub, as in the `Host` header.
    pub host: &'a str,
}

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

/// Why nobody was verified. Each says what is wrong with the answer, not what was in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// The browser's part cannot be read.
    #[error("the browser's part of the answer cannot be read")]
    ClientData,
    /// It answers something else.
    #[error("the browser answered another question")]
    Ceremony,
    /// It is for another challenge, and so for another act.
    #[error("the answer is for another act")]
    Challenge,
    /// It was made on another page.
    #[error("the answer was made on another page")]
    Origin,
    /// It was made in a frame of another page.
    #[error("the answer was made within another page")]
    Framed,
    /// The authenticator's part cannot be read.
    #[error("the authenticator's part of the answer cannot be read")]
    AuthenticatorData,
    /// Passkeys are for names, and this is an address.
    #[error("a passkey needs a host name: reach the hub by its name, not by its address")]
    Address,
    /// It is for another host name.
    #[error("the passkey is for another host name")]
    Name,
    /// Nobody was there, or nobody looked who it was.
    #[error("the device did not verify who is there")]
    Person,
    /// The key is none on P-256 for ES256.
    #[error("the passkey is of a kind that the hub does not know")]
    Key,
    /// It is another passkey.
    #[error("this is not the passkey of this device")]
    Unknown,
    /// The signature is not the passkey's.
    #[error("the passkey's signature is wrong")]
    Signature,
    /// It was used less often than the hub has seen: there is a copy of it.
    #[error("the passkey counts backwards, as a copy of it would; make another one")]
    Copied,
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
