//! What lies beyond the house, to tell whether anything goes there.
//!
//! [`apart`] runs a test in a network namespace of its own: an interface in a home network, and a
//! default route that leads to a street where nobody lives. A [`Tape`] records every packet on every
//! interface, loopback included, since a resolver may hide there; [`Packet::leak`] says which of them
//! no house should send. Knows nothing of the hub: whoever runs on the namespace's machine is heard.

mod apart;
mod packet;
mod tape;

pub(crate) use apart::CABLE;
pub use apart::{HOME, apart};
pub use packet::{Leak, Packet};
pub use tape::Tape;
