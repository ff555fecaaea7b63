//! MQTT by hand: packets byte by byte, over TLS with any papers or none. For what a well-behaved
//! client cannot say, and for measuring without one.

pub(crate) mod packets;
mod wire;

pub use wire::{Papers, turned_away};
pub(crate) use wire::{Wire, tcp_from_loopback};
