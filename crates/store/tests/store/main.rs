//! The store on real files: what is written is there again, what was tampered
//! with is found out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod commits;
mod copying;
mod crash;
mod devices;
mod erasing;
mod files;
mod handle;
mod house;
mod notices;
mod people;
mod retained;
mod tampering;
mod vectors;
