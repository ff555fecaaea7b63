//! Questions handed on word by word, for a window that shows the hub's own app: the asker reads
//! the answer, and this client only bounds it.

use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, StatusCode, Uri};
use tokio::time::timeout;

use super::transport::{Payload, read_bounded};
use super::{Client, ClientError};
use crate::path::BASE;

/// The longest answer: a sealed segment of some seconds of video has a few megabytes.
const MAX_RELAYED_BYTES: usize = 64 * 1024 * 1024;

/// How long an answer may take from the first byte to the last.
const RELAY_TIME: Duration = Duration::from_secs(75);

/// A question as somebody else put it.
#[derive(Debug, Clone)]
pub struct Question {
    /// How.
    pub method: Method,
    /// What: a path of the API with its base, and its query.
    pub target: Uri,
    /// JSON, or nothing.
    pub body: Bytes,
}

/// An answer as the hub gave it, refusals included.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// What the hub says that the body is.
    pub content_type: Option<String>,
    /// The body.
    pub body: Bytes,
}

impl Client {
    /// Hands a question on, and the answer back.
    ///
    /// # Errors
    /// If the question is outside of the API, the hub cannot be asked, or its answer is too long
    /// or too slow.
    pub async fn relay(&self, question: Question) -> Result<Answer, ClientError> {
        let path = path_within(&question.target)?;
        let payload = match question.body.is_empty() {
            true => Payload::Empty,
            false => Payload::Json(question.body),
        };
        let answering = async {
            let answer = self.send(question.method, path, payload).await?;
            let status = answer.status();
            let content_type = answer.headers().get(CONTENT_TYPE);
            let content_type =
                content_type.and_then(|value| value.to_str().ok().map(str::to_owned));
            let body = read_bounded(answer, MAX_RELAYED_BYTES).await?;
            Ok(Answer { status, content_type, body })
        };
        timeout(RELAY_TIME, answering).await.unwrap_or(Err(ClientError::TooSlow))
    }
}

/// The path and query below the API's base.
fn path_within(target: &Uri) -> Result<&str, ClientError> {
    let path = target.path_and_query().map_or("", |path| path.as_str());
    let below = path.strip_prefix(BASE).filter(|below| below.starts_with('/'));
    below.ok_or(ClientError::NotOfTheApi)
}

#[cfg(test)]
mod tests {
    use super::*;

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
