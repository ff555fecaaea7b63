//! What the package's scripts have the service manager do, on every way that Debian's policy (chapter 6)
//! knows: installed, upgraded, given up half-way, removed, come back.

use anyhow::ensure;
use doorward_tests::packaging::Room;

use super::installed::Bench;

/// There while the service of [`MANAGER`] is.
const ACTIVE: &str = "/tmp/given/active";

/// Puts the least of a service manager in the place of systemd, of which there is none in the system.
const MANAGER: &str = r#"
rm -f /usr/sbin/policy-rc.d
mkdir -p /run/systemd/system /etc/systemd/system/multi-user.target.wants
rm /usr/bin/systemctl
cat >/usr/bin/systemctl <<'EOF'
#!/bin/sh
link=/etc/systemd/system/multi-user.target.wants/doorward.service
case "$*" in
*is-active*) if [ -e /tmp/given/active ]; then echo active; else echo inactive; exit 3; fi ;;
*is-enabled*) if [ -L "$link" ]; then echo enabled; else echo disabled; exit 1; fi ;;
*enable*) ln -sf /usr/lib/systemd/system/doorward.service "$link" ;;
*disable*) rm "$link" ;;
*start*) touch /tmp/given/active ;;
*stop*) rm -f /tmp/given/active ;;
esac
echo "$*" >>/tmp/given/asked
EOF
chmod 755 /usr/bin/systemctl
"#;

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
dpkg-deb --build /tmp/rival /tmp/given/rival.deb
";

impl Bench {
    /// A system with a hub that is enabled and runs.
    async fn with_a_manager() -> anyhow::Result<Self> {
        let bench = Self::new(Room::Ample).await?;
        bench.system.ok(&["sh", "-c", MANAGER]).await?;
        bench.install().await?;
        bench.make_a_hub().await?;
        bench.manager("enable").await?;
        bench.manager("start").await?;
        Ok(bench)
    }

    async fn manager(&self, wish: &str) -> anyhow::Result<()> {
        self.system.ok(&["systemctl", wish, "doorward.service"]).await.map(drop)
    }

    async fn runs(&self) -> anyhow::Result<bool> {
        self.system.has(ACTIVE).await
    }

    async fn asked(&self) -> anyhow::Result<String> {
        self.system.ok(&["cat", "/tmp/given/asked"]).await
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
    let bench = Bench::with_a_manager().await?;
    let system = &bench.system;
    bench.remove().await?;
    assert!(!bench.runs().await?, "its program is gone");
    // The machine was restarted meanwhile, and a first try found no room.
    system.ok(&["sh", "-c", "find /run -mindepth 1 -name '*doorward*' -delete"]).await?;
    bench.install_without_room(&bench.first).await?;
    assert!(!bench.runs().await?);
    system.ok(&["dpkg", "--install", &bench.first]).await?;
    assert!(bench.runs().await?, "it waits for somebody to start it");

    // One that its owner had stopped stays stopped, whatever came of the first try.
    bench.manager("stop").await?;
    bench.remove().await?;
    bench.install_without_room(&bench.first).await?;
    system.ok(&["dpkg", "--install", &bench.first]).await?;
    assert!(!bench.runs().await?, "its owner had stopped it");

    // What was disabled when it was removed does not start.
    bench.manager("start").await?;
    bench.manager("disable").await?;
    bench.remove().await?;
    system.ok(&["dpkg", "--install", &bench.second]).await?;
    assert!(!bench.runs().await?, "it starts by itself");
    Ok(())
}

#[tokio::test]
async fn an_upgrade_restarts_a_hub_that_runs_and_no_other() -> anyhow::Result<()> {
    let bench = Bench::with_a_manager().await?;
    let system = &bench.system;
    bench.manager("stop").await?;
    system.ok(&["dpkg", "--install", &bench.second]).await?;
    assert!(!bench.runs().await?, "an upgrade started it");

    // Nobody waits for what somebody else has put in the place of its settings.
    bench.manager("start").await?;
    let pipe =
        "cd /var/lib/doorward && mv config.json aside && mkfifo config.json && chown doorward: *";
    system.ok(&["sh", "-c", pipe]).await?;
    system.ok(&["dpkg", "--install", &bench.second]).await?;
    let asked = bench.asked().await?;
    assert!(asked.lines().last().unwrap().contains("restart"), "{asked}");
    Ok(())
}

#[tokio::test]
async fn a_removal_that_is_given_up_leaves_the_hub_at_work() -> anyhow::Result<()> {
    let bench = Bench::with_a_manager().await?;
    let system = &bench.system;
    system.ok(&["sh", "-c", RIVAL]).await?;
    let install = ["dpkg", "--install", "/tmp/given/rival.deb"];
    assert_ne!(system.run(&install).await?.code, Some(0));
    let asked = bench.asked().await?;
    assert!(asked.contains("stop doorward.service"), "it was not to be removed at all: {asked}");
    assert!(bench.runs().await?, "nobody started it again");
    assert_eq!(bench.version().await?, "install ok installed 0.1.0-1");

    // Nor is one started that its owner had stopped.
    bench.manager("stop").await?;
    assert_ne!(system.run(&install).await?.code, Some(0));
    assert!(!bench.runs().await?, "its owner had stopped it");
    Ok(())
}

#[tokio::test]
async fn an_upgrade_that_is_given_up_asks_the_manager_for_nothing() -> anyhow::Result<()> {
    let bench = Bench::with_a_manager().await?;
    let system = &bench.system;
    system.ok(&["dpkg", "--install", &bench.second]).await?;
    let (asked, left) = (bench.asked().await?, bench.left().await?);

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
        system.ok(&["sh", "-c", &format!("exec /var/lib/dpkg/info/doorward.{call}")]).await?;
    }
    assert!(bench.runs().await?);
    assert_eq!(bench.asked().await?, asked);
    assert_eq!(bench.left().await?, left);
    Ok(())
}
