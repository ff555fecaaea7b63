//! What a packet is for, and whether a house may send it.
//!
//! The list of who is at home is the test's own, on purpose not the hub's: the house of these tests
//! has one network of each kind, and everything else is the street.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};

/// Where names are asked for: DNS, DNS over TLS or QUIC, mDNS, LLMNR, NetBIOS.
const NAMES: [u16; 5] = [53, 853, 5353, 5355, 137];

/// Where the time is asked for: NTP, and its key exchange.
const TIME: [u16; 2] = [123, 4460];

/// A packet on one of the house's interfaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// Who has which hardware address; nobody hears that beyond the cable.
    Neighbours,
    /// ICMP of either version.
    Control(IpAddr),
    /// UDP or TCP, with where it goes to.
    Talk(SocketAddr),
    /// What could not be understood.
    Strange(String),
}

/// What a packet would give away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leak {
    /// A question for a name, to whomever.
    Name(SocketAddr),
    /// A question for the time, to whomever.
    Time(SocketAddr),
    /// Something for somebody who is not at home.
    Outside(IpAddr),
    /// Something that nobody can vouch for.
    Strange(String),
}

impl Packet {
    /// Reads what the network layer sent, of which the end may be missing.
    pub(super) fn read(ether_type: u16, bytes: &[u8]) -> Self {
        let strange = || Self::Strange(format!("{ether_type:#06x}: {bytes:02x?}"));
        let packet = LaxSlicedPacket::from_ether_type(EtherType(ether_type), bytes);
        let to: IpAddr = match packet.net {
            Some(LaxNetSlice::Ipv4(ip)) => ip.header().destination_addr().into(),
            Some(LaxNetSlice::Ipv6(ip)) => ip.header().destination_addr().into(),
            Some(LaxNetSlice::Arp(_)) => return Self::Neighbours,
            None => return strange(),
        };
        match packet.transport {
            Some(TransportSlice::Udp(udp)) => Self::Talk((to, udp.destination_port()).into()),
            Some(TransportSlice::Tcp(tcp)) => Self::Talk((to, tcp.destination_port()).into()),
            Some(
                TransportSlice::Icmpv4(_) | TransportSlice::Icmpv6(_) | TransportSlice::Igmp(_),
            ) => Self::Control(to),
            None => strange(),
        }
    }

    /// Where it goes to, if it carries somebody's words.
    #[must_use]
    pub const fn talk(&self) -> Option<SocketAddr> {
        match self {
            Self::Talk(to) => Some(*to),
            Self::Neighbours | Self::Control(_) | Self::Strange(_) => None,
        }
    }

    /// What it gives away, if it is one that no house should send.
    #[must_use]
    pub fn leak(&self) -> Option<Leak> {
        match self {
            Self::Talk(to) if NAMES.contains(&to.port()) => Some(Leak::Name(*to)),
            Self::Talk(to) if TIME.contains(&to.port()) => Some(Leak::Time(*to)),
            Self::Talk(to) => (!at_home(to.ip())).then(|| Leak::Outside(to.ip())),
            Self::Control(to) => {
                (!at_home(*to) && !on_the_cable(*to)).then_some(Leak::Outside(*to))
            }
            Self::Neighbours => None,
            Self::Strange(what) => Some(Leak::Strange(what.clone())),
        }
    }
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(to) => write!(f, "a name was asked of {to}"),
            Self::Time(to) => write!(f, "the time was asked of {to}"),
            Self::Outside(to) => write!(f, "something was sent to {to}"),
            Self::Strange(what) => write!(f, "a packet that nobody understands: {what}"),
        }
    }
}

/// Loopback, and the networks that the house has.
fn at_home(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => ip.is_loopback() || ip.octets().starts_with(&[192, 168, 77]),
        IpAddr::V6(ip) => {
            let segments = ip.segments();
            ip.is_loopback()
                || ip.is_unicast_link_local()
                || segments.starts_with(&[0xfd77, 0, 0, 0])
        }
    }
}

/// Multicast that no router passes on, by which the kernel itself asks for routers and tells of
/// groups (RFC 4861, RFC 3810).
fn on_the_cable(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(ip) if ip.segments().starts_with(&[0xff02]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::PacketBuilder;

    const IPV4: u16 = 0x0800;
    const IPV6: u16 = 0x86dd;

    fn udp(to: &str) -> Packet {
        let to: SocketAddr = to.parse().unwrap();
        let mut bytes = Vec::new();
        match to.ip() {
            IpAddr::V4(ip) => PacketBuilder::ipv4([192, 168, 77, 2], ip.octets(), 64)
                .udp(40_000, to.port())
                .write(&mut bytes, b"words")
                .unwrap(),
            IpAddr::V6(ip) => PacketBuilder::ipv6([0; 16], ip.octets(), 64)
                .udp(40_000, to.port())
                .write(&mut bytes, b"words")
                .unwrap(),
        }
        // The tape keeps beginnings alone.
        let kept = bytes.len() - 3;
        Packet::read(if to.is_ipv4() { IPV4 } else { IPV6 }, bytes.get(..kept).unwrap())
    }

    #[test]
    fn words_to_the_house_and_its_network_are_no_leak() {
        for home in ["127.0.0.1:8443", "192.168.77.9:554", "[::1]:8883", "[fd77::5]:8883"] {
            assert_eq!(udp(home).leak(), None, "{home}");
        }
    }

    #[test]
    fn words_to_anybody_else_are_one() {
        for street in ["198.51.100.7:443", "10.0.0.1:80", "224.0.0.251:9", "[2001:db8::7]:443"] {
            let to: SocketAddr = street.parse().unwrap();
            assert_eq!(udp(street).leak(), Some(Leak::Outside(to.ip())), "{street}");
        }
    }

    #[test]
    fn names_and_the_time_are_asked_of_nobody_not_even_at_home() {
        for asked in ["127.0.0.53:53", "192.168.77.1:53", "224.0.0.251:5353", "[::1]:853"] {
            assert_eq!(udp(asked).leak(), Some(Leak::Name(asked.parse().unwrap())), "{asked}");
        }
        assert!(matches!(udp("192.168.77.1:123").leak(), Some(Leak::Time(_))));
    }

    #[test]
    fn a_ping_is_a_leak_and_the_kernel_s_own_multicast_is_none() {
        let ping = |to: [u8; 4]| {
            let mut bytes = Vec::new();
            let builder = PacketBuilder::ipv4([192, 168, 77, 2], to, 64).icmpv4_echo_request(1, 1);
            builder.write(&mut bytes, &[]).unwrap();
            Packet::read(IPV4, &bytes).leak()
        };
        assert!(matches!(ping([198, 51, 100, 7]), Some(Leak::Outside(_))));
        assert_eq!(ping([192, 168, 77, 1]), None);
        assert_eq!(Packet::Control("ff02::16".parse().unwrap()).leak(), None);
        assert!(Packet::Control("ff05::2".parse().unwrap()).leak().is_some());
    }

    #[test]
    fn what_cannot_be_read_is_a_leak() {
        for (ether_type, bytes) in [(IPV4, &[0x45][..]), (IPV4, &[0; 40]), (0x88cc, &[1, 2, 3])] {
            assert!(matches!(Packet::read(ether_type, bytes).leak(), Some(Leak::Strange(_))));
        }
    }
}
