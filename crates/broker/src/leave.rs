//! How a connection came in, and what lets it stay.

use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;

use crate::tls::Believed;

/// A connection's bytes, with TLS or without.
pub(crate) type Wire = Either<TlsStream<TcpStream>, TcpStream>;

/// What lets a connection stay, beside its place in the registry.
pub(crate) enum Leave {
    /// Its certificate is believed.
    Certificate(Believed),
    /// The listener on which it came, without TLS, is open.
    PlainListener(CancellationToken),
}

/// Why a connection may not stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeaveOver {
    /// Its certificate is believed no more.
    Doubted,
    /// The listener has closed.
    ListenerClosed,
}

impl Leave {
    /// Returns when the connection may stay no longer. May be dropped at any
    /// await.
    pub(crate) async fn over(&mut self) -> LeaveOver {
        match self {
            Self::Certificate(believed) => {
                believed.until_doubted().await;
                LeaveOver::Doubted
            }
            Self::PlainListener(closed) => {
                closed.cancelled().await;
                LeaveOver::ListenerClosed
            }
        }
    }
}
