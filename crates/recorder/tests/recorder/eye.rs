//! The eye as a process: what it makes of garbage, and what becomes of it.

use std::time::Instant;

use bytes::Bytes;
use doorward_recorder::eye::{Eye, EyeError, Keyframe, Verdict};
use doorward_recorder::media::VideoCodec;
use doorward_recorder::{CameraFault, EyeProgram};
use rand::{RngCore, SeedableRng};

use crate::support::*;

fn shell(script: &str) -> EyeProgram {
    EyeProgram { program: "/bin/sh".into(), arguments: vec!["-c".to_owned(), script.to_owned()] }
}

#[tokio::test]
async fn all_walls_stand_around_an_eye() {
    let eye = Eye::spawn(&eye_program()).await.unwrap();
    assert!(eye.layers().is_complete(), "{:?}", eye.layers());
}

#[tokio::test]
async fn an_eye_inherits_no_environment_and_filters_its_system_calls() {
    let eye = Eye::spawn(&eye_program()).await.unwrap();
    let process = format!("/proc/{}", eye.process_id().unwrap());
    assert_eq!(std::fs::read(format!("{process}/environ")).unwrap(), b"");
    assert!(std::fs::read_to_string(format!("{process}/status")).unwrap().contains("Seccomp:\t2"));
}

#[tokio::test]
async fn garbage_is_undecodable_and_kills_nobody_else() {
    let mut random = rand::rngs::StdRng::seed_from_u64(7);
    let mut eye = Eye::spawn(&eye_program()).await.unwrap();
    for round in 0..300 {
        let keyframe = garbage(&mut random, round);
        match eye.look(&keyframe).await {
            Ok(verdict) => assert_ne!(verdict, Verdict::Live, "round {round}"),
            Err(EyeError::Died | EyeError::Slow) => {
                eye = Eye::spawn(&eye_program()).await.unwrap();
            }
            Err(error) => panic!("round {round}: {error}"),
        }
    }
}

/// Returns noise behind the heads of real NAL units, so that it gets past the
/// first checks of a decoder.
fn garbage(random: &mut impl RngCore, round: u32) -> Keyframe {
    let heads: [&[u8]; 3] = [&[0x65, 0x88], &[0x26, 0x01], &[0x67, 0x42, 0xc0, 0x1f]];
    let mut nal = heads[round as usize % 3].to_vec();
    let mut noise = vec![0; (random.next_u32() % 4_000) as usize];
    random.fill_bytes(&mut noise);
    nal.extend(noise);
    let mut data = u32::try_from(nal.len()).unwrap().to_be_bytes().to_vec();
    data.extend(nal);
    let (codec, configuration) = match round % 2 {
        0 => (VideoCodec::H264, vec![1, 66, 0xc0, 31, 0xff, 0xe0, 0]),
        _ => (VideoCodec::H265, [vec![1; 22], vec![0]].concat()),
    };
    Keyframe { codec, configuration: configuration.into(), data: data.into() }
}

#[tokio::test]
async fn a_picture_too_large_is_not_even_sent() {
    let mut eye = Eye::spawn(&eye_program()).await.unwrap();
    let data = Bytes::from(vec![0; 17 << 20]);
    let keyframe = Keyframe { codec: VideoCodec::H264, configuration: Bytes::new(), data };
    assert!(matches!(eye.look(&keyframe).await, Err(EyeError::TooLarge)));
}

#[tokio::test]
async fn a_program_that_is_no_eye_is_found_out() {
    for script in ["exit 0", "echo hello", "exec sleep 60"] {
        let spawned = Eye::spawn(&shell(script)).await;
        assert!(matches!(spawned, Err(EyeError::NoGreeting)), "{script}");
    }
    let absent = EyeProgram { program: "/nonexistent".into(), arguments: Vec::new() };
    assert!(matches!(Eye::spawn(&absent).await, Err(EyeError::Start(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_eye_that_hangs_or_dies_over_every_picture_leaves_no_verdict() {
    let camera = CameraProcess::start(&[]);
    for script in [r"printf '\347\001\000'; exec sleep 60", r"printf '\347\001\000'; read -r x"] {
        let mut house = House::with_eye(shell(script));
        house.recorder.add_camera(camera_config(&camera.url("h264"))).unwrap();
        house.wait_until_well().await;
        let answer = house.recorder.check_live(&name("porch")).await;
        assert_eq!(answer, Err(CameraFault::NoVerdict), "{script}");
        house.recorder.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_eye_is_replaced_within_the_gates_time() {
    let camera = CameraProcess::start(&[]);
    let mut marked = eye_program();
    marked.arguments.push("to-be-killed".to_owned());
    let mut house = House::with_eye(marked);
    house.recorder.add_camera(camera_config(&camera.url("h264"))).unwrap();
    house.wait_until_well().await;
    let porch = name("porch");
    house.recorder.check_live(&porch).await.unwrap();
    let mut pictures = house.recorder.live_pictures(&porch).await.unwrap();
    let eyes = children_with_argument("to-be-killed");
    assert_eq!(eyes.len(), 1);
    for pid in eyes {
        run("/bin/kill", &["-KILL", &pid.to_string()]);
    }
    let killed = Instant::now();
    // What the dead eye saw last counts as long as it is fresh; the gate never says no meanwhile.
    let judged_by_another = async {
        while house.recorder.check_live(&porch).await.unwrap().keyframe_age >= killed.elapsed() {
            assert!(pictures.next().await.is_some(), "the camera sends no more");
        }
    };
    tokio::time::timeout(PATIENCE, judged_by_another).await.expect("another eye's verdict");
}
