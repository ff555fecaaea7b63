//! Is there a live picture? Asked of real cameras with real faults.

use std::time::{Duration, Instant};

use doorward_recorder::{CameraFault, Live};

use crate::support::*;

/// The gate must answer before an entry's three seconds are over.
const AN_ENTRYS_PATIENCE: Duration = Duration::from_secs(3);

async fn ask(house: &House) -> Result<Live, CameraFault> {
    let asked = Instant::now();
    let answer = house.recorder.check_live(&name("porch")).await;
    assert!(asked.elapsed() < AN_ENTRYS_PATIENCE, "{answer:?} after {:?}", asked.elapsed());
    if let Ok(live) = answer {
        assert!(live.keyframe_age < Duration::from_secs(2), "{live:?}");
    }
    answer
}

/// Asks again and again until the answer is `wanted`; a picture that lived a
/// moment ago may still count.
async fn ask_until(house: &House, wanted: Result<(), CameraFault>) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = ask(house).await;
        if answer.map(|_| ()) == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "{answer:?} instead of {wanted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn live_frozen_and_stalled_cameras_are_told_apart() {
    let mut camera = CameraProcess::start(&[]);
    for path in ["h264", "h265", "noise"] {
        let mut house = House::new();
        house.recorder.add_camera(camera_config(&camera.url(path))).unwrap();
        house.wait_until_well().await;
        ask(&house).await.unwrap();
        camera.suffer("freeze");
        ask_until(&house, Err(CameraFault::Frozen)).await;
        camera.suffer("stall");
        ask_until(&house, Err(CameraFault::Stalled)).await;
        camera.suffer("live");
        ask_until(&house, Ok(())).await;
        house.recorder.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judged_picture_opens_the_gate_at_once() {
    let camera = CameraProcess::start(&[]);
    let mut house = House::new();
    house.recorder.add_camera(camera_config(&camera.url("h264"))).unwrap();
    house.wait_until_well().await;
    ask(&house).await.unwrap();
    let asked = Instant::now();
    ask(&house).await.unwrap();
    assert!(asked.elapsed() < Duration::from_millis(60), "{:?}", asked.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_hardly_sends_keyframes_is_told_what_to_change() {
    let camera = CameraProcess::start(&["--gop", "100000"]);
    let mut house = House::new();
    house.recorder.add_camera(camera_config(&camera.url("h264"))).unwrap();
    house.wait_until_well().await;
    assert_eq!(ask(&house).await, Err(CameraFault::KeyframesTooRare));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_camera_is_told_during_a_recording_without_anybody_asking() {
    let mut camera = CameraProcess::start(&[]);
    let mut house = House::new();
    house.recorder.add_camera(camera_config(&camera.url("h264"))).unwrap();
    house.record(1).await;
    house.wait_for_segments(1).await;
    camera.suffer("freeze");
    let frozen = doorward_recorder::GapCause::Camera(CameraFault::Frozen);
    while house.wait_for(gap_cause).await != frozen {}
    assert_eq!(house.recorder.camera_health()[0].1.fault, Some(CameraFault::Frozen));
}

#[tokio::test]
async fn a_camera_that_was_never_added_is_unknown() {
    assert_eq!(ask(&House::new()).await, Err(CameraFault::Unknown));
}
