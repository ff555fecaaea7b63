//! The command line's manners: exit codes, and saying what to do.

use doorward_tests::harness::fresh::Fresh;
use doorward_tests::harness::{Blueprint, Doorward, Scene};

#[tokio::test]
async fn wrong_arguments_exit_with_2_and_say_what_to_type() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let doorward = Doorward::new(folder.path())?;
    let wrong: [&[&str]; 7] = [
        &["frobnicate"],
        &["door", "add"],
        &["door", "add", "front"],
        &["device", "enrol", "x", "--kind", "toaster", "--out", "."],
        &["delivery", "expect"],
        &["entry", "show", "seven"],
        &["serve", "--mqtt-listen", "everywhere"],
    ];
    for arguments in wrong {
        let outcome = doorward.run(arguments).await?;
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {outcome:?}");
        let helpful = outcome.stderr.contains("Usage:") || outcome.stderr.contains("--help");
        assert!(helpful, "{arguments:?}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "", "{arguments:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_together_is_answered_with_the_usage_of_that_very_command()
-> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    scene.owner.enrol("z2m", "bridge", "zigbee2mqtt", scene.folder()).await?;
    scene.owner.enrol("meter", "other", "esphome", scene.folder()).await?;
    let wrong: [(&[&str], &str); 2] = [
        (&["camera", "add", "porch", "--url", "http://h"], "Usage: doorward camera add"),
        (&["device", "settings", "front-lock"], "Usage: doorward device settings"),
    ];
    for (arguments, usage) in wrong {
        let outcome = scene.owner.run(arguments).await?;
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(usage), "{outcome:?}");
    }
    let settings = scene.owner.ok(["device", "settings", "z2m"]).await?;
    assert!(settings.contains("mqtts://"), "its dialect says what runs there: {settings}");
    let listed = scene.owner.ok(["device", "list"]).await?;
    let meter = listed.lines().find(|line| line.contains("meter")).unwrap_or_default();
    assert!(meter.contains("other"), "{listed}");
    scene.end(&[]).await
}

#[tokio::test]
async fn a_port_that_is_taken_starts_no_hub_and_the_option_for_another_is_named()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let doorward = Doorward::new(&folder.path().join("state"))?;
    doorward.init(&folder.path().join("recovery.txt")).await?;
    let other = std::net::TcpListener::bind("127.0.0.1:0")?;
    let taken = other.local_addr()?.to_string();
    for option in ["--mqtt-listen", "--https-listen"] {
        let mut words = vec!["serve"];
        for port in ["--mqtt-listen", "--plain-listen", "--https-listen"] {
            words.extend([port, if port == option { &taken } else { "127.0.0.1:0" }]);
        }
        let outcome = doorward.run(words).await?;
        assert_eq!(outcome.code, Some(1), "{option}: {outcome:?}");
        for said in [option, &taken, "Address already in use"] {
            assert!(outcome.stderr.contains(said), "{option}: {}", outcome.stderr);
        }
    }
    Ok(())
}

#[tokio::test]
async fn without_a_hub_every_question_exits_with_1_and_says_so() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let doorward = Doorward::new(&folder.path().join("state"))?;
    doorward.init(&folder.path().join("recovery.txt")).await?;
    let questions: [&[&str]; 4] =
        [&["status"], &["door", "list"], &["log", "verify"], &["entry", "list", "--json"]];
    for question in questions {
        let outcome = doorward.run(question).await?;
        assert_eq!(outcome.code, Some(1), "{question:?}: {outcome:?}");
        assert!(outcome.stderr.contains("no hub is running"), "{}", outcome.stderr);
    }
    Ok(())
}

#[tokio::test]
async fn what_does_not_exist_is_refused_with_1() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let wishes: [&[&str]; 5] = [
        &["delivery", "expect", "--door", "attic"],
        &["entry", "show", "4711"],
        &["device", "revoke", "nobody"],
        &["door", "add", "front", "--lock", "front-lock"],
        &["door", "add", "cellar", "--lock", "no-such-lock"],
    ];
    for wish in wishes {
        let outcome = scene.owner.run(wish).await?;
        assert_eq!(outcome.code, Some(1), "{wish:?}: {outcome:?}");
        assert!(!outcome.stderr.trim().is_empty(), "{wish:?} was refused without a word");
    }
    scene.end(&[]).await
}

#[tokio::test]
async fn init_does_not_touch_a_hub_that_is_there() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let doorward = Doorward::new(&folder.path().join("state"))?;
    doorward.init(&folder.path().join("recovery.txt")).await?;
    let again = doorward.init(&folder.path().join("second.txt")).await;
    assert!(again.is_err(), "a second init went through");
    Ok(())
}

#[tokio::test]
async fn who_has_just_made_a_hub_is_told_what_it_lacks_and_how_to_go_on() -> anyhow::Result<()> {
    let fresh = Fresh::start().await?;
    let unclaimed = fresh.doorward.ok(["unseal"]).await?;
    assert!(unclaimed.contains("no household yet"), "{unclaimed}");
    fresh.set_up().await?;
    let owner = &fresh.doorward;
    let doctor = owner.ok(["doctor"]).await?;
    assert!(doctor.contains("the hub has nothing to open"), "{doctor}");
    assert!(!doctor.contains("none is paired") && !doctor.contains("all is well"), "{doctor}");
    owner.ok(["phone", "revoke", "1"]).await?;
    let doctor = owner.ok(["doctor"]).await?;
    assert!(doctor.contains("none is paired"), "{doctor}");
    for (question, advice) in [
        (["delivery", "list"], "doorward delivery expect"),
        (["guest", "list"], "doorward guest add"),
    ] {
        let told = owner.ok(question).await?;
        assert!(told.contains(advice), "{told}");
    }
    let unsealed = owner.ok(["unseal"]).await?;
    assert!(unsealed.contains("unsealed already"), "{unsealed}");
    fresh.daemon.stop(&[]).await
}

#[tokio::test]
async fn who_adds_a_door_is_told_what_couriers_lack_there() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    scene.owner.enrol("gate-lock", "lock", "native", scene.folder()).await?;
    let told = scene.owner.ok(["door", "add", "gate", "--lock", "gate-lock"]).await?;
    assert!(told.contains("no keypad") && told.contains("no camera"), "{told}");
    let doctor = scene.owner.run(["doctor"]).await?.stdout;
    assert!(!doctor.contains("nothing to open"), "{doctor}");
    scene.end(&[]).await
}
