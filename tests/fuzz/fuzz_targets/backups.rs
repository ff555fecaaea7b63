//! What is within a backup's seal.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| doorward::backup::fuzzing::backups(bytes));
