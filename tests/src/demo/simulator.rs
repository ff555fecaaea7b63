//! A page with the house's door and keypad, for whoever wants to play the courier.
//!
//! Owns a port on the loopback address, the files of `ui/dist-simulator` and the wishes that the page
//! sends. Only the demonstration serves it. It stands in front of the house, as the courier does: it
//! has no way to the hub but the keypad, and the owner's app is elsewhere, at the hub's own address.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Context as _;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use doorward_api::notice::Notice;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::narrator::sentence;
use crate::harness::logged;
use crate::house::Sight;
use crate::house::order::Order;
use crate::journal::{Journal, Place};

/// How many wishes may wait; a person makes one at a time.
const MOST_WISHES: usize = 16;

/// What somebody at the page wants.
pub(crate) enum Wish {
    /// Something to happen at the door.
    Order(Order),
    /// Another delivery; the code's digits go back to the page.
    Delivery(oneshot::Sender<String>),
}

/// The served page. Dropping it ends the serving.
pub(crate) struct Simulator {
    address: SocketAddr,
    wishes: mpsc::Receiver<Wish>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Desk {
    address: SocketAddr,
    sights: Journal<Sight>,
    notices: Journal<Notice>,
    wishes: mpsc::Sender<Wish>,
}

impl Simulator {
    /// Starts serving on a port that the system chooses.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) async fn start(
        sights: Journal<Sight>,
        notices: Journal<Notice>,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("a free port")?;
        let address = listener.local_addr()?;
        let (sender, wishes) = mpsc::channel(MOST_WISHES);
        let router = router(Desk { address, sights, notices, wishes: sender });
        let task = tokio::spawn(async move {
            // It ends with the demonstration or not at all; a page that cannot be served tells itself.
            drop(axum::serve(listener, router).await);
        });
        Ok(Self { address, wishes, task })
    }

    /// Where a browser finds it.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next wish.
    pub(crate) async fn wish(&mut self) -> Wish {
        match self.wishes.recv().await {
            Some(wish) => wish,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn router(desk: Desk) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/assets/{name}", get(asset))
        .route("/sights", get(sights))
        .route("/orders", post(order))
        .route("/deliveries", post(delivery))
        .layer(from_fn_with_state(desk.clone(), own_page_only))
        .with_state(desk)
}

/// Answers nothing that a foreign page asks: neither by a name of its own for this address, nor from
/// its own origin.
async fn own_page_only(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    if !is_own(desk.address, request.headers()) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let mut response = next.run(request).await;
    let policy = "default-src 'self'; frame-ancestors 'none'";
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy.parse().expect("a fixed text"));
    response
}

/// A page that the browser was led to by another name has another host; one of another origin says so.
fn is_own(address: SocketAddr, headers: &HeaderMap) -> bool {
    let own = address.to_string();
    let named = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    named(HOST) == Some(own.as_str())
        && named(ORIGIN).is_none_or(|origin| origin == format!("http://{own}"))
}

async fn page() -> Response {
    file("simulator.html").await
}

/// A name is one segment of a path and stays in its folder.
async fn asset(Path(name): Path<String>) -> Response {
    if name.contains(['/', '\\']) || name.starts_with('.') {
        return StatusCode::NOT_FOUND.into_response();
    }
    file(&format!("assets/{name}")).await
}

async fn file(name: &str) -> Response {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/dist-simulator"));
    let media_type = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    match tokio::fs::read(folder.join(name)).await {
        Ok(bytes) => ([(CONTENT_TYPE, media_type)], bytes).into_response(),
        Err(_) => {
            let advice = "The page is not built: run `npm ci` and `npm run build` in ui/.";
            (StatusCode::NOT_FOUND, advice).into_response()
        }
    }
}

/// Everything from the first sight on, one JSON object a line: what an onlooker sees, and what the hub
/// writes into its log.
async fn sights(State(desk): State<Desk>) -> Response {
    let places = (Place::default(), Place::default());
    let lines = futures::stream::unfold((desk, places), |(desk, (house, hub))| async move {
        let (lines, places) = tokio::select! {
            (sights, house) = desk.sights.more(house) => {
                (sights.iter().map(|sight| json!(sight)).collect::<Vec<_>>(), (house, hub))
            }
            (notices, hub) = desk.notices.more(hub) => {
                (notices.iter().filter_map(told).collect(), (house, hub))
            }
        };
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        Some((Ok::<_, Infallible>(Bytes::from(text)), (desk, places)))
    });
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

fn told(notice: &Notice) -> Option<serde_json::Value> {
    let what = logged(notice).and_then(sentence)?;
    Some(json!({ "at": notice.at, "hub": what }))
}

#[derive(Deserialize)]
struct Ordered {
    order: String,
}

/// An order in the words of the demonstration's own prompt. The body's type is one that no form sends.
async fn order(State(desk): State<Desk>, Json(ordered): Json<Ordered>) -> StatusCode {
    let Ok(order) = ordered.order.parse() else {
        return StatusCode::BAD_REQUEST;
    };
    match desk.wishes.try_send(Wish::Order(order)) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn delivery(State(desk): State<Desk>, Json(()): Json<()>) -> Response {
    let (answer, answered) = oneshot::channel();
    if desk.wishes.try_send(Wish::Delivery(answer)).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match answered.await {
        Ok(digits) => Json(json!({ "digits": digits })).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::time::timeout;

    use super::*;
    use crate::harness::PATIENCE;

    const JSON: &str = "content-type: application/json\r\n";

    async fn served() -> Simulator {
        Simulator::start(Journal::default(), Journal::default()).await.unwrap()
    }

    /// Asks as a browser would and returns the status.
    async fn ask(at: SocketAddr, path: &str, headers: &str, body: &str) -> String {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let length = body.len();
        let text = format!(
            "{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        timeout(PATIENCE, stream.read_exact(&mut answer)).await.unwrap().unwrap();
        String::from_utf8_lossy(&answer).split_whitespace().last().unwrap().to_owned()
    }

    #[tokio::test]
    async fn an_order_from_its_own_page_is_a_wish() {
        let mut simulator = served().await;
        let at = simulator.address();
        let headers = format!("host: {at}\r\norigin: http://{at}\r\n{JSON}");
        assert_eq!(ask(at, "/orders", &headers, r#"{"order":"lock jammed"}"#).await, "204");
        let wish = timeout(PATIENCE, simulator.wish()).await.unwrap();
        assert!(matches!(wish, Wish::Order(Order::Lock(_))));
        assert_eq!(ask(at, "/orders", &headers, r#"{"order":"dance"}"#).await, "400");
    }

    #[tokio::test]
    async fn a_foreign_page_is_not_answered() {
        let at = served_address().await;
        let order = r#"{"order":"open"}"#;
        let foreign = format!("host: {at}\r\norigin: http://evil.example\r\n{JSON}");
        assert_eq!(ask(at.0, "/orders", &foreign, order).await, "421");
        let rebound = format!("host: evil.example:{}\r\n{JSON}", at.0.port());
        assert_eq!(ask(at.0, "/orders", &rebound, order).await, "421");
        let form = format!("host: {at}\r\ncontent-type: text/plain\r\n");
        assert_eq!(ask(at.0, "/orders", &form, order).await, "415");
    }

    #[tokio::test]
    async fn a_name_does_not_lead_out_of_the_folder() {
        let at = served_address().await;
        let headers = format!("host: {at}\r\n");
        for path in ["/assets/..%2f..%2fpackage.json", "/assets/.%2e", "/package.json"] {
            assert_eq!(ask(at.0, path, &headers, "").await, "404", "{path}");
        }
    }

    /// A served page that stays up while its address is in use.
    struct Held(SocketAddr, #[expect(dead_code, reason = "serves while it is held")] Simulator);

    impl std::fmt::Display for Held {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.fmt(f)
        }
    }

    async fn served_address() -> Held {
        let simulator = served().await;
        Held(simulator.address(), simulator)
    }
}
