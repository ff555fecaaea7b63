//! Clients with a grudge: what each does, and what it must get for it.
//!
//! Everything goes over real sockets, as somebody in the house's own network could send it. A
//! [`Crowd`] takes what it can get and gives nothing back until it is dropped; [`refusals`] are
//! tried one after the other, each with the one answer that it may have.

mod crowd;
mod refusals;

pub use crowd::{Crowd, Flood};
pub use refusals::{Targets, refusals};
