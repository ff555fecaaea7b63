//! Web pages, programs and people of the house who wish a hub ill, on its real HTTPS address.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use doorward_tests::harness::fresh::Fresh;
use doorward_tests::phone::{Answered, Phone};
use serde_json::{Value, json};

const PIN: &str = "402917";

/// The hub's description of itself, which a test of the hub compares with its route table.
const DESCRIPTION: &str = include_str!("../../docs/openapi.json");

/// One question that can be asked.
struct Route {
    verb: String,
    /// With something in the place of each value.
    path: String,
    least: String,
}

impl Route {
    fn start(&self) -> String {
        format!("{} {}", self.verb, self.path)
    }

    fn changes(&self) -> bool {
        self.verb != "GET"
    }

    /// To be asked last, for it ends the asker's session.
    fn logs_out(&self) -> bool {
        self.start() == "DELETE /api/v1/session"
    }
}

fn routes() -> Vec<Route> {
    let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let mut routes: Vec<_> = paths
        .iter()
        .flat_map(|(path, verbs)| {
            verbs.as_object().unwrap().iter().filter_map(|(verb, described)| {
                let least = described["x-least"].as_str()?.to_owned();
                Some(Route { verb: verb.to_uppercase(), path: filled(path), least })
            })
        })
        .collect();
    routes.sort_by_key(Route::logs_out);
    assert!(routes.len() > 60, "the description lists the routes: {}", routes.len());
    routes
}

fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{door}" => "front",
        "{camera}" => "porch",
        value if value.starts_with('{') => "4711",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Asks in the hub's own name, with these further lines.
fn ask(phone: &Phone, start: &str, lines: &[String], body: &str) -> anyhow::Result<Answered> {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let body = match body.len() {
        0 => String::new(),
        length => {
            format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        }
    };
    let end = if body.is_empty() { "\r\n" } else { "" };
    let host = phone.host();
    phone.send(
        format!("{start} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{lines}{body}{end}")
            .as_bytes(),
    )
}

fn own_page(phone: &Phone) -> Vec<String> {
    let mut lines = vec![format!("origin: https://{}", phone.host())];
    lines.extend(phone.cookie.iter().map(|cookie| format!("cookie: {cookie}")));
    lines
}

fn log_size(owner: &Phone) -> anyhow::Result<Value> {
    Ok(owner.ask("GET", "/log/checkpoint", None)?.expect(200)?["size"].clone())
}

#[tokio::test]
async fn every_route_keeps_out_whoever_may_not() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let nobody = hub.phone(port(&owner))?;
    let viewer = hub.pair("viewer", "Vera").await?;
    let resident = hub.pair("resident", "Ben").await?;
    let askers = [("public", nobody), ("viewer", viewer), ("resident", resident), ("owner", owner)];
    for route in routes() {
        for (role, phone) in &askers {
            let body = if route.changes() { "{}" } else { "" };
            let answered = ask(phone, &route.start(), &own_page(phone), body)?;
            let words = format!("{} as {role}: {answered:?}", route.start());
            let kept_out = answered.status == 401
                || answered.body["detail"] == "your role does not allow this";
            assert_eq!(kept_out, rank(&route.least) > rank(role), "{words}");
            assert!(answered.status < 500, "{words}");
            assert_eq!(kept(&answered), ["no-store"], "{words}");
        }
    }
    hub.daemon.stop(&[]).await
}

/// For how long the answer may be kept, as often as it says so.
fn kept(answered: &Answered) -> Vec<&str> {
    let lines = answered.head.lines();
    lines.filter_map(|line| line.strip_prefix("cache-control: ")).collect()
}

fn rank(role: &str) -> usize {
    let roles = ["public", "viewer", "resident", "owner", "local_owner"];
    roles.iter().position(|known| *known == role).unwrap()
}

fn port(phone: &Phone) -> u16 {
    phone.host().rsplit(':').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_page_under_another_name_learns_and_changes_nothing() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let cookie = owner.cookie.clone().unwrap();
    let port = port(&owner);
    for host in [
        "evil.test".to_owned(),
        format!("evil.test:{port}"),
        format!("localhost.evil.test:{port}"),
        "localhost:1".to_owned(),
        format!("192.168.77.77:{port}"),
        format!("localhost:{port}@evil.test"),
        format!("localhost:{port}\r\nhost: evil.test"),
        String::new(),
    ] {
        for path in ["/", "/index.html", "/api/v1/welcome", "/api/v1/doors", "/nowhere"] {
            let asked = format!(
                "GET {path} HTTP/1.1\r\nhost: {host}\r\norigin: https://{host}\r\n\
                 cookie: {cookie}\r\nconnection: close\r\n\r\n"
            );
            let answered = owner.send(asked.as_bytes())?;
            assert_eq!(answered.status, 421, "{host} {path}: {answered:?}");
            assert!(!answered.text.contains("Lindenallee"), "{answered:?}");
        }
    }
    for asked in ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nconnection: close\r\n\r\n"] {
        assert_eq!(owner.send(asked.as_bytes())?.status, 421, "{asked}");
    }
    hub.daemon.stop(&[]).await
}

#[tokio::test]
async fn no_route_changes_anything_at_a_foreign_pages_wish() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let before = log_size(&owner)?;
    let cookie = format!("cookie: {}", owner.cookie.clone().unwrap());
    let own = format!("origin: https://{}", owner.host());
    let pages: [&[&str]; 6] = [
        &[],
        &["origin: null"],
        &["origin: https://evil.test"],
        &["origin: https://localhost"],
        &[&own, "origin: https://evil.test"],
        &[&own, "sec-fetch-site: cross-site"],
    ];
    for route in routes().iter().filter(|route| route.changes()) {
        for page in pages {
            let lines: Vec<_> =
                page.iter().copied().chain([cookie.as_str()]).map(str::to_owned).collect();
            let answered = ask(&owner, &route.start(), &lines, "{}")?;
            assert_eq!(answered.status, 403, "{} {page:?}: {answered:?}", route.start());
            let allowed = answered.head.contains("access-control");
            assert!(!allowed, "{} {page:?}: {answered:?}", route.start());
        }
    }
    // What a form could send from its own page, without asking for leave.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let asked = format!(
            "POST /api/v1/people HTTP/1.1\r\nhost: {host}\r\n{own}\r\n{cookie}\r\n\
             content-type: {kind}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}",
            host = owner.host()
        );
        let answered = owner.send(asked.as_bytes())?;
        assert_eq!(answered.status, 400, "{kind}: {answered:?}");
    }
    assert_eq!(log_size(&owner)?, before, "nothing was written down");
    hub.daemon.stop(&[]).await
}

#[tokio::test]
async fn a_socket_opens_for_the_hubs_own_page_alone_and_closes_with_its_session()
-> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let viewer = hub.pair("viewer", "Vera").await?;
    let own = format!("https://{}", viewer.host());
    for path in
        ["/api/v1/events/socket", "/api/v1/cameras/porch/live", "/api/v1/cameras/porch/live/sound"]
    {
        for origin in ["", "origin: null\r\n", "origin: https://evil.test\r\n"] {
            let refused = upgrade(&owner, path, &format!("{origin}connection: close\r\n"));
            let answered = owner.send(refused.as_bytes())?;
            assert_eq!(answered.status, 403, "{path} {origin}: {answered:?}");
        }
        let lines = format!("origin: {own}\r\nconnection: close\r\n");
        let bare = upgrade(&hub.phone(port(&owner))?, path, &lines);
        assert_eq!(owner.send(bare.as_bytes())?.status, 401, "{path} for nobody");
    }
    let mut socket = viewer.connect()?;
    let path = "/api/v1/events/socket";
    socket.write_all(upgrade(&viewer, path, &format!("origin: {own}\r\n")).as_bytes())?;
    let mut head = [0; 12];
    socket.read_exact(&mut head)?;
    assert_eq!(&head, b"HTTP/1.1 101");
    let ended = format!("/paired-devices/{}", viewer.device);
    owner.ask("DELETE", &ended, None)?.expect(204)?;
    // Whatever was said before, the end comes: the read has a deadline of its own.
    let mut rest = Vec::new();
    let cut = socket.read_to_end(&mut rest);
    let waits = |error: &std::io::Error| {
        use std::io::ErrorKind::{TimedOut, WouldBlock};
        matches!(error.kind(), TimedOut | WouldBlock)
    };
    assert!(!cut.as_ref().is_err_and(waits), "the socket outlives its session: {cut:?}");
    hub.daemon.stop(&[]).await
}

fn upgrade(phone: &Phone, path: &str, lines: &str) -> String {
    let cookie = phone.cookie.iter().map(|it| format!("cookie: {it}\r\n")).collect::<String>();
    format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\n{lines}{cookie}connection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        phone.host()
    )
}

#[tokio::test]
async fn a_session_is_the_hubs_to_give_and_cannot_be_slipped_in() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let mut owner = hub.set_up().await?;
    let planted = "__Host-doorward=planted-by-somebody-else";
    let given = owner.cookie.replace(planted.to_owned()).unwrap();
    assert_eq!(owner.ask("GET", "/session", None)?.status, 401, "nobody's token");
    // Logging in with a planted cookie gives another one, and does not make the planted one good.
    let answered = owner.log_in_at(&owner.host(), &owner.challenge()?)?;
    let line = answered.header("set-cookie").next().unwrap().to_owned();
    let fresh = answered.cookie().unwrap();
    assert!(fresh != planted && fresh != given && fresh.len() > 40, "{line}");
    for attribute in ["; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(line.contains(attribute), "{line}");
    }
    assert!(!line.to_lowercase().contains("domain"), "{line}");
    assert_eq!(owner.ask("GET", "/session", None)?.status, 401);
    for both in [format!("{planted}; {fresh}"), format!("{fresh}; {planted}")] {
        owner.cookie = Some(both);
        assert_eq!(owner.ask("GET", "/session", None)?.status, 401, "two are none");
    }
    owner.cookie = Some(fresh.clone());
    assert_eq!(owner.ask("GET", "/session", None)?.status, 200);
    owner.ask("DELETE", "/session", None)?;
    assert_eq!(owner.ask("GET", "/session", None)?.status, 401, "logged out is out");
    hub.daemon.stop(&[]).await
}

#[tokio::test]
async fn what_was_signed_once_is_good_once() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let ben = hub.pair("resident", "Ben").await?;
    let challenge = owner.challenge()?;
    assert_eq!(ben.log_in_at(&ben.host(), &challenge)?.status, 403, "given to another device");
    let challenge = owner.challenge()?;
    owner.log_in_at(&owner.host(), &challenge)?.expect(200)?;
    assert_eq!(owner.log_in_at(&owner.host(), &challenge)?.status, 403, "used up");
    assert_eq!(owner.log_in_at("evil.test:443", &owner.challenge()?)?.status, 403, "relayed");

    owner.ask("PUT", "/session/pin", Some(&json!({ "pin": PIN })))?.expect(204)?;
    let proof = owner.proof("POST", "/doors/front/unlock", PIN)?;
    let at_another = owner.ask("POST", "/doors/back/unlock", Some(&proof))?;
    assert_eq!(at_another.status, 403, "signed for another door");
    let proof = owner.proof("POST", "/doors/front/unlock", PIN)?;
    assert_eq!(owner.ask("POST", "/doors/front/unlock", Some(&proof))?.status, 404, "no such door");
    assert_eq!(owner.ask("POST", "/doors/front/unlock", Some(&proof))?.status, 403, "used up");
    let proof = owner.proof("POST", "/doors/front/unlock", PIN)?;
    assert_eq!(ben.ask("POST", "/doors/front/unlock", Some(&proof))?.status, 403, "not his");
    hub.daemon.stop(&[]).await
}

#[tokio::test]
async fn paths_that_two_readers_could_read_differently_lead_nowhere() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    for path in [
        "//api/v1/doors",
        "/api/v1/../v1/doors",
        "/api/v1/%2e%2e/v1/doors",
        "/../../etc/passwd",
        "/..%2f..%2f..%2fetc/passwd",
        "/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/%252e%252e/%252e%252e/etc/passwd",
        "/..%c0%af..%c0%afetc/passwd",
        "/assets/..\\..\\Cargo.toml",
        "/api/v1/doors/%00",
        "/api/v1/devices/%0d%0aset-cookie:%20a=b",
        "/api/v1/people;role=owner",
        "/api/v1/DOORS",
        "/api/v2/doors",
        "/api/v1/recordings/1/segments/..%2f..%2f..%2froot.key",
        "/root.key",
        "/doorward.db",
        "/.git/config",
    ] {
        let answered = ask(&owner, &format!("GET {path}"), &own_page(&owner), "")?;
        let words = format!("{path}: {answered:?}");
        let the_app = answered.text.contains("<!doctype html>");
        assert!(the_app || matches!(answered.status, 400 | 404), "{words}");
        assert!(!answered.text.contains("root:") && !answered.text.contains("[core]"), "{words}");
        assert!(!answered.head.to_lowercase().contains("set-cookie"), "{words}");
    }
    hub.daemon.stop(&[]).await
}

#[tokio::test]
async fn a_request_that_two_readers_could_read_differently_is_not_read_as_two() -> anyhow::Result<()>
{
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let host = owner.host();
    let second = "GET /api/v1/doors HTTP/1.1\r\nhost: evil.test\r\n\r\n";
    for head in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "content-length: 0\r\ncontent-length: 60\r\n",
        "transfer-encoding: xchunked\r\n",
        "content-length: +0\r\n",
        "transfer-encoding : chunked\r\n",
    ] {
        let asked = format!(
            "POST /api/v1/doors HTTP/1.1\r\nhost: {host}\r\n{head}connection: close\r\n\r\n\
             0\r\n\r\n{second}"
        );
        let answered = owner.send(asked.as_bytes())?;
        assert!((400..500).contains(&answered.status), "{head}: {answered:?}");
        let answers = answered.text.matches("HTTP/1.1 ").count();
        assert_eq!(answers, 0, "{head}: it was read as two: {answered:?}");
    }
    hub.daemon.stop(&[]).await
}

#[tokio::test]
async fn whatever_is_too_large_or_too_deep_is_refused_and_the_hub_goes_on() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    // A little more than is read, so that the answer is not lost with what was not.
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(70_000));
    let deep = "[".repeat(60_000);
    let wide = format!("[{}1]", "1,".repeat(30_000));
    let strange = "{\"name\":\"\\ud800\",\"name\":1e999}";
    for route in routes().iter().filter(|route| route.changes() && !route.logs_out()) {
        for body in [&large, &deep, &wide, strange] {
            let answered = ask(&owner, &route.start(), &own_page(&owner), body)?;
            let words = format!("{}: {} {}", route.start(), answered.status, answered.text);
            assert!(answered.status < 500, "{words}");
        }
    }
    let answered = ask(&owner, "POST /api/v1/doors", &own_page(&owner), &large)?;
    assert_eq!(answered.status, 413, "{answered:?}");
    // Whoever goes on talking is cut off.
    let endless = "x".repeat(8 << 20);
    let cut = ask(&owner, "POST /api/v1/doors", &own_page(&owner), &endless);
    assert!(cut.is_err() || cut.is_ok_and(|answered| answered.status == 413));
    let long = format!("GET /{} HTTP/1.1\r\nhost: {}\r\n\r\n", "x".repeat(40_000), owner.host());
    assert!(owner.send(long.as_bytes()).is_ok_and(|it| matches!(it.status, 414 | 431 | 400)));
    let many: Vec<_> = (0..2_000).map(|n| format!("x-{n}: y")).collect();
    assert!(ask(&owner, "GET /", &many, "").is_ok_and(|it| matches!(it.status, 431 | 400)));
    assert_eq!(owner.ask("GET", "/session", None)?.status, 200, "it goes on");
    hub.daemon.stop(&[]).await
}

#[tokio::test]
async fn whoever_speaks_slowly_is_cut_off_and_keeps_nobody_waiting() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut stream = owner.connect()?;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: loc")?;
        slow.push(stream);
    }
    let begun = Instant::now();
    assert_eq!(owner.ask("GET", "/session", None)?.status, 200);
    assert!(begun.elapsed() < Duration::from_secs(5), "others are heard meanwhile");
    for mut stream in slow {
        let mut said = Vec::new();
        // However it ends, it does within the patience of a read.
        let ended = stream.read_to_end(&mut said);
        let waits = ended.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
        assert!(!waits, "a request that never ends was waited for");
        assert!(!String::from_utf8_lossy(&said).contains(" 200 "));
    }
    hub.daemon.stop(&[]).await
}
