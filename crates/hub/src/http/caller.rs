//! From where a request came, as far as signatures and limits care.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use doorward_api::ProblemKind;

use super::answer::Refused;

/// The peer's address, which a listener on the network puts into each request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// From where a request came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// By which name the hub was reached, as the `Host` header has it. What a device
    /// signs bears it, so that a signature made for one host is of no use at another.
    pub host: String,
    /// The peer's address; absent on the local socket.
    pub address: Option<IpAddr>,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refused> {
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let no_host = || Refused::new(ProblemKind::Invalid, "the request names no host");
        let host = host.ok_or_else(no_host)?.to_ascii_lowercase();
        let address = parts.extensions.get::<Peer>().map(|Peer(address)| *address);
        Ok(Self { host, address })
    }
}

/// Which act a request is, as a device signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// The request's method.
    pub method: String,
    /// Its path as sent, without the query.
    pub path: String,
}

/// The path as the peer sent it, before nesting took its base away.
impl<S: Send + Sync> FromRequestParts<S> for Act {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let sent = axum::extract::OriginalUri::from_request_parts(parts, state).await;
        let Ok(axum::extract::OriginalUri(uri)) = sent;
        Ok(Self { method: parts.method.to_string(), path: uri.path().to_owned() })
    }
}
