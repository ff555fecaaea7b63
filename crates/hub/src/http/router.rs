//! Which question goes where, and what every question must pass first.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{IntoResponse, Response};
use doorward_api::{ProblemKind, path};
use tokio_util::sync::CancellationToken;

use super::answer::Refused;
use super::desk::Desk;
use super::house::House;
use super::principal::Principal;
use super::socket::Sockets;
use super::table::table;

/// The largest request body; a door's description has a few hundred bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long a question may take. Passphrases and long logs take seconds.
const QUESTION_TIME: Duration = Duration::from_secs(60);

/// Builds the router over all paths of the API. Whatever listens must put a
/// [`Principal`] into each request's extensions. When `stop` is cancelled, streams
/// end.
pub fn router<H: House>(house: Arc<H>, stop: CancellationToken) -> Router {
    let desk = Desk { house, stop, sockets: Sockets::default() };
    let paths = table::<H>().into_iter().fold(Router::new(), |paths, route| {
        let path = route.path;
        paths.route(path, route.into_answerer(&desk))
    });
    Router::new()
        .nest(path::BASE, paths)
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_path)
        .with_state(desk)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(in_time))
        .layer(from_fn(known_principals_only))
        .layer(map_response(kept_nowhere))
}

/// What is said of a house belongs in nobody's cache, whichever way it goes.
async fn kept_nowhere(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn no_such_path() -> Refused {
    Refused::new(ProblemKind::NotFound, "this hub has no such path or method")
}

/// A request whose asker nobody looked at is turned away on every path.
async fn known_principals_only(_principal: Principal, request: Request, next: Next) -> Response {
    next.run(request).await
}

async fn in_time(request: Request, next: Next) -> Response {
    tokio::time::timeout(QUESTION_TIME, next.run(request)).await.unwrap_or_else(|_| {
        Refused::new(ProblemKind::TimedOut, "the hub could not answer in time; try again")
            .into_response()
    })
}
