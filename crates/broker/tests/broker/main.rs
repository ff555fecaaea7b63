//! The broker over real mutual TLS on loopback.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod delivery;
mod fuzz;
mod grants;
mod home;
mod hub;
mod identity;
mod limits;
mod mosquitto;
mod paho;
mod plain;
mod retained;
mod rollover;
mod rumqttd_rows;
mod sessions;
mod support;
mod wills;
