//! The hub's own certificate authority: who is a device of this hub, and which
//! server is this hub.
//!
//! Guarantees that the authority can vouch for private names and addresses alone, so
//! that a stolen authority key impersonates no public web site to a phone that
//! trusts it; that device certificates open no server and server certificates open
//! no device's door; and that private keys lie on the disk sealed only (a device's
//! key is written once, into the folder that the owner named). It does not know
//! which devices exist or are revoked: the broker recognises a device by the
//! fingerprint of its public key.
//!
//! # Names
//! A device's certificate carries its name twice: readable in the common name, and in
//! a DNS name under [`Authority::domain`], in hexadecimal, because device names may
//! hold spaces and any script, and because a DNS name is what name constraints can
//! bind.

mod authorities;
mod authority;
mod device;
mod enrolment;
mod names;
mod request;
mod sealed;
mod server;
mod shown;

pub use authorities::{Authorities, RolloverError};
pub use authority::{Authority, AuthorityError};
pub use device::{DEVICE_DAYS, DeviceCredential, device_of};
pub use enrolment::{EnrolmentError, write_enrolment};
pub use names::{HubNames, LeftOut, host_name};
pub use request::{IssueError, IssuedCertificate, MAX_REQUEST_BYTES, RequestError, SigningRequest};
pub use sealed::SealError;
pub use server::{SERVER_DAYS, ServerCredential, ServerOutcome};
pub use shown::Shown;

#[cfg(test)]
mod tests;
