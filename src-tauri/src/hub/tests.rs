//! Which hub is shown, with sockets that answer as hubs do or do not.

use std::os::unix::net::UnixListener;

use doorward_api::place::socket_in;

use super::place::FINISHED;
use super::*;

#[tokio::test]
async fn a_place_without_a_hub_is_told_from_one_whose_hub_does_not_run() {
    let home = tempfile::tempdir().unwrap();
    let hub = Hub::at(vec![Place::Folder(home.path().to_owned())]);
    assert!(matches!(hub.look().await, Attachment::Absent { .. }));
    std::fs::write(home.path().join(FINISHED), "{}").unwrap();
    assert_eq!(hub.look().await, Attachment::Stopped);
    // The socket of a hub that was killed stays behind.
    drop(UnixListener::bind(socket_in(home.path())).unwrap());
    assert_eq!(hub.look().await, Attachment::Stopped);
}

#[test]
fn what_a_page_wants_of_one_hub_is_not_asked_of_another() {
    let hub = Hub::at(vec![Place::Folder("/nowhere".into())]);
    assert!(hub.client_of(&hub.host()).is_some());
    assert!(hub.client_of("hub-0123").is_none());
}

#[tokio::test]
async fn what_answers_with_something_else_is_called_strange() {
    use std::io::{Read, Write};
    let home = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(socket_in(home.path())).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(stream.read(&mut [0; 4096]));
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>").unwrap();
    });
    let found = Hub::at(vec![Place::Folder(home.path().to_owned())]).look().await;
    assert!(matches!(found, Attachment::Strange { .. }), "{found:?}");
}

#[tokio::test]
async fn a_hub_of_another_version_is_told_apart() {
    use std::io::{Read, Write};
    let home = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(socket_in(home.path())).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(stream.read(&mut [0; 4096]));
        let body = r#"{"state":"ready","version":"9.9.9","ca_sha256":""}"#;
        let length = body.len();
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    });
    let found = Hub::at(vec![Place::Folder(home.path().to_owned())]).look().await;
    let expected = Attachment::Attached { version: "9.9.9".to_owned(), same_version: false };
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_hub_that_runs_elsewhere_goes_before_a_place_without_one() {
    let home = tempfile::tempdir().unwrap();
    let (own, other) = (home.path().join("own"), home.path().join("other"));
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join(FINISHED), "{}").unwrap();
    let hub = Hub::at(vec![Place::Folder(own.clone()), Place::Folder(other.clone())]);
    assert_eq!(hub.look().await, Attachment::Stopped);
    assert_eq!(hub.shown_here(), Some(Place::Folder(other)));
    assert_eq!(hub.own(), own);
}

#[tokio::test]
async fn a_hub_of_the_system_is_found_behind_one_of_ones_own_that_does_not_exist() {
    let home = tempfile::tempdir().unwrap();
    let (own, shared) = (home.path().join("own"), home.path().join("hub.sock"));
    let hub = Hub::at(vec![Place::Folder(own.clone()), Place::Shared(shared.clone())]);
    assert!(matches!(hub.look().await, Attachment::Absent { .. }));
    assert_eq!(hub.shown_here(), Some(Place::Folder(own)));
    let _somebody = UnixListener::bind(&shared).unwrap();
    assert_eq!(hub.look().await, Attachment::Slow, "it listens and says nothing");
    assert_eq!(hub.shown_here(), Some(Place::Shared(shared)));
}

/// Answers as a hub does that is asked for nothing but how it is.
fn welcoming(folder: &std::path::Path) -> tokio::task::JoinHandle<()> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    std::fs::create_dir_all(folder).unwrap();
    let listener = tokio::net::UnixListener::bind(socket_in(folder)).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(stream.read(&mut [0; 4096]).await);
            let body = r#"{"state":"ready","version":"9.9.9","ca_sha256":""}"#;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            drop(stream.write_all([head.as_str(), body].concat().as_bytes()).await);
        }
    })
}

#[tokio::test]
async fn the_window_goes_to_another_hub_of_this_computer_only_when_its_own_has_gone() {
    let home = tempfile::tempdir().unwrap();
    let (own, other) = (home.path().join("own"), home.path().join("other"));
    let hub = Hub::at(vec![Place::Folder(own.clone()), Place::Folder(other.clone())]);
    let (own_host, mut changes) = (hub.host(), hub.changes());
    let (running, _beside) = (welcoming(&own), welcoming(&other));
    assert!(matches!(hub.look().await, Attachment::Attached { .. }));
    assert!(!changes.has_changed().unwrap());

    running.abort();
    assert!(running.await.is_err());
    assert!(matches!(hub.look().await, Attachment::Attached { .. }));
    assert!(changes.has_changed().unwrap(), "the window has to be led along");
    changes.mark_unchanged();
    assert!(hub.client_of(&own_host).is_none(), "what was wanted of it is not asked of the other");
    assert!(hub.place_of(&own_host).is_none());
    assert_eq!(hub.place_of(&hub.host()), Some(Place::Folder(other)));

    std::fs::remove_file(socket_in(&own)).unwrap();
    let _again = welcoming(&own);
    assert!(matches!(hub.look().await, Attachment::Attached { .. }));
    assert!(!changes.has_changed().unwrap(), "one that answers is not left for another");
}

#[tokio::test]
async fn what_cannot_be_read_of_a_hub_elsewhere_is_said_and_forgotten_on_demand() {
    let home = tempfile::tempdir().unwrap();
    let file = kept::file_in(home.path());
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "{}").unwrap();
    let place = Place::Folder(home.path().join("own"));
    let hub = Hub::remembering(vec![place.clone()], Some(file.clone()));
    let Attachment::Lost { why } = hub.look().await else { panic!("it is shown as another") };
    assert!(why.contains("hub-elsewhere.json does not name a hub"), "{why}");
    assert!(hub.client_of(&place.host()).is_none(), "this computer's hub is shown in its place");
    assert!(hub.host().starts_with("hub-"), "the page takes it for this computer's");
    hub.come_home().await.unwrap();
    assert!(!file.exists());
    assert_eq!(hub.shown_here(), Some(place));
}

#[tokio::test]
async fn a_look_that_is_late_does_not_bring_the_window_back() {
    let hub = Hub::at(vec![Place::Folder("/nowhere".into())]);
    hub.shown.send_replace(Shown::Lost(Arc::new(Lost::because("gone".to_owned()))));
    hub.settle(Place::Folder("/elsewhere".into()));
    assert!(!hub.is_here());
}
