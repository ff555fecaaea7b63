//! A request that is answered before its body was read.
//!
//! The HTTP library hangs up on a client whose body nobody read, and its answer does not say so: what the
//! client asks next on that connection gets no answer. What is left of a body is read to its end instead.
//! Whoever sends too much, or too slowly, is told that the connection ends (RFC 9112, section 9.6).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request};
use axum::response::Response;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// More than any request of the API may have.
const MOST_BYTES: usize = 64 * 1024;

/// A body follows its head at once.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What became of a request's body.
pub(super) struct Rest(oneshot::Receiver<Body>);

/// Has a request's body come back if nobody reads it to its end.
pub(super) fn watched(request: Request<Incoming>) -> (Request<Body>, Rest) {
    let (back, rest) = oneshot::channel();
    let request =
        request.map(|body| Body::new(Watched { body: Some(Body::new(body)), back: Some(back) }));
    (request, Rest(rest))
}

impl Rest {
    /// Reads what is left, so that the connection serves for the next request, or says that it does not.
    pub(super) async fn read(mut self, mut response: Response) -> Response {
        if let Ok(body) = self.0.try_recv()
            && !is_read(body).await
        {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

async fn is_read(body: Body) -> bool {
    timeout(AT_ONCE, to_bytes(body, MOST_BYTES)).await.is_ok_and(|read| read.is_ok())
}

/// A body that comes back when it is dropped before its end.
struct Watched {
    body: Option<Body>,
    back: Option<oneshot::Sender<Body>>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let left = self.body.take().filter(|body| !body.is_end_stream());
        if let (Some(body), Some(back)) = (left, self.back.take()) {
            // Whoever asked has gone, and the body with them.
            drop(back.send(body));
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio_util::sync::CancellationToken;

    use super::super::connection::{Pace, serve};
    use super::*;

    const HEAD: &[u8] = b"POST /nowhere HTTP/1.1\r\nhost: hub\r\ncontent-length: 7\r\n\r\n";
    const BODY: &[u8] = b"{\"a\":1}";

    /// A client of a hub that knows no path.
    fn client() -> DuplexStream {
        let (client, hub) = duplex(1 << 20);
        let stop = CancellationToken::new();
        tokio::spawn(serve(hub, None, Router::new(), Pace::LOCAL, stop));
        client
    }

    /// The head of an answer that has no body.
    async fn answer(client: &mut DuplexStream) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = timeout(Duration::from_secs(30), client.read_u8()).await;
            head.push(byte.expect("an answer in time").expect("an answer"));
        }
        String::from_utf8(head).unwrap()
    }

    #[tokio::test]
    async fn a_connection_goes_on_after_a_body_that_nobody_wanted() {
        let mut client = client();
        for _ in 0..3 {
            client.write_all(HEAD).await.unwrap();
            let early = timeout(Duration::from_millis(20), client.read_u8()).await;
            assert!(early.is_err(), "the body is waited for");
            client.write_all(BODY).await.unwrap();
            let answer = answer(&mut client).await;
            assert!(answer.starts_with("HTTP/1.1 404"), "{answer:?}");
            assert!(!answer.contains("connection: close"), "{answer}");
        }
    }

    #[tokio::test]
    async fn who_sends_no_body_or_too_much_is_told_that_the_connection_ends() {
        let mut silent = client();
        silent.write_all(HEAD).await.unwrap();
        let mut answer = String::new();
        silent.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains("connection: close"), "{answer}");

        let mut endless = client();
        let head = b"POST /nowhere HTTP/1.1\r\nhost: hub\r\ncontent-length: 1000000\r\n\r\n";
        endless.write_all(head).await.unwrap();
        endless.write_all(&vec![b'x'; MOST_BYTES + 1]).await.unwrap();
        let mut answer = String::new();
        endless.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains("connection: close"), "{answer}");
    }
}
