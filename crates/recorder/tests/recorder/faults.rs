//! Cameras that are absent, locked, mistaken or lost.

use std::io::{Read, Write};
use std::net::TcpListener;

use doorward_core::ids::RecordingId;
use doorward_recorder::{CameraConfig, CameraFault, GapCause, RecorderEvent, StartError};
use rand::RngCore;

use crate::support::*;

async fn fault_of(config: CameraConfig) -> CameraFault {
    let mut house = House::new();
    house.recorder.add_camera(config).unwrap();
    let reported = house
        .wait_for(|event| {
            if let RecorderEvent::CameraChanged { fault, .. } = event { *fault } else { None }
        })
        .await;
    let answered = house.recorder.check_live(&name("porch")).await.unwrap_err();
    assert_eq!(answered, reported);
    assert_eq!(house.recorder.camera_health()[0].1.fault, Some(reported));
    house.recorder.stop().await;
    reported
}

/// Listens, and answers whatever comes with `answer`.
fn listener(answer: impl Fn() -> Vec<u8> + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let answer = answer();
            std::thread::spawn(move || {
                let mut request = [0; 1024];
                let _ = connection.read(&mut request);
                let _ = connection.write_all(&answer);
                let _ = connection.read(&mut request);
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for_by_digest_and_a_wrong_one_is_named() {
    let camera = CameraProcess::start(&["--user", "owner", "--password", "right"]);
    let url = camera.url("h264");
    let wrong = camera_with_login(&url, "owner", "wrong");
    assert_eq!(fault_of(wrong).await, CameraFault::WrongPassword);
    assert_eq!(fault_of(camera_config(&url)).await, CameraFault::WrongPassword);

    let mut house = House::new();
    house.recorder.add_camera(camera_with_login(&url, "owner", "right")).unwrap();
    house.wait_until_well().await;
    house.recorder.check_live(&name("porch")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_speak_rtsp_is_named() {
    let noise = listener(|| {
        let mut bytes = vec![0; 100_000];
        rand::rng().fill_bytes(&mut bytes);
        bytes
    });
    let web = listener(|| b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec());
    let silent = listener(Vec::new);
    for port in [noise, web, silent] {
        let fault = fault_of(camera_config(&format!("rtsp://127.0.0.1:{port}/h264"))).await;
        assert_eq!(fault, CameraFault::NotRtsp);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_camera_and_an_absent_path_are_told_apart() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let fault = fault_of(camera_config(&format!("rtsp://127.0.0.1:{closed}/"))).await;
    assert_eq!(fault, CameraFault::Unreachable);
    let camera = CameraProcess::start(&[]);
    assert_eq!(fault_of(camera_config(&camera.url("nowhere"))).await, CameraFault::NoVideo);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_lost_and_found_during_a_recording_leaves_a_gap_that_is_told() {
    let mut camera = CameraProcess::start(&[]);
    let mut house = House::new();
    house.recorder.add_camera(camera_config(&camera.url("h264"))).unwrap();
    house.wait_until_well().await;
    let identity = house.record(5).await;
    house.wait_for_segments(1).await;
    camera.suffer("stall");
    let cause = house.wait_for(gap_cause).await;
    assert_eq!(cause, GapCause::Camera(CameraFault::Stalled));
    // Long enough for the connection to be given up and made again.
    house.wait_for(|event| matches!(event, RecorderEvent::SegmentSealed(_)).then_some(())).await;
    camera.suffer("live");
    house
        .wait_for(|event| matches!(event, RecorderEvent::RecordingResumed { .. }).then_some(()))
        .await;
    house.wait_for_segments(1).await;
    house.recorder.stop().await;
    let clip = house.export(5, &identity);
    let probed = ffprobe(&clip, "stream=nb_read_frames:format=duration");
    let recorded = number(&probed, "nb_read_frames") / 30.0;
    assert!(number(&probed, "duration") > recorded + 1.5, "the gap stays a gap: {probed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_without_its_camera_starts_with_a_gap() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut house = House::new();
    let url = format!("rtsp://127.0.0.1:{closed}/");
    house.recorder.add_camera(camera_config(&url)).unwrap();
    house.record(2).await;
    let cause = house.wait_for(gap_cause).await;
    assert_eq!(cause, GapCause::Camera(CameraFault::Unreachable));
    let recipient = doorward_recorder::RecordingKey::generate(&house.household.recipient());
    let recipient = recipient.unwrap().recipient;
    let (porch, garden) = (name("porch"), name("garden"));
    let again = house.recorder.start_recording(RecordingId(2), &porch, recipient.clone());
    assert_eq!(again.await, Err(StartError::RunsAlready(RecordingId(2))));
    let elsewhere = house.recorder.start_recording(RecordingId(3), &garden, recipient);
    assert_eq!(elsewhere.await, Err(StartError::UnknownCamera(garden.clone())));
    house.recorder.stop_recording(RecordingId(2)).await.unwrap();
    assert_eq!(house.wait_for_close().await, 0);
    assert!(house.recorder.stop_recording(RecordingId(2)).await.is_err());
}
