//! A disk that is full, a machine that stops in the middle, a folder that is somebody else's.

use std::process::Stdio;

use doorward_tests::packaging::Room;
use tokio::time::timeout;

use super::installed::{Bench, PROGRAM, STATE};

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);

/// Takes all the room but 16 MiB, of which the program takes more.
const FILL: &str =
    "free=$(df --output=avail -k /var | tail -1); fallocate -l $((free - 16384))k /var/full";

#[tokio::test]
async fn a_full_disk_at_an_upgrade_loses_nothing() -> anyhow::Result<()> {
    let (bench, _) = Bench::with_a_hub(Room::MiB(320)).await?;
    let system = &bench.system;
    bench.service().start().await?;
    let program = bench.digest(PROGRAM).await?;

    system.sh(FILL).await?;
    let refused = system.run(&["dpkg", "--install", &bench.second]).await?;
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("No space left on device"), "{}", refused.stderr);
    assert_eq!(bench.digest(PROGRAM).await?, program, "the old program is whole");
    bench.answers().await?;
    bench.service().stop().await?;

    // With room again the same command finishes what it began.
    system.ok(&["rm", "/var/full"]).await?;
    system.ok(&["dpkg", "--install", &bench.second]).await?;
    assert_eq!(bench.version().await?, "install ok installed 0.1.0-2");
    bench.service().start().await?;
    bench.service().stop().await
}

#[tokio::test]
async fn a_full_disk_at_installing_leaves_nothing_behind() -> anyhow::Result<()> {
    let bench = Bench::new(Room::MiB(320)).await?;
    let system = &bench.system;
    system.sh(FILL).await?;
    let refused = system.run(&["dpkg", "--install", &bench.first]).await?;
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("No space left on device"), "{}", refused.stderr);
    assert_eq!(bench.left().await?, "");
    assert_ne!(system.run(&["getent", "passwd", "doorward"]).await?.code, Some(0));

    system.ok(&["rm", "/var/full"]).await?;
    let said = bench.install().await?;
    assert!(said.contains("sudo doorward init"), "{said}");
    bench.make_a_hub().await?;
    bench.service().start().await?;
    bench.service().stop().await
}

/// Stands in for the program by which `dpkg` unpacks: hands out half of the files, says that it has, and
/// hangs.
const HALF: &str = r#"
mkdir /given/half
mkfifo /given/half/there
cat >/given/half/dpkg-deb <<'EOF'
#!/bin/sh
case "$1" in
--fsys-tarfile)
    size=$(/usr/bin/dpkg-deb "$@" | wc -c)
    /usr/bin/dpkg-deb "$@" | head -c $((size / 2))
    echo $$ >/given/half/there
    exec sleep infinity
    ;;
esac
exec /usr/bin/dpkg-deb "$@"
EOF
chmod 755 /given/half/dpkg-deb
"#;

#[tokio::test]
async fn an_upgrade_that_is_cut_off_leaves_the_old_program_whole_and_can_be_made_again()
-> anyhow::Result<()> {
    let (bench, key) = Bench::with_a_hub(Room::Ample).await?;
    let system = &bench.system;
    let program = bench.digest(PROGRAM).await?;
    bench.service().start().await?;

    system.sh(HALF).await?;
    let upgrade = format!(
        "echo $$ >/given/half/dpkg
         PATH=/given/half:$PATH exec dpkg --install {}",
        bench.second
    );
    let mut upgrade = system.command(&["sh", "-c", &upgrade])?;
    let mut upgrade = upgrade.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let unpacker = system.ok(&["cat", "/given/half/there"]).await?;
    let dpkg = system.ok(&["cat", "/given/half/dpkg"]).await?;
    system.ok(&["kill", "-KILL", dpkg.trim(), unpacker.trim()]).await?;
    timeout(PATIENCE, upgrade.wait()).await??;
    let version = bench.version().await?;
    assert!(version.contains("half-installed"), "it was cut off too late: {version}");

    // Nothing is lost: not the program, not the hub, not even its answers.
    assert_eq!(bench.digest(PROGRAM).await?, program);
    assert_eq!(bench.key().await?, key);
    bench.answers().await?;
    bench.service().stop().await?;
    bench.service().start().await?;
    bench.service().stop().await?;

    // As docs/install.md has it.
    system.run(&["dpkg", "--configure", "-a"]).await?;
    system.ok(&["dpkg", "--install", &bench.second]).await?;
    assert_eq!(bench.version().await?, "install ok installed 0.1.0-2");
    assert!(!bench.left().await?.contains(".dpkg-"), "what was unpacked before is still there");
    assert_eq!(bench.key().await?, key);
    bench.service().start().await?;
    bench.service().stop().await
}

#[tokio::test]
async fn what_is_no_state_folder_is_named_before_anything_is_changed() -> anyhow::Result<()> {
    let bench = Bench::new(Room::Ample).await?;
    let system = &bench.system;
    for make in ["touch", "mkfifo", "ln -s /etc/hostname"] {
        system.sh(&format!("{make} {STATE}")).await?;
        let refused = system.run(&["dpkg", "--install", &bench.first]).await?;
        assert_ne!(refused.code, Some(0), "{make}");
        assert!(refused.stderr.contains("is there, and is no folder"), "{}", refused.stderr);
        assert_ne!(system.run(&["getent", "passwd", "doorward"]).await?.code, Some(0), "{make}");
        system.ok(&["mv", STATE, "/var/lib/doorward.aside"]).await?;
    }
    bench.install().await?;
    assert_eq!(bench.owner(STATE).await?, "doorward:doorward 700");
    Ok(())
}

#[tokio::test]
async fn a_link_to_a_disk_that_is_not_mounted_is_to_be_mounted_and_not_moved_away()
-> anyhow::Result<()> {
    let (bench, key) = Bench::with_a_hub(Room::Ample).await?;
    let system = &bench.system;
    system
        .sh(&format!("mkdir /srv/disk && mv {STATE} /srv/disk/hub && ln -s /srv/disk/hub {STATE}"))
        .await?;
    system.ok(&["mv", "/srv/disk", "/srv/away"]).await?;
    let refused = system.run(&["dpkg", "--install", &bench.second]).await?;
    assert_ne!(refused.code, Some(0));
    let said = refused.stderr;
    assert!(said.contains("is a link to /srv/disk/hub, which is not there"), "{said}");
    assert!(!said.contains("mv "), "whoever moves it away looks for the hub: {said}");
    assert_eq!(bench.version().await?, "install ok installed 0.1.0-1");

    system.ok(&["mv", "/srv/away", "/srv/disk"]).await?;
    system.ok(&["dpkg", "--install", &bench.second]).await?;
    assert_eq!(bench.key().await?, key);
    Ok(())
}

#[tokio::test]
async fn what_is_somebody_elses_in_the_state_folder_is_named_and_left() -> anyhow::Result<()> {
    let (bench, _) = Bench::with_a_hub(Room::Ample).await?;
    let system = &bench.system;
    system.ok(&["dpkg", "--purge", "doorward"]).await?;
    // As a copy that root has brought from another machine.
    system.ok(&["chown", "-R", "root:root", STATE]).await?;
    let said = bench.install().await?;
    let mend = "chown -Rh doorward:doorward /var/lib/doorward";
    assert!(said.contains("not all of /var/lib/doorward belongs to the hub's user"), "{said}");
    assert!(said.contains(mend), "{said}");
    assert_eq!(bench.owner("/var/lib/doorward/root.key").await?, "root:root 600");
    let refused = bench.service().start().await.err().map(|error| error.to_string());
    let refused = refused.unwrap_or_default();
    assert!(refused.contains(STATE) && refused.contains("Permission denied"), "{refused}");

    system.sh(mend).await?;
    bench.service().wish("stop").await?;
    bench.service().start().await?;
    bench.service().stop().await
}

/// What may have taken the place of the state folder, with what the system calls it.
const NO_FOLDER: [(&str, &str); 3] = [
    ("ln -s /srv/disk/that/is/not/there /var/lib/doorward", "symbolic link"),
    ("ln -s /srv/hub /var/lib/doorward", "symbolic link"),
    ("echo mine >/var/lib/doorward", "regular file"),
];

#[tokio::test]
async fn purging_leaves_what_is_no_folder_and_what_is_behind_a_link() -> anyhow::Result<()> {
    let bench = Bench::new(Room::Ample).await?;
    let system = &bench.system;
    system.sh("mkdir /srv/hub; echo kept >/srv/hub/log").await?;
    for (make, kind) in NO_FOLDER {
        bench.install().await?;
        system.sh(&format!("rmdir {STATE}; {make}")).await?;
        let answer = "echo doorward doorward/destroy boolean true | debconf-set-selections";
        system.sh(answer).await?;
        let said = system.ok(&["dpkg", "--purge", "doorward"]).await?;
        assert!(said.contains("destroyed nothing: /var/lib/doorward is no folder"), "{said}");
        let left = system.ok(&["stat", "--format=%F", STATE]).await?;
        assert_eq!(left.trim(), kind);
        // The next account of its number would own what is on a disk that comes back.
        system.ok(&["getent", "passwd", "doorward"]).await?;
        assert!(system.has("/var/lib/doorward-version").await?, "{make}");
        system.ok(&["rm", STATE]).await?;
    }
    system.ok(&["cat", "/srv/hub/log"]).await.map(drop)
}

#[tokio::test]
async fn a_link_in_the_place_of_the_state_is_named() -> anyhow::Result<()> {
    let bench = Bench::new(Room::Ample).await?;
    bench.system.sh("mkdir /srv/hub; ln -s /srv/hub /var/lib/doorward").await?;
    let said = bench.install().await?;
    assert!(said.contains("doorward: /var/lib/doorward is a link"), "{said}");
    Ok(())
}
