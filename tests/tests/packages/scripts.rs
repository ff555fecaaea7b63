//! What the package's scripts have systemd do, on every way that Debian's policy (chapter 6) knows:
//! installed, upgraded, given up half-way, removed, come back.

use anyhow::ensure;
use doorward_tests::packaging::Room;

use super::installed::Bench;

/// A package that takes the hub's place, or would.
const RIVAL: &str = r"
mkdir -p /tmp/rival/DEBIAN
cat >/tmp/rival/DEBIAN/control <<'EOF'
Package: rival
Version: 1
Architecture: all
Maintainer: Nobody <nobody@localhost>
Conflicts: doorward
Replaces: doorward
Provides: doorward
Description: another keeper of doors
EOF
printf '#!/bin/sh\nexit 1\n' >/tmp/rival/DEBIAN/preinst
chmod 755 /tmp/rival/DEBIAN/preinst
dpkg-deb --build /tmp/rival /given/rival.deb
";

impl Bench {
    async fn runs(&self) -> anyhow::Result<bool> {
        self.service().runs().await
    }

    /// What every start, stop and restart changes.
    async fn handled(&self) -> anyhow::Result<[String; 3]> {
        let service = self.service();
        Ok([
            service.shown("InvocationID").await?,
            service.shown("ActiveState").await?,
            service.shown("UnitFileState").await?,
        ])
    }

    /// Installs with too little room, as long as nobody but `dpkg` is told so.
    async fn install_without_room(&self, package: &str) -> anyhow::Result<()> {
        let install =
            format!("trap '' XFSZ; exec prlimit --fsize=20000000 dpkg --install {package}");
        let refused = self.system.run(&["sh", "-c", &install]).await?;
        ensure!(refused.code != Some(0), "there was room");
        ensure!(refused.stderr.contains("File too large"), "{}", refused.stderr);
        Ok(())
    }

    async fn remove(&self) -> anyhow::Result<()> {
        self.system.ok(&["dpkg", "--remove", "doorward"]).await.map(drop)
    }
}

#[tokio::test]
async fn a_hub_that_ran_is_started_again_when_its_package_comes_back() -> anyhow::Result<()> {
    let mut bench = Bench::at_work().await?;
    bench.remove().await?;
    assert!(!bench.runs().await?, "its program is gone");
    // The machine was restarted meanwhile, and a first try found no room.
    bench.system.reboot().await?;
    bench.install_without_room(&bench.first).await?;
    assert!(!bench.runs().await?);
    bench.install().await?;
    assert!(bench.runs().await?, "it waits for somebody to start it");
    bench.answers().await?;

    // One that its owner had stopped stays stopped, whatever came of the first try.
    bench.service().stop().await?;
    bench.remove().await?;
    bench.install_without_room(&bench.first).await?;
    bench.install().await?;
    assert!(!bench.runs().await?, "its owner had stopped it");

    // What was disabled when it was removed does not start.
    bench.service().start().await?;
    bench.service().wish("disable").await?;
    bench.remove().await?;
    bench.system.ok(&["dpkg", "--install", &bench.second]).await?;
    assert!(!bench.runs().await?, "it starts by itself");
    Ok(())
}

#[tokio::test]
async fn an_upgrade_restarts_a_hub_that_runs_and_no_other() -> anyhow::Result<()> {
    let bench = Bench::at_work().await?;
    let system = &bench.system;
    bench.service().stop().await?;
    system.ok(&["dpkg", "--install", &bench.second]).await?;
    assert!(!bench.runs().await?, "an upgrade started it");

    // Nobody waits for what somebody else has put in the place of its settings.
    bench.service().start().await?;
    let before = bench.handled().await?;
    let pipe = "cd /var/lib/doorward && mv config.json aside && mkfifo config.json && \
                chown doorward: config.json aside";
    system.sh(pipe).await?;
    system.ok(&["dpkg", "--install", &bench.second]).await?;
    assert_ne!(bench.handled().await?, before, "it was not restarted");
    Ok(())
}

#[tokio::test]
async fn a_removal_that_is_given_up_leaves_the_hub_at_work() -> anyhow::Result<()> {
    let bench = Bench::at_work().await?;
    let system = &bench.system;
    let before = bench.handled().await?;
    system.sh(RIVAL).await?;
    let install = ["dpkg", "--install", "/given/rival.deb"];
    assert_ne!(system.run(&install).await?.code, Some(0));
    assert!(bench.runs().await?, "nobody started it again");
    assert_ne!(bench.handled().await?, before, "it was not to be removed at all");
    assert_eq!(bench.version().await?, "install ok installed 0.1.0-1");

    // Nor is one started that its owner had stopped.
    bench.service().stop().await?;
    assert_ne!(system.run(&install).await?.code, Some(0));
    assert!(!bench.runs().await?, "its owner had stopped it");
    Ok(())
}

#[tokio::test]
async fn an_upgrade_that_is_given_up_leaves_the_hub_alone() -> anyhow::Result<()> {
    let bench = Bench::at_work().await?;
    let system = &bench.system;
    system.ok(&["dpkg", "--install", &bench.second]).await?;
    let (handled, left) = (bench.handled().await?, bench.left().await?);

    // Refused before it began, and without room in the middle.
    let refused = system.run(&["dpkg", "--install", &bench.first]).await?;
    assert!(refused.stderr.contains("Nothing was changed"), "{}", refused.stderr);
    bench.install_without_room(&bench.second).await?;
    assert_eq!(bench.version().await?, "install ok installed 0.1.0-2");
    // And on each of the ways that are harder to come by.
    for call in [
        "prerm upgrade 0.1.0-3",
        "prerm failed-upgrade 0.1.0-1 0.1.0-2",
        "prerm deconfigure in-favour rival 1 removing tzdata 1",
        "preinst abort-upgrade 0.1.0-3",
        "postinst abort-upgrade 0.1.0-3",
        "postinst abort-deconfigure in-favour rival 1 removing tzdata 1",
        "postrm upgrade 0.1.0-3",
        "postrm failed-upgrade 0.1.0-1 0.1.0-2",
        "postrm abort-install",
        "postrm abort-install 0.1.0-1 0.1.0-2",
        "postrm abort-upgrade 0.1.0-1 0.1.0-2",
    ] {
        system.sh(&format!("exec /var/lib/dpkg/info/doorward.{call}")).await?;
    }
    assert_eq!(bench.handled().await?, handled);
    assert_eq!(bench.left().await?, left);
    bench.answers().await
}

#[tokio::test]
async fn a_package_whose_files_another_has_taken_over_leaves_no_link_to_the_key()
-> anyhow::Result<()> {
    let bench = Bench::new(Room::Ample).await?;
    bench.install().await?;
    let link = ["test", "-L", "/run/credstore.encrypted/doorward-root"];
    bench.system.ok(&link).await?;
    bench.system.sh("exec /var/lib/dpkg/info/doorward.postrm disappear rival 1").await?;
    assert_ne!(bench.system.run(&link).await?.code, Some(0));
    Ok(())
}
