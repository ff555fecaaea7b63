//! Stands in for a hub where a test needs one that leaves questions unanswered.

use std::path::Path;

use doorward_api::place::socket_in;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// A question, and the connection on which its answer is waited for.
pub(crate) type Asked = (String, UnixStream);

/// A hub that says how it is; every other question is handed over, unanswered. It goes when it is aborted.
pub(crate) fn hub_at(state: &Path) -> (JoinHandle<()>, mpsc::UnboundedReceiver<Asked>) {
    std::fs::create_dir(state).unwrap();
    let listener = UnixListener::bind(socket_in(state)).unwrap();
    let (hand, handed) = mpsc::unbounded_channel();
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut question = [0; 4096];
            let length = stream.read(&mut question).await.unwrap();
            let question = String::from_utf8_lossy(&question[..length]).into_owned();
            if question.contains("/welcome ") {
                let body = r#"{"state":"ready","version":"0","ca_sha256":""}"#;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}", body.len());
                let answer = format!("{head}\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            } else {
                drop(hand.send((question, stream)));
            }
        }
    });
    (serving, handed)
}
