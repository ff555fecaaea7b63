//! What a hub is told when it is started.

use std::net::SocketAddr;
use std::path::PathBuf;

use doorward_core::network::Network;

use super::exchange::OtherBrokerFiles;

/// What `serve` is told.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The state folder.
    pub state: PathBuf,
    /// Where devices connect; port 0 lets the system choose.
    pub mqtt_listen: SocketAddr,
    /// Where phones connect; port 0 lets the system choose.
    pub https_listen: SocketAddr,
    /// Where devices without TLS connect, while there are any.
    pub plain_listen: SocketAddr,
    /// Somebody else's broker, in place of the hub's own.
    pub other_broker: Option<OtherBrokerFiles>,
    /// Networks that are at home besides the private ones.
    pub home_networks: Vec<Network>,
    /// Where the members of a group find the hub, if they do.
    pub shared_socket: Option<PathBuf>,
    /// The program that looks at pictures, if it is not this one.
    pub eye_program: Option<PathBuf>,
}
