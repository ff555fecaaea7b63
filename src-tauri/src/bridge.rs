//! The window's own scheme: files of the app, and questions to the hub.
//!
//! Guarantees that a document or a script only ever comes out of this program: what the hub
//! answers is data, by its media type and by a policy that lets a browser run nothing of it.

use std::sync::Arc;

use doorward_api::app::{PERMISSIONS, POLICY};
use doorward_api::client::{Answer, Question};
use doorward_api::path::BASE;
use doorward_api::{ClientError, Problem, ProblemKind};
use tauri::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use tauri::http::header::{HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use tauri::http::{HeaderMap, Method, Request, Response, StatusCode};
use tokio::sync::Semaphore;
use tracing::debug;

use crate::files;
use crate::hub::Hub;

/// The scheme.
pub(crate) const SCHEME: &str = "doorward";

/// Its host while the hub is on this machine; a hub on another one has a host of its own.
pub(crate) const HOST: &str = "localhost";

/// How many questions are under way at a time; others wait. The hub serves 64.
const AT_ONCE: usize = 16;

/// The largest question, which is the hub's own limit.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// What a hub's answers can be. Anything else is not from a hub of ours.
const DATA: [&str; 2] = ["application/json", "application/octet-stream"];

/// What the page may do besides what the hub allows a browser: call this program.
const TO_THIS_PROGRAM: &str = "; connect-src 'self' ipc:";

/// For what the hub answers.
const DATA_POLICY: &str = "default-src 'none'; sandbox";

/// Answers what the window asks over its scheme. Clones are the same.
#[derive(Clone)]
pub(crate) struct Bridge {
    hub: Hub,
    places: Arc<Semaphore>,
}

impl Bridge {
    /// A bridge to a hub.
    pub(crate) fn new(hub: Hub) -> Self {
        Self { hub, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let uri = request.uri();
        let nothing = |detail| refusal(StatusCode::NOT_FOUND, ProblemKind::NotFound, detail);
        let data = if uri.host() != Some(self.hub.host().as_str()) {
            nothing("there is no such place")
        } else if uri.path().starts_with(BASE) {
            self.ask(request).await
        } else if *request.method() != Method::GET {
            nothing("files are only read")
        } else {
            return dressed(files::serve(uri.path()), page_policy());
        };
        dressed(data, HeaderValue::from_static(DATA_POLICY))
    }

    async fn ask(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let (head, body) = request.into_parts();
        if body.len() > MAX_BODY_BYTES {
            let detail = "the question is too long";
            return refusal(StatusCode::PAYLOAD_TOO_LARGE, ProblemKind::Invalid, detail);
        }
        let host = head.uri.host().unwrap_or_default().to_owned();
        let question = Question { method: head.method, target: head.uri, body: body.into() };
        // The semaphore is never closed; a place is given back when the answer is there.
        let place = self.places.acquire().await;
        // While this waited, the window may have gone over to another hub.
        let Some(client) = self.hub.client_of(&host) else {
            return gateway("the window shows another hub");
        };
        let answer = client.relay(question).await;
        drop(place);
        match answer {
            Ok(answer) => handed_on(answer),
            Err(error) => unanswered(&error),
        }
    }
}

fn handed_on(answer: Answer) -> Response<Vec<u8>> {
    let said = answer.content_type.as_deref().unwrap_or(DATA[0]);
    let bare = said.split(';').next().unwrap_or_default().trim();
    let known = DATA.into_iter().find(|known| *known == bare);
    // Problem documents are JSON by another name.
    let known = known.or((bare == "application/problem+json").then_some(DATA[0]));
    match known {
        Some(media_type) => Response::builder()
            .status(answer.status)
            .header(CONTENT_TYPE, media_type)
            .body(answer.body.to_vec())
            .expect("the header is a constant"),
        None => gateway("what answered is no hub of this version"),
    }
}

/// There was no answer: status 502, which no hub gives.
fn unanswered(error: &ClientError) -> Response<Vec<u8>> {
    debug!(error = format!("{error:#}"), "the hub gave no answer");
    gateway(&error.to_string())
}

fn gateway(detail: &str) -> Response<Vec<u8>> {
    refusal(StatusCode::BAD_GATEWAY, ProblemKind::Internal, detail)
}

fn refusal(status: StatusCode, kind: ProblemKind, detail: &str) -> Response<Vec<u8>> {
    let problem = serde_json::to_vec(&Problem::new(kind, detail));
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, DATA[0])
        .body(problem.unwrap_or_default())
        .expect("the header is a constant")
}

fn page_policy() -> HeaderValue {
    HeaderValue::from_str(&format!("{POLICY}{TO_THIS_PROGRAM}")).expect("both are plain ASCII")
}

fn dressed(mut response: Response<Vec<u8>>, policy: HeaderValue) -> Response<Vec<u8>> {
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let permissions = HeaderName::from_static("permissions-policy");
    headers.insert(permissions, HeaderValue::from_static(PERMISSIONS));
    response
}
