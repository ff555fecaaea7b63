//! One connection, from its first request to its end.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::debug;

use super::principal::Principal;
use super::unread::watched;

/// How patient a listener is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// How long a request's head may take, and how long a connection may idle.
    head: Duration,
}

impl Pace {
    /// Programs on this machine.
    pub(super) const LOCAL: Self = Self { head: Duration::from_secs(5) };

    /// Browsers: they keep connections open, and are surprised by one that closes just
    /// as they use it again.
    pub(super) const NETWORK: Self = Self { head: Duration::from_secs(15) };
}

/// The largest request head.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// How long requests that are under way may still take after `stop`.
const FAREWELL_TIME: Duration = Duration::from_secs(5);

/// Answers one connection's requests until it ends or `stop` is cancelled.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    principal: Option<Principal>,
    router: Router,
    pace: Pace,
    stop: CancellationToken,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (mut request, rest) = watched(request);
        if let Some(principal) = principal {
            request.extensions_mut().insert(principal);
        }
        let answer = router.clone().oneshot(request);
        async move { Ok::<_, Infallible>(rest.read(answer.await?).await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(pace.head)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(FAREWELL_TIME, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        debug!(%error, "connection broke");
    }
}
