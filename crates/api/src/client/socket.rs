//! Conversations: notices with their numbers, and cameras' live pictures, over a WebSocket.

use futures::{SinkExt, StreamExt};
use hyper::body::Bytes;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::transport::ANSWER_TIME;
use super::way::{Connection, HERE, Wire};
use super::{Client, ClientError};
use crate::id::CameraName;
use crate::path::{self, BASE, fill};

/// The largest piece of a live picture: one group of pictures at a generous rate.
const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// A conversation with the hub.
pub struct Conversation {
    wire: WebSocketStream<Box<dyn Wire>>,
}

/// Something that the hub said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// JSON.
    Text(String),
    /// A piece of MP4.
    Bytes(Bytes),
}

impl Client {
    /// Opens the conversation about notices: the first word is a
    /// [`Begin`](crate::notice::Begin), the answers are
    /// [`NumberedNotice`](crate::notice::NumberedNotice)s, and an empty object now and then.
    ///
    /// # Errors
    /// If the hub cannot be asked, or refuses.
    pub async fn converse(&self) -> Result<Conversation, ClientError> {
        self.upgrade(path::EVENTS_SOCKET).await
    }

    /// Watches a camera: first a [`LiveHeader`](crate::camera::LiveHeader), then MP4.
    ///
    /// # Errors
    /// If the hub cannot be asked, or refuses.
    pub async fn watch(&self, camera: &CameraName) -> Result<Conversation, ClientError> {
        self.upgrade(&fill(path::CAMERA_LIVE, &[camera])).await
    }

    /// Listens to a camera: first a [`LiveHeader`](crate::camera::LiveHeader), then MP4.
    ///
    /// # Errors
    /// If the hub cannot be asked, or refuses; a camera whose sound its owner did not
    /// allow is refused.
    pub async fn listen(&self, camera: &CameraName) -> Result<Conversation, ClientError> {
        self.upgrade(&fill(path::CAMERA_SOUND, &[camera])).await
    }

    async fn upgrade(&self, path: &str) -> Result<Conversation, ClientError> {
        let Connection { wire, headers } = self.way.dial().await?;
        let address = format!("ws://{HERE}{BASE}{path}");
        let mut request = address.into_client_request().map_err(broken)?;
        request.headers_mut().extend(headers);
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let opening = client_async_with_config(request, wire, Some(limits));
        let opened = timeout(ANSWER_TIME, opening).await.map_err(|_| ClientError::TooSlow)?;
        let (wire, _answer) = opened.map_err(refused)?;
        Ok(Conversation { wire })
    }
}

impl Conversation {
    /// Says something.
    ///
    /// # Errors
    /// If the hub has gone, or does not listen.
    pub async fn say(&mut self, text: String) -> Result<(), ClientError> {
        let saying = self.wire.send(Message::text(text));
        timeout(ANSWER_TIME, saying).await.map_err(|_| ClientError::TooSlow)?.map_err(broken)
    }

    /// Waits for what the hub says next; `None` when it has closed the conversation. May be
    /// dropped at any await.
    ///
    /// # Errors
    /// If the connection breaks, or what came is too long.
    pub async fn hear(&mut self) -> Result<Option<Said>, ClientError> {
        loop {
            match self.wire.next().await.transpose().map_err(broken)? {
                Some(Message::Text(text)) => return Ok(Some(Said::Text(text.to_string()))),
                Some(Message::Binary(bytes)) => return Ok(Some(Said::Bytes(bytes))),
                // Pings are answered by the library; single frames are never handed out.
                Some(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Some(Message::Close(_)) | None => return Ok(None),
            }
        }
    }
}

/// The hub answers with a problem document to a knock that it refuses.
fn refused(error: Error) -> ClientError {
    let Error::Http(answer) = error else { return broken(error) };
    let status = answer.status().as_u16();
    let body = answer.body().as_deref().unwrap_or_default();
    serde_json::from_slice(body).map_or(ClientError::NotAHub { status }, ClientError::Problem)
}

fn broken(error: Error) -> ClientError {
    if matches!(error, Error::Capacity(_)) {
        return ClientError::TooLong;
    }
    ClientError::Cut(Box::new(error))
}
