//! The names and addresses by which the hub is reached, and those for which its
//! authority may vouch at all.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rcgen::{CidrSubnet, GeneralSubtree, NameConstraints};

/// Name endings that no public site can have: RFC 6761 (`localhost`), RFC 6762
/// (`local`), RFC 8375 (`home.arpa`), ICANN's private-use `internal`, and the `lan`
/// of common routers, which is not delegated.
const PRIVATE_ENDINGS: [&str; 5] = ["localhost", "local", "home.arpa", "internal", "lan"];

/// Loopback, private, link-local and shared (RFC 6598) networks.
const PRIVATE_NETWORKS: [(IpAddr, u8); 9] = [
    (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(100, 64, 0, 0)), 10),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
    (IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), 10),
];

/// The names and addresses by which the hub is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HubNames {
    dns: BTreeSet<String>,
    addresses: BTreeSet<IpAddr>,
}

/// Names and addresses that are the hub's and may not stand in its certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeftOut(pub HubNames);

impl HubNames {
    /// Collects this machine's names and addresses: `localhost`, its host name, that
    /// name under `.local`, and its interfaces' addresses, which change.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let mut names = Self::of_host(&host_name());
        match if_addrs::get_if_addrs() {
            Ok(interfaces) => names.addresses.extend(
                // A link-local IPv6 address needs the client's own zone beside it,
                // which no certificate can name.
                interfaces.iter().map(if_addrs::Interface::ip).filter(|ip| !is_v6_link_local(*ip)),
            ),
            Err(error) => {
                tracing::warn!(%error, "could not list this machine's addresses");
            }
        }
        names
    }

    /// Collects what a machine of that name has on every network.
    #[must_use]
    pub fn of_host(host_name: &str) -> Self {
        let mut names = Self::default();
        names.add_address(Ipv4Addr::LOCALHOST.into());
        names.add_address(Ipv6Addr::LOCALHOST.into());
        names.add_name("localhost");
        names.add_name(host_name);
        if let Some(first) = host_name.split('.').next() {
            names.add_name(&format!("{first}.local"));
        }
        names
    }

    /// Adds a DNS name; what is not one is not added.
    pub fn add_name(&mut self, name: &str) {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if is_dns_name(&name) {
            self.dns.insert(name);
        }
    }

    /// Adds an address.
    pub fn add_address(&mut self, address: IpAddr) {
        self.addresses.insert(address);
    }

    /// The DNS names, in order.
    pub fn dns(&self) -> impl Iterator<Item = &str> {
        self.dns.iter().map(String::as_str)
    }

    /// The addresses, in order.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.addresses.iter().copied()
    }

    /// Whether there is neither a name nor an address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dns.is_empty() && self.addresses.is_empty()
    }

    /// Parts what the authority may vouch for from what it may not.
    pub(super) fn split(&self, bounds: &Bounds) -> (Self, LeftOut) {
        let (dns, other_dns) = self.dns.iter().cloned().partition(|name| bounds.hold_name(name));
        let (addresses, other_addresses) =
            self.addresses.iter().partition(|address| hold_address(**address));
        (Self { dns, addresses }, LeftOut(Self { dns: other_dns, addresses: other_addresses }))
    }
}

impl fmt::Display for HubNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses = self.addresses.iter().map(IpAddr::to_string);
        let all: Vec<_> = self.dns.iter().cloned().chain(addresses).collect();
        f.write_str(&all.join(", "))
    }
}

/// Returns this machine's host name.
#[must_use]
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The names within an authority's constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bounds {
    endings: Vec<String>,
}

impl Bounds {
    /// Draws the bounds for a machine of that name.
    ///
    /// A constraint holds a name and everything below it, so that a machine called
    /// `dev` must not lead to one that spans the public `.dev`. Public top-level names
    /// are letters only (or start with `xn--`); a bare host name within bounds is
    /// therefore one that has a digit or a hyphen. The others are reached by `.local`.
    pub(super) fn for_host(host_name: Option<&str>) -> Self {
        let mut bounds = Self { endings: PRIVATE_ENDINGS.map(str::to_owned).to_vec() };
        if let Some(name) = host_name.map(str::to_ascii_lowercase)
            && is_dns_name(&name)
            && !bounds.hold_name(&name)
            && (name.contains('.') || !could_be_top_level(&name))
        {
            bounds.endings.push(name);
        }
        bounds
    }

    /// Reads the bounds back from an authority's certificate.
    pub(super) fn from_endings(endings: Vec<String>) -> Self {
        Self { endings }
    }

    pub(super) fn constraints(&self) -> NameConstraints {
        let names = self.endings.iter().cloned().map(GeneralSubtree::DnsName);
        let networks = PRIVATE_NETWORKS
            .map(|(net, bits)| GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(net, bits)));
        NameConstraints {
            permitted_subtrees: names.chain(networks).collect(),
            excluded_subtrees: Vec::new(),
        }
    }

    fn hold_name(&self, name: &str) -> bool {
        self.endings.iter().any(|ending| {
            name.strip_suffix(ending.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }
}

fn hold_address(address: IpAddr) -> bool {
    PRIVATE_NETWORKS.iter().any(|(network, bits)| match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(*bits)).unwrap_or(0);
            address.to_bits() & mask == network.to_bits()
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(*bits)).unwrap_or(0);
            address.to_bits() & mask == network.to_bits()
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    })
}

fn is_v6_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn could_be_top_level(label: &str) -> bool {
    label.starts_with("xn--") || label.bytes().all(|c| c.is_ascii_alphabetic())
}

/// RFC 1123 host names: what may stand in a certificate.
fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    // A name whose last label is a number would be taken for an address.
    let last_is_number =
        name.rsplit('.').next().is_some_and(|last| last.bytes().all(|c| c.is_ascii_digit()));
    name.len() <= 253 && name.split('.').all(label) && !last_is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_its_loopback_its_name_and_its_local_name() {
        let names = HubNames::of_host("Hub-1.fritz.box");
        assert_eq!(names.to_string(), "hub-1.fritz.box, hub-1.local, localhost, 127.0.0.1, ::1");
        assert!(HubNames::of_this_machine().addresses().any(|ip| ip.is_loopback()));
    }

    #[test]
    fn what_is_no_host_name_is_not_added() {
        let mut names = HubNames::default();
        for text in ["", ".", "a b", "-a", "a-", "a..b", "ü", "192.0.2.1", &"x".repeat(64)] {
            names.add_name(text);
        }
        assert!(names.is_empty(), "{names}");
    }

    #[test]
    fn a_host_named_like_a_top_level_name_does_not_widen_the_bounds() {
        for name in ["dev", "box", "hub", "xn--p1ai", "COM"] {
            assert_eq!(Bounds::for_host(Some(name)), Bounds::for_host(None), "{name}");
        }
        assert!(Bounds::for_host(Some("hub-1")).hold_name("hub-1"));
        assert!(Bounds::for_host(Some("pc.example.org")).hold_name("pc.example.org"));
    }

    #[test]
    fn public_names_and_addresses_are_left_out() {
        let mut names = HubNames::of_host("hub");
        for ip in ["192.168.1.7", "172.31.0.1", "172.32.0.1", "8.8.8.8", "fd00::1", "2001:db8::1"] {
            names.add_address(ip.parse().unwrap());
        }
        names.add_name("notlocal");
        let (held, LeftOut(out)) = names.split(&Bounds::for_host(None));
        assert_eq!(
            held.to_string(),
            "hub.local, localhost, 127.0.0.1, 172.31.0.1, 192.168.1.7, ::1, fd00::1"
        );
        assert_eq!(out.to_string(), "hub, notlocal, 8.8.8.8, 172.32.0.1, 2001:db8::1");
    }
}
