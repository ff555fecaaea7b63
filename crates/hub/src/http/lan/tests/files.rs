//! The app's files, from a build made for these tests.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::response::Parts;
use rust_embed::Embed;
use tower::ServiceExt;

use crate::http::lan::files;

#[derive(Embed)]
#[folder = "src/http/lan/tests/app"]
struct Built;

#[derive(Embed)]
#[folder = "src/http/lan/tests/no-such-folder"]
#[allow_missing = true]
struct NotBuilt;

async fn ask<Files: Embed + 'static>(path: &str, headers: &[(&str, &str)]) -> (Parts, String) {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let router: Router = Router::new().fallback(files::serve::<Files>);
    let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, 10_000).await.unwrap();
    (parts, String::from_utf8(body.to_vec()).unwrap())
}

fn header<'a>(parts: &'a Parts, name: &str) -> &'a str {
    parts.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn whatever_looks_like_a_page_is_the_app() {
    for path in ["/", "/index.html", "/visits/17", "/settings", "/live/porch.left"] {
        let (parts, body) = ask::<Built>(path, &[]).await;
        assert_eq!(parts.status, 200, "{path}");
        assert!(body.contains("The app"), "{path}");
        assert_eq!(header(&parts, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&parts, "cache-control"), "no-cache");
    }
    let no_pages = [
        "/api",
        "/api/v1/nothing",
        "/nothing.js",
        "/assets/nothing",
        "/assets/app-1a2b.js.br",
        "/index.html.br",
        "/.well-known/nothing",
    ];
    for path in no_pages {
        assert_eq!(ask::<Built>(path, &[]).await.0.status, 404, "{path}");
    }
}

#[tokio::test]
async fn what_bears_its_hash_is_kept_and_comes_packed_to_whom_can_unpack_it() {
    let script = "/assets/app-1a2b.js";
    let (plain, body) = ask::<Built>(script, &[("accept-encoding", "gzip, br;q=0")]).await;
    assert!(body.contains("console"));
    assert_eq!(header(&plain, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(header(&plain, "content-type"), "text/javascript; charset=utf-8");
    assert_eq!(header(&plain, "content-encoding"), "");
    let (packed, body) = ask::<Built>(script, &[("accept-encoding", "gzip, br")]).await;
    assert!(body.starts_with("packed"));
    assert_eq!(header(&packed, "content-encoding"), "br");
    assert_eq!(header(&packed, "content-type"), "text/javascript; charset=utf-8");
    assert_eq!(header(&packed, "vary"), "accept-encoding");
    assert_ne!(header(&packed, "etag"), header(&plain, "etag"));
}

#[tokio::test]
async fn what_a_browser_installs_is_asked_about_each_time() {
    let kinds = [
        ("/sw.js", "text/javascript; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
    ];
    for (path, kind) in kinds {
        let (parts, _) = ask::<Built>(path, &[]).await;
        assert_eq!((parts.status.as_u16(), header(&parts, "content-type")), (200, kind), "{path}");
        assert_eq!(header(&parts, "cache-control"), "no-cache", "{path}");
    }
}

#[tokio::test]
async fn a_file_that_is_known_is_not_sent_again() {
    let (first, _) = ask::<Built>("/", &[]).await;
    let (again, body) = ask::<Built>("/", &[("if-none-match", header(&first, "etag"))]).await;
    assert_eq!((again.status.as_u16(), body.as_str()), (304, ""));
    assert_eq!(ask::<Built>("/", &[("if-none-match", "\"old\"")]).await.0.status, 200);
}

#[tokio::test]
async fn a_hub_without_its_app_says_how_to_get_it() {
    let (parts, body) = ask::<NotBuilt>("/", &[]).await;
    assert_eq!(parts.status, 404);
    assert!(body.contains("npm run build"));
}
