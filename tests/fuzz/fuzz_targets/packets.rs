//! The front of the broker: bytes of a client to packets and back.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: {
        // The codec's panics are caught where it is called; a hook that aborts would come first.
        drop(std::panic::take_hook());
    },
    |bytes: &[u8]| doorward_broker::fuzzing::packets(bytes)
);
