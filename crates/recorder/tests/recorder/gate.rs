//! Is there a live picture? Asked of real cameras with real faults.

use std::time::Instant;

use crate::support::*;
use doorward_recorder::CameraFault;

#[tokio::test(flavor = "multi_thread")]
async fn a_live_camera_passes_the_gate_and_a_frozen_one_does_not() {
    let mut camera = CameraProcess::start(&[]);
    let mut house = House::new();
    house.recorder.add_camera(camera_config(&camera.url("h264"))).unwrap();
    house.wait_until_well().await;
    let porch = name("porch");
    house.recorder.check_live(&porch).await.unwrap();
    for _ in 0..5 {
        let asked = Instant::now();
        let live = house.recorder.check_live(&porch).await.unwrap();
        eprintln!("gate: {:?}, keyframe age {:?}", asked.elapsed(), live.keyframe_age);
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    }
    camera.become_("freeze");
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    assert_eq!(house.recorder.check_live(&porch).await, Err(CameraFault::Frozen));
    camera.become_("stall");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(house.recorder.check_live(&porch).await, Err(CameraFault::Stalled));
    camera.become_("live");
    until("the camera lives", || house.recorder.camera_health()[0].1.fault.is_none()).await;
    house.recorder.check_live(&porch).await.unwrap();
    eprintln!("{:?}", house.recorder.camera_health());
}
