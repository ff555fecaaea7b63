//! A house that loses its machine: what goes into a backup.

use std::path::Path;

use doorward_tests::harness::{Blueprint, Scene};
use doorward_tests::house::Verdict;

#[tokio::test]
async fn a_backup_is_taken_of_a_living_house_and_shows_nothing() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let code = scene.owner.expect_delivery("front").await?;
    let file = scene.folder().join("backup.age");
    back_up(&scene, &file).await?;
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

async fn back_up(scene: &Scene, file: &Path) -> anyhow::Result<()> {
    scene.owner.ok([Path::new("backup"), Path::new("--out"), file]).await.map(drop)
}
