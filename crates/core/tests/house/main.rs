//! Stories of one house, told through the public face of the core, and a model
//! that walks beside it.
//!
//! Nothing here reaches into the core: a test hands in what happened and looks
//! at what comes out and at what the disk holds.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod disk;
mod house;

mod agents;
mod camera;
mod clock;
mod codes;
mod delivery;
mod erasing;
mod guessing;
mod lock;
mod model;
mod owner;
mod refusals;
mod restart;
mod restored;
mod schedules;
mod throttling;
