//! Who asks: from a cookie to a principal.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use axum::middleware::Next;
use axum::response::Response;
use secrecy::SecretString;

use super::super::house::House;
use super::super::principal::{self, Principal};

/// No session's token is longer.
const MAX_TOKEN_BYTES: usize = 128;

/// Finds out who asks and notes it in the request: always a [`Principal`], and a
/// [`Session`](super::super::Session) where there is one.
pub(super) async fn recognise<H: House>(
    State(house): State<Arc<H>>,
    mut request: Request,
    next: Next,
) -> Response {
    let session = match token(request.headers()) {
        Some(token) => house.session(&token).await,
        None => None,
    };
    let principal = session.as_ref().map_or(Principal::Anyone, |session| session.principal);
    request.extensions_mut().insert(principal);
    if let Some(session) = session {
        request.extensions_mut().insert(session);
    }
    next.run(request).await
}

/// Reads the session's token. Two of them mean that somebody tries to slip one in
/// beside the browser's own: then there is none.
fn token(headers: &HeaderMap) -> Option<SecretString> {
    let pairs = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'));
    let mut tokens =
        pairs.filter_map(|pair| pair.trim().strip_prefix(principal::COOKIE)?.strip_prefix('='));
    let token = tokens.next()?;
    let alone = tokens.next().is_none();
    (alone && !token.is_empty() && token.len() <= MAX_TOKEN_BYTES).then(|| token.into())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use secrecy::ExposeSecret;

    use super::*;

    fn read(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_str(line).unwrap());
        }
        token(&headers).map(|token| token.expose_secret().to_owned())
    }

    #[test]
    fn a_token_is_found_among_other_cookies() {
        assert_eq!(read(&["a=b; __Host-doorward=t0k; c=d"]).as_deref(), Some("t0k"));
        assert_eq!(read(&["a=b", "__Host-doorward=t0k"]).as_deref(), Some("t0k"));
        assert_eq!(read(&["__Host-doorwards=x; doorward=y"]), None);
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn two_tokens_are_none_and_so_is_an_endless_one() {
        assert_eq!(read(&["__Host-doorward=a; __Host-doorward=b"]), None);
        assert_eq!(read(&["__Host-doorward=a", "__Host-doorward=a"]), None);
        assert_eq!(read(&["__Host-doorward="]), None);
        assert_eq!(read(&[&format!("__Host-doorward={}", "x".repeat(129))]), None);
    }
}
