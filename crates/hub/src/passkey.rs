//! Passkeys: that a person was verified by their own device just now, by the rules of WebAuthn.
//!
//! Owns what of the Web Authentication specification (W3C, level 3, sections 7.1 and 7.2) a hub
//! needs: one algorithm (ES256), no attestation, a user who must have been verified, and nothing that
//! is asked for besides. It is told the challenge, the host and what is known of the passkey; it
//! keeps nothing, draws nothing and knows no device.
//!
//! What an authenticator writes is read by its fixed layout. A public key is CBOR there, in a form
//! that leaves no choice for one on P-256, so that no reader of CBOR is needed.

mod authenticator_data;
mod ceremony;
mod client_data;
mod not_verified;
#[cfg(test)]
mod tests;

pub use ceremony::{Assertion, Passkey, Registration};
pub use client_data::Asked;
pub use not_verified::NotVerified;
