//! The walk through the route table: every route, with every kind of asker, with and
//! without the app's own origin.

use doorward_api::{Role, path};

use super::phone::Reachable;
use crate::http::route::{Least, Route, Verb};
use crate::http::table::table;
use crate::http::tests::house::TestHouse;

const ASKERS: [Option<Role>; 4] =
    [None, Some(Role::Viewer), Some(Role::Resident), Some(Role::Owner)];

fn start(route: &Route<TestHouse>) -> String {
    let parts = route.path.split('/').map(|part| match part {
        "{entry}" | "{recording}" | "{code}" | "{segment}" => "1",
        place if place.starts_with('{') => "some",
        part => part,
    });
    let path: Vec<_> = parts.collect();
    format!("{} {}{}", route.verb.name().to_uppercase(), path::BASE, path.join("/"))
}

fn may(asker: Option<Role>, least: Least) -> bool {
    match (asker, least) {
        (_, Least::Public) => true,
        (None, _) | (_, Least::LocalOwner) => false,
        (Some(role), Least::Viewer) => role >= Role::Viewer,
        (Some(role), Least::Resident) => role >= Role::Resident,
        (Some(role), Least::Owner) => role >= Role::Owner,
    }
}

/// A refusal of the sort that never reaches a handler.
fn is_kept_out(status: u16) -> bool {
    matches!(status, 401 | 403 | 421)
}

#[tokio::test]
async fn every_route_lets_in_who_may_and_nobody_else() {
    let hub = Reachable::start().await;
    let own = format!("https://{}", hub.host());
    for route in table::<TestHouse>() {
        for asker in ASKERS {
            let cookie = asker.map(|role| hub.log_in(role).0).unwrap_or_default();
            let headers = [("cookie", cookie.as_str()), ("origin", &own)];
            let heard = hub.house.heard().len();
            let reply = hub.ask(&start(&route), &headers, "").await;
            let words = format!("{} as {asker:?}: {reply:?}", start(&route));
            assert_eq!(!is_kept_out(reply.status), may(asker, route.least), "{words}");
            if !may(asker, route.least) {
                assert_eq!(reply.status, if asker.is_none() { 401 } else { 403 }, "{words}");
                assert_eq!(hub.house.heard().len(), heard, "{words}");
            }
            assert_ne!(reply.status, 500, "{words}");
        }
    }
    hub.https.stop().await;
}

#[tokio::test]
async fn nothing_changes_at_the_wish_of_a_foreign_page() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Owner);
    let port = hub.address().port();
    let foreign = [
        vec![],
        vec![("origin", "null".to_owned())],
        vec![("origin", "https://evil.test".to_owned())],
        vec![("origin", format!("https://localhost:{}", port + 1))],
        vec![("origin", format!("http://localhost:{port}"))],
        vec![("origin", format!("https://localhost:{port}")), ("origin", "null".to_owned())],
        vec![
            ("origin", format!("https://localhost:{port}")),
            ("sec-fetch-site", "cross-site".to_owned()),
        ],
        vec![
            ("origin", format!("https://localhost:{port}")),
            ("sec-fetch-site", "same-site".to_owned()),
        ],
    ];
    for route in table::<TestHouse>().iter().filter(|route| route.verb != Verb::Get) {
        for page in &foreign {
            let mut headers = vec![("cookie", cookie.as_str())];
            headers.extend(page.iter().map(|(name, value)| (*name, value.as_str())));
            let reply = hub.ask(&start(route), &headers, "{}").await;
            assert_eq!(reply.status, 403, "{} {page:?}: {reply:?}", start(route));
        }
    }
    assert!(hub.house.heard().is_empty());
    hub.https.stop().await;
}

#[tokio::test]
async fn the_api_answers_no_foreign_page_that_only_asks() {
    let hub = Reachable::start().await;
    let (cookie, _) = hub.log_in(Role::Viewer);
    for site in ["cross-site", "same-site", "anything"] {
        let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", site)];
        assert_eq!(hub.ask("GET /api/v1/doors", &headers, "").await.status, 403, "{site}");
    }
    for site in ["same-origin", "none"] {
        let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", site)];
        assert_eq!(hub.ask("GET /api/v1/doors", &headers, "").await.status, 200, "{site}");
    }
    hub.https.stop().await;
}
