//! Which addresses lie at home: the one place that says whom the hub may talk to.
//!
//! By default loopback, link-local (RFC 3927, RFC 4291), private (RFC 1918) and
//! unique local (RFC 4193) networks; the owner may list others, such as the
//! prefix that a provider gave the house. Everything else is somewhere in the
//! world: the hub connects to nobody there, listens to nobody from there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The networks of a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeNetworks {
    networks: Vec<Network>,
}

/// All addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    prefix_bits: u8,
}

/// A text that is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a network is an address and a number of bits, such as 2001:db8:1::/48")]
pub struct NetworkFormat;

/// The networks that are at home in every house.
const EVERYWHERE: [Network; 8] = [
    Network::v4([127, 0, 0, 0], 8),
    Network::v4([10, 0, 0, 0], 8),
    Network::v4([172, 16, 0, 0], 12),
    Network::v4([192, 168, 0, 0], 16),
    Network::v4([169, 254, 0, 0], 16),
    Network::v6([0, 0, 0, 0, 0, 0, 0, 1], 128),
    Network::v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    Network::v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
];

impl Default for HomeNetworks {
    fn default() -> Self {
        Self { networks: EVERYWHERE.to_vec() }
    }
}

impl HomeNetworks {
    /// Returns the default networks and those that the owner listed.
    #[must_use]
    pub fn with(listed: &[Network]) -> Self {
        Self { networks: EVERYWHERE.iter().chain(listed).copied().collect() }
    }

    /// Returns these networks and no other.
    #[must_use]
    pub fn only(listed: &[Network]) -> Self {
        Self { networks: listed.to_vec() }
    }

    /// Says whether an address lies at home. An IPv4 address in IPv6's clothes is
    /// taken for what it is.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(address))
    }

    /// Goes over the networks.
    pub fn iter(&self) -> impl Iterator<Item = Network> {
        self.networks.iter().copied()
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix_bits)
    }
}

impl Network {
    const fn v4(octets: [u8; 4], prefix_bits: u8) -> Self {
        let [a, b, c, d] = octets;
        Self { first: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix_bits }
    }

    const fn v6(groups: [u16; 8], prefix_bits: u8) -> Self {
        let [a, b, c, d, e, f, g, h] = groups;
        Self { first: IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, g, h)), prefix_bits }
    }

    /// Says whether an address begins with this network's bits.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let differing = (first.to_bits() ^ address.to_bits()).leading_zeros();
                differing >= u32::from(self.prefix_bits)
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let differing = (first.to_bits() ^ address.to_bits()).leading_zeros();
                differing >= u32::from(self.prefix_bits)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkFormat;

    /// Reads CIDR notation (RFC 4632, RFC 4291 section 2.3). Half of the Internet is
    /// nobody's home: fewer than 8 bits are refused.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (first, bits) = text.split_once('/').ok_or(NetworkFormat)?;
        let first: IpAddr = first.parse().map_err(|_| NetworkFormat)?;
        let prefix_bits: u8 = bits.parse().map_err(|_| NetworkFormat)?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        if (8..=most).contains(&prefix_bits) {
            Ok(Self { first, prefix_bits })
        } else {
            Err(NetworkFormat)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_home(text: &str) -> bool {
        HomeNetworks::default().contains(text.parse().unwrap())
    }

    #[test]
    fn private_addresses_are_at_home() {
        for text in ["127.0.0.1", "10.1.2.3", "172.31.0.9", "192.168.1.20", "169.254.7.7"] {
            assert!(at_home(text), "{text}");
            assert!(at_home(&format!("::ffff:{text}")), "mapped {text}");
        }
        for text in ["::1", "fe80::1", "fd12:3456::1"] {
            assert!(at_home(text), "{text}");
        }
    }

    #[test]
    fn the_rest_of_the_world_is_not() {
        for text in ["8.8.8.8", "172.32.0.1", "0.0.0.0", "224.0.0.251", "100.64.0.1"] {
            assert!(!at_home(text), "{text}");
            assert!(!at_home(&format!("::ffff:{text}")), "mapped {text}");
        }
        for text in ["::", "::2", "2001:db8::1", "2606:4700::1111", "ff02::fb"] {
            assert!(!at_home(text), "{text}");
        }
    }

    #[test]
    fn what_the_owner_lists_is_at_home_too() {
        let listed = "2001:db8:1::/48".parse().unwrap();
        let home = HomeNetworks::with(&[listed]);
        assert!(home.contains("2001:db8:1:7::9".parse().unwrap()));
        assert!(!home.contains("2001:db8:2::9".parse().unwrap()));
        assert!(home.contains("192.168.1.1".parse().unwrap()));
    }

    #[test]
    fn texts_that_are_no_network_are_refused() {
        for text in ["", "10.0.0.0", "10.0.0.0/33", "0.0.0.0/0", "::/0", "home/24", "1.2.3.4/-1"] {
            assert_eq!(text.parse::<Network>(), Err(NetworkFormat), "{text}");
        }
    }
}
