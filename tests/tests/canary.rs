//! Secrets planted in a full run must turn up nowhere: not in what the hub wrote to standard error,
//! not in its state folder, not in any argument list or environment.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use doorward_api::event::LogEvent;
use doorward_tests::harness::{Blueprint, Filming, Scene};
use doorward_tests::house::Verdict;

/// A secret by name, in every spelling in which it could leak.
struct Canary {
    name: &'static str,
    spellings: Vec<Vec<u8>>,
}

#[tokio::test]
async fn no_secret_is_found_anywhere_after_a_delivery() -> anyhow::Result<()> {
    let scene =
        Scene::build(Blueprint { filming: Filming::Required, ..Blueprint::default() }).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    let canaries = [
        digits("the code", &code.digits),
        digits("a wrong code", "13572468"),
        text("the camera's password", Scene::CAMERA.password),
        text("the household's identity", &identity(&scene.recovery_sheet())),
        root_key(&scene),
    ];

    assert_eq!(scene.type_code("13572468").await?, Verdict::Refused);
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    scene
        .logged(start, "the closed recording", |event| {
            matches!(event, LogEvent::RecordingClosed { .. }).then_some(())
        })
        .await?;
    let printed = [
        scene.owner.ok(["log", "list"]).await?,
        scene.owner.ok(["entry", "list"]).await?,
        scene.owner.ok(["delivery", "list"]).await?,
        scene.owner.ok(["camera", "list"]).await?,
        scene.owner.ok(["status"]).await?,
        scene.owner.ok(["doctor"]).await.unwrap_or_default(),
    ];

    for text in printed {
        nowhere_in(&canaries, text.as_bytes(), "what the command line prints");
    }
    nowhere_in(&canaries, scene.daemon.log().all().join("\n").as_bytes(), "standard error");
    nowhere_in(&canaries, &house(&scene), "what devices heard");
    for (place, bytes) in processes(scene.daemon.pid().unwrap()) {
        nowhere_in(&canaries, &bytes, &place);
    }
    nowhere_below(&canaries, scene.owner.state());
    let state = scene.owner.state().to_owned();
    // The folder lives as long as the scene's value, so look once more while it stops.
    let keeper = scene.stop_and_keep().await?;
    nowhere_below(&canaries, &state);
    drop(keeper);
    Ok(())
}

#[test]
fn a_planted_secret_is_found() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("leak"), b"... 4821 0573 ...").unwrap();
    let found = files_with(&digits("the code", "48210573"), folder.path());
    assert_eq!(found, [folder.path().join("leak")]);
}

fn digits(name: &'static str, code: &str) -> Canary {
    let (first, second) = code.split_at(4);
    let spellings = [code.to_owned(), format!("{first} {second}"), format!("{first}-{second}")];
    Canary { name, spellings: spellings.map(String::into_bytes).to_vec() }
}

fn text(name: &'static str, secret: &str) -> Canary {
    Canary { name, spellings: vec![secret.as_bytes().to_vec(), base64(secret.as_bytes())] }
}

/// With `keyfile` the root key lies in one file, on purpose; it must not lie in a second one.
fn root_key(scene: &Scene) -> Canary {
    let written = std::fs::read(key_file(scene.owner.state())).unwrap();
    let text = String::from_utf8_lossy(&written);
    let longest = text.split_whitespace().max_by_key(|word| word.len()).unwrap_or_default();
    Canary { name: "the root key", spellings: vec![longest.as_bytes().to_vec()] }
}

fn key_file(state: &Path) -> PathBuf {
    let mut files = files(state);
    files.retain(|file| file.file_name().is_some_and(|name| name == "root.key"));
    files.pop().expect("a hub that starts unattended has a key file")
}

fn identity(sheet: &Path) -> String {
    let text = std::fs::read_to_string(sheet).unwrap();
    let line = text.lines().map(str::trim).find(|line| line.starts_with("AGE-SECRET-KEY-1"));
    line.unwrap().to_owned()
}

/// Everything that the house's devices were sent, as far as they understood it.
fn house(scene: &Scene) -> Vec<u8> {
    format!("{:?}", scene.house.journal().all()).into_bytes()
}

/// Arguments and environment of the hub and its children.
fn processes(hub: u32) -> Vec<(String, Vec<u8>)> {
    let threads = std::fs::read_dir(format!("/proc/{hub}/task")).unwrap();
    // A child belongs to the thread that started it; one that has ended meanwhile has none.
    let of = |thread: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(thread.unwrap().path().join("children")).unwrap_or_default()
    };
    let children: String = threads.map(of).collect();
    let pids = children.split_whitespace().map(str::to_owned).chain([hub.to_string()]);
    pids.flat_map(|pid| ["cmdline", "environ"].map(|file| format!("/proc/{pid}/{file}")))
        .filter_map(|place| std::fs::read(&place).ok().map(|bytes| (place, bytes)))
        .collect()
}

fn nowhere_in(canaries: &[Canary], bytes: &[u8], place: &str) {
    for canary in canaries {
        assert!(!is_in(canary, bytes), "{} is in {place}", canary.name);
    }
}

fn nowhere_below(canaries: &[Canary], folder: &Path) {
    let exempt = key_file(folder);
    let known = canaries.iter().any(|canary| is_in(canary, &std::fs::read(&exempt).unwrap()));
    assert!(known, "the search does not even find the root key in its own file");
    for canary in canaries {
        let mut found = files_with(canary, folder);
        found.retain(|file| canary.name != "the root key" || *file != exempt);
        assert!(found.is_empty(), "{} is in {found:?}", canary.name);
    }
}

fn files_with(canary: &Canary, folder: &Path) -> Vec<PathBuf> {
    let mut files = files(folder);
    files.retain(|file| is_in(canary, &std::fs::read(file).unwrap_or_default()));
    files
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files
}

fn is_in(canary: &Canary, bytes: &[u8]) -> bool {
    canary.spellings.iter().any(|secret| bytes.windows(secret.len()).any(|part| part == secret))
}

/// Standard alphabet, without padding, which a longer text would not have at this place.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let whole = bytes.chunks_exact(3).flat_map(|chunk| {
        let word = chunk.iter().fold(0_usize, |word, byte| word << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| ALPHABET[word >> shift & 63])
    });
    whole.collect()
}
