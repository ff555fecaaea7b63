//! The handlers for people, their devices and sessions. Each hands one question to the
//! house, and the answer back.

use axum::Json;
use axum::body::HttpBody;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use doorward_api::key_request::{AskForKey, HandOverKey, KeyRequest};
use doorward_api::pairing::{OfferPairing, Pair, Paired, PairingOffer, SetUp, Welcome};
use doorward_api::person::{ChangePerson, PairedDeviceView, PersonView};
use doorward_api::session::{AskChallenge, Challenge, LogIn, SessionView, SetPasskey, SetPin};
use doorward_api::witness::{Consistency, ConsistencyQuery, Cosign, LogKey, WitnessView};
use doorward_api::{KeyRequestId, PairedDeviceId, PersonId, Problem, ProblemKind};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::answer::{Asked, At, Document, Documents, Done, Refused, Wish, done, found, listed};
use super::caller::{Act, Caller};
use super::describe::{Description, Gives, Takes};
use super::desk::Desk;
use super::house::House;
use super::household::LoggedIn;
use super::principal::{COOKIE, Principal, Session};

type Here<H> = State<Desk<H>>;

/// Who is logged in, with the cookie that says so, or one that no longer does.
pub(super) struct Cookied {
    cookie: String,
    view: Option<SessionView>,
}

/// Who is logged in; nobody on the local socket.
pub(super) struct LoggedInAs(Option<SessionView>);

impl IntoResponse for LoggedInAs {
    fn into_response(self) -> Response {
        match self.0 {
            Some(view) => Json(view).into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        }
    }
}

impl Gives for LoggedInAs {
    fn tell(description: &mut Description) {
        <Json<SessionView> as Gives>::tell(description);
    }
}

/// The session that the listener found, if there is one.
pub(super) struct Maybe(Option<Session>);

impl<S: Send + Sync> FromRequestParts<S> for Maybe {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refused> {
        Ok(Self(parts.extensions.get().cloned()))
    }
}

impl Takes for Maybe {
    fn tell(_: &mut Description) {}
}

impl Takes for Caller {
    fn tell(_: &mut Description) {}
}

impl Takes for Act {
    fn tell(_: &mut Description) {}
}

/// A body that some who ask send, and others need not.
pub(super) struct MaybeWish<T>(pub(super) Option<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for MaybeWish<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        if request.body().is_end_stream() {
            return Ok(Self(None));
        }
        let Wish(wish) = Wish::from_request(request, state).await?;
        Ok(Self(Some(wish)))
    }
}

impl<T: ToSchema> Takes for MaybeWish<T> {
    fn tell(description: &mut Description) {
        <Wish<T> as Takes>::tell(description);
    }
}

/// Seconds that a browser keeps the cookie: as long as a session can last.
const COOKIE_AGE_S: u64 = crate::pairing::SESSION_LIFE.as_secs();

impl Cookied {
    fn kept(token: &SecretString, view: SessionView) -> Self {
        let token = token.expose_secret();
        let cookie = format!(
            "{COOKIE}={token}; Secure; HttpOnly; SameSite=Strict; Path=/; Max-Age={COOKIE_AGE_S}"
        );
        Self { cookie, view: Some(view) }
    }

    fn dropped() -> Self {
        let cookie = format!("{COOKIE}=; Secure; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
        Self { cookie, view: None }
    }
}

impl IntoResponse for Cookied {
    fn into_response(self) -> Response {
        let mut response = match self.view {
            Some(view) => Json(view).into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        };
        if let Ok(mut cookie) = HeaderValue::from_str(&self.cookie) {
            cookie.set_sensitive(true);
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        response
    }
}

impl Gives for Cookied {
    fn tell(description: &mut Description) {
        <Json<SessionView> as Gives>::tell(description);
    }
}

pub(super) async fn welcome<H: House>(State(desk): Here<H>, by: Principal) -> Document<Welcome> {
    found(desk.house.welcome(by).await)
}

pub(super) async fn set_up<H: House>(
    State(desk): Here<H>,
    caller: Caller,
    Wish(wish): Wish<SetUp>,
) -> Document<Paired> {
    found(desk.house.set_up(caller, wish).await)
}

pub(super) async fn offer_pairing<H: House>(
    State(desk): Here<H>,
    by: Principal,
    Wish(offer): Wish<OfferPairing>,
) -> Document<PairingOffer> {
    found(desk.house.offer_pairing(by, offer).await)
}

pub(super) async fn pair<H: House>(
    State(desk): Here<H>,
    caller: Caller,
    Wish(wish): Wish<Pair>,
) -> Document<Paired> {
    found(desk.house.pair(caller, wish).await)
}

pub(super) async fn challenge<H: House>(
    State(desk): Here<H>,
    caller: Caller,
    Wish(ask): Wish<AskChallenge>,
) -> Document<Challenge> {
    found(desk.house.challenge(caller, ask).await)
}

pub(super) async fn log_in<H: House>(
    State(desk): Here<H>,
    caller: Caller,
    Wish(log_in): Wish<LogIn>,
) -> Result<Cookied, Refused> {
    let LoggedIn { token, view } = desk.house.log_in(caller, log_in).await?;
    Ok(Cookied::kept(&token, view))
}

/// Who is logged in; the hub's own user, at its own machine, has no session.
pub(super) async fn session<H: House>(
    State(desk): Here<H>,
    by: Principal,
    Maybe(session): Maybe,
) -> Result<LoggedInAs, Refused> {
    match (session, by) {
        (Some(session), _) => Ok(LoggedInAs(Some(desk.house.session_view(session).await?))),
        (None, Principal::LocalOwner) => Ok(LoggedInAs(None)),
        (None, Principal::Person { .. } | Principal::Anyone) => Err(signed_out()),
    }
}

/// Cancelling a session ends it, with its sockets.
pub(super) async fn log_out(Maybe(session): Maybe) -> Result<Cookied, Refused> {
    if let Some(session) = session {
        session.ended.cancel();
    }
    Ok(Cookied::dropped())
}

pub(super) async fn set_pin<H: House>(
    State(desk): Here<H>,
    by: Principal,
    Wish(pin): Wish<SetPin>,
) -> Done {
    done(desk.house.set_pin(by, pin).await)
}

pub(super) async fn set_passkey<H: House>(
    State(desk): Here<H>,
    by: Principal,
    caller: Caller,
    act: Act,
    Wish(wish): Wish<SetPasskey>,
) -> Done {
    done(desk.house.set_passkey(by, caller, act, wish).await)
}

pub(super) async fn people<H: House>(State(desk): Here<H>) -> Documents<PersonView> {
    listed(desk.house.people().await)
}

pub(super) async fn change_person<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(person): At<PersonId>,
    Wish(change): Wish<ChangePerson>,
) -> Document<PersonView> {
    found(desk.house.change_person(by, person, change).await)
}

pub(super) async fn remove_person<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(person): At<PersonId>,
) -> Done {
    done(desk.house.remove_person(by, person).await)
}

pub(super) async fn paired_devices<H: House>(State(desk): Here<H>) -> Documents<PairedDeviceView> {
    listed(desk.house.paired_devices().await)
}

pub(super) async fn end_pairing<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(device): At<PairedDeviceId>,
) -> Done {
    done(desk.house.end_pairing(by, device).await)
}

pub(super) async fn lift_pin<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(device): At<PairedDeviceId>,
) -> Done {
    done(desk.house.lift_pin(by, device).await)
}

pub(super) async fn ask_for_key<H: House>(
    State(desk): Here<H>,
    by: Principal,
    Wish(ask): Wish<AskForKey>,
) -> Document<KeyRequest> {
    found(desk.house.ask_for_key(by, ask).await)
}

pub(super) async fn key_requests<H: House>(State(desk): Here<H>) -> Documents<KeyRequest> {
    listed(desk.house.key_requests().await)
}

pub(super) async fn key_request<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(request): At<KeyRequestId>,
) -> Document<KeyRequest> {
    found(desk.house.key_request(by, request).await)
}

pub(super) async fn hand_over_key<H: House>(
    State(desk): Here<H>,
    by: Principal,
    At(request): At<KeyRequestId>,
    Wish(key): Wish<HandOverKey>,
) -> Done {
    done(desk.house.hand_over_key(by, request, key).await)
}

pub(super) async fn consistency<H: House>(
    State(desk): Here<H>,
    Asked(query): Asked<ConsistencyQuery>,
) -> Document<Consistency> {
    found(desk.house.consistency(query).await)
}

pub(super) async fn log_key<H: House>(State(desk): Here<H>) -> Document<LogKey> {
    found(desk.house.log_key().await)
}

pub(super) async fn cosign<H: House>(
    State(desk): Here<H>,
    by: Principal,
    Wish(cosign): Wish<Cosign>,
) -> Document<WitnessView> {
    found(desk.house.cosign(by, cosign).await)
}

pub(super) async fn witnesses<H: House>(State(desk): Here<H>) -> Documents<WitnessView> {
    listed(desk.house.witnesses().await)
}

fn signed_out() -> Refused {
    Problem::new(ProblemKind::SignedOut, "log in with a paired device first").into()
}
