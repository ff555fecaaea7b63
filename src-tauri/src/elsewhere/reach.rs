//! Connecting to the hub at whichever of its addresses it is.
//!
//! All are tried, the likeliest first and each next a little later, or as soon as one before it has
//! failed: "Happy Eyeballs" (RFC 8305). What counts is the finished handshake, so that somebody else who
//! is quick at one address keeps nobody from the hub at another.

use std::net::SocketAddr;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error as TlsError};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tracing::debug;

/// How long an address may take to answer, and how long its handshake.
const KNOCK_TIME: Duration = Duration::from_secs(4);

/// How long an address is waited for before the next is tried beside it; RFC 8305 recommends as much.
const HEAD_START: Duration = Duration::from_millis(250);

/// Why there is no road to the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoRoad {
    /// Nobody is there.
    #[error("nobody answers at {at}: is the hub running, and is this computer in its network?")]
    Nobody {
        /// Where.
        at: SocketAddr,
    },
    /// Somebody else is there.
    #[error(
        "what answers at {at} is not the hub of that link: another authority vouches for it. Make a \
         new link on the hub that you mean, and compare its first line"
    )]
    Stranger {
        /// Where.
        at: SocketAddr,
    },
    /// Somebody else is at one of its addresses, and nobody at another where it may be.
    #[error(
        "nobody answers at {nobody}, and what answers at {stranger} is not the hub of that link: is the \
         hub running, and is this computer in its network? If it was made anew, make a new link there"
    )]
    Scattered {
        /// Where nobody is.
        nobody: SocketAddr,
        /// Where somebody else is.
        stranger: SocketAddr,
    },
    /// The certificate is not valid now.
    #[error(
        "the hub's certificate at {at} is not valid at this computer's time: is the clock right here \
         and there?"
    )]
    Untimely {
        /// Where.
        at: SocketAddr,
    },
    /// It speaks no TLS, or hangs up.
    #[error("what answers at {at} is no hub")]
    NoHub {
        /// Where.
        at: SocketAddr,
    },
    /// The authority cannot be used.
    #[error(
        "the authority that was kept for this hub cannot be read: forget the hub, and pair again"
    )]
    Authority,
}

/// Connects to the right hub at the first of these addresses where it answers.
///
/// # Errors
/// With what their failures say together.
pub(super) async fn reach(
    tls: &TlsConnector,
    addresses: &[SocketAddr],
) -> Result<(SocketAddr, TlsStream<TcpStream>), NoRoad> {
    let mut knocking = FuturesUnordered::new();
    let mut told = None;
    for at in addresses {
        knocking.push(knock(tls, *at));
        match timeout(HEAD_START, knocking.next()).await {
            Ok(Some(Ok(reached))) => return Ok(reached),
            Ok(Some(Err(error))) => told = Some(both(told, error)),
            Ok(None) | Err(_) => {}
        }
    }
    while let Some(knocked) = knocking.next().await {
        match knocked {
            Ok(reached) => return Ok(reached),
            Err(error) => told = Some(both(told, error)),
        }
    }
    Err(told.unwrap_or(NoRoad::Authority))
}

/// What the failures of several addresses say together: what is most telling, and of what would lead
/// astray by itself, both. Somebody else may have got an address that the hub had, while the hub is
/// merely off; and one of its addresses may not be reached from here, while another is the hub made anew.
fn both(one: Option<NoRoad>, other: NoRoad) -> NoRoad {
    let Some(one) = one else { return other };
    match (one, other) {
        (NoRoad::Nobody { at: nobody }, NoRoad::Stranger { at: stranger })
        | (NoRoad::Stranger { at: stranger }, NoRoad::Nobody { at: nobody }) => {
            NoRoad::Scattered { nobody, stranger }
        }
        (one, other) => {
            if telling(&other) > telling(&one) {
                other
            } else {
                one
            }
        }
    }
}

const fn telling(error: &NoRoad) -> u8 {
    match error {
        NoRoad::Authority => 0,
        NoRoad::NoHub { .. } => 1,
        NoRoad::Nobody { .. } => 2,
        NoRoad::Stranger { .. } => 3,
        NoRoad::Scattered { .. } => 4,
        NoRoad::Untimely { .. } => 5,
    }
}

async fn knock(
    tls: &TlsConnector,
    at: SocketAddr,
) -> Result<(SocketAddr, TlsStream<TcpStream>), NoRoad> {
    let shaken = shake_hands(tls, at).await;
    match &shaken {
        Ok(_stream) => {}
        Err(error) => debug!(%at, %error, "no road to the hub"),
    }
    Ok((at, shaken?))
}

async fn shake_hands(tls: &TlsConnector, at: SocketAddr) -> Result<TlsStream<TcpStream>, NoRoad> {
    let stream = timeout(KNOCK_TIME, TcpStream::connect(at)).await;
    let Ok(Ok(stream)) = stream else { return Err(NoRoad::Nobody { at }) };
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "a connection keeps its packets waiting");
    }
    let name = ServerName::IpAddress(at.ip().into());
    match timeout(KNOCK_TIME, tls.connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(refused(at, &error)),
        Err(_late) => Err(NoRoad::NoHub { at }),
    }
}

fn refused(at: SocketAddr, error: &std::io::Error) -> NoRoad {
    let tls = error.get_ref().and_then(|error| error.downcast_ref::<TlsError>());
    match tls {
        Some(TlsError::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        )) => NoRoad::Untimely { at },
        Some(TlsError::InvalidCertificate(_)) => NoRoad::Stranger { at },
        Some(_) | None => NoRoad::NoHub { at },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn a_stranger_at_one_address_does_not_hide_that_nobody_is_at_another() {
        let (nobody, stranger) = (NoRoad::Nobody { at: at(1) }, NoRoad::Stranger { at: at(2) });
        let scattered = NoRoad::Scattered { nobody: at(1), stranger: at(2) };
        assert_eq!(both(Some(nobody), stranger), scattered);
        assert_eq!(both(Some(stranger), nobody), scattered);
        assert_eq!(both(Some(scattered), NoRoad::Nobody { at: at(3) }), scattered);
    }

    #[test]
    fn the_most_telling_of_several_failures_is_told() {
        let (nobody, no_hub) = (NoRoad::Nobody { at: at(1) }, NoRoad::NoHub { at: at(2) });
        let untimely = NoRoad::Untimely { at: at(3) };
        assert_eq!(both(None, no_hub), no_hub);
        assert_eq!(both(Some(no_hub), nobody), nobody, "it may be off, or away");
        assert_eq!(both(Some(untimely), NoRoad::Stranger { at: at(4) }), untimely);
    }
}
