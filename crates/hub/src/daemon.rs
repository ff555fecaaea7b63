//! The running hub: one actor that owns the doors, and the tasks around it.
//!
//! ```text
//!  broker ──messages──▶ ┌───────┐ ──batches──▶ store (its own threads)
//!  broker ◀──orders──── │ actor │ ◀──words────
//!  cameras ◀─orders──── │ (Hub) │ ◀─inputs──── cameras, recorder, retention
//!  local socket ─wishes▶└───────┘ ──notices──▶ whoever listens
//! ```
//!
//! It decides nothing: the core does. It guarantees that each task has a name
//! and a way to stop, and that a task which dies takes the process with it, so
//! that the next start takes up what was open instead of a half-dead hub keeping
//! a door.

mod actor;
mod awake;
mod cameras;
mod certificates;
mod clock;
mod convert;
#[expect(clippy::module_inception, reason = "the daemon itself, among its parts")]
mod daemon;
mod directory;
mod disk;
mod enrolled;
mod erasing;
mod exchange;
mod expiry;
mod hearers;
mod herald;
mod home;
mod house;
mod household;
mod left_behind;
mod links;
mod looks;
mod mail;
mod notices;
mod options;
mod personal;
#[cfg(debug_assertions)]
mod provoked;
mod reach;
mod renewal;
mod retained;
mod retention;
mod serve;
mod server;
mod service_manager;
mod tasks;
mod writer;

#[cfg(test)]
pub(crate) use convert::device_grants as convert_grants;
pub(crate) use convert::nameless_line;
pub(crate) use daemon::Daemon;
pub use exchange::OtherBrokerFiles;
pub use options::ServeOptions;
pub use serve::serve;
