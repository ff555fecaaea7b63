//! A hub from its installing to its purging.

use std::path::Path;

use doorward_tests::packaging::{Package, Room, System, links};

use super::installed::{Bench, PROGRAM, STATE};
use super::walls::is_shut_in;

#[tokio::test]
async fn what_is_installed_runs_by_its_units_own_words() -> anyhow::Result<()> {
    let bench = Bench::new(Room::Ample).await?;
    let system = &bench.system;

    // A user, a folder that is closed to others, a service that nobody has enabled.
    let said = bench.install().await?;
    assert!(said.contains("sudo doorward init"), "{said}");
    assert_eq!(bench.owner(STATE).await?, "doorward:doorward 700");
    assert_eq!(bench.service().shown("UnitFileState").await?, "disabled");
    system.ok(&["man", "--where", "doorward-device-enrol"]).await?;
    documents_lead_on(system).await?;

    // There is nothing to run before there is a hub.
    assert!(bench.service().start().await.is_err());
    assert_eq!(bench.service().shown("AssertResult").await?, "no");

    // Made by root, and all of it the service's.
    bench.make_a_hub().await?;
    assert_eq!(system.ok(&["find", STATE, "!", "-user", "doorward"]).await?, "");

    bench.service().start().await?;
    bench.answers().await?;
    is_shut_in(system, bench.service()).await?;
    lets_in_its_group_alone(&bench).await?;
    bench.service().stop().await?;
    let asked = bench.asked_by("ada").await?;
    assert_eq!(asked.code, Some(1), "it was stopped: {}", asked.stdout);
    Ok(())
}

/// Each link leads to a file that has come along.
async fn documents_lead_on(system: &System) -> anyhow::Result<()> {
    let links = links(system, Package::Hub).await?;
    assert!(links.contains(Path::new("/usr/share/doc/doorward/copyright")), "{links:?}");
    for link in links {
        assert!(system.has(&link.to_string_lossy()).await?, "{}", link.display());
    }
    Ok(())
}

/// The owner lets somebody in, as the manual has it.
async fn lets_in_its_group_alone(bench: &Bench) -> anyhow::Result<()> {
    let system = &bench.system;
    system.ok(&["useradd", "--create-home", "ada"]).await?;
    system.ok(&["useradd", "--create-home", "ben"]).await?;
    system.ok(&["usermod", "-aG", "doorward", "ada"]).await?;
    assert_eq!(bench.owner("/run/doorward").await?, "doorward:doorward 750");
    assert_eq!(bench.owner("/run/doorward/hub.sock").await?, "doorward:doorward 660");
    let asked = bench.asked_by("ada").await?;
    assert_eq!(asked.code, Some(0), "{}", asked.stderr);
    let asked = bench.asked_by("ben").await?;
    assert_eq!(asked.code, Some(1), "{}", asked.stdout);
    assert!(asked.stderr.contains("usermod -aG doorward"), "{}", asked.stderr);
    Ok(())
}

#[tokio::test]
async fn an_upgrade_finds_the_hub_as_it_was_and_there_is_no_way_back_by_accident()
-> anyhow::Result<()> {
    let (bench, key) = Bench::with_a_hub(Room::Ample).await?;
    let system = &bench.system;

    // Another version takes the program's place under the running hub, which goes on as that.
    bench.service().start().await?;
    let before = bench.service().shown("InvocationID").await?;
    system.ok(&["dpkg", "--install", &bench.second]).await?;
    bench.answers().await?;
    assert_ne!(bench.service().shown("InvocationID").await?, before);

    let refused = system.run(&["dpkg", "--install", &bench.first]).await?;
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("Nothing was changed"), "{}", refused.stderr);
    assert_eq!(bench.version().await?, "install ok installed 0.1.0-2");
    bench.answers().await?;
    let knowingly = ["env", "DOORWARD_ALLOW_DOWNGRADE=yes", "dpkg", "--install", &bench.first];
    system.ok(&knowingly).await?;
    assert_eq!(bench.version().await?, "install ok installed 0.1.0-1");
    assert_eq!(bench.key().await?, key);
    bench.answers().await?;
    bench.service().stop().await
}

#[tokio::test]
async fn removing_keeps_the_hub_and_purging_destroys_it_only_as_its_owner_answers()
-> anyhow::Result<()> {
    let (bench, key) = Bench::with_a_hub(Room::Ample).await?;
    let system = &bench.system;

    // Removing takes the program and leaves the hub.
    let files = system.ok(&["dpkg", "--listfiles", "doorward"]).await?;
    system.ok(&["dpkg", "--remove", "doorward"]).await?;
    for path in files.lines().filter(|path| path.contains("doorward")) {
        let kept = path == "/etc/default/doorward";
        assert_eq!(system.has(path).await?, kept, "{path}");
    }
    assert_eq!(bench.key().await?, key);

    // Purging without anybody to ask keeps it, and says so.
    let said = system.ok(&["dpkg", "--purge", "doorward"]).await?;
    assert!(said.contains("kept /var/lib/doorward"), "{said}");
    assert_eq!(bench.key().await?, key);

    // Installed again, it is the hub that it was.
    bench.install().await?;
    bench.service().start().await?;
    bench.service().stop().await?;

    // Somebody at a terminal is asked, and whoever says no keeps it.
    let said = purge_at_a_terminal(&bench, "no").await?;
    assert!(said.contains("Destroy this hub's keys, codes, log and recordings?"), "{said}");
    assert!(said.contains("kept /var/lib/doorward"), "{said}");
    assert_eq!(bench.key().await?, key);

    // Purging as the owner answered leaves nothing.
    bench.install().await?;
    let said = purge_at_a_terminal(&bench, "yes").await?;
    assert!(said.contains("destroyed /var/lib/doorward"), "{said}");
    assert_ne!(system.run(&["getent", "passwd", "doorward"]).await?.code, Some(0));
    assert_eq!(bench.left().await?, "", "removal leaves nothing but what purging is for");
    Ok(())
}

#[tokio::test]
async fn a_state_that_was_kept_remembers_its_version_when_dpkg_does_not() -> anyhow::Result<()> {
    let (bench, key) = Bench::with_a_hub(Room::Ample).await?;
    let system = &bench.system;
    system.ok(&["dpkg", "--install", &bench.second]).await?;
    system.ok(&["dpkg", "--purge", "doorward"]).await?;
    assert_eq!(bench.owner("/var/lib/doorward-version").await?, "root:root 644");

    let refused = system.run(&["dpkg", "--install", &bench.first]).await?;
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("0.1.0-2 was installed here"), "{}", refused.stderr);
    assert!(!system.has(PROGRAM).await?);
    let knowingly = ["env", "DOORWARD_ALLOW_DOWNGRADE=yes", "dpkg", "--install", &bench.first];
    system.ok(&knowingly).await?;
    assert_eq!(bench.key().await?, key);
    system.ok(&["dpkg", "--install", &bench.second]).await?;
    assert!(!system.has("/var/lib/doorward-version").await?, "dpkg knows it");

    // Who has destroyed the state may begin with any version.
    system.ok(&["dpkg", "--purge", "doorward"]).await?;
    system.ok(&["rm", "-r", STATE]).await?;
    bench.install().await?;
    assert!(!system.has("/var/lib/doorward-version").await?, "of what is gone");
    Ok(())
}

#[tokio::test]
async fn purging_unasked_destroys_what_its_owner_said_beforehand() -> anyhow::Result<()> {
    let (bench, _) = Bench::with_a_hub(Room::Ample).await?;
    let system = &bench.system;
    system.sh("echo doorward doorward/destroy boolean true | debconf-set-selections").await?;
    let said = system.ok(&["dpkg", "--purge", "doorward"]).await?;
    assert!(said.contains("destroyed /var/lib/doorward"), "{said}");
    assert!(!system.has(PROGRAM).await?);
    assert_eq!(bench.left().await?, "");
    Ok(())
}

#[tokio::test]
async fn purging_names_what_it_could_not_destroy() -> anyhow::Result<()> {
    let (bench, _) = Bench::with_a_hub(Room::Ample).await?;
    let system = &bench.system;
    let purge = "echo doorward doorward/destroy boolean true | debconf-set-selections
                 dpkg --purge doorward";

    // Of a disk that is mounted there the folder stays.
    system.sh(&format!("mkdir {STATE}/disk && mount -t tmpfs tmpfs {STATE}/disk")).await?;
    let said = system.sh(purge).await?;
    assert!(said.contains("could not destroy all of /var/lib/doorward"), "{said}");
    assert!(said.contains("/var/lib/doorward-version"), "{said}");
    assert!(system.has(&format!("{STATE}/disk")).await?);

    // Behind a link all stays.
    bench.install().await?;
    system
        .sh(&format!("umount {STATE}/disk && mv {STATE} /srv/hub && ln -s /srv/hub {STATE}"))
        .await?;
    let said = system.sh(purge).await?;
    assert!(said.contains("destroyed nothing"), "{said}");
    assert!(said.contains("/var/lib/doorward-version"), "{said}");
    assert!(system.has("/srv/hub/disk").await?);
    Ok(())
}

#[tokio::test]
async fn a_version_that_cannot_be_noted_is_told_and_not_half_noted() -> anyhow::Result<()> {
    let (bench, _) = Bench::with_a_hub(Room::Ample).await?;
    let system = &bench.system;
    system.ok(&["ln", "-s", "/dev/full", "/var/lib/doorward-version"]).await?;
    let said = system.ok(&["dpkg", "--purge", "doorward"]).await?;
    assert!(said.contains("let it be 0.1.0-1 or later"), "{said}");
    assert!(!system.has("/var/lib/doorward-version").await?);
    Ok(())
}

async fn purge_at_a_terminal(bench: &Bench, answer: &str) -> anyhow::Result<String> {
    let purge = "DEBIAN_FRONTEND=teletype script -qec 'dpkg --purge doorward' /dev/null";
    bench.system.sh(&format!("echo {answer} | {purge}")).await
}
