//! What systemd does for a hub while its owner is away: starts it with the machine, hands it its key, and
//! begins it anew when it dies or hangs.

use std::process::Stdio;

use doorward_tests::packaging::{Room, System};

use super::installed::{Bench, PROGRAM, STATE};

const STARTED: &str = "Started doorward.service";

/// Less patience than the unit has, so that a test is over sooner.
const SOON: &str = "WatchdogSec=3\nRestartSec=100ms";

#[tokio::test]
async fn an_enabled_hub_starts_with_the_machine_and_a_disabled_one_does_not() -> anyhow::Result<()>
{
    let mut bench = Bench::at_work().await?;
    bench.system.reboot().await?;
    assert!(bench.service().runs().await?, "it does not start with the machine");
    bench.answers().await?;

    bench.service().wish("disable").await?;
    bench.system.reboot().await?;
    assert!(!bench.service().runs().await?, "it starts by itself");
    Ok(())
}

#[tokio::test]
async fn a_hub_that_hangs_or_dies_is_begun_anew_with_all_that_it_knew() -> anyhow::Result<()> {
    let (bench, _) = Bench::with_a_hub(Room::Ample).await?;
    let (system, service) = (&bench.system, bench.service());
    service.change("soon", SOON).await?;
    service.start().await?;
    for words in [
        "device enrol lock --kind lock --out /root/lock",
        "door add front --lock lock --recording preferred",
        "delivery expect --door front",
    ] {
        system.sh(&format!("{PROGRAM} {words}")).await?;
    }
    let expected = system.ok(&[PROGRAM, "delivery", "list", "--json"]).await?;
    let before = log(system).await?;

    service.signal("SIGSTOP").await?;
    service.until(STARTED, 2).await?;
    assert!(service.said().await?.contains("Watchdog timeout"), "it was begun anew too soon");
    service.signal("SIGKILL").await?;
    service.until(STARTED, 3).await?;
    assert_eq!(service.shown("NRestarts").await?, "2");

    assert_eq!(system.ok(&[PROGRAM, "delivery", "list", "--json"]).await?, expected);
    let after = log(system).await?;
    assert!(after.starts_with(&before) && after.len() == before.len() + 2, "{after:?}");
    system.ok(&[PROGRAM, "log", "verify"]).await?;
    service.stop().await
}

async fn log(system: &System) -> anyhow::Result<Vec<serde_json::Value>> {
    Ok(serde_json::from_str(&system.ok(&[PROGRAM, "log", "list", "--json"]).await?)?)
}

#[tokio::test]
async fn a_hub_whose_port_is_taken_waits_for_it() -> anyhow::Result<()> {
    let (bench, _) = Bench::with_a_hub(Room::Ample).await?;
    let (system, service) = (&bench.system, bench.service());
    service.change("soon", SOON).await?;
    let other = "systemd-socket-activate --listen=8443 true & echo $! >/run/other; wait";
    let mut other = system.command(&["sh", "-c", other])?;
    let mut other = other.stdin(Stdio::null()).stderr(Stdio::null()).spawn()?;
    system.sh("until ss --listening --tcp --numeric | grep -q :8443; do :; done").await?;

    let refused = service.start().await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("8443"), "{refused}");
    system.sh("kill $(cat /run/other)").await?;
    other.wait().await?;
    service.until(STARTED, 1).await?;
    bench.answers().await?;
    service.stop().await
}

#[tokio::test]
async fn systemd_hands_the_key_to_a_hub_that_keeps_none() -> anyhow::Result<()> {
    let mut bench = Bench::new(Room::Ample).await?;
    bench.install().await?;
    let init = [PROGRAM, "init", "--unlock", "systemd-creds", "--recovery-out", "/root/sheet"];
    bench.system.ok(&init).await?;
    let credential = format!("{STATE}/root.cred");
    assert_eq!(bench.owner(&credential).await?, "doorward:doorward 600");
    assert!(!bench.system.has(&format!("{STATE}/root.key")).await?);
    bench.service().start().await?;
    let status = bench.system.ok(&[PROGRAM, "status"]).await?;
    assert!(status.contains("a systemd credential"), "{status}");
    bench.service().stop().await?;

    // Nothing opens it without the file, nor with one of another machine.
    bench.system.ok(&["mv", &credential, "/root/aside"]).await?;
    let refused = bench.service().start().await.err().map(|error| error.to_string());
    let refused = refused.unwrap_or_default();
    assert!(refused.contains("systemd gave no credential `doorward-root`"), "{refused}");
    let secret = "/var/lib/systemd/credential.secret";
    bench.system.ok(&["mv", secret, "/root/secret"]).await?;
    bench.system.sh(&format!("systemd-creds setup && mv /root/aside {credential}")).await?;
    bench.service().wish("stop").await?;
    assert!(bench.service().start().await.is_err(), "another machine opened it");
    bench.service().wish("stop").await?;

    // With both it starts by itself, after a restart of the machine, too.
    bench.system.ok(&["mv", "/root/secret", secret]).await?;
    bench.service().wish("enable").await?;
    bench.system.reboot().await?;
    bench.answers().await?;
    bench.service().stop().await
}
