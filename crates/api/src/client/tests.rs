//! A client that is answered by something else than a healthy hub.

use std::path::PathBuf;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use super::*;
use crate::id::RecordingId;
use crate::problem::ProblemKind;

/// Answers every connection with these bytes and hangs up.
struct Impostor {
    folder: tempfile::TempDir,
    task: tokio::task::JoinHandle<()>,
}

impl Impostor {
    fn answering(bytes: Vec<u8>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("s")).unwrap();
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                // The first connection only sees that somebody is there.
                if stream.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {
                    drop(stream.write_all(&bytes).await);
                }
            }
        });
        Self { folder, task }
    }

    async fn client(&self) -> Client {
        Client::connect(self.socket()).await.unwrap()
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("s")
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn http(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

async fn status_of(bytes: Vec<u8>) -> ClientError {
    Impostor::answering(bytes).client().await.status().await.unwrap_err()
}

#[tokio::test]
async fn each_strange_answer_has_an_error_of_its_own() {
    assert!(matches!(status_of(Vec::new()).await, ClientError::Broken(_)));
    assert!(matches!(status_of(b"\x16\x03\x01".to_vec()).await, ClientError::Broken(_)));
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec();
    assert!(matches!(status_of(cut).await, ClientError::Broken(_)));
    assert!(matches!(status_of(http("200 OK", "hello")).await, ClientError::NotUnderstood(_)));
    let page = http("404 Not Found", "<html>");
    assert!(matches!(status_of(page).await, ClientError::NotAHub { status: 404 }));
    let long = http("200 OK", &" ".repeat(17 * 1024 * 1024));
    assert!(matches!(status_of(long).await, ClientError::TooLong));
}

#[tokio::test]
async fn a_problem_is_handed_on_as_it_is() {
    let sent = Problem::new(ProblemKind::Conflict, "a door of this name exists already");
    let body = serde_json::to_string(&sent).unwrap();
    let ClientError::Problem(got) = status_of(http("409 Conflict", &body)).await else {
        panic!("no problem");
    };
    assert_eq!(got, sent);
}

#[tokio::test]
async fn a_segment_that_breaks_off_is_not_taken_for_a_whole_one() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort".to_vec();
    let impostor = Impostor::answering(cut);
    let client = impostor.client().await;
    let download = client.segment(RecordingId(1), 0).await.unwrap();
    assert!(matches!(download.into_vec(99).await, Err(ClientError::Broken(_))));
}

#[tokio::test]
async fn a_disk_that_is_full_at_the_last_piece_keeps_no_whole_file() {
    let impostor = Impostor::answering(http("200 OK", "sealed"));
    let download = impostor.client().await.segment(RecordingId(1), 0).await.unwrap();
    let mut full = tokio::fs::File::options().write(true).open("/dev/full").await.unwrap();
    let written = download.write_to(&mut full, 99).await;
    assert!(matches!(written, Err(ClientError::Write(_))), "{written:?}");
}

#[tokio::test]
async fn a_line_without_an_end_is_not_read_for_ever() {
    let impostor = Impostor::answering(http("200 OK", &"x".repeat(200_000)));
    let mut notices = impostor.client().await.notices().await.unwrap();
    assert!(matches!(notices.next().await, Err(ClientError::TooLong)));
}
