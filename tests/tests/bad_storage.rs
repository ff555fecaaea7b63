//! Databases that cannot be trusted: nothing unlocks, a clear message, exit code 1.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use doorward_tests::harness::{Blueprint, Daemon, Doorward, Scene, free_address};

#[tokio::test]
async fn a_damaged_database_starts_no_hub() -> anyhow::Result<()> {
    refused_after(|state| {
        let database = database(state);
        let mut bytes = std::fs::read(&database).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..].iter_mut().for_each(|byte| *byte ^= 0x5a);
        bytes[..64].fill(0);
        std::fs::write(&database, bytes).unwrap();
    })
    .await
}

#[tokio::test]
async fn another_hubs_key_starts_no_hub() -> anyhow::Result<()> {
    let other = tempfile::tempdir()?;
    let stranger = Doorward::new(&other.path().join("state"))?;
    stranger.init(&other.path().join("recovery.txt")).await?;
    let key = std::fs::read(stranger.state().join("root.key"))?;
    refused_after(move |state| std::fs::write(state.join("root.key"), &key).unwrap()).await
}

#[tokio::test]
async fn a_missing_key_starts_no_hub() -> anyhow::Result<()> {
    refused_after(|state| std::fs::remove_file(state.join("root.key")).unwrap()).await
}

#[tokio::test]
async fn files_are_their_owners_alone() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let state = scene.owner.state();
    assert_eq!(mode(state), 0o700);
    for file in std::fs::read_dir(state)?.map(Result::unwrap) {
        let kind = file.file_type()?;
        let wanted = if kind.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&file.path()), wanted, "{:?}", file.path());
    }
    scene.end(&[]).await
}

/// Makes a hub, runs it once, breaks it, and looks how it fails to start.
async fn refused_after(breaking: impl FnOnce(&Path)) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let doorward = Doorward::new(&folder.path().join("state"))?;
    doorward.init(&folder.path().join("recovery.txt")).await?;
    Daemon::start(&doorward, free_address()?).await?.stop(&[]).await?;
    breaking(doorward.state());
    let serve = ["serve", "--mqtt-listen", "127.0.0.1:0", "--https-listen", "127.0.0.1:0"];
    let state = ["--state", doorward.state().to_str().unwrap()];
    let outcome = doorward.run(serve.into_iter().chain(state)).await?;
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    assert!(!outcome.stderr.trim().is_empty(), "it failed without a word");
    Ok(())
}

fn database(state: &Path) -> PathBuf {
    let largest = std::fs::read_dir(state)
        .unwrap()
        .map(Result::unwrap)
        .filter(|file| file.file_name().to_string_lossy().ends_with(".db"))
        .map(|file| file.path());
    largest.last().expect("there is a database")
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}
