//! A restoring that is cut off or stopped in the middle: nothing half made is taken for a hub.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use doorward_api::log::Finding;
use doorward_tests::harness::{
    Blueprint, Daemon, Doorward, PATIENCE, Restoring, Scene, free_address,
};
use rustix::process::Signal;

/// A house with a backup, and the empty folder of a hub to come.
struct Loss {
    scene: Scene,
    backup: PathBuf,
    next: Doorward,
}

impl Loss {
    async fn foresee() -> anyhow::Result<Self> {
        let scene = Scene::build(Blueprint::default()).await?;
        let backup = scene.folder().join("backup.age");
        scene.owner.back_up(&backup).await?;
        let next = Doorward::new(&scene.folder().join("next"))?;
        std::fs::create_dir(next.state())?;
        Ok(Self { scene, backup, next })
    }

    /// The hub of the backup lives in this folder.
    async fn lives(&self, hub: &Doorward) -> anyhow::Result<()> {
        let daemon = Daemon::start(hub, free_address()?).await?;
        assert_eq!(hub.verify_log().await?.finding, Finding::Whole);
        assert_eq!(hub.status().await?.house.map(|house| house.doors.len()), Some(1));
        daemon.stop(&[]).await
    }
}

fn names(folder: &Path) -> Vec<String> {
    let inside = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        inside.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_restoring_that_is_killed_while_it_reads_makes_no_hub_and_the_next_one_does()
-> anyhow::Result<()> {
    let loss = Loss::foresee().await?;
    let (backup, sheet, next) = (&loss.backup, loss.scene.recovery_sheet(), &loss.next);
    for made in ["config.json.making", "ca", "doorward.db"] {
        Restoring::up_to(next, backup, &sheet, made).await?.kill().await?;
        assert!(names(next.state()).contains(&"config.json.making".to_owned()), "{made}");
        let started = next.run(["serve", "--mqtt-listen", "127.0.0.1:0"]).await?;
        assert!(started.stderr.contains("holds no hub yet"), "{made}: {started:?}");
        let anew = next.run(["init", "--unlock", "keyfile", "--set-up-in-browser"]).await?;
        assert!(anew.stderr.contains("is not empty"), "{made}: {anew:?}");
    }
    next.restore(backup, &sheet).await?.success()?;
    loss.lives(next).await?;
    loss.scene.end(&[]).await
}

#[tokio::test]
async fn a_restoring_that_is_killed_near_its_end_has_made_a_hub_or_none() -> anyhow::Result<()> {
    let loss = Loss::foresee().await?;
    let sheet = loss.scene.recovery_sheet();
    for made in ["doorward.db-wal", "recordings", "root.key"] {
        let next = Doorward::new(&loss.scene.folder().join(format!("with {made}")))?;
        std::fs::create_dir(next.state())?;
        Restoring::beyond(&next, &loss.backup, &sheet, made).await?.kill().await?;
        let second = next.restore(&loss.backup, &sheet).await?;
        let whole = second.stderr.contains("already holds a hub");
        assert!(whole || second.code == Some(0), "{made}: {second:?}");
        loss.lives(&next).await?;
    }
    loss.scene.end(&[]).await
}

#[tokio::test]
async fn a_restoring_that_is_stopped_clears_what_it_has_made() -> anyhow::Result<()> {
    let loss = Loss::foresee().await?;
    let (sheet, next) = (loss.scene.recovery_sheet(), &loss.next);
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut restoring = Restoring::up_to(next, &loss.backup, &sheet, "doorward.db").await?;
        restoring.ask_to_stop(signal).await?;
        restoring.give_the_rest();
        let (status, words) = restoring.failed().await?;
        assert_eq!(status.code(), Some(1), "{signal:?}: {words}");
        assert!(words.contains("stopped as asked; nothing was made"), "{words}");
        assert_eq!(names(next.state()), Vec::<String>::new());
    }
    loss.scene.end(&[]).await
}

#[tokio::test]
async fn a_restoring_that_nohup_started_outlives_its_terminal() -> anyhow::Result<()> {
    let loss = Loss::foresee().await?;
    let (sheet, next) = (loss.scene.recovery_sheet(), &loss.next);
    let mut restoring = Restoring::with_nohup(next, &loss.backup, &sheet, "doorward.db").await?;
    restoring.signal(Signal::HUP)?;
    restoring.give_the_rest();
    restoring.succeeded().await?;
    loss.lives(next).await?;
    loss.scene.end(&[]).await
}

#[tokio::test]
async fn a_hub_is_restored_onto_a_volume_of_its_own() -> anyhow::Result<()> {
    let loss = Loss::foresee().await?;
    let (sheet, next) = (loss.scene.recovery_sheet(), &loss.next);
    let volume = Doorward::new(&loss.scene.folder().join("volume"))?;
    std::fs::create_dir(volume.state())?;
    let mut command = tokio::process::Command::new("bwrap");
    command.args(["--dev-bind", "/", "/", "--bind"]).arg(volume.state()).arg(next.state());
    command.arg(next.program()).args(["restore", "--unlock", "keyfile", "--from"]);
    command.arg(&loss.backup).arg("--identity").arg(&sheet).arg("--state").arg(next.state());
    let restored = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).output()).await??;
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert_eq!(names(next.state()), Vec::<String>::new(), "it lies on the volume");
    loss.lives(&volume).await?;
    loss.scene.end(&[]).await
}

#[tokio::test]
async fn without_a_terminal_it_is_said_how_a_passphrase_is_given() -> anyhow::Result<()> {
    let loss = Loss::foresee().await?;
    let sheet = loss.scene.recovery_sheet();
    let command = ["restore", "--from"].map(OsStr::new).into_iter();
    let files = [loss.backup.as_os_str(), OsStr::new("--identity"), sheet.as_os_str()];
    let refused = loss.next.run(command.chain(files)).await?;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for words in ["a passphrase for the hub is missing", "standard input", "< FILE"] {
        assert!(refused.stderr.contains(words), "{refused:?}");
    }
    assert_eq!(names(loss.next.state()), Vec::<String>::new());
    loss.scene.end(&[]).await
}
