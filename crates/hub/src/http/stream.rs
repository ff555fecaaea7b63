//! Answers that go out piece by piece: notices and sealed segments.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use doorward_api::RecordingId;
use doorward_api::notice::Notice;
use tokio::time::timeout;
use tokio_util::io::ReaderStream;
use tokio_util::sync::CancellationToken;

use super::answer::{AtBoth, Refused};
use super::describe::{Answer, Description, Gives, refer};
use super::house::House;
use super::router::Desk;
use crate::board::Listener;

/// How long the stream may be silent; an empty line then finds out whether anybody
/// still listens.
const SILENCE: Duration = Duration::from_secs(15);

/// An answer of JSON objects, one per line.
pub(super) struct Lines(Response);

/// An answer that is an age file.
pub(super) struct AgeFile(Response);

impl Gives for Lines {
    fn tell(description: &mut Description) {
        // The schema is of one line.
        let _ = refer::<Notice>(description);
        description.answer = Answer::Bytes("application/x-ndjson");
    }
}

impl Gives for AgeFile {
    fn tell(description: &mut Description) {
        description.answer = Answer::Bytes("application/octet-stream");
    }
}

impl IntoResponse for Lines {
    fn into_response(self) -> Response {
        self.0
    }
}

impl IntoResponse for AgeFile {
    fn into_response(self) -> Response {
        self.0
    }
}

pub(super) async fn notices<H: House>(State(desk): State<Desk<H>>) -> Lines {
    let listener = (desk.house.notices(None), desk.stop);
    let lines = futures::stream::unfold(listener, |(mut notices, stop)| async move {
        let line = next_line(&mut notices, &stop).await?;
        Some((Ok::<_, Infallible>(line), (notices, stop)))
    });
    let headers = [(CONTENT_TYPE, "application/x-ndjson"), (CACHE_CONTROL, "no-store")];
    Lines((headers, Body::from_stream(lines)).into_response())
}

async fn next_line(notices: &mut Listener, stop: &CancellationToken) -> Option<Bytes> {
    let next = timeout(SILENCE, notices.next());
    match stop.run_until_cancelled(next).await? {
        Ok(told) => Some(line(&told.notice)),
        Err(_silence) => Some(Bytes::from_static(b"\n")),
    }
}

fn line(notice: &Notice) -> Bytes {
    let mut text = serde_json::to_vec(notice).expect("notices hold no map with odd keys");
    text.push(b'\n');
    text.into()
}

pub(super) async fn segment<H: House>(
    State(desk): State<Desk<H>>,
    AtBoth(recording, sequence): AtBoth<RecordingId, u32>,
) -> Result<AgeFile, Refused> {
    let segment = desk.house.segment(recording, sequence).await?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_LENGTH, segment.bytes.to_string()),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    let body = Body::from_stream(ReaderStream::new(segment.file));
    Ok(AgeFile((headers, body).into_response()))
}
