//! The socket of a camera's live picture.

use doorward_api::Role;
use futures::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::events::{closed, knock};
use super::phone::{PATIENCE, Reachable};

#[tokio::test]
async fn whoever_lets_people_in_may_watch_and_listen_until_the_session_ends() {
    let hub = Reachable::start().await;
    let own = format!("https://{}", hub.host());
    for path in ["/cameras/porch/live", "/cameras/porch/live/sound"] {
        let (viewer, _) = hub.log_in(Role::Viewer);
        let refused = [("cookie", viewer.as_str()), ("origin", own.as_str())];
        assert_eq!(knock(&hub, path, &refused).await.err(), Some(403));
        let (cookie, ended) = hub.log_in(Role::Resident);
        let headers = [("cookie", cookie.as_str()), ("origin", own.as_str())];
        let mut wire = knock(&hub, path, &headers).await.unwrap();
        ended.cancel();
        assert_eq!(closed(&mut wire).await, 4401);
        let foreign = [("cookie", cookie.as_str()), ("origin", "https://evil.test")];
        assert_eq!(knock(&hub, path, &foreign).await.err(), Some(403));
    }
    hub.https.stop().await;
}

#[tokio::test]
async fn a_watcher_who_talks_is_shown_out() {
    let hub = Reachable::start().await;
    let own = format!("https://{}", hub.host());
    let (cookie, _) = hub.log_in(Role::Owner);
    let headers = [("cookie", cookie.as_str()), ("origin", own.as_str())];
    let mut wire = knock(&hub, "/cameras/porch/live", &headers).await.unwrap();
    wire.send(Message::Text("closer".into())).await.unwrap();
    assert_eq!(closed(&mut wire).await, 1008);
    assert!(timeout(PATIENCE, wire.next()).await.is_ok());
    hub.https.stop().await;
}
