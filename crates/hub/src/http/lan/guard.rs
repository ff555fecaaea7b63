//! What a request must be before anybody looks who asks.
//!
//! A page from elsewhere can make the owner's browser send requests to the hub. Against
//! a name that is pointed at the hub's address (DNS rebinding) stands the list of the
//! hub's own names; against a page that keeps its own name (CSRF, cross-site WebSockets)
//! stand `Origin` and `Sec-Fetch-Site`, which browsers set and pages cannot. There are no
//! CORS headers, and no answer to a preflight.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header::{HOST, HeaderName, ORIGIN, UPGRADE};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use doorward_api::{ProblemKind, path};

use super::super::answer::{Refused, expect_json};
use crate::ca::{HubNames, Shown};

/// Where browsers say how a request came about (Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The port that an `https` address does not name.
const HTTPS: u16 = 443;

/// Knows the hub's own names.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) shown: Shown,
    pub(super) port: u16,
}

/// Turns away what no page of the hub's own would send.
pub(super) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match guard.look_at(&request) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    }
}

impl Guard {
    fn look_at(&self, request: &Request) -> Result<(), Refused> {
        let headers = request.headers();
        let host = self.host(request)?;
        let effect = effect(request)?;
        plain_path(request.uri().path())?;
        match effect {
            Effect::Changes => {
                own_origin(headers, &host)?;
                if has_body(headers) { expect_json(headers) } else { Ok(()) }
            }
            Effect::Connects => own_origin(headers, &host),
            Effect::Reads if request.uri().path().starts_with(path::BASE) => own_site(headers),
            // A link from elsewhere may lead to the app; it tells nothing by itself.
            Effect::Reads => Ok(()),
        }
    }

    /// Returns the host that was asked for, if it is this hub.
    fn host(&self, request: &Request) -> Result<String, Refused> {
        let misdirected = || {
            let detail = "this hub does not go by that name: open it by one of its own";
            Refused::new(ProblemKind::Misdirected, detail)
        };
        let mut named = request.headers().get_all(HOST).iter();
        let host = named.next().and_then(|host| host.to_str().ok()).ok_or_else(misdirected)?;
        let in_uri = request.uri().authority().is_none_or(|uri| uri.as_str() == host);
        let host = host.to_ascii_lowercase();
        let ours = named.next().is_none() && in_uri && self.is_ours(&host);
        if ours { Ok(host) } else { Err(misdirected()) }
    }

    fn is_ours(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let port = authority.port_u16().unwrap_or(HTTPS);
        port == self.port && !host.contains('@') && is_named(&self.shown.names(), authority.host())
    }
}

fn is_named(names: &HubNames, host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(address) => names.addresses().any(|ours| ours == address),
        Err(_) => names.dns().any(|ours| ours == host),
    }
}

/// What a request would do.
enum Effect {
    Reads,
    Changes,
    /// Becomes a WebSocket, which no browser asks leave for.
    Connects,
}

fn effect(request: &Request) -> Result<Effect, Refused> {
    match *request.method() {
        Method::GET if request.headers().contains_key(UPGRADE) => Ok(Effect::Connects),
        Method::GET | Method::HEAD => Ok(Effect::Reads),
        Method::POST | Method::PUT | Method::PATCH | Method::DELETE => Ok(Effect::Changes),
        _ => Err(Refused::new(ProblemKind::NotFound, "this hub has no such path or method")),
    }
}

/// Browsers tidy paths up before they send them. What is still untidy was made by hand,
/// to be read differently by different readers.
fn plain_path(path: &str) -> Result<(), Refused> {
    let lower = path.to_ascii_lowercase();
    let decoded = lower.replace("%2e", ".");
    let dots = decoded.split('/').any(|part| part == "." || part == "..");
    let control = lower.split('%').skip(1).any(|rest| rest.starts_with(['0', '1']));
    if dots || control || path.contains("//") || path.contains('\\') || !path.starts_with('/') {
        return Err(Refused::new(ProblemKind::Invalid, "the path is not in its plain form"));
    }
    Ok(())
}

fn own_origin(headers: &HeaderMap, host: &str) -> Result<(), Refused> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = origins.next().and_then(|origin| origin.to_str().ok());
    let own = origin.and_then(|origin| origin.strip_prefix("https://")) == Some(host);
    if own && origins.next().is_none() { own_site(headers) } else { Err(foreign()) }
}

/// Old browsers do not say it.
fn own_site(headers: &HeaderMap) -> Result<(), Refused> {
    let said = headers.get_all(SEC_FETCH_SITE).iter().all(|said| {
        // `none` is an address that a person typed or scanned.
        matches!(said.as_bytes(), b"same-origin" | b"none")
    });
    if said { Ok(()) } else { Err(foreign()) }
}

fn foreign() -> Refused {
    Refused::new(ProblemKind::Forbidden, "this was not asked by the hub's own app")
}

fn has_body(headers: &HeaderMap) -> bool {
    use axum::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
    headers.contains_key(TRANSFER_ENCODING)
        || headers.get(CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0")
}
