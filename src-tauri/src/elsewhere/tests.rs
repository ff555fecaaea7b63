//! The road to a real hub, over loopback.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use doorward_api::client::{Answer, Client, Question, Room};
use doorward_api::pairing::WelcomeState;
use doorward_api::{Base64Url, ProblemKind};
use doorward_tests::harness::fresh::{Fresh, pairing};
use doorward_tests::phone::Phone;
use serde_json::{Value, json};
use tauri::http::{Method, StatusCode, Uri};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::*;
use crate::hub::attachment::Attachment;

const PATIENCE: Duration = Duration::from_secs(30);

/// What the hub prints for `doorward pair`: links in lines of their own.
async fn links(hub: &Fresh) -> (String, String) {
    let offer = hub.doorward.json(["pair", "--role", "resident"]).await.unwrap();
    let links = offer["links"].as_array().unwrap().iter().map(|link| link.as_str().unwrap());
    (links.collect::<Vec<_>>().join("\n"), offer["token"].as_str().unwrap().to_owned())
}

async fn met(text: &str) -> Result<Arc<Elsewhere>, NoRoad> {
    let invitation = link::read(text).unwrap_or_else(|error| panic!("{error}"));
    Elsewhere::meet(&invitation).await.map(Arc::new)
}

async fn relay(client: &Client, method: Method, path: &str, body: Option<Value>) -> Answer {
    let target: Uri = format!("/api/v1{path}").parse().unwrap();
    let body = body.map(|body| body.to_string()).unwrap_or_default().into();
    client.relay(Question { method, target, body }, &Room::default()).await.unwrap()
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// Pairs as the window's page does, and logs in; `phone` lends its key.
async fn log_in(elsewhere: &Arc<Elsewhere>, phone: &Phone, token: &str) -> u64 {
    let client = Client::along(elsewhere.clone());
    let wish = pairing(phone, token, "Ben").unwrap();
    let paired = relay(&client, Method::POST, "/pair", Some(wish)).await;
    assert_eq!(paired.status, StatusCode::OK);
    let device = json_of(&paired)["device"].as_u64().unwrap();
    let ask = json!({ "device": device });
    let asked = relay(&client, Method::POST, "/session/challenge", Some(ask)).await;
    let challenge = json_of(&asked)["challenge"].as_str().unwrap().to_owned();
    let host = elsewhere.authority();
    let signature = phone.sign(&format!("doorward-login-v1\n{host}\n{device}\n{challenge}"));
    let proof = json!({ "device": device, "challenge": challenge, "signature": signature });
    let answer = relay(&client, Method::POST, "/session", Some(proof)).await;
    assert_eq!(answer.status, StatusCode::OK);
    device
}

#[tokio::test]
async fn a_window_pairs_with_a_hub_elsewhere_and_is_who_it_paired_as() {
    let hub = Fresh::start().await.unwrap();
    hub.set_up().await.unwrap();
    let (printed, token) = links(&hub).await;
    let elsewhere = met(&printed).await.unwrap();
    let client = Client::along(elsewhere.clone());
    assert_eq!(client.welcome().await.unwrap().state, WelcomeState::Ready);
    assert!(matches!(client.peer().await, Err(ClientError::NotHere)));
    let ClientError::Problem(problem) = client.status().await.unwrap_err() else { panic!() };
    assert_eq!(problem.kind, ProblemKind::SignedOut, "the road alone makes nobody an owner");

    let port = elsewhere.authority().rsplit(':').next().unwrap().parse().unwrap();
    let phone = hub.phone(port).unwrap();
    let device = log_in(&elsewhere, &phone, &token).await;
    assert!(client.status().await.unwrap().house.is_some());
    let refused = relay(&client, Method::GET, "/paired-devices", None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "a resident is no owner here either");
    let mut notices = client.follow().await.unwrap();
    let mut conversation = client.converse().await.unwrap();
    conversation.say(r#"{"after":null}"#.to_owned()).await.unwrap();

    let again = pairing(&phone, &token, "Eve").unwrap();
    let again = relay(&client, Method::POST, "/pair", Some(again)).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN, "the token was used");

    hub.doorward.ok(["phone", "revoke", &device.to_string()]).await.unwrap();
    let cut = async {
        while let Ok(Some(_)) = notices.next().await {}
        while let Ok(Some(_)) = conversation.hear().await {}
    };
    timeout(PATIENCE, cut).await.expect("whoever is revoked hears nothing more");
    assert!(matches!(client.status().await, Err(ClientError::Problem(_))));
}

#[tokio::test]
async fn a_hub_that_was_met_is_known_again_and_its_session_ends_with_the_program() {
    let hub = Fresh::start().await.unwrap();
    hub.set_up().await.unwrap();
    let (printed, token) = links(&hub).await;
    let elsewhere = met(&printed).await.unwrap();
    let port = elsewhere.authority().rsplit(':').next().unwrap().parse().unwrap();
    log_in(&elsewhere, &hub.phone(port).unwrap(), &token).await;

    let again = Arc::new(Elsewhere::of(elsewhere.kept().clone()).unwrap());
    assert_eq!(again.host(), elsewhere.host());
    let client = Client::along(again);
    assert_eq!(client.welcome().await.unwrap().state, WelcomeState::Ready);
    assert!(matches!(client.status().await, Err(ClientError::Problem(_))));

    let left = relay(&Client::along(elsewhere.clone()), Method::DELETE, "/session", None).await;
    assert!(left.status.is_success());
    assert!(elsewhere.session.lock().unwrap().is_none(), "a session that is over is not kept");
    hub.daemon.kill().await.unwrap();
    let ClientError::NoRoad(why) = client.welcome().await.unwrap_err() else { panic!() };
    assert!(why.to_string().starts_with("nobody answers at 127.0.0.1"), "{why}");
}

#[tokio::test]
async fn another_hub_at_the_same_address_is_not_believed() {
    let (hub, other) = (Fresh::start().await.unwrap(), Fresh::start().await.unwrap());
    let (printed, _) = links(&hub).await;
    let elsewhere = met(&printed).await.unwrap();
    let (others, _) = links(&other).await;

    let fragment = |text: &str| text.split_once("/#").unwrap().1.to_owned();
    let forged = others.replace(&fragment(&others), &fragment(&printed));
    let why = met(&forged).await.unwrap_err();
    assert!(matches!(why, NoRoad::Stranger { .. }), "{why}");
    assert!(!why.to_string().contains("pair="), "{why}");

    let at = met(&others).await.unwrap().kept().addresses.clone();
    let moved = Kept { addresses: at.clone(), ..elsewhere.kept().clone() };
    let along = Client::along(Arc::new(Elsewhere::of(moved).unwrap()));
    let ClientError::NoRoad(why) = along.welcome().await.unwrap_err() else { panic!() };
    assert!(why.to_string().contains("another authority"), "{why}");

    // Where a stranger has one of its addresses, the hub is found at the next.
    let both = [at, elsewhere.kept().addresses.clone()].concat();
    let either = Kept { addresses: both, ..elsewhere.kept().clone() };
    let along = Client::along(Arc::new(Elsewhere::of(either).unwrap()));
    assert!(along.welcome().await.is_ok());
}

/// As many as an address book has, and the right one last.
#[tokio::test]
async fn silent_addresses_and_strangers_keep_nobody_from_the_hub() {
    let (hub, other) = (Fresh::start().await.unwrap(), Fresh::start().await.unwrap());
    let right = met(&links(&hub).await.0).await.unwrap().kept().clone();
    let stranger = met(&links(&other).await.0).await.unwrap().kept().addresses.clone();
    let mut silent = Vec::new();
    for _each in 0..10 {
        silent.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
    }
    let silent_at = silent.iter().map(|one| one.local_addr().unwrap()).collect();
    let addresses = [stranger.clone(), silent_at, right.addresses.clone()].concat();
    let elsewhere = Arc::new(Elsewhere::of(Kept { addresses, ..right.clone() }).unwrap());
    let found = Attachment::along(elsewhere.clone()).await;
    assert!(matches!(found, Attachment::Attached { .. }), "{found:?}");
    assert_eq!(elsewhere.authority(), right.addresses.last().unwrap().to_string());

    // With the hub off, somebody else at an address that it had does not speak for it.
    hub.daemon.kill().await.unwrap();
    let addresses = [stranger, right.addresses.clone()].concat();
    let elsewhere = Arc::new(Elsewhere::of(Kept { addresses, ..right }).unwrap());
    let Attachment::Away { why } = Attachment::along(elsewhere).await else { panic!() };
    assert!(why.starts_with("nobody answers at 127.0.0.1"), "{why}");
    assert!(why.contains("is the hub running"), "{why}");
}

#[tokio::test]
async fn what_speaks_no_tls_is_no_hub() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let talking = tokio::task::spawn_blocking(move || {
        let listener = listener.into_std().unwrap();
        listener.set_nonblocking(false).unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        drop(stream.read(&mut [0; 64]));
        stream.write_all(b"SSH-2.0-OpenSSH\r\n").unwrap();
    });
    let authority = Base64Url(vec![7; 32]);
    let link = format!("https://{at}/#pair=c2l4dGVlbi1ieXRlcyE.{authority}");
    assert!(matches!(met(&link).await.unwrap_err(), NoRoad::NoHub { .. }));
    talking.await.unwrap();
}

#[test]
fn only_the_hubs_own_cookie_is_kept_and_only_if_it_fits() {
    let read = |text: &str| {
        let token = session_in(&HeaderValue::from_str(text).unwrap());
        token.map(|token| token.map(|token| token.expose_secret().to_owned()))
    };
    assert_eq!(read("__Host-doorward=t0k-_; Secure; Path=/"), Some(Some("t0k-_".to_owned())));
    assert_eq!(read("__Host-doorward=; Secure; Max-Age=0"), Some(None));
    assert_eq!(read("__Host-doorward=a b; Secure"), Some(None));
    assert_eq!(read(&format!("__Host-doorward={}; Secure", "x".repeat(129))), Some(None));
    assert_eq!(read("other=t0k; Secure"), None);
    assert_eq!(read("__Host-doorwards=t0k; Secure"), None);
}
