//! The recorder against real cameras, real processes and other people's programs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crash;
mod eye;
mod faults;
mod gate;
mod live;
mod recording;
mod secrets;
mod support;
