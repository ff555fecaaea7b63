//! Questions and answers over a real socket.

pub(crate) mod house;

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use doorward_api::code::{CodeFilter, CodeKind, NewCode, Window};
use doorward_api::doctor::TryBroker;
use doorward_api::door::ChangePolicy;
use doorward_api::log::{LogQuery, VerifyLog};
use doorward_api::notice::{News, Notice};
use doorward_api::status::{Seal, Unseal};
use doorward_api::{Client, ClientError, CodeId, EntryId, Problem, ProblemKind, RecordingId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use self::house::{SEGMENT, TestHouse};
use super::samples::{self, moment};
use super::{LocalSocket, LocalSocketError, router, serve_local};

const PATIENCE: Duration = Duration::from_secs(20);

/// A hub that answers at a socket until it is stopped.
pub(crate) struct Answering {
    pub(crate) house: Arc<TestHouse>,
    folder: tempfile::TempDir,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Answering {
    pub(crate) fn start(seal: Seal) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let house = Arc::new(TestHouse::new(seal, folder.path().join("segment")));
        let stop = CancellationToken::new();
        let socket = LocalSocket::bind(&folder.path().join("doorward.sock")).unwrap();
        let router = router(Arc::clone(&house), stop.clone());
        let task = tokio::spawn(serve_local(socket, router, stop.clone()));
        Self { house, folder, stop, task }
    }

    pub(crate) fn state(&self) -> &Path {
        self.folder.path()
    }

    fn socket(&self) -> PathBuf {
        self.state().join("doorward.sock")
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.socket()).await.unwrap()
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        timeout(PATIENCE, self.task).await.unwrap().unwrap();
    }
}

fn problem(error: ClientError) -> Problem {
    let ClientError::Problem(problem) = error else { panic!("{error:?}") };
    problem
}

#[tokio::test]
async fn every_question_finds_its_answer() {
    let hub = Answering::start(Seal::Unsealed);
    let client = hub.client().await;
    assert_eq!(client.status().await.unwrap(), samples::status());
    assert_eq!(client.doctor().await.unwrap(), samples::examination());
    assert_eq!(client.doors().await.unwrap(), [samples::door()]);
    assert_eq!(client.devices().await.unwrap().len(), 1);
    assert_eq!(client.cameras().await.unwrap().len(), 1);
    assert_eq!(client.entries(&Default::default()).await.unwrap(), [samples::entry()]);
    assert_eq!(client.entry(EntryId(17)).await.unwrap(), samples::story());
    assert_eq!(client.verify_log(&VerifyLog::default()).await.unwrap(), samples::verification());
    assert_eq!(client.checkpoint().await.unwrap().size, 1203);
    assert_eq!(client.recordings(&Default::default()).await.unwrap().len(), 1);
    let details = client.recording(RecordingId(8)).await.unwrap();
    assert_eq!((details.recording, details.segments.len()), (samples::recording_view(), 1));
    hub.stop().await;
}

#[tokio::test]
async fn every_wish_arrives_as_it_was_made() {
    let hub = Answering::start(Seal::Unsealed);
    let client = hub.client().await;
    let name = "z2m/Front door?";
    client.confirm_clock().await.unwrap();
    let (certificate_pem, key_pem) = ("a certificate".to_owned(), "a key".into());
    client.try_broker(&TryBroker { certificate_pem, key_pem }).await.unwrap();
    client.unlock_door(&"garden gate".into()).await.unwrap();
    client.lock_door(&"garden gate".into()).await.unwrap();
    client.revoke_device(&name.into()).await.unwrap();
    client.rearm_keypad(&name.into()).await.unwrap();
    client.remove_camera(&"Tür".into()).await.unwrap();
    client.block_entry(EntryId(1)).await.unwrap();
    client.approve_entry(EntryId(2)).await.unwrap();
    client.erase_recording(RecordingId(3)).await.unwrap();
    let change = ChangePolicy { relock_after_ms: Some(1), ..ChangePolicy::default() };
    client.change_policy(&"front".into(), &change).await.unwrap();
    let guest = CodeFilter { kind: Some(CodeKind::Guest) };
    client.cancel_code(CodeId(4), &guest).await.unwrap();
    client.codes(&CodeFilter::default()).await.unwrap();
    let expected = [
        "\"confirm_clock\"".to_owned(),
        "\"a certificate\"".to_owned(),
        "DoorName(\"garden gate\")".to_owned(),
        "DoorName(\"garden gate\")".to_owned(),
        format!("DeviceName({name:?})"),
        format!("DeviceName({name:?})"),
        "CameraName(\"Tür\")".to_owned(),
        "EntryId(1)".to_owned(),
        "EntryId(2)".to_owned(),
        "RecordingId(3)".to_owned(),
        format!("(DoorName(\"front\"), {change:?})"),
        format!("(CodeId(4), {guest:?})"),
        format!("{:?}", CodeFilter::default()),
    ];
    assert_eq!(*hub.house.heard(), expected);
    hub.stop().await;
}

#[tokio::test]
async fn a_code_that_is_given_out_comes_back_with_its_digits_once() {
    use secrecy::ExposeSecret;
    let hub = Answering::start(Seal::Unsealed);
    let wanted = NewCode::Delivery {
        door: "front".into(),
        window: Window { from: moment("13:00:00"), until: moment("17:00:00") },
        carrier: None,
        reference: None,
        instructions: Some("left".into()),
    };
    let issued = hub.client().await.issue_code(&wanted).await.unwrap();
    assert_eq!(issued.digits.expose_secret(), "48210573");
    assert_eq!(hub.house.heard().last(), Some(&format!("{wanted:?}")));
    hub.stop().await;
}

#[tokio::test]
async fn a_refusal_keeps_its_words_and_its_kind() {
    let hub = Answering::start(Seal::Unsealed);
    let refused = problem(hub.client().await.entry(EntryId(99)).await.unwrap_err());
    assert_eq!(refused, Problem::new(ProblemKind::NotFound, "there is no entry 99"));
    hub.stop().await;
}

#[tokio::test]
async fn a_sealed_hub_answers_status_and_unseal_alone() {
    let hub = Answering::start(Seal::Sealed);
    let client = hub.client().await;
    assert_eq!(client.status().await.unwrap().seal, Seal::Sealed);
    let kind = |error| problem(error).kind;
    assert_eq!(kind(client.doors().await.unwrap_err()), ProblemKind::Sealed);
    assert_eq!(kind(client.unlock_door(&"x".into()).await.unwrap_err()), ProblemKind::Sealed);
    assert_eq!(kind(client.notices().await.err().unwrap()), ProblemKind::Sealed);
    let segment = client.segment(RecordingId(8), 0).await;
    assert_eq!(kind(segment.err().unwrap()), ProblemKind::Sealed);
    let wrong = client.unseal(&Unseal { passphrase: "guess".into() }).await.unwrap_err();
    assert_eq!(kind(wrong), ProblemKind::WrongPassphrase);
    client.unseal(&Unseal { passphrase: "correct horse".into() }).await.unwrap();
    client.doors().await.unwrap();
    hub.stop().await;
}

#[tokio::test]
async fn a_segment_arrives_whole_and_never_longer_than_was_said() {
    let hub = Answering::start(Seal::Unsealed);
    let client = hub.client().await;
    let size = SEGMENT.len() as u64;
    let whole = client.segment(RecordingId(8), 0).await.unwrap().into_vec(size).await.unwrap();
    assert_eq!(whole, SEGMENT);
    let short = client.segment(RecordingId(8), 0).await.unwrap().into_vec(size - 1).await;
    assert!(matches!(short, Err(ClientError::TooLong)));
    let missing = client.segment(RecordingId(8), 5).await.err().unwrap();
    assert_eq!(problem(missing).kind, ProblemKind::NotFound);
    hub.stop().await;
}

#[tokio::test]
async fn a_listener_hears_what_is_new_and_what_it_missed() {
    let hub = Answering::start(Seal::Unsealed);
    let mut notices = hub.client().await.notices().await.unwrap();
    let bell = Notice { at: moment("09:00:00"), news: News::Bell { door: "front".into() } };
    hub.house.board.post(bell.clone());
    assert_eq!(timeout(PATIENCE, notices.next()).await.unwrap().unwrap(), Some(bell.clone()));
    let logged = samples::story().lines.remove(0);
    let logged = Notice { at: moment("09:00:01"), news: News::Logged { line: logged } };
    hub.house.board.post(logged.clone());
    assert_eq!(timeout(PATIENCE, notices.next()).await.unwrap().unwrap(), Some(logged));
    // Nothing else runs until the next await, so the channel overflows for certain.
    for _ in 0..6 {
        hub.house.board.post(bell.clone());
    }
    let next = timeout(PATIENCE, notices.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(next.news, News::Missed { notices: 2 });
    hub.stop().await;
    while timeout(PATIENCE, notices.next()).await.unwrap().unwrap().is_some() {}
}

#[tokio::test]
async fn pages_of_the_log_follow_each_other_to_the_end() {
    let hub = Answering::start(Seal::Unsealed);
    let client = hub.client().await;
    let first = client.log(&LogQuery::default()).await.unwrap();
    assert_eq!((first.lines.len(), first.next), (1, Some(70)));
    let query = LogQuery { after: first.next, ..LogQuery::default() };
    let last = client.log(&query).await.unwrap();
    assert_eq!((last.lines.len(), last.next), (1, None));
    hub.stop().await;
}

#[tokio::test]
async fn nobody_at_the_socket_is_told_apart_from_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("doorward.sock");
    assert!(matches!(Client::connect(&path).await, Err(ClientError::NotRunning { .. })));
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(matches!(Client::connect(&path).await, Err(ClientError::NotRunning { .. })));
}

#[tokio::test]
async fn a_socket_left_by_a_killed_hub_is_replaced_and_another_file_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("doorward.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let socket = LocalSocket::bind(&path).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(socket);
    assert!(!path.exists());
    std::fs::write(&path, "a letter").unwrap();
    assert!(matches!(LocalSocket::bind(&path), Err(LocalSocketError::InTheWay { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a letter");
}

#[tokio::test]
async fn a_shared_socket_is_one_hubs_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o750)).unwrap();
    let path = folder.path().join("hub.sock");
    let socket = LocalSocket::bind_shared(&path).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o660);
    assert_eq!(mode(&folder.path().join("hub.sock.lock")), 0o600, "its group cannot hold it");
    let refused = LocalSocket::bind_shared(&path).unwrap_err();
    let me = format!("process {}", std::process::id());
    assert!(
        matches!(&refused, LocalSocketError::InUse { holder, .. } if *holder == me),
        "{refused:?}"
    );
    assert!(path.exists(), "it is still the first one's");
    drop(socket);
    assert!(!path.exists());
    // What a hub that was killed leaves behind is in nobody's way.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    LocalSocket::bind_shared(&path).unwrap();
}

#[tokio::test]
async fn a_request_without_a_principal_is_refused_on_every_path() {
    let folder = tempfile::tempdir().unwrap();
    let house = TestHouse::new(Seal::Unsealed, folder.path().join("segment"));
    let router = router(Arc::new(house), CancellationToken::new());
    for path in ["/api/v1/status", "/api/v1/doors", "/api/v1/unseal", "/", "/nothing"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 403, "{path}");
    }
}

/// Sends bytes as they are, and reads the answer to its end.
async fn exchange(hub: &Answering, request: &str) -> io::Result<String> {
    let mut stream = UnixStream::connect(hub.socket()).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await??;
    Ok(answer)
}

fn post(path: &str, content_type: &str, body: &str) -> String {
    format!(
        "POST /api/v1{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-type: {content_type}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn whatever_is_answered_is_for_nobody_to_keep() {
    let hub = Answering::start(Seal::Unsealed);
    for path in ["/api/v1/doors", "/api/v1/recordings/8/segments/1", "/api/v1/nothing"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = exchange(&hub, &request).await.unwrap();
        assert_eq!(answer.matches("cache-control: no-store\r\n").count(), 1, "{path}: {answer}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn bad_requests_are_described_without_repeating_them() {
    let hub = Answering::start(Seal::Unsealed);
    let json = "application/json";
    let table = [
        (post("/doors", json, "{"), "400", "the body is not JSON (line 1, column 1)"),
        (post("/doors", json, r#"{"name":1}"#), "400", "of the wrong kind"),
        (post("/doors", json, r#"{"name":"a","lock":"b","hinge":"c"}"#), "400", "unknown"),
        (post("/unseal", json, r#"{"pass":"hunter2"}"#), "400", "unknown"),
        (post("/unseal", json, r#"{"passphrase":["hunter2"]}"#), "400", "of the wrong kind"),
        (post("/doors", "text/plain", "{}"), "400", "application/json"),
        (post("/doors", json, &"x".repeat(70_000)), "413", "too large"),
        (post("/entries/seven/block", json, ""), "400", "the path does not name"),
        (post("/status", json, ""), "404", "no such path"),
        (post("/nothing", json, ""), "404", "no such path"),
        (
            "GET /api/v1/codes?kind=x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(),
            "400",
            "the query",
        ),
    ];
    for (request, status, words) in table {
        let answer = exchange(&hub, &request).await.unwrap();
        let start: String = request.chars().take(60).collect();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{start}: {answer}");
        assert!(answer.contains("application/problem+json"), "{start}: {answer}");
        assert!(answer.contains(words), "{start}: {answer}");
        assert!(!answer.contains("hunter2"), "{start}: {answer}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn a_silent_connection_ends_and_keeps_nobody_else_waiting() {
    let hub = Answering::start(Seal::Unsealed);
    let mut silent = UnixStream::connect(hub.socket()).await.unwrap();
    hub.client().await.status().await.unwrap();
    let mut nothing = Vec::new();
    timeout(PATIENCE, silent.read_to_end(&mut nothing)).await.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&nothing).contains("200 OK"));
    hub.stop().await;
}
