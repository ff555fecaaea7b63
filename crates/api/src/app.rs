//! What programs that show the owner's own app agree on: the hub, which serves it to browsers, and
//! the desktop window, which has it built in.

/// The page that starts the app.
pub const PAGE: &str = "index.html";

/// What the app may load and do: its own files and nothing else. `blob:` is for media that the app
/// puts together itself, `data:` for pictures such as QR codes that it draws.
pub const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; \
    media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; \
    frame-src 'none'; frame-ancestors 'none'";

/// What the app never asks a browser for. The camera is left to it: it can read the QR code of a
/// recovery sheet.
pub const PERMISSIONS: &str = "accelerometer=(), autoplay=(self), camera=(self), \
    display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), \
    midi=(), payment=(), serial=(), usb=()";

/// The folder of files that bear a hash of their content in their names.
pub const HASHED: &str = "assets/";

/// Returns whether a path is a page's address, which is the app's own business. The build's files
/// lie at the top, with a dot in each name, or among the assets; what people name, such as a camera,
/// stands further down in a page's address and may have dots in it.
#[must_use]
pub fn is_page(path: &str) -> bool {
    !path.starts_with(HASHED) && path.split('/').next().is_none_or(|first| !first.contains('.'))
}

/// Returns what a file of the app is, by the end of its name.
#[must_use]
pub fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
