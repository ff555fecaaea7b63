//! The broker over real mutual TLS on loopback.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod delivery;
mod fuzz;
mod grants;
mod hub;
mod identity;
mod limits;
mod mosquitto;
mod retained;
mod rumqttd_rows;
mod support;
mod wills;
