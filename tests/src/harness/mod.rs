//! Starts `doorward`, cameras and foreign programs the way a person would.
//!
//! Guarantees that nothing outlives its value: each child is killed when dropped. Every wait has a
//! deadline and ends with an event: a line, an exit, a notification; none polls or sleeps.

mod aged;
mod camera;
mod child;
mod daemon;
mod faketime;
pub mod fresh;
mod hurried;
mod listener;
mod looks;
mod mosquitto;
mod other_broker;
mod owner;
mod patience;
mod program;
mod restoring;
mod scene;
mod tool;

pub use aged::{AgedHub, Wanted};
pub use camera::{Camera, Condition, Credentials};
pub(crate) use child::{keep, spawn, terminate};
pub use daemon::{Addresses, Daemon, free_address};
pub use faketime::FakeTime;
pub use hurried::Hurried;
pub use listener::{Listener, logged};
pub use mosquitto::{Keep, Mosquitto, Subscription};
pub use other_broker::{OtherBroker, Verbosity};
pub use owner::{Fittings, Issued};
pub use patience::PATIENCE;
pub(crate) use program::find;
pub use program::{Doorward, Outcome};
pub use restoring::Restoring;
pub use scene::{Blueprint, Filming, Furnished, Lens, Scene};
pub use tool::tool;
