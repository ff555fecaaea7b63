//! Answers that go out piece by piece: notices, sealed segments and backups.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use doorward_api::RecordingId;
use doorward_api::notice::Notice;
use doorward_api::session::StepUp;
use tokio::time::timeout;
use tokio_util::io::ReaderStream;
use tokio_util::sync::CancellationToken;

use super::answer::{AtBoth, Refused};
use super::caller::{Act, Caller};
use super::describe::{Description, Gives, Shape, refer};
use super::desk::Desk;
use super::house::House;
use super::people::MaybeWish;
use super::principal::Principal;
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
        description.answer = Shape::Bytes("application/x-ndjson");
    }
}

impl Gives for AgeFile {
    fn tell(description: &mut Description) {
        description.answer = Shape::Bytes("application/octet-stream");
    }
}

impl IntoResponse for Lines {
    fn into_response(self) -> Response {
        self.0
    }
}

impl AgeFile {
    fn of(file: tokio::fs::File, bytes: u64) -> Self {
        let headers = [
            (CONTENT_TYPE, "application/octet-stream".to_owned()),
            (CONTENT_LENGTH, bytes.to_string()),
        ];
        let body = Body::from_stream(ReaderStream::new(file));
        Self((headers, body).into_response())
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
    let headers = [(CONTENT_TYPE, "application/x-ndjson")];
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
    Ok(AgeFile::of(segment.file, segment.bytes))
}

/// Whoever has the household key and the backup has the hub: a session alone does not do.
pub(super) async fn backup<H: House>(
    State(desk): State<Desk<H>>,
    by: Principal,
    caller: Caller,
    act: Act,
    MaybeWish(proof): MaybeWish<StepUp>,
) -> Result<AgeFile, Refused> {
    desk.house.prove(by, caller, act, proof).await?;
    let backup = desk.house.back_up(by).await?;
    Ok(AgeFile::of(backup.file, backup.bytes))
}
