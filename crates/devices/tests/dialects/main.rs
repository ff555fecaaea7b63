//! What devices say and are told, as they say it and as they are told.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod any_bytes;
mod discovery;
mod documentation;
mod fuzzed;
mod house;
mod native;
mod vectors;
mod zigbee2mqtt;
