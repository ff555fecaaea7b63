//! A real camera, a real eye and the programs that judge what came out.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use doorward_core::ids::{CameraName, RecordingId};
use doorward_recorder::{
    CameraConfig, CameraUrl, EyeProgram, GapCause, HouseholdIdentity, Library, Login, Recorder,
    RecorderConfig, RecorderEvent, RecordingIdentity, RecordingKey, SealedSegment, export,
    open_secret,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc;

/// How long a test waits for anything before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The project's camera script, as a process that dies with the test.
pub(crate) struct CameraProcess {
    child: Child,
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub(crate) port: u16,
}

impl CameraProcess {
    /// Starts a small, quick camera with further arguments.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/camera/rtsp_camera.py");
        let small = ["--width", "640", "--height", "360", "--gop", "15", "--kbps", "800"];
        let mut child = Command::new("/usr/bin/timeout")
            .args(["-k", "5", "120", "/usr/bin/python3", script])
            .args(small)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the camera script starts");
        let words = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut camera = Self { child, words, answers, port: 0 };
        let ready = camera.line();
        camera.port = ready.strip_prefix("ready ").expect("the port").trim().parse().unwrap();
        camera
    }

    /// Puts the camera into a condition: `freeze`, `stall`, `deaf`, `patchy` or `live`.
    pub(crate) fn suffer(&mut self, word: &str) {
        writeln!(self.words, "{word}").unwrap();
        self.words.flush().unwrap();
        assert_eq!(self.line().trim(), word);
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("rtsp://127.0.0.1:{}/{path}", self.port)
    }
}

impl Drop for CameraProcess {
    fn drop(&mut self) {
        // SIGTERM lets timeout(1) end the camera below it; SIGKILL would not.
        let pid = self.child.id().to_string();
        let _ = Command::new("/bin/kill").args(["-TERM", &pid]).status();
        let _ = self.child.wait();
    }
}

pub(crate) fn eye_program() -> EyeProgram {
    EyeProgram {
        program: env!("CARGO_BIN_EXE_recorder-harness").into(),
        arguments: vec!["eye".to_owned()],
    }
}

pub(crate) fn name(text: &str) -> CameraName {
    CameraName::parse(text).unwrap()
}

pub(crate) fn camera_config(url: &str) -> CameraConfig {
    let url = CameraUrl::parse(&SecretString::from(url.to_owned()), None).unwrap();
    CameraConfig::new(name("porch"), url)
}

pub(crate) fn camera_with_login(url: &str, user: &str, password: &str) -> CameraConfig {
    let secret = |text: &str| SecretString::from(text.to_owned());
    let login = Login::new(secret(user), secret(password));
    let url = CameraUrl::parse(&secret(url), Some(login)).unwrap();
    CameraConfig::new(name("porch"), url)
}

/// A recorder in a folder of its own, and the household that owns it.
pub(crate) struct House {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) recorder: Recorder,
    pub(crate) events: mpsc::Receiver<RecorderEvent>,
    pub(crate) household: HouseholdIdentity,
    pub(crate) seen: Vec<RecorderEvent>,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with_eye(eye_program())
    }

    pub(crate) fn with_eye(eye: EyeProgram) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (recorder, events) =
            Recorder::start(RecorderConfig { folder: folder.path().to_owned(), eye });
        let household = HouseholdIdentity::generate();
        Self { folder, recorder, events, household, seen: Vec::new() }
    }

    /// Starts a recording and returns what opens it.
    pub(crate) async fn record(&self, recording: u64) -> RecordingIdentity {
        let key = RecordingKey::generate(&self.household.recipient()).unwrap();
        let identity = open_secret(&key.sealed_secret, &self.household).unwrap();
        let porch = name("porch");
        let id = RecordingId(recording);
        self.recorder.start_recording(id, &porch, key.recipient).await.unwrap();
        identity
    }

    /// Waits for an event that `wanted` picks something out of.
    pub(crate) async fn wait_for<T>(&mut self, wanted: impl Fn(&RecorderEvent) -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let event = tokio::time::timeout_at(deadline, self.events.recv()).await;
            let event = event
                .unwrap_or_else(|_| panic!("in vain; seen: {:#?}", self.seen))
                .expect("the recorder runs");
            let found = wanted(&event);
            self.seen.push(event);
            if let Some(found) = found {
                return found;
            }
        }
    }

    pub(crate) async fn wait_for_segments(&mut self, count: usize) -> Vec<SealedSegment> {
        let mut sealed = Vec::new();
        while sealed.len() < count {
            sealed.push(self.wait_for(sealed_segment).await);
        }
        sealed
    }

    pub(crate) async fn wait_for_close(&mut self) -> u32 {
        self.wait_for(|event| {
            let RecorderEvent::RecordingClosed { segments, .. } = event else { return None };
            Some(*segments)
        })
        .await
    }

    /// Waits until nothing is known to be wrong with the camera.
    pub(crate) async fn wait_until_well(&mut self) {
        self.wait_for(|event| {
            matches!(event, RecorderEvent::CameraChanged { fault: None, .. }).then_some(())
        })
        .await;
    }

    pub(crate) fn library(&self) -> Library {
        Library::new(self.folder.path().to_owned())
    }

    /// Exports a recording to a file.
    pub(crate) fn export(&self, recording: u64, identity: &RecordingIdentity) -> PathBuf {
        let library = self.library();
        let id = RecordingId(recording);
        let sequences = library.segments(id).unwrap();
        let sealed = sequences.iter().map(|sequence| Ok(library.read(id, *sequence).unwrap()));
        let path = self.folder.path().join("clip.mp4");
        let mut out = std::fs::File::create(&path).unwrap();
        export(sealed, identity, &mut out).unwrap();
        path
    }
}

pub(crate) fn sealed_segment(event: &RecorderEvent) -> Option<SealedSegment> {
    let RecorderEvent::SegmentSealed(segment) = event else { return None };
    Some(segment.clone())
}

pub(crate) fn gap_cause(event: &RecorderEvent) -> Option<GapCause> {
    let RecorderEvent::RecordingGap { cause, .. } = event else { return None };
    Some(*cause)
}

/// Runs a program for at most half a minute.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new("/usr/bin/timeout")
        .args(["-k", "5", "30", program])
        .args(arguments)
        .output()
        .expect("the program starts")
}

/// Asks ffprobe for fields of the first streams, and fails if it complains.
pub(crate) fn ffprobe(path: &Path, entries: &str) -> String {
    let path = path.to_str().unwrap();
    let arguments =
        ["-v", "warning", "-count_frames", "-show_entries", entries, "-of", "compact", path];
    let output = run("ffprobe", &arguments);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{complaints}");
    String::from_utf8(output.stdout).unwrap()
}

/// Reads `key=number` out of ffprobe's answer.
pub(crate) fn number(answer: &str, key: &str) -> f64 {
    let at = answer.find(&format!("{key}=")).unwrap_or_else(|| panic!("{key} in {answer}"));
    let text = &answer[at + key.len() + 1..];
    let end =
        text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').unwrap_or(text.len());
    text[..end].parse().unwrap()
}

/// Decodes the whole file and fails if anything in it is broken.
pub(crate) fn decode_all(path: &Path) {
    ffprobe(path, "stream=nb_read_frames");
}

/// Opens a sealed segment with Debian's age program.
pub(crate) fn age_opens(sealed: &Path, identity: &RecordingIdentity, folder: &Path) -> PathBuf {
    let key = folder.join("identity.txt");
    std::fs::write(&key, identity.expose().expose_secret()).unwrap();
    let clear = folder.join("segment.mp4");
    let paths = [key.as_path(), clear.as_path(), sealed].map(|path| path.to_str().unwrap());
    let output = run("age", &["-d", "-i", paths[0], "-o", paths[1], paths[2]]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    clear
}

/// Lists processes below this one that were started with `argument`.
pub(crate) fn children_with_argument(argument: &str) -> Vec<u32> {
    let own = std::process::id();
    let processes = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    processes.filter(|pid| is_child(*pid, own, argument).unwrap_or(false)).collect()
}

fn is_child(pid: u32, parent: u32, argument: &str) -> Option<bool> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let arguments = line.split(|byte| *byte == 0);
    let is_own = status.lines().any(|line| line == format!("PPid:\t{parent}"));
    Some(is_own && arguments.skip(1).any(|found| found == argument.as_bytes()))
}
