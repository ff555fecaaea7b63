//! The package for other distributions, whose scripts do the same in other words. Debian's `rpm` installs
//! it: what it asks other packages for is asked of a system that has none by RPM.

use doorward_tests::harness::Outcome;
use doorward_tests::packaging::{Room, Service, System};

use super::installed::{self, PROGRAM, STATE};

/// A system, and two versions of the package as the system knows them.
struct Rpm {
    system: System,
    first: String,
    second: String,
}

impl Rpm {
    async fn new() -> anyhow::Result<Self> {
        let [first, second] = installed::rpm().await?;
        let system = System::build(Room::Ample).await?;
        let (first, second) = (system.give(first)?, system.give(second)?);
        Ok(Self { system, first, second })
    }

    async fn run(&self, words: &[&str]) -> anyhow::Result<Outcome> {
        self.system.run(&[&["rpm", "--nodeps"], words].concat()).await
    }

    async fn ok(&self, words: &[&str]) -> anyhow::Result<String> {
        self.run(words).await?.success()
    }

    /// What it says when it does not go in.
    async fn refused(&self, words: &[&str]) -> anyhow::Result<String> {
        let Outcome { code, stdout, stderr } = self.run(words).await?;
        assert_ne!(code, Some(0), "{stdout}");
        Ok(stderr)
    }

    const fn service(&self) -> Service<'_> {
        Service::of(&self.system)
    }

    async fn make_a_hub(&self) -> anyhow::Result<()> {
        let init = [PROGRAM, "init", "--unlock", "keyfile", "--recovery-out", "/root/sheet.txt"];
        self.system.ok(&init).await.map(drop)
    }

    async fn answers(&self) -> anyhow::Result<()> {
        self.system.ok(&[PROGRAM, "status"]).await.map(drop)
    }

    async fn installed(&self) -> anyhow::Result<String> {
        self.system.ok(&["rpm", "--query", "doorward"]).await
    }
}

#[tokio::test]
async fn an_rpm_comes_is_upgraded_and_goes_without_its_hub() -> anyhow::Result<()> {
    let rpm = Rpm::new().await?;
    let (system, service) = (&rpm.system, rpm.service());

    // A user, a folder that is closed to others, a service that nobody has enabled.
    let said = rpm.ok(&["--install", &rpm.first]).await?;
    assert!(said.contains("sudo doorward init"), "{said}");
    let owner = system.ok(&["stat", "--format=%U:%G %a", STATE]).await?;
    assert_eq!(owner.trim(), "doorward:doorward 700");
    assert_eq!(service.shown("UnitFileState").await?, "disabled");
    rpm.make_a_hub().await?;
    service.wish("enable").await?;
    service.start().await?;

    // An upgrade begins it anew by the other program; an older one does not go in.
    let before = service.shown("InvocationID").await?;
    rpm.ok(&["--upgrade", &rpm.second]).await?;
    assert!(service.runs().await?);
    assert_ne!(service.shown("InvocationID").await?, before);
    assert_eq!(service.shown("UnitFileState").await?, "enabled");
    let refused = rpm.refused(&["--upgrade", &rpm.first]).await?;
    assert!(refused.contains("newer than"), "{refused}");
    assert!(rpm.installed().await?.contains("0.1.0-2"));
    rpm.answers().await?;

    // It goes, and says what stays.
    let said = rpm.ok(&["--erase", "doorward"]).await?;
    assert!(said.contains("kept /var/lib/doorward"), "{said}");
    assert!(!service.runs().await? && !system.has(PROGRAM).await?);
    system.ok(&["test", "-f", "/var/lib/doorward/root.key"]).await?;
    Ok(())
}

#[tokio::test]
async fn an_rpm_that_comes_back_finds_its_hub_and_is_no_older() -> anyhow::Result<()> {
    let rpm = Rpm::new().await?;
    let (system, service) = (&rpm.system, rpm.service());
    rpm.ok(&["--install", &rpm.second]).await?;
    rpm.make_a_hub().await?;
    rpm.ok(&["--erase", "doorward"]).await?;

    let refused = rpm.refused(&["--install", &rpm.first]).await?;
    assert!(refused.contains("0.1.0-2 was installed here"), "{refused}");
    assert!(!system.has(PROGRAM).await?);

    let said = rpm.ok(&["--install", &rpm.second]).await?;
    assert!(said.contains("To start the hub that is here"), "{said}");
    service.start().await?;
    rpm.answers().await?;
    service.stop().await?;

    // Knowingly an older one goes in, too.
    rpm.ok(&["--erase", "doorward"]).await?;
    let knowingly =
        ["env", "DOORWARD_ALLOW_DOWNGRADE=yes", "rpm", "--nodeps", "--install", &rpm.first];
    system.ok(&knowingly).await?;
    assert!(rpm.installed().await?.contains("0.1.0-1"));
    assert!(!system.has("/var/lib/doorward-version").await?, "RPM knows it");

    // What could not be noted is said, and leaves no empty note.
    system.ok(&["ln", "-s", "/dev/full", "/var/lib/doorward-version"]).await?;
    let said = rpm.ok(&["--erase", "doorward"]).await?;
    assert!(said.contains("let it be 0.1.0-1 or later"), "{said}");
    assert!(!system.has("/var/lib/doorward-version").await?);
    Ok(())
}

#[tokio::test]
async fn an_rpm_names_what_is_in_its_way() -> anyhow::Result<()> {
    let rpm = Rpm::new().await?;
    let system = &rpm.system;
    for (make, named) in [("touch", "is no folder"), ("ln -s /disk/hub", "a link to /disk/hub")] {
        system.sh(&format!("{make} {STATE}")).await?;
        let refused = rpm.refused(&["--install", &rpm.first]).await?;
        assert!(refused.contains(named), "{refused}");
        assert!(!system.has(PROGRAM).await?);
        system.ok(&["rm", STATE]).await?;
    }

    // Without a folder for it there is no hub to be made.
    system.sh("mv /usr/bin/systemd-tmpfiles /usr/bin/aside").await?;
    let Outcome { stdout, stderr, .. } = rpm.run(&["--install", &rpm.first]).await?;
    assert!(stderr.contains("no folder for the hub"), "{stderr}");
    assert!(!stdout.contains("To make a hub"), "{stdout}");
    Ok(())
}
