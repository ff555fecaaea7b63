//! The door for phones: HTTPS on the home network.
//!
//! Owns the listener, who may connect at all, and everything that a browser must be
//! kept from doing on behalf of a foreign page. A request passes, in this order: the
//! security headers that every answer bears, the [`guard`] (host, method, path,
//! origin), the look for a session, and then the same router that the local socket
//! has, or the app's own files. It decides nothing about doors, and does not know how
//! a session comes about: that is [`House::session`](super::House::session).

mod files;
mod guard;
mod headers;
mod listener;
mod login;
mod places;

#[cfg(test)]
mod tests;

pub use listener::{Https, HttpsConfig, HttpsError};
