//! Thousands of requests that a program makes up from the API's own description, in an owner's session:
//! the hub answers all of them, and none with a failure of its own.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use doorward_api::log::Finding;
use doorward_tests::harness::fresh::Fresh;
use doorward_tests::harness::{Doorward, Fittings, Scene};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::timeout;

/// The hub's description of itself, which a test of the hub compares with its route table.
const DESCRIPTION: &str = include_str!("../../docs/openapi.json");

/// What is in the house, so that half of what is asked is asked of something: by what the description
/// calls it in an address, and in what is sent.
const KNOWN: [(&str, &str, Known); 5] = [
    ("door", "DoorName", Known::Names(&["front"])),
    ("device", "DeviceName", Known::Names(&["lock", "keypad", "spare"])),
    ("camera", "CameraName", Known::Names(&["porch", "yard"])),
    ("code", "CodeId", Known::Number(1)),
    ("person", "PersonId", Known::Number(2)),
];

/// How something is known.
#[derive(Clone, Copy)]
enum Known {
    Names(&'static [&'static str]),
    Number(u64),
}

/// How long requests are made up, in seconds; what was begun is finished.
const SECONDS: &str = "45";

/// Longer than that takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// What would end the session that all others need, or stays open.
const LEFT_OUT: &str = "^/api/v1/(session|paired-devices/\\{device\\}|events/socket|events)$";

#[tokio::test]
async fn no_request_that_fits_the_description_or_nearly_does_makes_the_hub_fail()
-> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    hub.pair("resident", "Ben").await?;
    furnish(&hub.doorward, hub.folder.path()).await?;
    let origin = format!("https://{}", owner.host());
    let cookie = owner.cookie.clone().context("no cookie")?;
    let authority = hub.doorward.state().join("ca/ca.pem");
    let made = Guesses::at(&origin, hub.folder.path())?
        .words(["--tls-verify", authority.to_str().context("a path in UTF-8")?])
        .words(["--header", &format!("Cookie: {cookie}"), "--header", &format!("Origin: {origin}")])
        .words(["--exclude-path-regex", LEFT_OUT, "--max-time", SECONDS, "--max-examples", "40"])
        .make()
        .await?;
    ensure!(made.status.success(), "{}", made.said);
    assert!(made.questions() > 60, "{}", made.said);
    assert_eq!(owner.ask("GET", "/session", None)?.status, 200, "all of it was said by an owner");
    assert_eq!(hub.doorward.verify_log().await?.finding, Finding::Whole);
    // Among the guesses are checkpoints of no log, to be compared with this one.
    hub.daemon.stop(&["the log does not hold together"]).await
}

#[tokio::test]
async fn an_answer_that_is_a_failure_and_one_that_never_comes_are_found() -> anyhow::Result<()> {
    let failure = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";
    let well = "HTTP/1.1 204 No Content\r\n\r\n";
    for (answer, finds) in [(well, None), (failure, Some("Server error")), ("", Some("Network"))] {
        let folder = tempfile::tempdir()?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let bad = tokio::spawn(always(listener, answer));
        let guesses = Guesses::at(&origin, folder.path())?;
        let few = ["--include-path", "/api/v1/doors", "--max-examples", "5"];
        let made = guesses.words(few).make().await?;
        bad.abort();
        assert_eq!(made.status.success(), finds.is_none(), "{}", made.said);
        assert!(finds.is_none_or(|words| made.said.contains(words)), "{}", made.said);
    }
    Ok(())
}

/// Answers whatever it is asked with the same words, if any, and hangs up.
async fn always(listener: TcpListener, answer: &'static str) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut asked = [0; 65_536];
        if stream.read(&mut asked).await.is_ok() {
            drop(stream.write_all(answer.as_bytes()).await);
        }
    }
}

/// A door with all that belongs to it; nothing of it is connected.
async fn furnish(owner: &Doorward, folder: &Path) -> anyhow::Result<()> {
    for (name, kind) in [("lock", "lock"), ("keypad", "keypad"), ("spare", "other")] {
        owner.enrol(name, kind, "native", folder).await?;
    }
    for camera in ["porch", "yard"] {
        owner.add_camera(camera, "rtsp://127.0.0.1:9/stream", Scene::CAMERA).await?;
    }
    let keypads = &["keypad"];
    let fittings = Fittings { lock: "lock", keypads, camera: Some("porch"), ..Fittings::default() };
    owner.add_door("front", fittings).await?;
    owner.expect_delivery("front").await.map(drop)
}

/// schemathesis, about to ask somebody.
struct Guesses(Command);

/// How it ended.
struct Guessed {
    status: ExitStatus,
    said: String,
}

impl Guesses {
    /// Always the same guesses, of all kinds that need no second request.
    fn at(origin: &str, folder: &Path) -> anyhow::Result<Self> {
        let description = folder.join("openapi.json");
        std::fs::write(&description, described()?.to_string())?;
        let mut command = Command::new(schemathesis()?);
        command.arg("run").arg(&description).args(["--url", origin, "--seed", "1"]);
        command.args(["--phases", "examples,coverage,fuzzing"]);
        command.args(["--checks", "not_a_server_error", "--request-timeout", "20"]);
        // How long guessing takes says something of the machine alone.
        command.args(["--suppress-health-check", "all"]);
        command.args(["--no-shrink", "--generation-database", "none", "--warnings", "off"]);
        command.current_dir(folder).env("NO_COLOR", "1").kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(Self(command))
    }

    fn words<'a>(mut self, words: impl IntoIterator<Item = &'a str>) -> Self {
        self.0.args(words);
        self
    }

    async fn make(mut self) -> anyhow::Result<Guessed> {
        let ended =
            timeout(PATIENCE, self.0.output()).await.context("it did not end in time")??;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = format!("{}{}", text(&ended.stdout), text(&ended.stderr));
        Ok(Guessed { status: ended.status, said })
    }
}

impl Guessed {
    /// How many of the API's questions were asked.
    fn questions(&self) -> u32 {
        let mut told = self.said.lines().filter_map(|line| line.trim().strip_prefix("Tested: "));
        told.next().and_then(|number| number.parse().ok()).unwrap_or(0)
    }
}

/// The description, with what is in the house beside all that might be.
fn described() -> anyhow::Result<Value> {
    let mut description: Value = serde_json::from_str(DESCRIPTION)?;
    for (parameter, schema, known) in KNOWN {
        let (kind, known) = known.described();
        if let Some(sent) = description["components"]["schemas"].get_mut(schema) {
            *sent = known.clone();
        }
        let paths = description["paths"].as_object_mut().context("no paths")?.values_mut();
        let verbs = paths.filter_map(Value::as_object_mut).flat_map(|verbs| verbs.values_mut());
        for described in verbs.filter_map(|verb| verb["parameters"].as_array_mut()).flatten() {
            if described["name"] == parameter && described["schema"]["type"] == kind {
                described["schema"] = known.clone();
            }
        }
    }
    Ok(description)
}

impl Known {
    /// Its type, and a description that it and any other of that type fit.
    fn described(self) -> (&'static str, Value) {
        let (kind, known) = match self {
            Self::Names(names) => ("string", json!(names)),
            Self::Number(number) => ("integer", json!([number])),
        };
        (kind, json!({ "anyOf": [{ "enum": known }, { "type": kind }] }))
    }
}

/// The program where `cargo xtask setup` has installed it: in the user's folder for caches, or beside
/// the folders that cargo builds in.
fn schemathesis() -> anyhow::Result<PathBuf> {
    let named = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")));
    let own = std::env::current_exe().context("which program is this?")?;
    let places = cache.iter().map(PathBuf::as_path).chain(own.ancestors());
    let mut programs = places.map(|folder| folder.join("doorward-schemathesis/bin/schemathesis"));
    let found = programs.find(|program| program.is_file());
    found.context("schemathesis is missing; `cargo xtask setup` installs it")
}
