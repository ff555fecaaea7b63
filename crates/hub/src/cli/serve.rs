//! `doorward serve`: the daemon.

use std::net::{Ipv6Addr, SocketAddr};

use clap::Args;

use doorward_core::network::Network;

use super::failure::Failure;
use super::logging::{self, LogFormat};
use super::session::Session;
use crate::daemon::{self, ServeOptions};

/// Where devices connect if nobody says: every interface, IPv6 and IPv4.
const MQTT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::UNSPECIFIED), 8883);

/// Where phones connect if nobody says: every interface, IPv6 and IPv4.
const HTTPS_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::UNSPECIFIED), 8443);

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward serve --state ~/hub
  doorward serve --state ~/hub --mqtt-listen 192.168.1.10:8883 --https-listen 192.168.1.10:8443

It runs until SIGTERM or Ctrl-C. DOORWARD_LOG=debug says more, DOORWARD_LOG=warn less.")]
pub(super) struct Serve {
    /// Where devices connect, with MQTT over TLS.
    #[arg(long, value_name = "ADDR:PORT", default_value_t = MQTT_LISTEN)]
    mqtt_listen: SocketAddr,
    /// A network that is at home besides the private ones, such as the prefix that your provider
    /// gave you; may be given several times. The hub talks to nobody outside.
    #[arg(long, value_name = "ADDR/BITS")]
    home_network: Vec<Network>,
    /// Where phones connect, with HTTPS. Nobody listens there while the hub is sealed.
    #[arg(long, value_name = "ADDR:PORT", default_value_t = HTTPS_LISTEN)]
    https_listen: SocketAddr,
    /// How the hub logs.
    #[arg(long, value_enum, default_value = "auto")]
    log_format: LogFormat,
}

impl Serve {
    pub(super) fn run(self, session: &mut Session) -> Result<(), Failure> {
        logging::start(self.log_format)?;
        let options = ServeOptions {
            state: session.state().to_owned(),
            mqtt_listen: self.mqtt_listen,
            https_listen: self.https_listen,
            home_networks: self.home_network,
            eye_program: None,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        Ok(runtime.block_on(daemon::serve(options))?)
    }
}
