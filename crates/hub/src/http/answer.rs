//! Requests read, answers written: JSON in, JSON or a problem out.
//!
//! A body that cannot be read is described by place alone. What it says may be a
//! password.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use doorward_api::{Problem, ProblemKind, problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

/// How long a request's body may take; it has a few hundred bytes.
const BODY_TIME: Duration = Duration::from_secs(10);

/// What the house answers.
pub type Answer<T> = Result<T, Problem>;

/// A problem on its way out.
#[derive(Debug)]
pub struct Refused(pub(super) Problem);

/// What a handler returns: a JSON document.
pub(super) type Document<T> = Result<Json<T>, Refused>;

/// What a handler returns: a list of things of one kind.
pub(super) type Documents<T> = Result<Listed<T>, Refused>;

/// Things of one kind, as a JSON array.
pub(super) struct Listed<T>(pub(super) Vec<T>);

impl<T: Serialize> IntoResponse for Listed<T> {
    fn into_response(self) -> Response {
        Json(self.0).into_response()
    }
}

/// What a handler returns that has nothing to say but that it is done.
pub(super) type Done = Result<StatusCode, Refused>;

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl Refused {
    pub(super) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self(Problem::new(kind, detail))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.0)).into_response();
        let media_type = HeaderValue::from_static(problem::MEDIA_TYPE);
        response.headers_mut().insert(CONTENT_TYPE, media_type);
        response
    }
}

/// Hands on what was found.
pub(super) fn found<T>(answer: Result<T, Problem>) -> Document<T> {
    answer.map(Json).map_err(Refused)
}

/// Hands on all that was found.
pub(super) fn listed<T>(answer: Result<Vec<T>, Problem>) -> Documents<T> {
    answer.map(Listed).map_err(Refused)
}

/// Says that it is done.
pub(super) fn done(answer: Result<(), Problem>) -> Done {
    answer.map(|()| StatusCode::NO_CONTENT).map_err(Refused)
}

/// A request's body, read as JSON.
pub(super) struct Wish<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Wish<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        expect_json(request.headers())?;
        let body = timeout(BODY_TIME, Bytes::from_request(request, state)).await;
        let too_slow =
            |_| Refused::new(ProblemKind::TimedOut, "the request's body came too slowly");
        let body = body.map_err(too_slow)?.map_err(|refused| {
            if refused.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Refused::new(ProblemKind::TooLarge, "the request's body is too large")
            } else {
                Refused::new(ProblemKind::Invalid, "the request's body broke off")
            }
        })?;
        serde_json::from_slice(&body).map(Self).map_err(|error| misread(&error))
    }
}

/// A form in a web page can send any body, but not this type: asking for it keeps
/// foreign pages from wishing anything.
pub(super) fn expect_json(headers: &HeaderMap) -> Result<(), Refused> {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Refused::new(ProblemKind::Invalid, "send the body with content-type application/json"))
    }
}

fn misread(error: &serde_json::Error) -> Refused {
    let (line, column) = (error.line(), error.column());
    let detail = if error.is_data() {
        format!("a field is missing, unknown or of the wrong kind (line {line}, column {column})")
    } else {
        format!("the body is not JSON (line {line}, column {column})")
    };
    Refused::new(ProblemKind::Invalid, detail)
}

/// A path's one value.
pub(super) struct At<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(values)| Self(values))
            .map_err(|_| Refused::new(ProblemKind::Invalid, "the path does not name such a thing"))
    }
}

/// A path's two values.
pub(super) struct AtBoth<A, B>(pub(super) A, pub(super) B);

impl<S, A, B> FromRequestParts<S> for AtBoth<A, B>
where
    S: Send + Sync,
    A: DeserializeOwned + Send,
    B: DeserializeOwned + Send,
{
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let At((a, b)) = At::from_request_parts(parts, state).await?;
        Ok(Self(a, b))
    }
}

/// A query's values.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(|Query(values)| Self(values)).map_err(|_| {
            Refused::new(ProblemKind::Invalid, "the query has an unknown name or a wrong value")
        })
    }
}
