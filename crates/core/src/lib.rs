//! The door's rules, without clock, chance, files or sockets.
//!
//! [`hub::Hub`] is one value with three verbs: it is handed what happened
//! ([`io::Input`]), it says what to do ([`io::Effect`]), and it says when it
//! wants to be asked again. It does no I/O, so it cannot fail; what it decides
//! is written down before it is done.

pub mod batch;
mod clock;
pub mod code;
mod codes;
pub mod device;
pub mod door;
pub mod entry;
pub mod event;
pub mod grants;
pub mod hub;
pub mod ids;
pub mod io;
mod mint;
pub mod network;
pub mod permit;
pub mod person;
pub mod policy;
pub mod restored;
pub mod retention;
pub mod schedule;
pub mod throttle;
pub mod time;
pub mod topic;
pub mod trespass;
pub mod without_tls;
