//! Topic names, filters and what covers what.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| doorward_broker::fuzzing::topics(bytes));
