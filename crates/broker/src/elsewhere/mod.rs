//! Somebody else's broker in place of our own.
//!
//! Owns the hub's one connection as a client of a broker that the house has
//! already (Mosquitto, EMQX), over MQTT 5 and mutual TLS, and what it takes to
//! behave there as with our own: the hub hears what the enrolled devices'
//! grants name and nothing else, and what it says reaches whoever is there now
//! or nobody.
//!
//! Guarantees:
//! - No command waits for a connection. While there is none, nobody is
//!   reached; what the broker has not acknowledged in time is cut off together
//!   with the connection, so that the network cannot deliver it late.
//! - What the broker had kept is told as kept, never as said just now.
//! - The connection goes to one address of the home network, without a name
//!   service, and to nobody whom the given authorities do not vouch for.
//!
//! It deliberately does not know who the broker lets in, nor who else may say
//! what there: certificates end at the other broker, so a device is known here
//! by its topics alone. [`OtherBroker::try_as`] finds some of what is wrong
//! with that.

mod address;
mod dial;
mod incoming;
mod outgoing;
mod post;
mod session;
mod shared;
mod state;
mod supervise;
mod tls;
mod trial;

pub use address::{AddressError, BrokerAddress};
pub use dial::LinkFault;
pub(crate) use post::Post;
pub use state::{LinkState, OtherStats};
pub use supervise::{OtherBroker, OtherBrokerConfig, OtherStartError};
pub use tls::{Credentials, CredentialsError};
pub use trial::{Hearing, Speaking, Trial, TrialError};
