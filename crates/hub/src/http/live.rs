//! The socket of a camera's live picture: what it is in a text frame, then MP4 in binary
//! ones.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::Message;
use doorward_api::CameraName;
use doorward_api::camera::LiveHeader;
use doorward_recorder::{LivePiece, LiveStream};
use tracing::debug;

use super::answer::{At, Refused};
use super::describe::{Description, Gives, refer};
use super::house::House;
use super::router::Desk;
use super::socket::{Knock, Opened, Over, Socket};

/// The socket, and the words that go over it.
pub(super) struct LiveSocket(Opened);

impl axum::response::IntoResponse for LiveSocket {
    fn into_response(self) -> axum::response::Response {
        self.0.into_response()
    }
}

impl Gives for LiveSocket {
    fn tell(description: &mut Description) {
        let _ = refer::<LiveHeader>(description);
        Opened::tell(description);
    }
}

/// Whoever watches a camera is named in the log, for those who are filmed.
pub(super) async fn socket<H: House>(
    State(desk): State<Desk<H>>,
    At(camera): At<CameraName>,
    knock: Knock,
) -> Result<LiveSocket, Refused> {
    let stream = Arc::clone(&desk.house).watch(camera.clone()).await?;
    let (principal, house) = (knock.principal(), Arc::clone(&desk.house));
    let opened = knock.open(&desk.sockets, desk.stop, move |mut socket| async move {
        let look = house.looks(principal, &camera);
        debug!(%camera, ?principal, "a camera is watched");
        let over = show(&mut socket, stream).await;
        debug!(%camera, ?principal, "a camera is watched no longer");
        drop(look);
        socket.close(over).await;
    })?;
    Ok(LiveSocket(opened))
}

async fn show(socket: &mut Socket, mut stream: LiveStream) -> Over {
    loop {
        let step = tokio::select! {
            message = socket.hear() => message.and_then(nothing_to_say),
            piece = stream.next() => match piece {
                Some(piece) => socket.send(frame(piece)).await,
                None => Err(Over::Gone),
            },
        };
        if let Err(over) = step {
            return over;
        }
    }
}

/// A watcher only watches.
fn nothing_to_say(message: Message) -> Result<(), Over> {
    match message {
        Message::Ping(_) | Message::Pong(_) => Ok(()),
        Message::Text(_) | Message::Binary(_) | Message::Close(_) => Err(Over::Nonsense),
    }
}

fn frame(piece: LivePiece) -> Message {
    match piece {
        LivePiece::MediaType(mime) => {
            let header = serde_json::to_string(&LiveHeader { mime });
            Message::Text(header.expect("a header is one text").into())
        }
        LivePiece::Initialization(bytes) | LivePiece::Fragment(bytes) => Message::Binary(bytes),
    }
}
