//! Pairing links, as a person pastes them: one, or all that the hub has printed.

use std::net::{IpAddr, SocketAddr};

use doorward_api::Base64Url;
use secrecy::SecretString;
use tauri::Url;

use super::pin::Fingerprint;

/// No hub prints so much.
const MAX_TEXT_BYTES: usize = 16 * 1024;

/// How many addresses of a hub are tried.
pub(crate) const MOST_ADDRESSES: usize = 16;

/// The port that an `https` address does not name.
const HTTPS: u16 = 443;

/// What a link says.
pub(crate) struct Invitation {
    /// Where the hub may be; at least one, all of them at home.
    pub(crate) addresses: Vec<SocketAddr>,
    /// The authority that vouches for it.
    pub(crate) authority: Fingerprint,
    /// What the page pairs with, as it stands behind the link's `#`.
    pub(crate) fragment: SecretString,
}

/// Why a text is no invitation. What was typed is in none of these: it holds a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoInvitation {
    /// There is no link in it.
    #[error(
        "that is no pairing link. One begins with https:// and ends in two groups of letters; \
         `doorward pair` prints it, and the hub's app shows it under People"
    )]
    NoLink,
    /// It leads elsewhere.
    #[error("that link leads out of the home network: this program goes only to private addresses")]
    NotAtHome,
    /// Only names, which nobody here resolves.
    #[error("that link has a name in place of an address: take the one that begins with numbers")]
    OnlyNames,
    /// Links of different hubs or pairings.
    #[error(
        "these links are not of one pairing: paste what the hub printed last, and nothing else"
    )]
    Several,
}

/// Reads it.
///
/// # Errors
/// If there is no link, or one that leads out of the house.
pub(crate) fn read(text: &str) -> Result<Invitation, NoInvitation> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(NoInvitation::NoLink);
    }
    let mut links = text.split_whitespace().filter(|word| word.starts_with("https://"));
    let first = Link::read(links.next().ok_or(NoInvitation::NoLink)?)?;
    let mut places = vec![first.place];
    for more in links {
        let more = Link::read(more)?;
        if more.fragment != first.fragment {
            return Err(NoInvitation::Several);
        }
        places.push(more.place);
    }
    let named: Vec<SocketAddr> = places.into_iter().flatten().take(MOST_ADDRESSES).collect();
    if named.is_empty() {
        return Err(NoInvitation::OnlyNames);
    }
    let addresses: Vec<_> = named.into_iter().filter(|at| is_at_home(at.ip())).collect();
    if addresses.is_empty() {
        return Err(NoInvitation::NotAtHome);
    }
    Ok(Invitation { addresses, authority: first.authority, fragment: first.fragment.into() })
}

struct Link {
    /// Absent where the link has a name.
    place: Option<SocketAddr>,
    authority: Fingerprint,
    fragment: String,
}

impl Link {
    fn read(word: &str) -> Result<Self, NoInvitation> {
        let url = Url::parse(word).map_err(|_| NoInvitation::NoLink)?;
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        let fragment = url.fragment().filter(|_| plain).ok_or(NoInvitation::NoLink)?;
        let authority = authority_in(fragment).ok_or(NoInvitation::NoLink)?;
        let port = url.port().unwrap_or(HTTPS);
        let host = url.host_str().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let place = bare.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip.to_canonical(), port));
        Ok(Self { place, authority, fragment: fragment.to_owned() })
    }
}

/// `pair=TOKEN.AUTHORITY`, or `setup=` for a hub without a household.
fn authority_in(fragment: &str) -> Option<Fingerprint> {
    let pairing = fragment.strip_prefix("pair=").or_else(|| fragment.strip_prefix("setup="))?;
    let (token, authority) = pairing.split_once('.')?;
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let fit = (16..=64).contains(&token.len()) && token.bytes().all(letters);
    let Base64Url(digest) = authority.parse().ok().filter(|_| fit)?;
    digest.try_into().ok().map(Fingerprint)
}

/// Whether an address is in a network that no router leads out of: loopback, link-local (RFC 3927,
/// RFC 4291), private (RFC 1918), unique local (RFC 4193).
pub(crate) fn is_at_home(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    const PAIR: &str = "pair=c2l4dGVlbi1ieXRlcyE.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn refused(text: &str) -> NoInvitation {
        match read(text) {
            Ok(_) => panic!("{text} was taken"),
            Err(error) => error,
        }
    }

    #[test]
    fn what_a_hub_prints_is_read_whole() {
        let printed = format!(
            "Open one of these on the phone, in the home network:\n  https://192.168.1.10:8443/#{PAIR}\n  \
             https://[fd00::1]:8443/#{PAIR}\n  https://hub.local:8443/#{PAIR}\n\nGood until 10:05."
        );
        let read = read(&printed).unwrap_or_else(|error| panic!("{error}"));
        let expected = ["192.168.1.10:8443", "[fd00::1]:8443"].map(|at| at.parse().unwrap());
        assert_eq!(read.addresses, expected);
        assert_eq!(read.authority.0, [0; 32]);
        assert_eq!(read.fragment.expose_secret(), PAIR);
    }

    #[test]
    fn no_link_leads_out_of_the_house() {
        for host in ["93.184.215.14", "[2001:db8::1]", "[::ffff:8.8.8.8]", "100.64.0.1", "0.0.0.0"]
        {
            let link = format!("https://{host}:8443/#{PAIR}");
            assert_eq!(refused(&link), NoInvitation::NotAtHome, "{host}");
        }
        assert_eq!(refused(&format!("https://hub.local:8443/#{PAIR}")), NoInvitation::OnlyNames);
    }

    #[test]
    fn what_is_no_link_is_named_as_such() {
        let long = format!("{}https://10.0.0.1/#{PAIR}", " ".repeat(MAX_TEXT_BYTES));
        for text in [
            "",
            "c2l4dGVlbi1ieXRlcyE",
            "http://10.0.0.1/#pair=c2l4dGVlbi1ieXRlcyE.AAAA",
            "https://10.0.0.1/",
            "https://10.0.0.1/#pair=c2l4dGVlbi1ieXRlcyE",
            "https://10.0.0.1/#pair=c2l4dGVlbi1ieXRlcyE.AAAA",
            "https://10.0.0.1/#pair=short.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "https://ada:secret@10.0.0.1/#pair=c2l4dGVlbi1ieXRlcyE.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            &long,
        ] {
            assert_eq!(refused(text), NoInvitation::NoLink, "{text}");
        }
    }

    #[test]
    fn links_of_two_pairings_are_not_mixed() {
        let other = PAIR.replace("c2l4", "b3Ro");
        let both = format!("https://10.0.0.1:8443/#{PAIR} https://10.0.0.2:8443/#{other}");
        assert_eq!(refused(&both), NoInvitation::Several);
    }
}
