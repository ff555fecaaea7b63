//! A hub on another machine of the home network: the road to it, over TLS.
//!
//! Guarantees that whoever is at the road's end holds a key that the hub's own authority vouches
//! for: the one whose fingerprint stood in the pairing link, and no other. What people may do there
//! is for the hub to say: the page pairs and logs in as a phone's does, and the session's cookie
//! stays in here.

pub(crate) mod kept;
pub(crate) mod link;
pub(crate) mod lost;
pub(crate) mod pin;
mod reach;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use doorward_api::ClientError;
use doorward_api::client::{Connection, Road};
use doorward_api::session::COOKIE;
use futures::future::BoxFuture;
use rustls::ClientConfig;
use secrecy::{ExposeSecret, SecretString};
use tauri::http::HeaderMap;
use tauri::http::header::{self, HOST, HeaderValue, ORIGIN, SET_COOKIE};
use tokio_rustls::TlsConnector;
use tracing::info;

use kept::Kept;
use link::Invitation;
use pin::{Fingerprint, Introduction};
pub(crate) use reach::NoRoad;
use reach::reach;

/// No session's token is longer.
const MAX_TOKEN_BYTES: usize = 128;

/// A hub on another machine.
pub(crate) struct Elsewhere {
    kept: Kept,
    authority: Fingerprint,
    tls: TlsConnector,
    /// The address that answered last. Signatures name it, so it is kept while it answers.
    at: Mutex<Option<SocketAddr>>,
    session: Mutex<Option<SecretString>>,
}

impl Elsewhere {
    /// Meets the hub of a pairing link for the first time, at whichever of its addresses it answers first.
    pub(crate) async fn meet(invitation: &Invitation) -> Result<Self, NoRoad> {
        let introduction = Arc::new(Introduction::to(invitation.authority));
        let tls = TlsConnector::from(Arc::new(pin::introduced_by(Arc::clone(&introduction))));
        let (at, stream) = reach(&tls, &invitation.addresses).await?;
        drop(stream);
        let authority = introduction.met().ok_or(NoRoad::Stranger { at })?;
        let kept = Kept { addresses: invitation.addresses.clone(), authority };
        let met = Self::of(kept)?;
        met.settle(at);
        Ok(met)
    }

    /// A hub that was met before.
    pub(crate) fn of(kept: Kept) -> Result<Self, NoRoad> {
        let believing: ClientConfig =
            pin::believing(&kept.authority).map_err(|_| NoRoad::Authority)?;
        Ok(Self {
            authority: Fingerprint::of(&kept.authority),
            tls: TlsConnector::from(Arc::new(believing)),
            at: Mutex::new(kept.addresses.first().copied()),
            session: Mutex::default(),
            kept,
        })
    }

    /// What is to be remembered of it.
    pub(crate) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Its host in the window's own scheme: another one for each hub, so that the page of one never
    /// finds what the page of another has stored.
    pub(crate) fn host(&self) -> String {
        format!("hub-{}", self.authority.short())
    }

    /// By which name it is reached, as the `Host` header has it.
    pub(crate) fn authority(&self) -> String {
        let at = *self.at.lock().unwrap_or_else(PoisonError::into_inner);
        at.map(|at| at.to_string()).unwrap_or_default()
    }

    async fn connect(&self) -> Result<Connection, NoRoad> {
        let last = *self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let others = self.kept.addresses.iter().copied().filter(|at| Some(*at) != last);
        let order: Vec<SocketAddr> = last.into_iter().chain(others).collect();
        let (at, stream) = reach(&self.tls, &order).await?;
        self.settle(at);
        Ok(Connection { wire: Box::new(stream), headers: self.headers(at) })
    }

    fn settle(&self, at: SocketAddr) {
        let before = self.at.lock().unwrap_or_else(PoisonError::into_inner).replace(at);
        if before != Some(at) {
            info!(%at, "the hub is reached at this address");
        }
    }

    /// As a browser would: by which name the hub was reached, from whose page, in which session.
    fn headers(&self, at: SocketAddr) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut put = |name, text: String, sensitive| {
            if let Ok(mut value) = HeaderValue::try_from(text) {
                value.set_sensitive(sensitive);
                headers.insert(name, value);
            }
        };
        put(HOST, at.to_string(), false);
        put(ORIGIN, format!("https://{at}"), false);
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = session.as_ref() {
            put(header::COOKIE, format!("{COOKIE}={}", token.expose_secret()), true);
        }
        headers
    }
}

impl Road for Elsewhere {
    fn dial(&self) -> BoxFuture<'_, Result<Connection, ClientError>> {
        Box::pin(async { self.connect().await.map_err(|error| ClientError::NoRoad(error.into())) })
    }

    fn heed(&self, headers: &HeaderMap) {
        for cookie in headers.get_all(SET_COOKIE) {
            if let Some(token) = session_in(cookie) {
                *self.session.lock().unwrap_or_else(PoisonError::into_inner) = token;
            }
        }
    }
}

impl std::fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Elsewhere").field("addresses", &self.kept.addresses).finish_non_exhaustive()
    }
}

/// What a cookie says of the session: its token, or that it is over. Other cookies are none of ours.
fn session_in(cookie: &HeaderValue) -> Option<Option<SecretString>> {
    let (pair, _attributes) = cookie.to_str().ok()?.split_once(';')?;
    let token = pair.strip_prefix(COOKIE)?.strip_prefix('=')?;
    let fit = !token.is_empty()
        && token.len() <= MAX_TOKEN_BYTES
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    Some(fit.then(|| token.into()))
}

#[cfg(test)]
mod tests;
