//! The doors to the hub that speak HTTP: the local socket, and HTTPS on the home network.
//!
//! Owns who may ask ([`Principal`]), what can be asked ([`House`]), how large and
//! how slow a question may be, and the form of every error. It decides nothing
//! about doors: each handler hands one question to the [`House`] and its answer
//! back. The [`router()`] does not know which socket a request came through; the
//! listener puts a [`Principal`] into each request, and one without is refused.

mod answer;
mod caller;
mod connection;
mod describe;
mod desk;
mod events;
pub mod house;
pub mod household;
mod lan;
mod live;
mod local;
mod openapi;
mod people;
mod principal;
mod route;
mod router;
mod routes;
mod socket;
mod stream;
mod table;
mod unread;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
pub(crate) mod tests;

pub use answer::Answer;
pub use caller::{Act, Caller, Peer};
pub use house::{House, SealedBackup, SealedSegment};
pub use household::{Household, LoggedIn, Witnessed};
pub use lan::{Https, HttpsConfig, HttpsError};
pub use local::{LocalSocket, LocalSocketError, serve_local};
pub(crate) use openapi::document;
pub use principal::{COOKIE, Principal, Session};
pub use router::router;
