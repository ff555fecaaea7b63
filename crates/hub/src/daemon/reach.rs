//! Under which names and addresses devices find the hub.

use std::net::IpAddr;

use crate::ca::HubNames;

/// Orders the hub's names and addresses by how likely a device reaches it by them.
///
/// `names` are those that the hub's certificate bears. Addresses come first, since they
/// need no name service; those of home routers before those that containers are given.
/// A hub that listens on one address is reached there alone.
pub(super) fn hosts(names: &HubNames, listening: IpAddr) -> Vec<String> {
    if !listening.is_unspecified() {
        return vec![listening.to_string()];
    }
    let mut addresses: Vec<IpAddr> =
        names.addresses().filter(|ip| !ip.is_loopback() && is_heard(*ip, listening)).collect();
    addresses.sort_by_key(|ip| (rank(*ip), *ip));
    let (v4, v6): (Vec<_>, Vec<_>) = addresses.into_iter().partition(IpAddr::is_ipv4);
    let (local, other): (Vec<_>, Vec<_>) =
        names.dns().filter(|name| *name != "localhost").partition(|name| name.ends_with(".local"));
    let text = |ip: IpAddr| ip.to_string();
    let names = local.into_iter().chain(other).map(str::to_owned);
    let all: Vec<_> =
        v4.into_iter().map(text).chain(names).chain(v6.into_iter().map(text)).collect();
    if all.is_empty() { vec!["localhost".to_owned()] } else { all }
}

/// Whoever listens on all IPv4 addresses hears no IPv6.
fn is_heard(ip: IpAddr, listening: IpAddr) -> bool {
    ip.is_ipv4() || listening.is_ipv6()
}

/// Home routers give out 192.168; 172.16 to 172.31 is what containers are given.
fn rank(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(ip) => match ip.octets() {
            [192, 168, ..] => 0,
            [10, ..] => 1,
            [172, ..] => 2,
            _ => 3,
        },
        IpAddr::V6(_) => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> HubNames {
        let mut names = HubNames::of_host("hub");
        for ip in ["172.17.0.1", "fd00::7", "10.0.0.7", "192.168.1.7"] {
            names.add_address(ip.parse().unwrap());
        }
        names
    }

    #[test]
    fn a_device_is_told_the_home_networks_address_first_and_never_loopback() {
        let any = hosts(&names(), "0.0.0.0".parse().unwrap());
        assert_eq!(any, ["192.168.1.7", "10.0.0.7", "172.17.0.1", "hub.local", "hub"]);
        let dual = hosts(&names(), "::".parse().unwrap());
        assert_eq!(dual.last().unwrap(), "fd00::7");
    }

    #[test]
    fn a_hub_that_listens_on_one_address_is_reached_there_alone() {
        assert_eq!(hosts(&names(), "10.0.0.7".parse().unwrap()), ["10.0.0.7"]);
        assert_eq!(hosts(&HubNames::default(), "0.0.0.0".parse().unwrap()), ["localhost"]);
    }
}
