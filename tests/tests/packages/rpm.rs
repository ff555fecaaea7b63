//! The package for other distributions, whose scripts do the same in other words. Debian's `rpm` installs
//! it: what it asks other packages for is asked of a system that has none by RPM.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use doorward_tests::harness::Outcome;
use doorward_tests::packaging::{Package, Room, Service, System};

use super::installed::{PROGRAM, STATE};

async fn package(folder: &Path, revision: u32) -> anyhow::Result<PathBuf> {
    let made = Package::Hub.make(folder, "rpm", revision).await?;
    let rpm = Some(OsStr::new("rpm"));
    made.into_iter().find(|path| path.extension() == rpm).context("no package")
}

async fn rpm(system: &System, words: &[&str]) -> anyhow::Result<Outcome> {
    system.run(&[&["rpm", "--nodeps"], words].concat()).await
}

async fn installed(system: &System) -> anyhow::Result<String> {
    system.ok(&["rpm", "--query", "doorward"]).await
}

#[tokio::test]
async fn an_rpm_comes_is_upgraded_and_goes_without_its_hub() -> anyhow::Result<()> {
    let system = System::build(Room::Ample).await?;
    let service = Service::of(&system);
    let folder = tempfile::tempdir()?;
    let first = system.give(&package(folder.path(), 1).await?)?;
    let second = system.give(&package(folder.path(), 2).await?)?;

    // A user, a folder that is closed to others, a service that nobody has enabled.
    let said = rpm(&system, &["--install", &first]).await?.success()?;
    assert!(said.contains("sudo doorward init"), "{said}");
    let owner = system.ok(&["stat", "--format=%U:%G %a", STATE]).await?;
    assert_eq!(owner.trim(), "doorward:doorward 700");
    assert_eq!(service.shown("UnitFileState").await?, "disabled");
    let init = [PROGRAM, "init", "--unlock", "keyfile", "--recovery-out", "/root/sheet.txt"];
    system.ok(&init).await?;
    service.wish("enable").await?;
    service.start().await?;

    // An upgrade begins it anew by the other program; an older one does not go in.
    let before = service.shown("InvocationID").await?;
    rpm(&system, &["--upgrade", &second]).await?.success()?;
    assert!(service.runs().await?);
    assert_ne!(service.shown("InvocationID").await?, before);
    assert_eq!(service.shown("UnitFileState").await?, "enabled");
    let refused = rpm(&system, &["--upgrade", &first]).await?;
    assert_ne!(refused.code, Some(0), "{}", refused.stdout);
    assert!(refused.stderr.contains("newer than"), "{}", refused.stderr);
    assert!(installed(&system).await?.contains("0.1.0-2"));
    system.ok(&[PROGRAM, "status"]).await?;

    // It goes, and says what stays.
    let said = rpm(&system, &["--erase", "doorward"]).await?.success()?;
    assert!(said.contains("kept /var/lib/doorward"), "{said}");
    assert!(!service.runs().await? && !system.has(PROGRAM).await?);
    system.ok(&["test", "-f", "/var/lib/doorward/root.key"]).await?;

    // An older one does not go in beside a state that stayed.
    let refused = rpm(&system, &["--install", &first]).await?;
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("0.1.0-2 was installed here"), "{}", refused.stderr);
    assert!(!system.has(PROGRAM).await?);

    // Installed again, it is the hub that it was.
    let said = rpm(&system, &["--install", &second]).await?.success()?;
    assert!(said.contains("To start the hub that is here"), "{said}");
    service.start().await?;
    system.ok(&[PROGRAM, "status"]).await?;
    service.stop().await?;

    // Knowingly an older one goes in, too.
    rpm(&system, &["--erase", "doorward"]).await?.success()?;
    let knowingly = ["env", "DOORWARD_ALLOW_DOWNGRADE=yes", "rpm", "--nodeps", "--install", &first];
    system.ok(&knowingly).await?;
    assert!(installed(&system).await?.contains("0.1.0-1"));
    assert!(!system.has("/var/lib/doorward-version").await?, "RPM knows it");

    // What is no folder is named before anything is changed.
    rpm(&system, &["--erase", "doorward"]).await?.success()?;
    system.sh("rm -r /var/lib/doorward && touch /var/lib/doorward").await?;
    let refused = rpm(&system, &["--install", &first]).await?;
    assert!(refused.stderr.contains("is no folder"), "{}", refused.stderr);
    assert!(!system.has(PROGRAM).await?);
    Ok(())
}
