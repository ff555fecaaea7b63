//! A house that loses its machine: what goes into a backup, what comes out of it, and what does not.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use doorward_api::code::CodeState;
use doorward_api::entry::{Reason, Stage};
use doorward_api::log::Finding;
use doorward_tests::harness::{Blueprint, Daemon, Doorward, Outcome, Scene, free_address};
use doorward_tests::house::Verdict;
use doorward_tests::house::door::{Leaf, Visitor};

#[tokio::test]
async fn a_backup_is_taken_of_a_living_house_and_shows_nothing() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let code = scene.owner.expect_delivery("front").await?;
    let file = scene.folder().join("backup.age");
    scene.owner.back_up(&file).await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted, "the house lives on");

    let bytes = std::fs::read(&file)?;
    let root = std::fs::read_to_string(scene.owner.state().join("root.key"))?;
    let sheet = std::fs::read_to_string(scene.recovery_sheet())?;
    let identity = sheet.lines().map(str::trim).find(|line| line.starts_with("AGE-SECRET-KEY-1"));
    for canary in [root.trim(), code.digits.as_str(), "front-lock", identity.unwrap_or_default()] {
        assert!(!canary.is_empty());
        assert!(!bytes.windows(canary.len()).any(|part| part == canary.as_bytes()), "{canary}");
    }
    assert!(!scene.owner.state().join("backup.making").exists(), "nothing is left of the making");
    let log = scene.owner.ok(["log", "list", "--all"]).await?;
    assert!(log.contains("a backup was sealed and handed out"), "{log}");
    scene.end(&[]).await
}

#[tokio::test]
async fn a_backup_is_not_written_over_a_file_nor_where_it_is_lost_with_the_hub()
-> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let file = scene.folder().join("backup.age");
    std::fs::write(&file, "a letter")?;
    for (place, words) in [
        (file.clone(), "exists already"),
        (scene.owner.state().join("backup.age"), "lost with it"),
        (scene.folder().join("no folder/backup.age"), "could not write"),
    ] {
        let refused = scene.owner.run([Path::new("backup"), Path::new("--out"), &place]).await?;
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains(words), "{refused:?}");
    }
    assert_eq!(std::fs::read_to_string(&file)?, "a letter");
    scene.end(&[]).await
}

#[tokio::test]
async fn a_restored_house_opens_to_nothing_that_the_backup_cannot_know_and_lives_on()
-> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let waiting = scene.owner.expect_delivery("front").await?;
    let used = scene.owner.expect_delivery("front").await?;
    let add = "guest add Ben --door front --days daily --hours 00:00-24:00";
    let guest = scene.owner.json(add.split(' ')).await?;
    let guest_digits = guest["digits"].as_str().unwrap_or_default().to_owned();
    let guest_id = guest["code"]["id"].to_string();
    let kept_before = scene.owner.ok(["log", "checkpoint"]).await?;
    scene.owner.enrol("lamp", "other", "native", scene.folder()).await?;
    scene.owner.ok(["device", "allow", "lamp", "--notices"]).await?;
    scene.owner.ok(["home-assistant", "on"]).await?;
    let file = scene.folder().join("backup.age");
    scene.owner.back_up(&file).await?;
    let start = scene.listener.journal().end();
    assert_eq!(scene.type_code(&used.digits).await?, Verdict::Accepted);
    scene.stage(start, Stage::Secured).await?;
    let kept_after = scene.owner.ok(["log", "checkpoint"]).await?;

    let scene = scene.lose_and_restore(&file).await?;
    let doctor = scene.owner.run(["doctor"]).await?;
    assert!(doctor.stdout.contains("from a backup of"), "{doctor:?}");
    let lamp = scene.owner.ok(["device", "grants", "lamp"]).await?;
    assert!(!lamp.contains("doorward/lamp/notices"), "{lamp}");
    assert_eq!(scene.owner.json(["home-assistant", "status"]).await?["shown"], "off");
    for (digits, reason) in [
        (&used.digits, Reason::Cancelled),
        (&waiting.digits, Reason::Cancelled),
        (&guest_digits, Reason::Paused),
    ] {
        opens_nothing(&scene, digits, reason).await?;
    }
    scene.owner.ok(["clock", "confirm"]).await?;
    scene.owner.ok(["guest", "resume", &guest_id]).await?;
    let here = scene.listener.journal().end();
    assert_eq!(scene.type_code(&guest_digits).await?, Verdict::Accepted);
    scene.stage(here, Stage::Secured).await?;
    let next = scene.owner.expect_delivery("front").await?;
    assert!(next.id().0 > used.id().0 + 1_000, "no number stands for two codes");
    opened_once(&scene, &next.digits).await?;

    log_is_honest(&scene, &kept_before, &kept_after).await?;
    scene.end(&["the log does not hold together"]).await
}

/// The log is whole, begins as it did at the backup, and whoever saw more of the lost one
/// finds that out.
async fn log_is_honest(scene: &Scene, before: &str, after: &str) -> anyhow::Result<()> {
    assert_eq!(scene.owner.verify_log().await?.finding, Finding::Whole);
    let told = scene.owner.ok(["log", "list", "--all"]).await?;
    assert!(told.contains("the hub was restored from a backup of"), "{told}");
    for (kept, code) in [(before, 0), (after, 1)] {
        let file = scene.folder().join("kept.txt");
        std::fs::write(&file, kept)?;
        let command = ["log", "verify", "--against"].map(OsStr::new).into_iter();
        let verified = scene.owner.run(command.chain([file.as_os_str()])).await?;
        assert_eq!(verified.code, Some(code), "{verified:?}");
    }
    Ok(())
}

async fn opens_nothing(scene: &Scene, digits: &str, reason: Reason) -> anyhow::Result<()> {
    let here = scene.listener.journal().end();
    assert_eq!(scene.type_code(digits).await?, Verdict::Refused, "{reason:?}");
    assert_eq!(scene.refusal(here).await?, reason);
    Ok(())
}

async fn opened_once(scene: &Scene, digits: &str) -> anyhow::Result<()> {
    let here = scene.listener.journal().end();
    assert_eq!(scene.type_code(digits).await?, Verdict::Accepted);
    scene.stage(here, Stage::Secured).await?;
    assert_eq!(scene.type_code(digits).await?, Verdict::Refused);
    Ok(())
}

#[tokio::test]
async fn a_backup_taken_in_the_middle_of_a_visit_restores_a_house_at_rest() -> anyhow::Result<()> {
    let blueprint = Blueprint { visitor: Visitor::Careless, ..Blueprint::default() };
    let scene = Scene::build(blueprint).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    scene.type_code(&code.digits).await?;
    let entry = scene.stage(start, Stage::Open).await?;
    let file = scene.folder().join("backup.age");
    scene.owner.back_up(&file).await?;
    scene.house.push(Leaf::Closed);
    scene.stage(start, Stage::Secured).await?;

    let scene = scene.lose_and_restore(&file).await?;
    let entries = scene.owner.entries().await?;
    assert_eq!(entries.iter().map(|one| one.id).collect::<Vec<_>>(), [entry]);
    assert!(entries[0].outcome.is_some(), "{entries:?}");
    scene
        .status_becomes("no visit", |house| house.doors.iter().all(|door| door.entry.is_none()))
        .await?;
    let codes = scene.owner.deliveries().await?;
    assert_eq!(codes.iter().map(|code| code.state).collect::<Vec<_>>(), [CodeState::Spent]);
    scene.end(&[]).await
}

#[tokio::test]
async fn what_is_no_whole_backup_of_this_household_makes_no_hub() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let (sheet, file) = (scene.recovery_sheet(), scene.folder().join("backup.age"));
    scene.owner.back_up(&file).await?;
    let other = scene.folder().join("other.txt");
    Doorward::new(&scene.folder().join("other"))?.init(&other).await?;
    let bytes = std::fs::read(&file)?;
    let bad = |name: &str, bytes: &[u8]| -> anyhow::Result<PathBuf> {
        let path = scene.folder().join(name);
        std::fs::write(&path, bytes)?;
        Ok(path)
    };
    let flipped = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        bytes
    };
    let short = &bytes[..bytes.len() - 1];
    for (backup, identity, words) in [
        (&file, &other, "does not open the backup"),
        (&bad("cut", short)?, &sheet, "cut short or was changed"),
        (&bad("half", &bytes[..bytes.len() / 2])?, &sheet, "cut short or was changed"),
        (&bad("at a seam", &bytes[..bytes.len() - bytes.len() % 65_536])?, &sheet, "cut short"),
        (&bad("flipped", &flipped(bytes.len() / 2))?, &sheet, "cut short or was changed"),
        (&bad("last", &flipped(bytes.len() - 1))?, &sheet, "cut short or was changed"),
        (&bad("head", &flipped(3))?, &sheet, "no backup"),
        (&bad("letter", b"Dear sir")?, &sheet, "no backup"),
        (&bad("nothing", b"")?, &sheet, "no backup"),
        (&scene.folder().join("missing"), &sheet, "could not read the backup"),
        (&file, &scene.folder().join("missing"), "could not read the identity"),
    ] {
        refused(&scene, backup, identity, words).await?;
    }
    scene.end(&[]).await
}

/// The restoring fails with these words and leaves nothing.
async fn refused(scene: &Scene, backup: &Path, identity: &Path, words: &str) -> anyhow::Result<()> {
    let ground = scene.folder().join("ground");
    std::fs::create_dir_all(&ground)?;
    let owner = Doorward::new(&ground.join("state"))?;
    let outcome = owner.restore(backup, identity).await?;
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains(words), "{words}: {outcome:?}");
    nothing_is_left(&ground)
}

fn nothing_is_left(ground: &Path) -> anyhow::Result<()> {
    let left: Vec<_> = std::fs::read_dir(ground)?.collect();
    assert!(left.is_empty(), "{left:?}");
    Ok(())
}

#[tokio::test]
async fn a_restoring_never_touches_a_folder_in_which_something_is() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let file = scene.folder().join("backup.age");
    scene.owner.back_up(&file).await?;
    let here = scene.owner.restore(&file, &scene.recovery_sheet()).await?;
    assert!(here.stderr.contains("already holds a hub"), "{here:?}");
    let full = scene.folder().join("full");
    std::fs::create_dir(&full)?;
    std::fs::write(full.join("thesis.odt"), "")?;
    let there = Doorward::new(&full)?.restore(&file, &scene.recovery_sheet()).await?;
    assert!(there.stderr.contains("is not empty (it holds thesis.odt)"), "{there:?}");
    assert_eq!(std::fs::read_dir(&full)?.count(), 1);
    scene.end(&[]).await
}

#[tokio::test]
async fn a_disk_that_has_no_room_gets_no_half_of_a_backup_or_a_hub() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let file = scene.folder().join("backup.age");
    scene.owner.back_up(&file).await?;
    let ground = scene.folder().join("ground");
    std::fs::create_dir(&ground)?;
    let out = ground.join("backup.age");
    let backup = ["backup", "--out"].map(OsStr::new).into_iter().chain([out.as_os_str()]);
    let refused = with_little_room(&scene.owner, backup).await?;
    assert!(refused.stderr.contains("could not write"), "{refused:?}");
    nothing_is_left(&ground)?;

    let sheet = scene.recovery_sheet();
    let owner = Doorward::new(&ground.join("state"))?;
    let restore = ["restore", "--unlock", "keyfile", "--from"].map(OsStr::new).into_iter();
    let files = [file.as_os_str(), OsStr::new("--identity"), sheet.as_os_str()];
    let refused = with_little_room(&owner, restore.chain(files)).await?;
    assert!(refused.stderr.contains("could not write"), "{refused:?}");
    nothing_is_left(&ground)?;
    scene.end(&[]).await
}

/// Runs a command line that may write no file of more than a few kilobytes.
async fn with_little_room<'a>(
    owner: &Doorward,
    arguments: impl Iterator<Item = &'a OsStr>,
) -> anyhow::Result<Outcome> {
    let script = "trap '' XFSZ; ulimit -f 32; exec \"$0\" \"$@\"";
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", script]).arg(owner.program()).args(arguments);
    command.env("DOORWARD_STATE", owner.state()).stdin(Stdio::null()).kill_on_drop(true);
    let ended = tokio::time::timeout(doorward_tests::harness::PATIENCE, command.output()).await??;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&ended.stdout), text(&ended.stderr));
    assert_eq!(ended.status.code(), Some(1), "{stdout}{stderr}");
    Ok(Outcome { code: ended.status.code(), stdout, stderr })
}

#[tokio::test]
async fn a_restored_hub_can_have_its_key_in_another_place() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let file = scene.folder().join("backup.age");
    scene.owner.back_up(&file).await?;
    let owner = Doorward::new(&scene.folder().join("restored"))?;
    let sheet = scene.recovery_sheet();
    let command = ["restore", "--from"].map(OsStr::new).into_iter();
    let files = [file.as_os_str(), OsStr::new("--identity"), sheet.as_os_str()];
    let restored = owner.run_with_input(command.chain(files), "seven geese in a row\n").await?;
    let printed = restored.success()?;
    assert!(printed.contains("front-lock"), "{printed}");
    assert!(!owner.state().join("root.key").exists());
    let daemon = Daemon::start(&owner, free_address()?).await?;
    owner.run_with_input(["unseal"], "seven geese in a row\n").await?.success()?;
    assert_eq!(owner.verify_log().await?.finding, Finding::Whole);
    daemon.stop(&[]).await?;
    scene.end(&[]).await
}
