//! The owner's own app, as its build left it, out of this very program.
//!
//! The hub has the same files. They are taken from here, because whatever comes over the window's
//! scheme has the window's rights: so no hub, broken or of another version, can put a page or a
//! script into it, and the window has something to show while there is no hub at all.

use doorward_api::app::{PAGE, is_page, media_type};
use rust_embed::Embed;
use tauri::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use tauri::http::{Response, StatusCode};

/// `ui/dist`. In a debug build it is read from the disk each time.
#[derive(Embed)]
#[folder = "../ui/dist"]
#[allow_missing = true]
struct App;

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<title>Doorward</title><h1>Doorward</h1><p>This program was built without the owner's app. In the \
source's folder <code>ui</code> run <code>npm ci</code> and <code>npm run build</code>, then build \
it again.</p></html>";

/// Answers with a file, or with the app where a page was asked for.
pub(crate) fn serve(path: &str) -> Response<Vec<u8>> {
    let path = path.trim_start_matches('/');
    let name = if is_page(path) { PAGE } else { path };
    match App::get(name) {
        Some(file) => answer(StatusCode::OK, media_type(name), file.data.into_owned()),
        None if name == PAGE => answer(StatusCode::OK, media_type(PAGE), NOT_BUILT.into()),
        None => answer(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", Vec::new()),
    }
}

fn answer(status: StatusCode, media_type: &'static str, body: Vec<u8>) -> Response<Vec<u8>> {
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, media_type)
        .header(CACHE_CONTROL, "no-store")
        .body(body)
        .expect("the headers are constants")
}
