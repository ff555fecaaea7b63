//! Cameras that do not stand witness: the door stays as it is, and the log says why.

use doorward_api::camera::{AddCamera, IfTaken, Sound};
use doorward_api::entry::{Reason, Stage};
use doorward_api::event::Alarm;
use doorward_api::status::CameraHealth;
use doorward_api::{Client, ClientError, ProblemKind};
use doorward_tests::harness::{Blueprint, Condition, Filming, Lens, Scene};
use doorward_tests::house::Verdict;
use doorward_tests::house::door::Turn;

#[tokio::test]
async fn without_a_camera_the_door_stays_locked() -> anyhow::Result<()> {
    denied_through(Lens::Nothing, Reason::CameraUnavailable).await
}

#[tokio::test]
async fn what_speaks_no_rtsp_is_no_camera() -> anyhow::Result<()> {
    denied_through(Lens::Babble, Reason::CameraUnavailable).await
}

#[tokio::test]
async fn a_camera_that_refuses_the_password_is_named_as_such() -> anyhow::Result<()> {
    denied_through(Lens::WrongPassword, Reason::CameraRefused).await
}

#[tokio::test]
async fn a_frozen_picture_is_no_witness() -> anyhow::Result<()> {
    denied_when(Condition::Frozen, Reason::CameraFrozen, |health| {
        matches!(health, CameraHealth::Frozen)
    })
    .await
}

#[tokio::test]
async fn a_stalled_stream_is_no_witness() -> anyhow::Result<()> {
    denied_when(Condition::Stalled, Reason::CameraUnavailable, |health| {
        matches!(health, CameraHealth::Unavailable { .. } | CameraHealth::Connecting)
    })
    .await
}

#[tokio::test]
async fn where_filming_is_preferred_the_door_opens_and_the_gap_is_marked() -> anyhow::Result<()> {
    let blueprint =
        Blueprint { filming: Filming::Preferred, lens: Lens::Nothing, ..Blueprint::default() };
    let scene = Scene::build(blueprint).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    scene.alarm(start, Alarm::EvidenceGap).await?;
    scene.stage(start, Stage::Secured).await?;
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw]);
    scene.end(&[]).await
}

#[tokio::test]
async fn a_camera_lost_during_an_entry_alarms() -> anyhow::Result<()> {
    let mut scene = Scene::build(Blueprint {
        filming: Filming::Required,
        visitor: doorward_tests::house::door::Visitor::Careless,
        ..Blueprint::default()
    })
    .await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    scene.stage(start, Stage::Open).await?;
    if let Some(camera) = scene.camera.take() {
        camera.unplug().await?;
    }
    scene.alarm(start, Alarm::EvidenceGap).await?;
    scene.end(&[]).await
}

#[tokio::test]
async fn a_login_in_an_address_is_refused_by_the_hub_itself() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let client = Client::connect(scene.owner.state().join("doorward.sock")).await?;
    let camera = |url: &str| AddCamera {
        name: "yard".into(),
        url: url.to_owned(),
        sound: Sound::Recorded,
        login: None,
        if_taken: IfTaken::default(),
    };
    let refused = client.add_camera(&camera("rtsp://me:canary@127.0.0.1:9/a")).await;
    let Err(ClientError::Problem(problem)) = refused else { panic!("{refused:?}") };
    assert_eq!(problem.kind, ProblemKind::Invalid);
    assert!(!problem.detail.contains("canary"), "{problem:?}");
    let added = client.add_camera(&camera("rtsp://127.0.0.1:9/?password=canary")).await?;
    assert!(added.warning.is_some() && !added.url.contains("canary"), "{added:?}");
    assert_eq!(added.sound, Sound::Recorded);
    scene.end(&[]).await
}

#[tokio::test]
async fn a_camera_takes_anothers_place_only_if_the_owner_says_so() -> anyhow::Result<()> {
    let scene = Scene::build(Blueprint::default()).await?;
    let client = Client::connect(scene.owner.state().join("doorward.sock")).await?;
    let camera = |port: u16, if_taken| AddCamera {
        name: "yard".into(),
        url: format!("rtsp://127.0.0.1:{port}/a"),
        sound: Sound::Off,
        login: None,
        if_taken,
    };
    client.add_camera(&camera(9, IfTaken::Refuse)).await?;
    let refused = client.add_camera(&camera(10, IfTaken::Refuse)).await;
    let Err(ClientError::Problem(problem)) = refused else { panic!("{refused:?}") };
    assert_eq!(problem.kind, ProblemKind::Conflict);
    client.add_camera(&camera(10, IfTaken::Replace)).await?;
    let cameras = client.cameras().await?;
    let yards: Vec<_> = cameras.iter().filter(|one| one.name.as_str() == "yard").collect();
    assert_eq!(yards.len(), 1);
    assert_eq!(yards[0].url, "rtsp://127.0.0.1:10/a");
    scene.end(&[]).await
}

/// A camera that never worked denies; the code stays good for when it does.
async fn denied_through(lens: Lens, reason: Reason) -> anyhow::Result<()> {
    let scene =
        Scene::build(Blueprint { filming: Filming::Required, lens, ..Blueprint::default() })
            .await?;
    denied(&scene, reason).await?;
    scene.end(&[]).await
}

/// A camera that worked and then broke denies as soon as the hub has noticed.
async fn denied_when(
    condition: Condition,
    reason: Reason,
    noticed: impl Fn(&CameraHealth) -> bool,
) -> anyhow::Result<()> {
    let blueprint = Blueprint { filming: Filming::Required, ..Blueprint::default() };
    let mut scene = Scene::build(blueprint).await?;
    if let Some(camera) = &mut scene.camera {
        camera.become_(condition).await?;
    }
    scene
        .status_becomes("the hub to notice", |house| {
            house.cameras.iter().any(|camera| noticed(&camera.health))
        })
        .await?;
    denied(&scene, reason).await?;
    scene.end(&[]).await
}

async fn denied(scene: &Scene, reason: Reason) -> anyhow::Result<()> {
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Refused);
    assert_eq!(scene.denial(start).await?, reason);
    assert_eq!(scene.commands(), []);
    Ok(())
}
