//! One request, one answer, over a connection of its own.

use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::way::Connection;
use super::{Client, ClientError};
use crate::path::BASE;
use crate::problem::Problem;

/// How long an answer may take; longer than the hub gives itself.
pub(super) const ANSWER_TIME: Duration = Duration::from_secs(75);

/// The longest JSON answer. Lists that grow come in pages; the longest of the others,
/// all codes that were ever given out, has a few hundred bytes for each.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// What a request carries.
pub(super) enum Payload {
    /// Nothing.
    Empty,
    /// A JSON document.
    Json(Bytes),
}

impl Payload {
    pub(super) fn json(value: &impl Serialize) -> Self {
        let text = serde_json::to_vec(value).expect("requests hold no map with odd keys");
        Self::Json(text.into())
    }
}

impl Client {
    /// Asks, and reads the answer as JSON.
    pub(super) async fn ask<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
    ) -> Result<A, ClientError> {
        let body = self.answer(method, path, payload).await?;
        serde_json::from_slice(&body).map_err(ClientError::NotUnderstood)
    }

    /// Wishes, and expects no more than that it was met.
    pub(super) async fn wish(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
    ) -> Result<(), ClientError> {
        self.answer(method, path, payload).await.map(drop)
    }

    async fn answer(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
    ) -> Result<Bytes, ClientError> {
        let answering =
            async { read_bounded(self.open(method, path, payload).await?, MAX_ANSWER_BYTES).await };
        timeout(ANSWER_TIME, answering).await.unwrap_or(Err(ClientError::TooSlow))
    }

    /// Asks, and returns the answer with its body still to be read; anything but
    /// success has become an error.
    pub(super) async fn open(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
    ) -> Result<Response<Incoming>, ClientError> {
        let answer = self.send(method, path, payload).await?;
        if answer.status().is_success() {
            Ok(answer)
        } else {
            Err(refusal(answer, ANSWER_TIME).await)
        }
    }

    /// Asks, and returns whatever the answer is with its body still to be read.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
    ) -> Result<Response<Incoming>, ClientError> {
        let Connection { wire, headers } = self.way.dial().await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(wire)).await?;
        // The task ends with the connection; what breaks it is told to the reader of
        // the answer, so nothing is lost here.
        tokio::spawn(connection);
        let mut request = request(method, path, payload);
        request.headers_mut().extend(headers);
        let asking = sender.send_request(request);
        let answer = timeout(ANSWER_TIME, asking).await.map_err(|_| ClientError::TooSlow)??;
        self.way.heed(answer.headers());
        Ok(answer)
    }
}

fn request(method: Method, path: &str, payload: Payload) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(format!("{BASE}{path}"));
    let request = match payload {
        Payload::Empty => request.body(Full::default()),
        Payload::Json(text) => {
            request.header("content-type", "application/json").body(Full::new(text))
        }
    };
    request.expect("paths are encoded, and the header is a constant")
}

/// What follows a refusal is its reason, and has an end also where what follows success has none.
async fn refusal(answer: Response<Incoming>, within: Duration) -> ClientError {
    let status = answer.status();
    match timeout(within, read_bounded(answer, MAX_ANSWER_BYTES)).await {
        Ok(Ok(body)) => serde_json::from_slice::<Problem>(&body)
            .map_or_else(|_| not_a_hub(status), ClientError::Problem),
        Ok(Err(error)) => error,
        Err(_) => ClientError::TooSlow,
    }
}

fn not_a_hub(status: StatusCode) -> ClientError {
    ClientError::NotAHub { status: status.as_u16() }
}

pub(super) async fn read_bounded(
    answer: Response<Incoming>,
    max_bytes: usize,
) -> Result<Bytes, ClientError> {
    match Limited::new(answer.into_body(), max_bytes).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ClientError::TooLong),
        Err(error) => Err(match error.downcast::<hyper::Error>() {
            Ok(error) => ClientError::Broken(*error),
            Err(_) => ClientError::TooLong,
        }),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn a_refusal_that_never_ends_is_given_up() {
        let (ours, mut hubs) = duplex(4096);
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(ours)).await.unwrap();
        tokio::spawn(connection);
        let asked = sender.send_request(request(Method::GET, "/events", Payload::Empty));
        let hub = async {
            assert!(hubs.read(&mut [0; 4096]).await.unwrap() > 0);
            let begun = b"HTTP/1.1 503 Not now\r\ncontent-length: 99\r\n\r\n{";
            hubs.write_all(begun).await.unwrap();
        };
        let (answer, ()) = tokio::join!(asked, hub);
        let given_up = refusal(answer.unwrap(), Duration::from_millis(10));
        let given_up = timeout(Duration::from_secs(30), given_up).await;
        assert!(matches!(given_up, Ok(ClientError::TooSlow)), "{given_up:?}");
    }
}
