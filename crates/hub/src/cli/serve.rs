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

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward serve --state ~/hub
  doorward serve --state ~/hub --mqtt-listen 192.168.1.10:8883

It runs until SIGTERM or Ctrl-C. DOORWARD_LOG=debug says more, DOORWARD_LOG=warn less.")]
pub(super) struct Serve {
    /// Where devices connect, with MQTT over TLS.
    #[arg(long, value_name = "ADDR:PORT", default_value_t = MQTT_LISTEN)]
    mqtt_listen: SocketAddr,
    /// A network that is at home besides the private ones, such as the prefix that your provider
    /// gave you; may be given several times. The hub talks to nobody outside.
    #[arg(long, value_name = "ADDR/BITS")]
    home_network: Vec<Network>,
    /// Where phones will connect. They come with the app; nothing listens there yet.
    #[arg(long, value_name = "ADDR:PORT")]
    https_listen: Option<SocketAddr>,
    /// How the hub logs.
    #[arg(long, value_enum, default_value = "auto")]
    log_format: LogFormat,
}

impl Serve {
    pub(super) fn run(self, session: &mut Session) -> Result<(), Failure> {
        logging::start(self.log_format)?;
        if let Some(address) = self.https_listen {
            tracing::warn!(%address, "phones come with the app; nothing listens there yet");
        }
        let options = ServeOptions {
            state: session.state().to_owned(),
            mqtt_listen: self.mqtt_listen,
            home_networks: self.home_network,
            eye_program: None,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        Ok(runtime.block_on(daemon::serve(options))?)
    }
}
