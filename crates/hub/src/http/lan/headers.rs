//! The headers that every answer bears.
//!
//! There is no `Strict-Transport-Security` among them, on purpose. It would forbid the
//! browser to go on past a warning, which is how an owner gets in who has not installed
//! the hub's authority, and it would hold for every other port of the same name. There
//! is nothing to upgrade either: nothing of the hub answers without TLS.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// The hub's own files and nothing else. `blob:` is for media that the app puts together
/// itself, `data:` for pictures such as QR codes that it draws.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
    object-src 'none'; base-uri 'none'; form-action 'none'; frame-src 'none'; \
    frame-ancestors 'none'";

/// What the app never asks a browser for. The camera is left to it: it can read the QR
/// code of a recovery sheet.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(self), camera=(self), \
    display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), \
    midi=(), payment=(), serial=(), usb=()";

const FIXED: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// Puts them on.
pub(super) async fn put_on(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    dress(response.headers_mut());
    response
}

fn dress(headers: &mut HeaderMap) {
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Files say for themselves how long they may be kept.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
