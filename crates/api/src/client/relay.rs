//! Questions handed on word by word, for a window that shows the hub's own app: the asker reads
//! the answer, and this client only bounds it.
//!
//! Whoever asks several at a time gives them one [`Room`], which bounds what their answers hold together.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use hyper::header::CONTENT_TYPE;
use hyper::{Method, StatusCode, Uri};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::transport::Payload;
use super::{Client, ClientError, SealedDownload};
use crate::path::BASE;

/// The longest answer. What is longer is a file, and saved as one comes ([`Client::download`]).
const MAX_RELAYED_BYTES: usize = 64 * 1024 * 1024;

/// What an answer may hold without waiting for another one: a sealed segment of some seconds of video has
/// a few megabytes.
const SMALL_BYTES: usize = 4 * 1024 * 1024;

/// How long an answer may take from the first byte to the last.
const RELAY_TIME: Duration = Duration::from_secs(75);

/// A question as somebody else put it. It may hold a PIN, and cannot be printed:
///
/// ```compile_fail,E0277
/// fn printed(question: doorward_api::client::Question) -> String {
///     format!("{question:?}")
/// }
/// ```
#[derive(Clone)]
pub struct Question {
    /// How.
    pub method: Method,
    /// What: a path of the API with its base, and its query.
    pub target: Uri,
    /// JSON, or nothing.
    pub body: Bytes,
}

/// An answer as the hub gave it, refusals included. It may hold a code, and cannot be printed:
///
/// ```compile_fail,E0277
/// fn printed(answer: doorward_api::client::Answer) -> String {
///     format!("{answer:?}")
/// }
/// ```
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// What the hub says that the body is.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Room for the answers of one hub that are read together: 4 MiB for each, and 64 MiB for one of them
/// at a time. Others that are larger wait until that one is there, so that none waits for a part of what
/// another holds. What was read whole is the asker's, and counts no more. Clones are the same.
#[derive(Debug, Clone)]
pub struct Room {
    large: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        Self { large: Arc::new(Semaphore::new(1)) }
    }
}

impl Room {
    /// Reads an answer whole. While it waits for its turn nothing of it is taken from the connection.
    async fn read<B>(&self, mut body: B) -> Result<Vec<u8>, ClientError>
    where
        B: Body<Data = Bytes, Error = hyper::Error> + Unpin,
    {
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if announced > MAX_RELAYED_BYTES {
            return Err(ClientError::TooLong);
        }
        let (mut read, mut turn) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            let piece = frame?.into_data().unwrap_or_default();
            let bytes = read.len() + piece.len();
            if bytes > MAX_RELAYED_BYTES {
                return Err(ClientError::TooLong);
            }
            if bytes > SMALL_BYTES && turn.is_none() {
                turn = Some(self.large.acquire().await.expect("nobody closes it"));
            }
            let most = if turn.is_some() { MAX_RELAYED_BYTES } else { SMALL_BYTES };
            make_room(&mut read, bytes, announced.min(most), most)?;
            read.extend_from_slice(&piece);
        }
        Ok(read)
    }
}

/// Makes room for so many bytes in all: at once for those that were announced, and otherwise for twice of
/// what there was, as vectors do by themselves, but never for more than the answer may have.
fn make_room(
    read: &mut Vec<u8>,
    bytes: usize,
    announced: usize,
    most: usize,
) -> Result<(), ClientError> {
    if bytes <= read.capacity() {
        return Ok(());
    }
    let twice = read.capacity().saturating_mul(2).min(most);
    let wanted = bytes.max(if announced > 0 { announced } else { twice });
    read.try_reserve_exact(wanted - read.len()).map_err(|_| ClientError::TooLong)
}

impl Client {
    /// Hands a question on, and the answer back, which is read in this room.
    ///
    /// # Errors
    /// If the question is outside of the API, the hub cannot be asked, or its answer is too long
    /// or too slow.
    pub async fn relay(&self, question: Question, room: &Room) -> Result<Answer, ClientError> {
        let path = path_within(&question.target)?;
        let answering = async {
            let answer = self.send(question.method, path, payload(question.body)).await?;
            let status = answer.status();
            let content_type = answer.headers().get(CONTENT_TYPE);
            let content_type =
                content_type.and_then(|value| value.to_str().ok().map(str::to_owned));
            let body = room.read(answer.into_body()).await?;
            Ok(Answer { status, content_type, body })
        };
        timeout(RELAY_TIME, answering).await.unwrap_or(Err(ClientError::TooSlow))
    }

    /// Hands a question on whose answer is a sealed file of any length, and begins to download that.
    ///
    /// # Errors
    /// If the question is outside of the API, or the hub cannot be asked, or refuses.
    pub async fn download(&self, question: Question) -> Result<SealedDownload, ClientError> {
        let path = path_within(&question.target)?;
        let answer = self.open(question.method, path, payload(question.body)).await?;
        Ok(SealedDownload::of(answer))
    }
}

fn payload(body: Bytes) -> Payload {
    if body.is_empty() { Payload::Empty } else { Payload::Json(body) }
}

/// The path and query below the API's base.
fn path_within(target: &Uri) -> Result<&str, ClientError> {
    let path = target.path_and_query().map_or("", |path| path.as_str());
    let below = path.strip_prefix(BASE).filter(|below| below.starts_with('/'));
    below.ok_or(ClientError::NotOfTheApi)
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll};

    use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
    use futures::poll;
    use http_body_util::StreamBody;
    use hyper::body::{Frame, SizeHint};

    use super::*;

    type Piece = Result<Frame<Bytes>, hyper::Error>;

    /// What a hub says piece by piece, and the body that it makes.
    fn answer() -> (UnboundedSender<Piece>, StreamBody<UnboundedReceiver<Piece>>) {
        let (say, said) = unbounded();
        (say, StreamBody::new(said))
    }

    /// An answer with its length in front.
    struct Announced {
        said: StreamBody<UnboundedReceiver<Piece>>,
        bytes: u64,
    }

    impl Body for Announced {
        type Data = Bytes;
        type Error = hyper::Error;

        fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Piece>> {
            Pin::new(&mut self.said).poll_frame(context)
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.bytes)
        }
    }

    fn mebibytes(number: usize) -> Piece {
        Ok(Frame::data(vec![7; number * 1024 * 1024].into()))
    }

    #[tokio::test]
    async fn large_answers_are_read_one_after_the_other_and_small_ones_meanwhile() {
        let room = Room::default();
        let [(first_says, first), (second_says, second), (small_says, small)] =
            [(); 3].map(|()| answer());
        let (mut first, mut second) = (pin!(room.read(first)), pin!(room.read(second)));
        first_says.unbounded_send(mebibytes(5)).unwrap();
        assert!(poll!(&mut first).is_pending(), "it goes on");
        second_says.unbounded_send(mebibytes(5)).unwrap();
        drop(second_says);
        assert!(poll!(&mut second).is_pending(), "both are held at once");
        small_says.unbounded_send(mebibytes(4)).unwrap();
        drop(small_says);
        assert_eq!(room.read(small).await.map(|read| read.len() >> 20).unwrap(), 4);

        drop(first_says);
        assert_eq!(first.await.map(|read| read.len() >> 20).unwrap(), 5);
        let Poll::Ready(Ok(read)) = poll!(&mut second) else { panic!("its turn does not come") };
        assert_eq!(read.len() >> 20, 5);
    }

    #[tokio::test]
    async fn an_answer_that_is_given_up_gives_its_turn_to_the_next() {
        let room = Room::default();
        let [(first_says, first), (second_says, second)] = [(); 2].map(|()| answer());
        {
            let mut first = pin!(room.read(first));
            first_says.unbounded_send(mebibytes(5)).unwrap();
            assert!(poll!(&mut first).is_pending());
        }
        second_says.unbounded_send(mebibytes(5)).unwrap();
        drop(second_says);
        assert!(room.read(second).await.is_ok());
    }

    #[tokio::test]
    async fn no_answer_is_read_for_ever() {
        let (says, said) = answer();
        for _piece in 0..65 {
            says.unbounded_send(mebibytes(1)).unwrap();
        }
        assert!(matches!(Room::default().read(said).await, Err(ClientError::TooLong)));
    }

    #[tokio::test]
    async fn an_answer_holds_no_more_than_it_may_have() {
        let (says, said) = answer();
        for _piece in 0..3 {
            says.unbounded_send(Ok(Frame::data(vec![7; SMALL_BYTES * 5 / 16].into()))).unwrap();
        }
        drop(says);
        let read = Room::default().read(said).await.unwrap();
        assert_eq!((read.len(), read.capacity()), (SMALL_BYTES * 15 / 16, SMALL_BYTES));
    }

    #[tokio::test]
    async fn an_answer_holds_what_was_announced() {
        let (says, said) = answer();
        for _piece in 0..5 {
            says.unbounded_send(mebibytes(1)).unwrap();
        }
        drop(says);
        let announced = Announced { said, bytes: 5 * 1024 * 1024 };
        let read = Room::default().read(announced).await.unwrap();
        assert_eq!((read.len(), read.capacity()), (5 * 1024 * 1024, 5 * 1024 * 1024));
    }

    #[test]
    fn only_paths_of_the_api_are_handed_on() {
        let below =
            |path: &'static str| path_within(&Uri::from_static(path)).ok().map(str::to_owned);
        assert_eq!(below("/api/v1/status"), Some("/status".to_owned()));
        assert_eq!(below("/api/v1/log?after=3").as_deref(), Some("/log?after=3"));
        assert_eq!(below("app://localhost/api/v1/status").as_deref(), Some("/status"));
        for outside in ["/", "/api/v1", "/api/v10/status", "/assets/app.js", "/api/v2/status"] {
            assert_eq!(below(outside), None, "{outside}");
        }
    }
}
