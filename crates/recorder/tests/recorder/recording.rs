//! From a real camera to files that others can play.

use crate::support::*;
use doorward_core::ids::RecordingId;
use doorward_recorder::{Audio, SegmentSequence};
use sha2::{Digest, Sha256};

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_starts_with_the_pre_roll_and_plays_everywhere() {
    let camera = CameraProcess::start(&[]);
    let mut house = House::new();
    house.recorder.add_camera(camera_config(&camera.url("h264"))).unwrap();
    house.wait_until_well().await;
    tokio::time::sleep(std::time::Duration::from_secs(6)).await; // the pre-roll has to happen
    let asked_at = jiff::Timestamp::now();
    let identity = house.record(1).await;
    let first = house.wait_for_segments(1).await.remove(0);
    let pre_roll = asked_at.duration_since(first.starts_at).as_millis();
    assert!((5_000..10_000).contains(&pre_roll), "{pre_roll} ms of pre-roll");
    house.wait_for_segments(3).await;
    house.recorder.stop_recording(RecordingId(1)).await.unwrap();
    let segments = house.wait_for_close().await;
    assert!(segments >= 4);

    let path = house.library().path(RecordingId(1), SegmentSequence::FIRST);
    let hash: [u8; 32] = Sha256::digest(std::fs::read(&path).unwrap()).into();
    assert_eq!(hash, first.sha256);
    let clear = age_opens(&path, &identity, house.folder.path());
    let probed = ffprobe(&clear, "stream=codec_name,nb_read_frames:format=duration");
    assert!(
        probed.contains("codec_name=h264") && number(&probed, "nb_read_frames") >= 45.0,
        "{probed}"
    );
    decode_all(&clear);

    let clip = house.export(1, &identity);
    let probed =
        ffprobe(&clip, "stream=codec_name,nb_read_frames,width:format=duration,start_time");
    let (frames, seconds) = (number(&probed, "nb_read_frames"), number(&probed, "duration"));
    assert!(seconds >= 6.0 && (frames / seconds - 30.0).abs() < 2.0, "{probed}");
    assert!(number(&probed, "start_time").abs() < 0.1, "{probed}");
    decode_all(&clip);
    house.recorder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h265_and_sound_are_recorded_as_they_come() {
    let camera = CameraProcess::start(&[]);
    for (path, video, audio) in
        [("h265", "hevc", Audio::Dropped), ("h264aac", "h264", Audio::Recorded)]
    {
        let mut house = House::new();
        let mut config = camera_config(&camera.url(path));
        config.audio = audio;
        house.recorder.add_camera(config).unwrap();
        let identity = house.record(1).await;
        house.wait_for_segments(2).await;
        house.recorder.stop().await;
        let clip = house.export(1, &identity);
        let probed = ffprobe(&clip, "stream=codec_name,nb_read_frames");
        assert!(probed.contains(&format!("codec_name={video}")), "{probed}");
        assert_eq!(probed.contains("codec_name=aac"), audio == Audio::Recorded, "{probed}");
        decode_all(&clip);
    }
}
