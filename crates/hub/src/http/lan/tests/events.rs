//! The socket of notices, over TLS and a real WebSocket client.

use doorward_api::notice::{News, Notice};
use doorward_api::{PairedDeviceId, Role};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::phone::{PATIENCE, Reachable};
use crate::http::samples::moment;

pub(super) type Wire = WebSocketStream<TlsStream<TcpStream>>;

/// Knocks; returns the socket or the status with which it was refused.
pub(super) async fn knock(
    hub: &Reachable,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<Wire, u16> {
    let address = format!("wss://{}/api/v1{path}", hub.host());
    let mut request = address.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match tokio_tungstenite::client_async(request, hub.connect().await).await {
        Ok((wire, _)) => Ok(wire),
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(other) => panic!("{other:?}"),
    }
}

async fn open(hub: &Reachable, cookie: &str, after: Value) -> Wire {
    let own = format!("https://{}", hub.host());
    let headers = [("cookie", cookie), ("origin", own.as_str())];
    let mut wire = knock(hub, "/events/socket", &headers).await.unwrap();
    say(&mut wire, &json!({ "after": after })).await;
    wire
}

/// The same, once the hub tells what comes from here on.
async fn open_anew(hub: &Reachable, cookie: &str) -> Wire {
    let mut wire = open(hub, cookie, Value::Null).await;
    let first = timeout(PATIENCE, wire.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(first, Message::Text("{}".into()));
    wire
}

async fn say(wire: &mut Wire, words: &Value) {
    wire.send(Message::Text(words.to_string().into())).await.unwrap();
}

/// Returns the next thing that is said; the hub's signs of life are none.
async fn hear(wire: &mut Wire) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        match timeout_at(end, wire.next()).await.unwrap() {
            Some(Ok(Message::Text(text))) if text.as_str() != "{}" => {
                return serde_json::from_str(&text).unwrap();
            }
            Some(Ok(Message::Text(_) | Message::Ping(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Waits for the hub to close, and returns the code that it gave.
pub(super) async fn closed(wire: &mut Wire) -> u16 {
    let end = Instant::now() + PATIENCE;
    loop {
        match timeout_at(end, wire.next()).await.unwrap() {
            Some(Ok(Message::Close(frame))) => return frame.unwrap().code.into(),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn ring(hub: &Reachable) {
    let bell = News::Bell { door: "front".into() };
    hub.house.board.post(Notice { at: moment("09:00:00"), news: bell });
}

#[tokio::test]
async fn whoever_comes_back_goes_on_where_the_connection_broke() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Viewer);
    ring(&hub);
    ring(&hub);
    let mut wire = open(&hub, &cookie, json!(1)).await;
    let told = hear(&mut wire).await;
    assert_eq!(told["seq"], 2);
    assert_eq!((&told["news"], &told["door"]), (&json!("bell"), &json!("front")));
    ring(&hub);
    assert_eq!(hear(&mut wire).await["seq"], 3);
    drop(wire);
    (0..6).for_each(|_| ring(&hub));
    let mut again = open(&hub, &cookie, json!(3)).await;
    let missed = hear(&mut again).await;
    assert_eq!((&missed["news"], &missed["notices"]), (&json!("missed"), &json!(2)));
    assert_eq!((&missed["seq"], &hear(&mut again).await["seq"]), (&json!(5), &json!(6)));
    hub.https.stop().await;
}

#[tokio::test]
async fn what_was_seen_is_written_down_for_the_device() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Resident);
    let mut wire = open_anew(&hub, &cookie).await;
    ring(&hub);
    let seq = hear(&mut wire).await["seq"].clone();
    say(&mut wire, &json!({ "ack": seq })).await;
    timeout(PATIENCE, hub.house.acknowledged.notified()).await.unwrap();
    let device = PairedDeviceId(Role::Resident as u64);
    assert_eq!(*hub.house.heard(), [format!("{:?}", (device, 1_u64))]);
    let reply = hub.ask("GET /api/v1/notices", &[("cookie", &cookie)], "").await;
    assert!(reply.body.contains("\"news\":\"bell\""), "{reply:?}");
    hub.https.stop().await;
}

#[tokio::test]
async fn a_socket_ends_with_its_session_and_with_the_hub() {
    let hub = Reachable::start().await;
    let (cookie, ended) = hub.log_in(Role::Owner);
    let mut wire = open_anew(&hub, &cookie).await;
    ring(&hub);
    hear(&mut wire).await;
    ended.cancel();
    assert_eq!(closed(&mut wire).await, 4401);
    let (cookie, _) = hub.log_in(Role::Viewer);
    let mut wire = open_anew(&hub, &cookie).await;
    ring(&hub);
    hear(&mut wire).await;
    let (code, ()) = tokio::join!(closed(&mut wire), hub.https.stop());
    assert_eq!(code, 1001);
}

#[tokio::test]
async fn no_foreign_page_opens_a_socket() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Owner);
    let own = format!("https://{}", hub.host());
    let refused: [&[(&'static str, &str)]; 6] = [
        &[("cookie", &cookie)],
        &[("cookie", &cookie), ("origin", "https://evil.test")],
        &[("cookie", &cookie), ("origin", "null")],
        &[("cookie", &cookie), ("origin", &own), ("sec-fetch-site", "cross-site")],
        &[("cookie", &cookie), ("origin", &own), ("sec-fetch-site", "same-site")],
        &[("cookie", &cookie), ("origin", "https://evil.test"), ("host", "evil.test")],
    ];
    for (headers, status) in refused.iter().zip([403, 403, 403, 403, 403, 421]) {
        assert_eq!(knock(&hub, "/events/socket", headers).await.err(), Some(status), "{headers:?}");
    }
    let nobody = [("origin", own.as_str())];
    assert_eq!(knock(&hub, "/events/socket", &nobody).await.err(), Some(401));
    hub.https.stop().await;
}

#[tokio::test]
async fn words_that_make_no_sense_end_the_socket() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Owner);
    let own = format!("https://{}", hub.host());
    let headers = [("cookie", cookie.as_str()), ("origin", own.as_str())];
    let nonsense = [
        Message::Text("hello".into()),
        Message::Text("{\"ack\":1}".into()),
        Message::Text("{\"after\":-1}".into()),
        Message::Text("{\"after\":1,\"and\":2}".into()),
        Message::Binary(vec![0; 4].into()),
    ];
    for words in nonsense {
        let mut wire = knock(&hub, "/events/socket", &headers).await.unwrap();
        wire.send(words.clone()).await.unwrap();
        assert_eq!(closed(&mut wire).await, 1008, "{words:?}");
    }
    let mut wire = open(&hub, &cookie, Value::Null).await;
    say(&mut wire, &json!({ "ack": "all" })).await;
    assert_eq!(closed(&mut wire).await, 1008);
    let mut wire = open(&hub, &cookie, Value::Null).await;
    // Larger than anything that there is to say: the line is cut.
    let long = Message::Text("x".repeat(5_000).into());
    wire.send(long).await.unwrap();
    let end = timeout(PATIENCE, async {
        while let Some(Ok(message)) = wire.next().await {
            if message.is_close() {
                break;
            }
        }
    });
    end.await.unwrap();
    hub.https.stop().await;
}

#[tokio::test]
async fn one_device_has_a_bounded_number_of_sockets() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Viewer);
    let own = format!("https://{}", hub.host());
    let headers = [("cookie", cookie.as_str()), ("origin", own.as_str())];
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(knock(&hub, "/events/socket", &headers).await.unwrap());
    }
    assert_eq!(knock(&hub, "/events/socket", &headers).await.err(), Some(429));
    let (other, _) = hub.log_in(Role::Owner);
    let headers = [("cookie", other.as_str()), ("origin", own.as_str())];
    assert!(knock(&hub, "/events/socket", &headers).await.is_ok());
    hub.https.stop().await;
}
