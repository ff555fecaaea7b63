//! The window's own scheme: files of the app, and questions to the hub.
//!
//! Guarantees that a document or a script only ever comes out of this program: what the hub
//! answers is data, by its media type and by a policy that lets a browser run nothing of it.

use std::sync::{Arc, Mutex, PoisonError};

use doorward_api::app::{PERMISSIONS, POLICY};
use doorward_api::client::{Answer, Question, Room};
use doorward_api::path::BASE;
use doorward_api::problem::MEDIA_TYPE as PROBLEM;
use doorward_api::{ClientError, Problem, ProblemKind};
use tauri::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use tauri::http::{HeaderMap, Method, Request, Response, StatusCode};
use tokio::sync::Semaphore;
use tracing::debug;

use crate::files;
use crate::hub::Hub;
use crate::words::ANOTHER;

/// Its host while this user's own hub is shown, where that customarily lies; every other one has a host of
/// its own.
pub(crate) const HOST: &str = "localhost";

/// How many questions to one hub are under way at a time; others wait. The hub serves 64.
const AT_ONCE: usize = 16;

/// The largest question, which is the hub's own limit.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// What a hub's answers can be. Anything else is not from a hub of ours.
const DATA: [&str; 3] = ["application/json", "application/octet-stream", PROBLEM];

/// What the page may do besides what the hub allows a browser: call this program.
const TO_THIS_PROGRAM: &str = "; connect-src 'self' ipc:";

/// For what the hub answers.
const DATA_POLICY: &str = "default-src 'none'; sandbox";

/// Answers what the window asks over its scheme. Clones are the same.
#[derive(Clone)]
pub(crate) struct Bridge {
    hub: Hub,
    places: Arc<Mutex<Places>>,
}

/// Room for questions to one hub, and for what it answers. Those that hang there take none from the next
/// hub's.
struct Places {
    host: String,
    free: Arc<Semaphore>,
    room: Room,
}

impl Places {
    fn at(host: String) -> Self {
        Self { host, free: Arc::new(Semaphore::new(AT_ONCE)), room: Room::default() }
    }
}

impl Bridge {
    /// A bridge to a hub.
    pub(crate) fn new(hub: Hub) -> Self {
        let places = Places::at(hub.host());
        Self { hub, places: Arc::new(Mutex::new(places)) }
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
        tokio::select! {
            biased;
            // Nobody waits for it there any more, and what has come of it gives way to the next hub's.
            () = self.hub.leaves(&host) => gateway(ANOTHER),
            answer = self.relay(&host, question) => answer,
        }
    }

    async fn relay(&self, host: &str, question: Question) -> Response<Vec<u8>> {
        // The semaphore is never closed; a place is given back when the answer is there.
        let (places, room) = self.places_at(host);
        let _place = places.acquire().await;
        // While this waited, the window may have gone over to another hub.
        let Some(client) = self.hub.client_of(host) else { return gateway(ANOTHER) };
        match client.relay(question, &room).await {
            Ok(answer) => handed_on(answer),
            Err(error) => unanswered(&error),
        }
    }

    fn places_at(&self, host: &str) -> (Arc<Semaphore>, Room) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.host != host {
            *places = Places::at(host.to_owned());
        }
        (places.free.clone(), places.room.clone())
    }
}

fn handed_on(answer: Answer) -> Response<Vec<u8>> {
    let said = answer.content_type.as_deref().unwrap_or(DATA[0]);
    let bare = said.split(';').next().unwrap_or_default().trim();
    match DATA.into_iter().find(|known| *known == bare) {
        Some(media_type) => Response::builder()
            .status(answer.status)
            .header(CONTENT_TYPE, media_type)
            .body(answer.body)
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
        .header(CONTENT_TYPE, PROBLEM)
        .body(problem.unwrap_or_default())
        .expect("the header is a constant")
}

fn page_policy() -> HeaderValue {
    HeaderValue::from_str(&format!("{POLICY}{TO_THIS_PROGRAM}")).expect("both are plain ASCII")
}

fn dressed(mut response: Response<Vec<u8>>, policy: HeaderValue) -> Response<Vec<u8>> {
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let permissions = HeaderName::from_static("permissions-policy");
    headers.insert(permissions, HeaderValue::from_static(PERMISSIONS));
    response
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    use super::*;
    use crate::hub::Place;
    use crate::stand_in::hub_at;
    use crate::window::SCHEME;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn unlocks(host: &str, door: usize) -> Request<Vec<u8>> {
        let uri = format!("{SCHEME}://{host}/api/v1/doors/{door}/unlock");
        Request::builder().method(Method::POST).uri(uri).body(b"{}".to_vec()).unwrap()
    }

    #[tokio::test]
    async fn whatever_is_answered_is_for_nobody_to_keep() {
        let bridge = Bridge::new(Hub::at(Vec::new()));
        for place in ["elsewhere/api/v1/doors", "elsewhere/"] {
            let uri = format!("{SCHEME}://{place}");
            let question = Request::builder().uri(&uri).body(Vec::new()).unwrap();
            let answer = bridge.answer(question).await;
            assert_eq!(answer.headers()[CACHE_CONTROL], "no-store", "{uri}");
        }
    }

    #[test]
    fn a_refusal_reaches_the_page_as_what_it_is() {
        let media_type = |said: Option<&str>| {
            let content_type = said.map(str::to_owned);
            let status = StatusCode::FORBIDDEN;
            let answer = handed_on(Answer { status, content_type, body: Vec::new() });
            let as_said = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
            (answer.status(), as_said)
        };
        let handed = |said: &str| (StatusCode::FORBIDDEN, said.to_owned());
        assert_eq!(media_type(Some("application/problem+json")), handed(PROBLEM));
        assert_eq!(media_type(Some("application/json; charset=utf-8")), handed(DATA[0]));
        assert_eq!(media_type(None), handed(DATA[0]));
        let strange = (StatusCode::BAD_GATEWAY, PROBLEM.to_owned());
        assert_eq!(media_type(Some("text/html")), strange);
    }

    #[tokio::test]
    async fn an_answer_of_a_hub_that_was_left_is_given_up() {
        let home = tempfile::tempdir().unwrap();
        let (own, other) = (home.path().join("own"), home.path().join("other"));
        let ((own_runs, mut owns), (_runs, _others)) = (hub_at(&own), hub_at(&other));
        let hub = Hub::at(vec![Place::Folder(own), Place::Folder(other)]);
        hub.look().await;
        let (bridge, question) = (Bridge::new(hub.clone()), unlocks(&hub.host(), 1));
        let asked = tokio::spawn(async move { bridge.answer(question).await });
        let (_question, mut answering) = timeout(PATIENCE, owns.recv()).await.unwrap().unwrap();
        let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{";
        answering.write_all(begun).await.unwrap();

        own_runs.abort();
        assert!(own_runs.await.is_err());
        hub.look().await;
        let answer = timeout(PATIENCE, asked).await.unwrap().unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
        let hung_up = timeout(PATIENCE, answering.read(&mut [0; 64])).await.unwrap();
        assert!(matches!(hung_up, Ok(0) | Err(_)), "the connection stays: {hung_up:?}");
    }

    #[tokio::test]
    async fn what_waits_for_one_hub_is_not_asked_of_the_next() {
        let home = tempfile::tempdir().unwrap();
        let (own, other) = (home.path().join("own"), home.path().join("other"));
        let ((own_runs, mut owns), (_runs, mut others)) = (hub_at(&own), hub_at(&other));
        let hub = Hub::at(vec![Place::Folder(own), Place::Folder(other)]);
        hub.look().await;
        let (bridge, host) = (Bridge::new(hub.clone()), hub.host());
        let ask = |door| {
            let (bridge, question) = (bridge.clone(), unlocks(&host, door));
            tokio::spawn(async move { bridge.answer(question).await })
        };
        let asked: Vec<_> = (0..AT_ONCE).map(ask).collect();
        let mut unanswered = Vec::new();
        for _each in &asked {
            unanswered.push(timeout(PATIENCE, owns.recv()).await.unwrap().unwrap());
        }
        let waiting = ask(AT_ONCE);

        own_runs.abort();
        assert!(own_runs.await.is_err());
        hub.look().await;
        assert_ne!(hub.host(), host, "the other hub's page has the same storage");
        drop(unanswered);
        for answer in asked.into_iter().chain([waiting]) {
            let answer = timeout(PATIENCE, answer).await.unwrap().unwrap();
            assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
        }
        assert!(others.try_recv().is_err(), "the other hub was asked to open");
    }

    #[tokio::test]
    async fn what_hangs_at_one_hub_keeps_nobody_from_asking_the_next() {
        let home = tempfile::tempdir().unwrap();
        let (own, other) = (home.path().join("own"), home.path().join("other"));
        let ((own_runs, mut owns), (_runs, mut others)) = (hub_at(&own), hub_at(&other));
        let hub = Hub::at(vec![Place::Folder(own), Place::Folder(other)]);
        hub.look().await;
        let bridge = Bridge::new(hub.clone());
        let ask = |host: &str, door| {
            let (bridge, question) = (bridge.clone(), unlocks(host, door));
            tokio::spawn(async move { bridge.answer(question).await })
        };
        let host = hub.host();
        let asked: Vec<_> = (0..AT_ONCE).map(|door| ask(&host, door)).collect();
        let mut hanging = Vec::new();
        for _each in &asked {
            hanging.push(timeout(PATIENCE, owns.recv()).await.unwrap().unwrap());
        }
        own_runs.abort();
        assert!(own_runs.await.is_err());
        hub.look().await;
        let _asking = ask(&hub.host(), 7);
        let (question, _stream) = timeout(PATIENCE, others.recv()).await.unwrap().unwrap();
        assert!(question.contains("/doors/7/unlock"), "{question}");
    }
}
