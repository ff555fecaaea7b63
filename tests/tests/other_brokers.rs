//! A house that has a broker already: Debian's Mosquitto stands where the hub's own would, with
//! certificates and grants of its own.

use std::time::Duration;

use doorward_api::device::Link;
use doorward_api::doctor::{Check, Examination, Verdict as Found};
use doorward_api::door::Bolt;
use doorward_api::entry::{Outcome, Stage};
use doorward_api::log::Finding;
use doorward_api::status::{BrokerLink, HouseStatus};
use doorward_tests::harness::{
    Blueprint, Doorward, Fittings, Keep, Mosquitto, OtherBroker, Scene, Verbosity,
};
use doorward_tests::house::door::{Leaf, Turn, Visitor};
use doorward_tests::house::{Seen, Unheeded, Verdict};

fn link(house: &HouseStatus) -> Option<BrokerLink> {
    house.other_broker.as_ref().map(|broker| broker.link)
}

fn is_up(house: &HouseStatus) -> bool {
    link(house) == Some(BrokerLink::Up)
}

fn lock_is(wanted: Link) -> impl Fn(&HouseStatus) -> bool {
    move |house| house.doors.iter().all(|door| door.lock.link == wanted)
}

#[tokio::test]
async fn a_delivery_runs_over_another_broker_as_over_our_own() -> anyhow::Result<()> {
    let (scene, mut broker) = Scene::build_elsewhere(Blueprint::default()).await?;
    scene.status_becomes("the other broker", is_up).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    let entry = scene.entry_closed(start).await?;
    assert_eq!(scene.owner.story(entry).await?.entry.outcome, Some(Outcome::Completed));
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Refused);
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw]);
    assert_eq!(scene.owner.verify_log().await?.finding, Finding::Whole);
    scene.end(&[]).await?;
    broker.stop().await
}

#[tokio::test]
async fn a_broker_that_stops_in_mid_entry_leaves_the_door_as_it_is_until_it_is_back()
-> anyhow::Result<()> {
    let blueprint = Blueprint { visitor: Visitor::Careless, ..Blueprint::default() };
    let (scene, mut broker) = Scene::build_elsewhere(blueprint).await?;
    scene.status_becomes("the other broker", is_up).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    scene.stage(start, Stage::Open).await?;

    broker.stop().await?;
    let is_down = |house: &HouseStatus| link(house) == Some(BrokerLink::Down);
    scene.status_becomes("the lost broker", is_down).await?;
    scene.status_becomes("the lost lock", lock_is(Link::Offline)).await?;
    let examined = examine(&scene.owner, &[]).await?;
    assert_eq!(check(&examined, "broker").verdict, Found::Fail, "{examined:?}");
    // A wish for a lock that nobody can reach is refused, and not kept for later.
    let asked = scene.owner.run(["door", "lock", "front"]).await?;
    let here = scene.house.journal().end();

    broker.start().await?;
    scene.house.connected(here, doorward_tests::harness::PATIENCE).await?;
    scene.status_becomes("the broker again", is_up).await?;
    assert_eq!(scene.commands(), [Turn::Retract], "nothing came late: {asked:?}");
    scene.house.push(Leaf::Closed);
    let entry = scene.entry_closed(start).await?;
    assert_eq!(scene.owner.story(entry).await?.entry.outcome, Some(Outcome::Completed));
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw]);
    scene.end(&[]).await?;
    broker.stop().await
}

#[tokio::test]
async fn doctor_finds_a_client_that_could_command_the_lock_and_passes_good_grants()
-> anyhow::Result<()> {
    let (scene, mut broker) = Scene::build_elsewhere(Blueprint::default()).await?;
    scene.status_becomes("the other broker", is_up).await?;
    let stranger = broker.client("stranger").folder;
    let (certificate, key) = (stranger.join("client.pem"), stranger.join("client.key"));
    let second = ["--second-cert", text(&certificate), "--second-key", text(&key)];

    let examined = examine(&scene.owner, &second).await?;
    let last = |all: &Examination| {
        let mut about_locks = all.checks.iter().filter(|check| check.name == "lock of front");
        about_locks.next_back().cloned().expect("the lock was tried")
    };
    assert_eq!(last(&examined).verdict, Found::Ok, "{examined:?}");
    assert!(last(&examined).found.contains("refused"), "{examined:?}");
    assert_eq!(check(&examined, "broker's grants").verdict, Found::Warn);
    assert_eq!(check(&examined, "not known").verdict, Found::Ok);

    let good = scene.owner.ok(["device", "grants", "--mosquitto"]).await?;
    for (bad, verdict) in [
        ("user stranger\ntopic write doorward/+/lock/set\n", Found::Fail),
        ("user stranger\ntopic read #\n", Found::Warn),
        ("pattern readwrite #\n", Found::Fail),
    ] {
        broker.stop().await?;
        broker.grant(&format!("{bad}\n{good}"))?;
        let here = scene.house.journal().end();
        broker.start().await?;
        scene.house.connected(here, doorward_tests::harness::PATIENCE).await?;
        scene.status_becomes("the other broker", is_up).await?;
        let examined = examine(&scene.owner, &second).await?;
        assert_eq!(last(&examined).verdict, verdict, "{bad}: {examined:?}");
    }
    assert!(scene.saw(&Seen::Unheeded { why: Unheeded::Expired }), "the trial reached the lock");
    assert_eq!(scene.commands(), [], "and moved nothing");
    scene.end(&[]).await?;
    broker.stop().await
}

#[tokio::test]
async fn what_the_broker_had_kept_opens_nothing_and_is_no_report() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let owner = Doorward::new(&folder.path().join("state"))?;
    owner.init(&folder.path().join("recovery.txt")).await?;
    let mut broker = OtherBroker::lay_out(folder.path(), owner.state(), Verbosity::Packets)?;
    let daemon = broker.start_hub(&owner).await?;
    let lock = owner.enrol("front-lock", "lock", "native", folder.path()).await?;
    let keypad = owner.enrol("pad", "keypad", "native", folder.path()).await?;
    let fittings = Fittings { lock: "front-lock", keypads: &["pad"], ..Fittings::default() };
    owner.add_door("front", fittings).await?;
    owner.ok(["door", "policy", "front", "--recording", "off"]).await?;
    broker.grant(&owner.ok(["device", "grants", "--mosquitto"]).await?)?;
    broker.start().await?;
    owner.status_becomes("the other broker", is_up).await?;
    let code = owner.expect_delivery("front").await?;
    daemon.stop(&[]).await?;

    let lock = Mosquitto::new(broker.address(), lock);
    let keypad = Mosquitto::new(broker.address(), keypad);
    lock.publish("doorward/front-lock/status", Keep::Retained, b"online").await?;
    let state = "doorward/front-lock/lock/state";
    lock.publish(state, Keep::Retained, br#"{"bolt":"thrown","seq":4}"#).await?;
    let typed = |seq| format!(r#"{{"code":"{}","seq":{seq}}}"#, code.digits);
    let entry = "doorward/pad/keypad/entry";
    keypad.publish(entry, Keep::Retained, typed(5).as_bytes()).await?;
    let told = lock.subscribe("doorward/front-lock/lock/set").await?;
    let here = told.end();

    let daemon = broker.start_hub(&owner).await?;
    owner.status_becomes("the lock that was kept as online", lock_is(Link::Online)).await?;
    told.nothing(here, Duration::from_secs(2), "doorward/front-lock/lock/set", "retract").await?;
    assert_eq!(owner.entries().await?.len(), 0, "a kept code is no try");
    let house = owner.status().await?.house.expect("unsealed");
    assert_eq!(house.doors[0].lock.bolt, Bolt::Unknown, "a kept state is no report");

    keypad.publish(entry, Keep::Passing, typed(6).as_bytes()).await?;
    told.wait(here, "doorward/front-lock/lock/set", r#""bolt":"retract""#).await?;
    lock.publish(state, Keep::Retained, br#"{"bolt":"retracted","seq":5}"#).await?;
    owner
        .status_becomes("the live report", |house| {
            house.doors.iter().all(|door| door.lock.bolt == Bolt::Retracted)
        })
        .await?;
    daemon.stop(&[]).await?;
    broker.stop().await
}

#[tokio::test]
async fn a_lock_that_nobody_is_subscribed_for_is_known_to_be_out_of_reach() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let owner = Doorward::new(&folder.path().join("state"))?;
    owner.init(&folder.path().join("recovery.txt")).await?;
    let mut broker = OtherBroker::lay_out(folder.path(), owner.state(), Verbosity::Packets)?;
    let daemon = broker.start_hub(&owner).await?;
    owner.enrol("front-lock", "lock", "native", folder.path()).await?;
    let fittings = Fittings { lock: "front-lock", ..Fittings::default() };
    owner.add_door("front", fittings).await?;
    owner.ok(["door", "policy", "front", "--recording", "off"]).await?;
    broker.grant(&owner.ok(["device", "grants", "--mosquitto"]).await?)?;
    broker.start().await?;
    owner.status_becomes("the other broker", is_up).await?;
    owner.ok(["door", "unlock", "front"]).await?;
    let gave_up = |house: &HouseStatus| {
        house.other_broker.as_ref().is_some_and(|broker| broker.not_taken > 0)
            && house.doors.iter().all(|door| door.entry.is_none())
    };
    owner.status_becomes("the entry that was given up", gave_up).await?;
    daemon.stop(&[]).await?;
    broker.stop().await
}

#[tokio::test]
async fn an_address_outside_or_without_tls_or_with_a_name_is_refused() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let owner = Doorward::new(&folder.path().join("state"))?;
    owner.init(&folder.path().join("recovery.txt")).await?;
    let broker = OtherBroker::lay_out(folder.path(), owner.state(), Verbosity::Packets)?;
    let own = broker.client("doorward").folder;
    let files = ["ca.pem", "client.pem", "client.key"].map(|file| own.join(file));
    let [ca, certificate, key] = files.each_ref().map(|file| text(file));
    let certificates = ["--broker-ca", ca, "--broker-cert", certificate, "--broker-key", key];
    for (url, code, said) in [
        ("mqtts://203.0.113.7:8883", 1, "not in the home network"),
        ("mqtts://broker.example:8883", 2, "asks no name service"),
        ("mqtt://127.0.0.1:1883", 2, "over TLS only"),
    ] {
        let refused = owner.run(["serve", "--broker", url].into_iter().chain(certificates)).await?;
        assert_eq!(refused.code, Some(code), "{url}: {refused:?}");
        assert!(refused.stderr.contains(said), "{url}: {refused:?}");
    }
    Ok(())
}

/// Has the doctor look, whatever it finds.
async fn examine(owner: &Doorward, words: &[&str]) -> anyhow::Result<Examination> {
    let command = ["doctor", "--json"].iter().chain(words).copied();
    let outcome = owner.run(command).await?;
    serde_json::from_str(&outcome.stdout).map_err(|error| anyhow::anyhow!("{error}: {outcome:?}"))
}

fn check<'a>(examined: &'a Examination, name: &str) -> &'a Check {
    examined.checks.iter().find(|check| check.name == name).expect("it was looked at")
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().expect("a temporary folder has a plain name")
}
