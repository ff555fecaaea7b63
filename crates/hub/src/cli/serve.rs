//! `doorward serve`: the daemon.

use std::net::{Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use doorward_broker::BrokerAddress;
use doorward_core::network::Network;

use super::failure::Failure;
use super::logging::{self, LogFormat};
use super::session::Session;
use crate::daemon::{self, OtherBrokerFiles, ServeOptions};

/// Where devices connect if nobody says: every interface, IPv6 and IPv4.
const MQTT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::UNSPECIFIED), 8883);

/// Where phones connect if nobody says: every interface, IPv6 and IPv4.
const HTTPS_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::UNSPECIFIED), 8443);

/// Where devices without TLS connect if nobody says.
const PLAIN_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::UNSPECIFIED), 1883);

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward serve --state ~/hub
  doorward serve --state ~/hub --mqtt-listen 192.168.1.10:8883 --https-listen 192.168.1.10:8443
  doorward serve --state ~/hub --broker mqtts://192.168.1.5:8883 \
      --broker-ca ca.pem --broker-cert hub.pem --broker-key hub.key

With --broker the hub is a client of a broker that you have (Mosquitto, EMQX; MQTT 5) and runs none
of its own. That broker then decides who may command your locks: see docs/mqtt.md, and
`doorward device grants --mosquitto` for what it has to grant.

It runs until SIGTERM or Ctrl-C. DOORWARD_LOG=debug says more, DOORWARD_LOG=warn less.")]
pub(super) struct Serve {
    /// Where devices connect, with MQTT over TLS.
    #[arg(
        long,
        env = "DOORWARD_MQTT_LISTEN",
        hide_env_values = true,
        value_name = "ADDR:PORT",
        default_value_t = MQTT_LISTEN
    )]
    mqtt_listen: SocketAddr,
    /// Where devices without TLS connect. Nobody listens there while none is enrolled.
    #[arg(
        long,
        env = "DOORWARD_PLAIN_LISTEN",
        hide_env_values = true,
        value_name = "ADDR:PORT",
        default_value_t = PLAIN_LISTEN
    )]
    plain_listen: SocketAddr,
    #[command(flatten)]
    other_broker: OtherBrokerArguments,
    /// A network that is at home besides the private ones, such as the prefix that your provider
    /// gave you; may be given several times. The hub talks to nobody outside.
    #[arg(long, value_name = "ADDR/BITS")]
    home_network: Vec<Network>,
    /// Where phones connect, with HTTPS. Nobody listens there while the hub is sealed.
    #[arg(
        long,
        env = "DOORWARD_HTTPS_LISTEN",
        hide_env_values = true,
        value_name = "ADDR:PORT",
        default_value_t = HTTPS_LISTEN
    )]
    https_listen: SocketAddr,
    /// A second local socket, for the members of a group. Its folder has to belong to the hub's user
    /// and be closed to others (mode 0750); whoever is in the folder's group may do with the hub what
    /// its owner may.
    #[arg(long, env = "DOORWARD_SHARED_SOCKET", hide_env_values = true, value_name = "PATH")]
    shared_socket: Option<PathBuf>,
    /// How the hub logs.
    #[arg(long, value_enum, default_value = "auto")]
    log_format: LogFormat,
}

/// Somebody else's broker, in place of the hub's own.
#[derive(Args)]
#[group(multiple = true)]
struct OtherBrokerArguments {
    /// A broker to be a client of, by IP address or as localhost: mqtts://192.168.1.5:8883.
    #[arg(
        long,
        value_name = "URL",
        value_parser = BrokerAddress::parse,
        requires_all = ["broker_ca", "broker_cert", "broker_key"],
        conflicts_with_all = ["mqtt_listen", "plain_listen"]
    )]
    broker: Option<BrokerAddress>,
    /// The authority that vouches for that broker (PEM); no other is believed.
    #[arg(long, value_name = "FILE", requires = "broker")]
    broker_ca: Option<PathBuf>,
    /// The certificate that the hub shows it (PEM).
    #[arg(long, value_name = "FILE", requires = "broker")]
    broker_cert: Option<PathBuf>,
    /// The key of that certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "broker")]
    broker_key: Option<PathBuf>,
    /// The name in the broker's certificate, if it is not the address.
    #[arg(long, value_name = "NAME", requires = "broker")]
    broker_name: Option<String>,
}

impl OtherBrokerArguments {
    fn files(self) -> anyhow::Result<Option<OtherBrokerFiles>> {
        let Self { broker, broker_ca, broker_cert, broker_key, broker_name } = self;
        let (Some(address), Some(authorities), Some(certificate), Some(key)) =
            (broker, broker_ca, broker_cert, broker_key)
        else {
            return Ok(None);
        };
        let address = match broker_name {
            Some(name) => address.certified_as(&name)?,
            None => address,
        };
        Ok(Some(OtherBrokerFiles { address, authorities, certificate, key }))
    }
}

impl Serve {
    pub(super) fn run(self, session: &mut Session) -> Result<(), Failure> {
        logging::start(self.log_format)?;
        let options = ServeOptions {
            state: session.state().to_owned(),
            mqtt_listen: self.mqtt_listen,
            https_listen: self.https_listen,
            plain_listen: self.plain_listen,
            other_broker: self.other_broker.files()?,
            home_networks: self.home_network,
            shared_socket: self.shared_socket,
            eye_program: None,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        Ok(runtime.block_on(daemon::serve(options))?)
    }
}
