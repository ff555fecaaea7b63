//! Messages of devices that speak the dialect of Zigbee2MQTT.
#![no_main]
#![allow(clippy::unwrap_used, dead_code, reason = "shared with tests")]

use libfuzzer_sys::fuzz_target;

#[path = "../../../crates/devices/tests/dialects/fuzzed.rs"]
mod fuzzed;
#[path = "../../../crates/devices/tests/dialects/house.rs"]
mod house;

fuzz_target!(|bytes: &[u8]| fuzzed::messages(fuzzed::Speaker::Zigbee2Mqtt, bytes));
