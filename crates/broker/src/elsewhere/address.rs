//! Where another broker is, and by which name it is known.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use rustls_pki_types::ServerName;

const SCHEME: &str = "mqtts://";

/// The port of MQTT over TLS.
const PORT: u16 = 8883;

/// A broker's address: `mqtts://` and an IP address or `localhost`, with a port
/// unless it is 8883.
///
/// The hub asks no name service, since the question would leave the house; so
/// there are no other names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerAddress {
    socket: SocketAddr,
    host: String,
    name: ServerName<'static>,
}

/// Why a text is no broker's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Another scheme, or none.
    #[error("a broker's address begins with mqtts://; the hub connects over TLS only")]
    Scheme,
    /// A host name, a path, or a user in the address.
    #[error(
        "name the broker by its IP address or as localhost, such as mqtts://192.168.1.5:8883; \
         the hub asks no name service"
    )]
    Host,
    /// Not the name of a server.
    #[error("a certificate's name is a host name or an IP address")]
    Name,
}

impl BrokerAddress {
    /// Reads an address as the owner typed it.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let rest = text.strip_prefix(SCHEME).ok_or(AddressError::Scheme)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if let Some(socket) = local(rest) {
            let name = ServerName::try_from("localhost").map_err(|_| AddressError::Name)?;
            return Ok(Self { socket, host: "localhost".to_owned(), name });
        }
        let socket = socket(rest).ok_or(AddressError::Host)?;
        let ip = socket.ip();
        Ok(Self { socket, host: host(ip), name: ServerName::IpAddress(ip.into()) })
    }

    /// Says which name the broker's certificate bears, if not its address.
    ///
    /// # Errors
    /// If it cannot be a server's name.
    pub fn certified_as(self, name: &str) -> Result<Self, AddressError> {
        let name = ServerName::try_from(name.to_owned()).map_err(|_| AddressError::Name)?;
        Ok(Self { name, ..self })
    }

    /// The address to connect to.
    #[must_use]
    pub const fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// The host as a device would write it, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    pub(super) fn server_name(&self) -> ServerName<'static> {
        self.name.clone()
    }
}

fn local(text: &str) -> Option<SocketAddr> {
    let rest = text.strip_prefix("localhost")?;
    let port = if rest.is_empty() { PORT } else { rest.strip_prefix(':')?.parse().ok()? };
    Some(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))
}

fn socket(text: &str) -> Option<SocketAddr> {
    let bare = || text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let without_port = || bare().parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, PORT));
    text.parse().ok().or_else(without_port)
}

fn host(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

impl fmt::Display for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}:{}", self.host, self.socket.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, AddressError> {
        BrokerAddress::parse(text).map(|address| address.to_string())
    }

    #[test]
    fn an_address_is_an_ip_address_or_this_machine() {
        assert_eq!(shown("mqtts://192.168.1.5:1883").unwrap(), "mqtts://192.168.1.5:1883");
        assert_eq!(shown("mqtts://192.168.1.5/").unwrap(), "mqtts://192.168.1.5:8883");
        assert_eq!(shown("mqtts://[fd00::7]:8884").unwrap(), "mqtts://[fd00::7]:8884");
        assert_eq!(shown("mqtts://[fd00::7]").unwrap(), "mqtts://[fd00::7]:8883");
        assert_eq!(shown("mqtts://localhost").unwrap(), "mqtts://localhost:8883");
        assert_eq!(shown("mqtts://localhost:7").unwrap(), "mqtts://localhost:7");
        let local = BrokerAddress::parse("mqtts://localhost").unwrap();
        assert_eq!(local.socket(), "127.0.0.1:8883".parse().unwrap());
    }

    #[test]
    fn what_would_need_a_name_service_or_has_no_tls_is_refused() {
        for text in ["mqtt://192.168.1.5", "192.168.1.5:8883", "mqtts:192.168.1.5", ""] {
            assert_eq!(shown(text), Err(AddressError::Scheme), "{text}");
        }
        for text in [
            "mqtts://broker.local",
            "mqtts://localhost.example",
            "mqtts://u:p@192.168.1.5",
            "mqtts://192.168.1.5:70000",
            "mqtts://192.168.1.5/path",
            "mqtts://",
        ] {
            assert_eq!(shown(text), Err(AddressError::Host), "{text}");
        }
    }

    #[test]
    fn a_certificate_may_bear_another_name_than_the_address() {
        let address = BrokerAddress::parse("mqtts://192.168.1.5").unwrap();
        let named = address.clone().certified_as("broker.lan").unwrap();
        assert_eq!(named.socket(), address.socket());
        assert_eq!(address.certified_as("not a name"), Err(AddressError::Name));
    }
}
