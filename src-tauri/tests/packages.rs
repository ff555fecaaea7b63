//! The window as people install it: fit for Debian, beside the hub's package, gone without a trace.

use std::path::Path;

use doorward_tests::harness::tool;
use doorward_tests::packaging::{self, Package, Room, System, as_root};
use tokio::process::Command;

const PROGRAM: &str = "/usr/bin/doorward-desktop";

#[tokio::test]
async fn lintian_finds_no_error_and_no_warning() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    packaging::judge(&Package::Desktop.debian(folder.path(), 1).await?).await
}

#[tokio::test]
async fn software_centres_can_read_what_the_window_says_of_itself() -> anyhow::Result<()> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/doorward-desktop");
    let metainfo = Path::new(folder).join("local.doorward.desktop.metainfo.xml");
    tool("appstreamcli", ["validate", "--no-net", metainfo.to_str().unwrap()]).await?;
    // The page's folder, the notifications and the menu go by these names.
    let text = std::fs::read_to_string(&metainfo)?;
    let id: serde_json::Value = serde_json::from_str(include_str!("../tauri.conf.json"))?;
    assert!(text.contains(&format!("<id>{}</id>", id["identifier"].as_str().unwrap())), "{text}");
    Ok(())
}

#[tokio::test]
async fn the_rpm_asks_for_the_hub_of_its_own_version() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let made = Package::Desktop.make(folder.path(), "rpm", 7).await?;
    let rpm = made.iter().find(|path| path.to_string_lossy().ends_with(".rpm")).unwrap();
    let asked = packaging::run(Command::new("rpm").args(["-qp", "--requires"]).arg(rpm)).await?;
    let asked: Vec<&str> = asked.stdout.lines().collect();
    let hub = concat!("doorward = ", env!("CARGO_PKG_VERSION"), "-7");
    assert!(asked.contains(&hub), "{asked:?}");
    assert!(asked.iter().any(|line| line.starts_with("libwebkit2gtk-4.1.so")), "{asked:?}");
    Ok(())
}

#[tokio::test]
async fn the_window_comes_with_its_hub_and_goes_without_it() -> anyhow::Result<()> {
    as_root()?;
    let folder = tempfile::tempdir()?;
    let system = System::build(Room::Ample).await?;
    let window = system.give(&Package::Desktop.debian(folder.path(), 1).await?)?;
    let hub = system.give(&Package::Hub.debian(folder.path(), 1).await?)?;
    let other = system.give(&Package::Hub.debian(folder.path(), 2).await?)?;

    // Not beside a hub's program of another version.
    let refused = system.run(&["dpkg", "--install", &window, &other]).await?;
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("depends on doorward (= 0.1.0-1)"), "{}", refused.stderr);
    system.ok(&["dpkg", "--purge", "doorward-desktop", "doorward"]).await?;
    system.ok(&["dpkg", "--install", &window, &hub]).await?;

    is_all_there(&system).await?;

    // Its hub does not go from under it.
    let refused = system.run(&["dpkg", "--remove", "doorward"]).await?;
    assert!(refused.stderr.contains("doorward-desktop depends on doorward"), "{}", refused.stderr);

    let files = system.ok(&["dpkg", "--listfiles", "doorward-desktop"]).await?;
    system.ok(&["dpkg", "--purge", "doorward-desktop"]).await?;
    for path in files.lines().filter(|path| path.contains("doorward")) {
        assert!(!system.has(path).await?, "{path}");
    }
    let left = ["find", "/etc", "/usr", "/var", "-xdev", "-name", "*doorward*desktop*"];
    assert_eq!(system.ok(&left).await?, "");
    assert!(system.has("/usr/bin/doorward").await?, "the hub stays");
    Ok(())
}

/// What a desktop looks for is there, and the program runs as far as it can without one.
async fn is_all_there(system: &System) -> anyhow::Result<()> {
    for path in
        ["applications/doorward-desktop.desktop", "icons/hicolor/48x48/apps/doorward-desktop.png"]
    {
        assert!(system.has(&format!("/usr/share/{path}")).await?, "{path}");
    }
    system.ok(&["man", "--where", "doorward-desktop"]).await?;
    // The window's manual is among the papers of its hub.
    for link in packaging::links(system, Package::Hub).await? {
        assert!(system.has(&link.to_string_lossy()).await?, "{}", link.display());
    }
    let started = system.run(&[PROGRAM]).await?;
    assert_eq!(started.code, Some(1), "{}", started.stderr);
    assert!(started.stderr.contains("there is no display"), "{}", started.stderr);
    Ok(())
}
