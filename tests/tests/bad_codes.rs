//! Codes that must not open, and what they get: always the same at the keypad, the reason in the log.

use std::time::Duration;

use anyhow::Context as _;
use doorward_api::code::CodeState;
use doorward_api::entry::{Reason, Stage};
use doorward_api::event::LogEvent;
use doorward_tests::harness::{Blueprint, Daemon, Fittings, PATIENCE, Scene, free_address};
use doorward_tests::house::Verdict;
use doorward_tests::house::door::Turn;
use jiff::{Timestamp, ToSpan as _};
use tokio::time::{interval, timeout};

#[tokio::test]
async fn every_bad_code_is_refused_alike_and_the_log_knows_why() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    scene.owner.enrol("back-lock", "lock", "native", scene.folder()).await?;
    scene.owner.add_door("back", Fittings { lock: "back-lock", ..Fittings::default() }).await?;
    let other_door = scene.owner.expect_delivery("back").await?;
    let early = expect_tomorrow(&scene).await?;
    let cancelled = scene.owner.expect_delivery("front").await?;
    scene.owner.ok(["delivery", "cancel", &cancelled.id().to_string()]).await?;

    let bad = [
        ("13572468", Reason::WrongCode),
        ("1357", Reason::Malformed),
        (&other_door.digits, Reason::WrongDoor),
        (&early, Reason::TooEarly),
        (&cancelled.digits, Reason::Cancelled),
    ];
    for (code, reason) in bad {
        let here = scene.listener.journal().end();
        assert_eq!(scene.type_code(code).await?, Verdict::Refused, "{reason:?}");
        assert_eq!(scene.refusal(here).await?, reason);
    }
    assert_eq!(scene.commands(), []);
    scene.end(&[]).await
}

#[tokio::test]
async fn a_code_whose_time_is_over_is_refused() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let start = scene.listener.journal().end();
    let code = expect(&scene, Timestamp::now(), Timestamp::now() + 1.seconds()).await?;
    let expired = async {
        let mut pace = interval(Duration::from_millis(100));
        while scene.owner.deliveries().await?.iter().any(|code| code.state != CodeState::Expired) {
            pace.tick().await;
        }
        anyhow::Ok(())
    };
    timeout(PATIENCE, expired).await.context("the code does not expire")??;
    assert_eq!(scene.type_code(&code).await?, Verdict::Refused);
    assert_eq!(scene.refusal(start).await?, Reason::Expired);
    scene.end(&[]).await
}

#[tokio::test]
async fn a_guest_who_is_paused_waits_outside_until_the_owner_resumes() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let command = "guest add Ben --door front --days daily --hours 00:00-24:00";
    let guest = scene.owner.json(command.split(' ')).await?;
    let digits = guest["digits"].as_str().unwrap_or_default();
    let id = guest["code"]["id"].to_string();
    let delivery = scene.owner.expect_delivery("front").await?.id().to_string();
    let refused = scene.owner.run(["code", "pause", &delivery]).await?;
    assert!(refused.stderr.contains("take a delivery's back instead"), "{refused:?}");
    let refused = scene.owner.run(["guest", "pause", &delivery]).await?;
    assert!(refused.stderr.contains("there is no such code"), "{refused:?}");

    let start = scene.listener.journal().end();
    scene.owner.ok(["guest", "pause", &id]).await?;
    assert_eq!(scene.type_code(digits).await?, Verdict::Refused);
    assert_eq!(scene.refusal(start).await?, Reason::Paused);
    let listed = scene.owner.ok(["guest", "list"]).await?;
    assert!(listed.contains("paused"), "{listed}");
    scene.owner.ok(["guest", "resume", &id]).await?;
    assert_eq!(scene.type_code(digits).await?, Verdict::Accepted);
    scene.stage(start, Stage::Secured).await?;
    scene.end(&[]).await
}

#[tokio::test]
async fn guessing_locks_the_keypad_out_and_a_crash_does_not_help() -> anyhow::Result<()> {
    let mut scene = Scene::build(Blueprint::default()).await?;
    let start = scene.listener.journal().end();
    for guess in ["13572460", "24681357", "97531864", "86420975", "31415926", "27182818"] {
        assert_eq!(scene.type_code(guess).await?, Verdict::Refused);
    }
    scene
        .logged(start, "the lock-out", |event| {
            matches!(event, LogEvent::KeypadLockedOut { .. }).then_some(())
        })
        .await?;
    let code = scene.owner.expect_delivery("front").await?;
    let here = scene.listener.journal().end();
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Refused);
    assert_eq!(scene.refusal(here).await?, Reason::Throttled);

    scene = scene.crash_and_return().await?;
    let here = scene.listener.journal().end();
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Refused);

    // The other keypad never heard a wrong code, and works.
    let second = Scene::KEYPADS[1];
    assert_eq!(scene.type_code_on(second, &code.digits).await?, Verdict::Accepted);
    scene.stage(here, Stage::Secured).await?;
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw]);
    scene.end(&[]).await
}

#[tokio::test]
async fn a_spent_code_stays_spent_after_a_crash() -> anyhow::Result<()> {
    let mut scene = Scene::build(Blueprint::default()).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    scene.stage(start, Stage::Secured).await?;
    scene = scene.crash_and_return().await?;
    let here = scene.listener.journal().end();
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Refused);
    assert_eq!(scene.refusal(here).await?, Reason::Spent);
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw]);
    scene.end(&[]).await
}

#[tokio::test]
async fn one_state_has_one_hub() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let second = Daemon::start(&scene.owner, free_address()?).await;
    assert!(second.is_err(), "two hubs on one state");
    scene.end(&[]).await
}

async fn expect_tomorrow(scene: &Scene) -> anyhow::Result<String> {
    let from = Timestamp::now() + 20.hours();
    expect(scene, from, from + 2.hours()).await
}

async fn expect(scene: &Scene, from: Timestamp, until: Timestamp) -> anyhow::Result<String> {
    let (from, until) = (from.to_string(), until.to_string());
    let window = ["delivery", "expect", "--door", "front", "--from", &from, "--until", &until];
    let issued = scene.owner.json(window).await?;
    Ok(issued["digits"].as_str().unwrap_or_default().to_owned())
}
