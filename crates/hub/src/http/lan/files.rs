//! The app's own files, as its build left them, out of this very program.
//!
//! Every name is looked up in a fixed list, so that no path can lead anywhere else. A
//! page's address is the app's own business: whatever looks like one gets the app.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use doorward_api::ProblemKind;
use doorward_api::app::{HASHED, PAGE, is_page, media_type};
use rust_embed::{Embed, EmbeddedFile};

use super::super::answer::Refused;

/// `ui/dist`. In a debug build it is read from the disk each time, so that the app can be
/// built anew beside a running hub.
#[derive(Embed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
pub(super) struct App;

/// The app's build leaves a file packed with Brotli beside each that gains by it.
const PACKED: &str = ".br";

const A_YEAR: &str = "public, max-age=31536000, immutable";

/// Kept, and asked about each time.
const ASK_AGAIN: &str = "no-cache";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<title>Doorward</title><h1>Doorward</h1><p>This hub works; it was built without its app. In \
the source's folder <code>ui</code> run <code>npm ci</code> and <code>npm run build</code>, \
then build the hub again.</p></html>";

/// Answers with a file, or with the app where a page was asked for.
pub(super) async fn serve<Files: Embed>(request: Request) -> Response {
    let (method, path) = (request.method(), request.uri().path().trim_start_matches('/'));
    let read = matches!(*method, Method::GET | Method::HEAD);
    if !read || path == "api" || path.starts_with("api/") {
        return nothing().into_response();
    }
    let name = if is_page(path) { PAGE } else { path };
    match Files::get(name) {
        // The packed ones are for those who can read them, under the plain names.
        Some(file) if !name.ends_with(PACKED) => answer::<Files>(name, file, request.headers()),
        None if name == PAGE => (StatusCode::NOT_FOUND, Html(NOT_BUILT)).into_response(),
        Some(_) | None => nothing().into_response(),
    }
}

fn nothing() -> Refused {
    Refused::new(ProblemKind::NotFound, "this hub has no such path or method")
}

fn answer<Files: Embed>(name: &str, plain: EmbeddedFile, asked: &HeaderMap) -> Response {
    let packed = takes_brotli(asked).then(|| Files::get(&format!("{name}{PACKED}"))).flatten();
    let encoding = packed.is_some().then_some("br");
    let file = packed.unwrap_or(plain);
    let tag = format!("\"{}\"", doorward_api::hex::encode(&file.metadata.sha256_hash()));
    let kept = if name.starts_with(HASHED) { A_YEAR } else { ASK_AGAIN };
    let known = asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let headers = [(ETAG, tag.as_str()), (CACHE_CONTROL, kept), (VARY, "accept-encoding")];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let body = Body::from(file.data.into_owned());
    let mut response = (headers, [(CONTENT_TYPE, media_type(name))], body).into_response();
    if let Some(encoding) = encoding {
        let encoding = HeaderValue::from_static(encoding);
        response.headers_mut().insert(CONTENT_ENCODING, encoding);
    }
    response
}

fn takes_brotli(asked: &HeaderMap) -> bool {
    let lists = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        name.trim() == "br" && !weight.trim().trim_start_matches("q=").starts_with("0")
    })
}
