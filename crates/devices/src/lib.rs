//! Dialects: what locks, keypads and contacts say on MQTT, and what they are
//! told.
//!
//! Owns the meaning of bytes on topics, in both directions, and the memory
//! that this needs: what was heard already, whether a bridge has just started,
//! what a keypad's panel shows. It guarantees that no bytes make it panic, that
//! nothing of a payload reaches an error, and that a bolt's place is only ever
//! read from what a lock says of its bolt, never from an event.
//!
//! It has no sockets and no clock, and it does not know who may enter. Who may
//! use which topic is [`doorward_core::grants`]; that the holder of a
//! certificate speaks for itself alone is checked there, and once more here.
//!
//! A dialect is one implementation of the trait in `speech.rs`, in one file
//! (or folder), and one line in [`Dialects::enrol`].

mod dialects;
mod digits;
mod discovery;
mod native;
mod parse;
mod roles;
mod speech;
mod tries;
mod zigbee2mqtt;

pub use dialects::Dialects;
pub use discovery::{Ability, Discovered, Familiar};
pub use native::{
    CertificateRefused, IssuedCertificate, MAX_PAYLOAD_BYTES, certificate_issued,
    certificate_refused, certificate_to_renew,
};
pub use roles::{Role, roles_of_door};
pub use speech::{CertificateRequest, Heard, Malformed, Outgoing, Retained, Unwritable};
pub use tries::REPEAT_WINDOW;
pub use zigbee2mqtt::QUIET_AFTER_START;
