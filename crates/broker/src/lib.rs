//! An mTLS front end for MQTT over rumqttd's router.
//!
//! Owns the listener for devices: TLS with required client certificates, MQTT
//! 3.1.1 and 5 on one port, who may say and hear what, wills, retained
//! messages, sessions, acknowledgements and limits. A second listener, without
//! TLS and open only while the hub wants it, is for devices that can do no better:
//! they have a password each. rumqttd's router runs in process behind both, for
//! messages from device to device; no listener of rumqttd's is ever opened, and
//! no packet of a client's reaches it. What is routed is what was checked.
//!
//! Guarantees:
//! - A device is its credential: topics, sessions, wills and limits follow from
//!   the certificate or the password that the connection proved, never from what
//!   else the client says.
//! - The hub hears every accepted message, from whom it came, before anybody
//!   else; a slow hub slows the sender down and loses nothing.
//! - What the hub says reaches who is connected and subscribed at that moment,
//!   soon or not at all, and the hub is told if nobody was there. Devices that
//!   ask for it find what other devices said in their absence, up to a limit.
//! - No bytes from one client stop another.
//!
//! A house that has a broker already can use that one instead: then the hub is
//! its client (`OtherBroker`), and the same link leads there.
//!
//! It deliberately does not know what a lock is, issues no certificates and
//! writes nothing to disk.

mod accept;
mod admission;
mod broker;
mod codec;
mod config;
mod connect;
mod credential;
mod device;
mod elsewhere;
mod events;
mod fingerprint;
mod frame;
mod from_device;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod hub;
mod keepsakes;
mod leave;
mod limits;
mod message;
mod registry;
mod retained;
mod router;
mod session;
mod sessions;
mod shared;
mod stats;
mod subscriptions;
mod supervisor;
mod tls;
mod tries;

pub use broker::Broker;
pub use config::{BrokerConfig, ListenPlainError, StartError};
pub use credential::{Credential, PasswordDigest};
pub use elsewhere::{
    AddressError, BrokerAddress, Credentials, CredentialsError, Hearing, LinkFault, LinkState,
    OtherBroker, OtherBrokerConfig, OtherStartError, OtherStats, Speaking, Trial, TrialError,
};
pub use events::{BrokerEvent, Events, Refusal};
pub use fingerprint::{CertificateError, KeyFingerprint};
pub use from_device::{Age, FromDevice};
pub use hub::{HubLink, HubSender, Messages, Reach};
pub use keepsakes::RetainedChanges;
pub use limits::Limits;
pub use message::Retain;
pub use registry::{Enrolled, Registry};
pub use retained::{RetainedChange, RetainedFull, RetainedMessage};
pub use stats::Stats;
pub use tls::{IdentityError, TrustError};

// The tests of what no client can cause, such as the router's death, use the
// house and the clients of the tests over TLS.
#[cfg(test)]
extern crate self as doorward_broker;

#[cfg(test)]
#[path = "../tests/broker/support/mod.rs"]
mod support;
