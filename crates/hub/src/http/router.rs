//! Which question goes where, and what every question must pass first.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post};
use doorward_api::status::Seal;
use doorward_api::{ProblemKind, path};
use tokio_util::sync::CancellationToken;

use super::answer::Refused;
use super::house::House;
use super::principal::Principal;
use super::{routes, stream};

/// The largest request body; a door's description has a few hundred bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long a question may take. Passphrases and long logs take seconds.
const QUESTION_TIME: Duration = Duration::from_secs(60);

/// What every handler is given.
pub(super) struct Desk<H> {
    pub(super) house: Arc<H>,
    pub(super) stop: CancellationToken,
}

impl<H> Clone for Desk<H> {
    fn clone(&self) -> Self {
        Self { house: Arc::clone(&self.house), stop: self.stop.clone() }
    }
}

/// Builds the router over all paths of the API. Whatever listens must put a
/// [`Principal`] into each request's extensions. When `stop` is cancelled, streams
/// end.
pub fn router<H: House>(house: Arc<H>, stop: CancellationToken) -> Router {
    let desk = Desk { house, stop };
    let sealed_too = Router::new()
        .route(path::STATUS, get(routes::status::<H>))
        .route(path::UNSEAL, post(routes::unseal::<H>));
    let paths = doors().merge(devices()).merge(visits()).merge(records());
    let unsealed = paths
        .route(path::DOCTOR, get(routes::doctor::<H>))
        .route(path::EVENTS, get(stream::notices::<H>))
        .route(path::CLOCK_CONFIRM, post(routes::confirm_clock::<H>))
        .route_layer(from_fn_with_state(desk.clone(), unsealed_only));
    Router::new()
        .nest(path::BASE, sealed_too.merge(unsealed))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_path)
        .with_state(desk)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(in_time))
        .layer(from_fn(known_principals_only))
}

fn doors<H: House>() -> Router<Desk<H>> {
    Router::new()
        .route(path::DOORS, get(routes::doors::<H>).post(routes::add_door::<H>))
        .route(path::DOOR_POLICY, patch(routes::change_policy::<H>))
        .route(path::DOOR_UNLOCK, post(routes::unlock_door::<H>))
        .route(path::DOOR_LOCK, post(routes::lock_door::<H>))
}

fn devices<H: House>() -> Router<Desk<H>> {
    Router::new()
        .route(path::DEVICES, get(routes::devices::<H>).post(routes::enrol_device::<H>))
        .route(path::DEVICE, delete(routes::revoke_device::<H>))
        .route(path::DEVICE_REARM, post(routes::rearm_keypad::<H>))
        .route(path::DEVICE_GRANTS, get(routes::device_grants::<H>))
        .route(path::DEVICE_SETTINGS, get(routes::device_settings::<H>))
        .route(path::DISCOVERED, get(routes::discovered::<H>))
        .route(path::CAMERAS, get(routes::cameras::<H>).post(routes::add_camera::<H>))
        .route(path::CAMERA, delete(routes::remove_camera::<H>))
}

fn visits<H: House>() -> Router<Desk<H>> {
    Router::new()
        .route(path::CODES, get(routes::codes::<H>).post(routes::issue_code::<H>))
        .route(path::CODE, delete(routes::cancel_code::<H>))
        .route(path::CODE_NOTES, delete(routes::erase_code_notes::<H>))
        .route(path::ENTRIES, get(routes::entries::<H>))
        .route(path::ENTRY, get(routes::entry::<H>).delete(routes::erase_entry::<H>))
        .route(path::ENTRY_BLOCK, post(routes::block_entry::<H>))
        .route(path::ENTRY_APPROVE, post(routes::approve_entry::<H>))
}

fn records<H: House>() -> Router<Desk<H>> {
    Router::new()
        .route(path::LOG, get(routes::log::<H>))
        .route(path::LOG_VERIFY, post(routes::verify_log::<H>))
        .route(path::LOG_CHECKPOINT, get(routes::checkpoint::<H>))
        .route(path::RECORDINGS, get(routes::recordings::<H>))
        .route(path::RECORDING, get(routes::recording::<H>).delete(routes::erase_recording::<H>))
        .route(path::KEEP_RULES, get(routes::keep_rules::<H>).patch(routes::change_keep_rules::<H>))
        .route(path::SEGMENT, get(stream::segment::<H>))
}

async fn no_such_path() -> Refused {
    Refused::new(ProblemKind::NotFound, "this hub has no such path or method")
}

async fn known_principals_only(request: Request, next: Next) -> Response {
    match request.extensions().get::<Principal>() {
        Some(Principal::LocalOwner) => next.run(request).await,
        None => {
            Refused::new(ProblemKind::Forbidden, "this hub belongs to another user").into_response()
        }
    }
}

async fn unsealed_only<H: House>(
    State(desk): State<Desk<H>>,
    request: Request,
    next: Next,
) -> Response {
    match desk.house.seal() {
        Seal::Unsealed => next.run(request).await,
        Seal::Sealed => Refused::new(
            ProblemKind::Sealed,
            "the hub is sealed: hand it the passphrase with `doorward unseal`",
        )
        .into_response(),
    }
}

async fn in_time(request: Request, next: Next) -> Response {
    tokio::time::timeout(QUESTION_TIME, next.run(request)).await.unwrap_or_else(|_| {
        Refused::new(ProblemKind::TimedOut, "the hub could not answer in time; try again")
            .into_response()
    })
}
