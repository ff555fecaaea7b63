//! Why a ceremony proves nothing.

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
