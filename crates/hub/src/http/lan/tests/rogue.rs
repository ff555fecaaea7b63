//! What a browser under somebody else's command, or a program, might send.

use doorward_api::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::phone::{PATIENCE, Reachable};

#[tokio::test]
async fn a_name_that_was_pointed_at_the_hub_gets_nothing() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Owner);
    let port = hub.address().port();
    let hosts = [
        "host: evil.test".to_owned(),
        format!("host: evil.test:{port}"),
        format!("host: localhost.evil.test:{port}"),
        "host: localhost".to_owned(),
        "host: localhost:1".to_owned(),
        format!("host: 192.168.77.77:{port}"),
        format!("host: localhost:{port}@evil.test"),
        format!("host: evil.test@localhost:{port}"),
        format!("host: localhost:{port}\r\nhost: localhost:{port}"),
        "host:".to_owned(),
        "x-forwarded-host: localhost".to_owned(),
    ];
    for path in ["/", "/api/v1/status", "/api/v1/doors", "/api/v1/nothing", "/assets/app.js"] {
        for host in &hosts {
            let request = format!(
                "GET {path} HTTP/1.1\r\n{host}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
            );
            let reply = hub.send(request.as_bytes()).await;
            assert_eq!(reply.status, 421, "{host} {path}: {reply:?}");
            assert!(!reply.body.contains("front"), "{reply:?}");
        }
    }
    let absolute = format!(
        "GET https://evil.test/api/v1/doors HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        hub.host()
    );
    assert_eq!(hub.send(absolute.as_bytes()).await.status, 421);
    hub.https.stop().await;
}

#[tokio::test]
async fn the_hub_goes_by_all_of_its_own_names() {
    let hub = Reachable::start().await;
    let port = hub.address().port();
    for name in ["localhost", "LOCALHOST", "hub-1", "hub-1.local", "127.0.0.1", "[::1]"] {
        let request = format!(
            "GET /api/v1/nothing HTTP/1.1\r\nhost: {name}:{port}\r\nconnection: close\r\n\r\n"
        );
        assert_eq!(hub.send(request.as_bytes()).await.status, 404, "{name}");
    }
    hub.https.stop().await;
}

#[tokio::test]
async fn paths_that_readers_could_read_differently_lead_nowhere() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Owner);
    let tricks = [
        "//api/v1/doors",
        "/api//v1/doors",
        "/api/v1/../v1/doors",
        "/api/v1/%2e%2e/v1/doors",
        "/api/v1/.%2E/doors",
        "/./api/v1/doors",
        "/api/v1/doors/%00",
        "/api/v1/doors/%0d%0a",
        "/api/v1/devices/a%5c..%1fb",
        "/../../etc/passwd",
        "/assets/..%2f..%2fCargo.toml/..",
        "/api/v1/doors\\x",
    ];
    for path in tricks {
        let reply = hub.ask(&format!("GET {path}"), &[("cookie", &cookie)], "").await;
        assert_eq!(reply.status, 400, "{path}: {reply:?}");
    }
    for path in ["/api/v1/DOORS", "/API/v1/doors", "/api/v1/doors/", "/api", "/api/v2/doors"] {
        let reply = hub.ask(&format!("GET {path}"), &[("cookie", &cookie)], "").await;
        assert!(!reply.body.contains("relock_after_ms"), "{path}: {reply:?}");
    }
    hub.https.stop().await;
}

#[tokio::test]
async fn methods_do_what_they_say_or_nothing() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Owner);
    let own = format!("https://{}", hub.host());
    let headers = [
        ("cookie", cookie.as_str()),
        ("origin", own.as_str()),
        ("x-http-method-override", "DELETE"),
        ("access-control-request-method", "DELETE"),
    ];
    for method in ["OPTIONS", "TRACE", "BREW", "PROPFIND", "get"] {
        let reply = hub.ask(&format!("{method} /api/v1/cameras/porch"), &headers, "").await;
        assert_eq!(reply.status, 404, "{method}: {reply:?}");
        let cors = reply.headers.keys().find(|name| name.starts_with("access-control"));
        assert_eq!(cors, None, "{method}");
    }
    hub.ask("POST /api/v1/cameras/porch", &headers, "").await;
    hub.ask("GET /api/v1/cameras/porch?_method=DELETE", &headers, "").await;
    assert!(hub.house.heard().is_empty());
    hub.https.stop().await;
}

#[tokio::test]
async fn only_json_changes_anything() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Owner);
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
    {
        let request = format!(
            "POST /api/v1/doors/front/lock HTTP/1.1\r\nhost: {host}\r\norigin: https://{host}\r\n\
             cookie: {cookie}\r\nconnection: close\r\ncontent-type: {kind}\r\n\
             content-length: 2\r\n\r\n{{}}",
            host = hub.host(),
        );
        let reply = hub.send(request.as_bytes()).await;
        assert_eq!(reply.status, 400, "{kind}: {reply:?}");
    }
    assert!(hub.house.heard().is_empty());
    hub.https.stop().await;
}

#[tokio::test]
async fn what_is_too_large_is_turned_away() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Owner);
    let own = format!("https://{}", hub.host());
    let headers = [("cookie", cookie.as_str()), ("origin", own.as_str())];
    let body = format!("{{\"name\":\"{}\"}}", "x".repeat(70_000));
    assert_eq!(hub.ask("POST /api/v1/doors", &headers, &body).await.status, 413);
    let long = "x".repeat(20_000);
    let reply = hub.ask("GET /api/v1/doors", &[("x-long", &long)], "").await;
    assert_eq!(reply.status, 431, "{reply:?}");
    assert!(hub.house.heard().is_empty());
    hub.https.stop().await;
}

#[tokio::test]
async fn a_slow_asker_is_let_go_and_keeps_nobody_waiting() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Owner);
    let begun = Instant::now();
    let mut silent = TcpStream::connect(hub.address()).await.unwrap();
    let mut slow_head = hub.connect().await;
    slow_head.write_all(b"GET / HTTP/1.1\r\nhost: loc").await.unwrap();
    let mut slow_body = hub.connect().await;
    let head = format!(
        "POST /api/v1/doors HTTP/1.1\r\nhost: {host}\r\norigin: https://{host}\r\ncookie: {cookie}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        host = hub.host(),
    );
    slow_body.write_all(head.as_bytes()).await.unwrap();
    let reply = hub.ask("GET /api/v1/doors", &[("cookie", &cookie)], "").await;
    assert_eq!(reply.status, 200);
    let mut nothing = Vec::new();
    let ended = async {
        let _ = silent.read_to_end(&mut nothing).await;
        let mut answer = Vec::new();
        let _ = slow_body.read_to_end(&mut answer).await;
        assert!(String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 504"));
        let _ = slow_head.read_to_end(&mut nothing).await;
    };
    timeout(PATIENCE, ended).await.unwrap();
    assert!(!String::from_utf8_lossy(&nothing).contains(" 200 "));
    assert!(begun.elapsed() < PATIENCE);
    assert!(hub.house.heard().is_empty());
    hub.https.stop().await;
}

#[tokio::test]
async fn whoever_asks_and_never_reads_is_cut_off() {
    let hub = Reachable::start().await;
    let mut deaf = hub.connect_with_little_room().await;
    let asked = format!("GET /api/v1/nothing HTTP/1.1\r\nhost: {}\r\n\r\n", hub.host());
    // Until the hub can get rid of no more answers, and from then on nothing moves.
    let cut = async { while deaf.write_all(asked.as_bytes()).await.is_ok() {} };
    timeout(2 * PATIENCE, cut).await.expect("the connection is held for ever");
    hub.https.stop().await;
}

#[tokio::test]
async fn one_address_takes_no_more_than_its_share() {
    let hub = Reachable::start().await;
    let mut held = Vec::new();
    for _ in 0..48 {
        held.push(TcpStream::connect(hub.address()).await.unwrap());
    }
    let mut one_more = TcpStream::connect(hub.address()).await.unwrap();
    // Closed, or reset: nothing was said.
    let said = timeout(PATIENCE, one_more.read(&mut [0; 1])).await.unwrap();
    assert!(matches!(said, Ok(0) | Err(_)));
    drop(held);
    hub.https.stop().await;
}

#[tokio::test]
async fn every_answer_bears_the_headers_of_safety() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Viewer);
    let host = hub.host();
    let requests = [
        format!("GET / HTTP/1.1\r\nhost: {host}\r\n"),
        format!("GET /api/v1/doors HTTP/1.1\r\nhost: {host}\r\n"),
        format!("GET /api/v1/doors HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n"),
        format!("GET /api/v1/nothing HTTP/1.1\r\nhost: {host}\r\n"),
        "GET / HTTP/1.1\r\nhost: evil.test\r\n".to_owned(),
        format!("POST /api/v1/doors HTTP/1.1\r\nhost: {host}\r\n"),
    ];
    for request in requests {
        let reply = hub.send(format!("{request}connection: close\r\n\r\n").as_bytes()).await;
        let header = |name: &str| reply.headers.get(name).cloned().unwrap_or_default();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'self';"), "{request}: {policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(header("x-content-type-options"), "nosniff", "{request}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{request}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{request}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{request}");
        assert!(header("permissions-policy").contains("microphone=()"), "{request}");
        assert_eq!(header("strict-transport-security"), "", "{request}");
        if request.contains("/api/") {
            assert_eq!(header("cache-control"), "no-store", "{request}");
        }
    }
    hub.https.stop().await;
}
