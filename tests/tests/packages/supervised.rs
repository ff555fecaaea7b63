//! What systemd does for a hub while its owner is away: starts it with the machine, hands it its key, and
//! begins it anew when it dies or hangs.

use anyhow::Context as _;
use doorward_tests::packaging::{Room, Said, System, program};
use serde_json::Value;

use super::installed::{Bench, PROGRAM, STATE};

const STARTED: &str = "Started doorward.service";

/// Less patience than the unit has, so that a test is over sooner.
const SOON: &str = "WatchdogSec=10\nRestartSec=100ms";

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

/// What is enrolled for the door of a house that `doorward-house` plays.
const FITTINGS: [&str; 3] = ["lock", "contact", "keypad"];

#[tokio::test]
async fn a_visit_goes_on_when_the_hub_has_hung_in_the_middle() -> anyhow::Result<()> {
    let (bench, _) = Bench::with_a_hub(Room::Ample).await?;
    let (system, service) = (&bench.system, bench.service());
    service.change("soon", SOON).await?;
    service.start().await?;
    for kind in FITTINGS {
        system
            .sh(&format!("{PROGRAM} device enrol {kind} --kind {kind} --out /root/{kind}"))
            .await?;
    }
    let add = "door add front --lock lock --contact contact --keypad keypad --recording off";
    system.sh(&format!("{PROGRAM} {add}")).await?;
    let code = system.ok(&[PROGRAM, "delivery", "expect", "--door", "front", "--json"]).await?;
    let code: Value = serde_json::from_str(&code)?;

    // Somebody comes in who leaves the door open, and closes it when the hub is back.
    let house = system.give(&program("doorward-house")?)?;
    let fittings = FITTINGS.map(|kind| format!("--{kind} {kind}=/root/{kind}")).join(" ");
    let orders = system.given().join("orders");
    let play = format!(
        "mkfifo /given/orders
         exec {house} --hub 127.0.0.1:8883 {fittings} <>/given/orders"
    );
    let mut house = Said::by(system.command(&["sh", "-c", &play])?)?;
    house.until(" is connected", FITTINGS.len()).await?;
    let digits = code["digits"].as_str().context("no code")?;
    tokio::fs::write(&orders, format!("visitor careless\n{digits}\n")).await?;
    house.until("the door is open", 1).await?;

    service.signal("SIGSTOP").await?;
    service.until(STARTED, 2).await?;
    let resumed = log(system).await?.iter().filter(|line| line["event"] == "entry_resumed").count();
    assert_eq!(resumed, 1);
    tokio::fs::write(&orders, "close\n").await?;
    house.until("the bolt is thrown", 1).await?;
    system.ok(&[PROGRAM, "log", "verify"]).await?;
    service.stop().await
}

async fn log(system: &System) -> anyhow::Result<Vec<Value>> {
    Ok(serde_json::from_str(&system.ok(&[PROGRAM, "log", "list", "--json"]).await?)?)
}

#[tokio::test]
async fn a_hub_whose_port_is_taken_waits_for_it() -> anyhow::Result<()> {
    let (bench, _) = Bench::with_a_hub(Room::Ample).await?;
    let (system, service) = (&bench.system, bench.service());
    service.change("soon", SOON).await?;
    let other = another_on_its_port(system).await?;
    let refused = service.start().await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("8443"), "{refused}");
    leaves(system, other).await?;
    service.until(STARTED, 1).await?;
    bench.answers().await?;
    service.stop().await
}

/// Somebody who has the port for phones.
async fn another_on_its_port(system: &System) -> anyhow::Result<Said> {
    let listen = "systemd-socket-activate --listen=8443 true 2>&1 & echo $! >/run/other; wait; :";
    let mut other = Said::by(system.command(&["sh", "-c", listen])?)?;
    other.until("Listening on", 1).await?;
    Ok(other)
}

async fn leaves(system: &System, other: Said) -> anyhow::Result<()> {
    system.sh("kill $(cat /run/other)").await?;
    other.end().await.map(drop)
}

#[tokio::test]
async fn an_upgrade_begins_a_hub_anew_that_waits_for_its_next_try() -> anyhow::Result<()> {
    let bench = Bench::at_work().await?;
    let (system, service) = (&bench.system, bench.service());
    service.change("late", "RestartSec=1h").await?;
    service.stop().await?;
    let other = another_on_its_port(system).await?;
    assert!(service.start().await.is_err());
    leaves(system, other).await?;
    assert_eq!(service.shown("ActiveState").await?, "activating");

    system.ok(&["dpkg", "--install", &bench.second]).await?;
    assert!(service.runs().await?, "it waits for an hour");
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
