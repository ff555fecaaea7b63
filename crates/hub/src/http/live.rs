//! The sockets of a camera's live picture and of what it hears: what it is in a text frame,
//! then MP4 in binary ones.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::Message;
use doorward_api::CameraName;
use doorward_api::camera::LiveHeader;
use doorward_recorder::media::Ticks;
use doorward_recorder::{LivePiece, LiveSound, LiveStream};
use tracing::debug;

use super::answer::{At, Refused};
use super::describe::{Description, Gives, refer};
use super::desk::Desk;
use super::house::House;
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

/// What goes over such a socket, piece by piece.
trait Pieces: Send + 'static {
    /// Returns the next piece, if there will be any. May be dropped at any await.
    fn next(&mut self) -> impl Future<Output = Option<LivePiece>> + Send;
}

impl Pieces for LiveStream {
    fn next(&mut self) -> impl Future<Output = Option<LivePiece>> + Send {
        LiveStream::next(self)
    }
}

impl Pieces for LiveSound {
    fn next(&mut self) -> impl Future<Output = Option<LivePiece>> + Send {
        LiveSound::next(self)
    }
}

pub(super) async fn socket<H: House>(
    State(desk): State<Desk<H>>,
    At(camera): At<CameraName>,
    knock: Knock,
) -> Result<LiveSocket, Refused> {
    let pictures = Arc::clone(&desk.house).watch(camera.clone()).await?;
    open(&desk, camera, knock, pictures)
}

pub(super) async fn sound_socket<H: House>(
    State(desk): State<Desk<H>>,
    At(camera): At<CameraName>,
    knock: Knock,
) -> Result<LiveSocket, Refused> {
    let sound = Arc::clone(&desk.house).listen(camera.clone()).await?;
    open(&desk, camera, knock, sound)
}

/// Whoever watches a camera, or listens to it, is named in the log, for those who are filmed.
fn open<H: House>(
    desk: &Desk<H>,
    camera: CameraName,
    knock: Knock,
    pieces: impl Pieces,
) -> Result<LiveSocket, Refused> {
    let (principal, house) = (knock.principal(), Arc::clone(&desk.house));
    let opened = knock.open(&desk.sockets, desk.stop.clone(), move |mut socket| async move {
        let look = house.looks(principal, &camera);
        debug!(%camera, ?principal, "a camera is watched");
        let over = show(&mut socket, pieces).await;
        debug!(%camera, ?principal, "a camera is watched no longer");
        drop(look);
        socket.close(over).await;
    })?;
    Ok(LiveSocket(opened))
}

async fn show(socket: &mut Socket, mut pieces: impl Pieces) -> Over {
    loop {
        let step = tokio::select! {
            message = socket.hear() => message.and_then(nothing_to_say),
            piece = pieces.next() => match piece {
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
        LivePiece::Header(header) => {
            let (mime, sound) = (header.media_type, header.sound);
            let header = LiveHeader { mime, sound, starts_ms: header.starts.ms_since(Ticks(0)) };
            let text = serde_json::to_string(&header).expect("a header is two texts and a number");
            Message::Text(text.into())
        }
        LivePiece::Initialization(bytes) | LivePiece::Fragment(bytes) => Message::Binary(bytes),
    }
}
