//! How a person's device comes to be trusted, and proves that it still is.
//!
//! Owns what lives for minutes or hours and dies with the process: offers to pair,
//! challenges, sessions, requests for the household key, and the counts that keep
//! guessing slow. Of tokens it keeps digests alone. It guarantees that each offer and
//! each challenge serves once, that everything here ends by itself, and that there is
//! a bound on how much of it there can be. It knows no sockets and no database; the
//! time is handed in.

mod address_limit;
mod challenges;
mod key_requests;
mod links;
mod offers;
mod pin;
mod public_key;
mod sessions;
mod token;

pub(crate) use address_limit::AddressLimit;
pub(crate) use challenges::{AskError as ChallengeError, CHALLENGE_LIFE, Challenges};
pub(crate) use key_requests::{
    AskError as KeyAskError, HandOverError, KeyRequests, PendingKeyRequest,
};
pub(crate) use links::{Purpose, links, qr_blocks, qr_svg};
pub(crate) use offers::{OFFER_LIFE, Offered, Offers, TakeError};
pub(crate) use pin::Pin;
pub(crate) use public_key::PublicKey;
pub(crate) use sessions::{LiveSession, SESSION_LIFE, Sessions};

/// All that lives here.
#[derive(Default)]
pub(crate) struct Pairing {
    pub(crate) offers: Offers,
    pub(crate) challenges: Challenges,
    pub(crate) sessions: Sessions,
    pub(crate) key_requests: KeyRequests,
    pub(crate) knocks: AddressLimit,
    /// One change of the people at a time: each looks at all of them first.
    pub(crate) changing: tokio::sync::Mutex<()>,
    /// One PIN at a time: each costs memory and a tenth of a second.
    pub(crate) comparing: tokio::sync::Mutex<()>,
}

/// The system has no randomness to give.
#[derive(Debug, thiserror::Error)]
#[error("the system has no randomness to give")]
pub(crate) struct NoRandomness;

/// Draws bytes from the operating system's randomness.
pub(crate) fn draw<const BYTES: usize>() -> Result<[u8; BYTES], NoRandomness> {
    use rand::TryRngCore;
    let mut bytes = [0; BYTES];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}
