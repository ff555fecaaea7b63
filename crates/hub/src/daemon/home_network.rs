//! Which addresses lie at home: the one place that says whom the hub may talk to.
//!
//! Loopback, link-local, private (RFC 1918) and unique local (RFC 4193)
//! networks. Everything else is somewhere in the world, and the hub neither
//! connects to it nor listens there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Says whether an address lies in the home network.
pub(super) fn is_at_home(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_v4_at_home(address),
        IpAddr::V6(address) => is_v6_at_home(address),
    }
}

fn is_v4_at_home(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_private() || address.is_link_local()
}

fn is_v6_at_home(address: Ipv6Addr) -> bool {
    address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_home(text: &str) -> bool {
        is_at_home(text.parse().unwrap())
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
        for text in ["::", "2001:db8::1", "2606:4700::1111", "ff02::fb"] {
            assert!(!at_home(text), "{text}");
        }
    }
}
