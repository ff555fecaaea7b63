//! From a real camera to files that others can play.

use crate::support::*;
use doorward_core::ids::RecordingId;
use doorward_recorder::{Audio, GapCause, LivePiece, RecorderEvent, SegmentSequence, StorageCause};
use sha2::{Digest, Sha256};

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_starts_with_the_pre_roll_and_plays_everywhere() {
    let camera = CameraProcess::start(&[]);
    let mut house = House::new();
    house.recorder.add_camera(camera_config(&camera.url("h264"))).unwrap();
    house.wait_until_well().await;
    watch_for(&house, 7 * 30).await;
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

/// Watches the camera, which sends 30 pictures a second, until it has shown so many more.
async fn watch_for(house: &House, mut pictures: usize) {
    let mut live = house.recorder.live_pictures(&name("porch")).await.unwrap();
    while pictures > 0 {
        match tokio::time::timeout(PATIENCE, live.next()).await.unwrap().unwrap() {
            LivePiece::Header(_) | LivePiece::Initialization(_) => {}
            LivePiece::Fragment(_) => pictures -= 1,
        }
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn sound_behind_a_pause_of_the_microphone_stays_beside_its_pictures() {
    let mut camera = CameraProcess::start(&[]);
    let mut house = House::new();
    let mut config = camera_config(&camera.url("h264aac"));
    config.audio = Audio::Recorded;
    // Long enough for the pause to begin and end within the first.
    config.segment.least_ms = 5_000;
    house.recorder.add_camera(config).unwrap();
    let identity = house.record(1).await;
    house.wait_until_well().await;
    watch_for(&house, 30).await;
    camera.suffer("deaf");
    watch_for(&house, 30).await;
    camera.suffer("live");
    house.wait_for_segments(1).await;
    house.recorder.stop().await;
    let first = house.library().path(RecordingId(1), SegmentSequence::FIRST);
    let segment = age_opens(&first, &identity, house.folder.path());
    for file in [segment, house.export(1, &identity)] {
        decode_all(&file);
        let longest = longest_sound(&file);
        assert!((0.7..2.0).contains(&longest), "paused for a second, not {longest} s");
    }
}

/// Returns the longest time from one piece of a file's sound to the next, in seconds.
fn longest_sound(file: &std::path::Path) -> f64 {
    let packets = ffprobe(file, "packet=codec_type,pts_time");
    let sound = packets.lines().filter(|line| line.contains("codec_type=audio"));
    let heard_at: Vec<f64> = sound.map(|line| number(line, "pts_time")).collect();
    heard_at.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_that_arrive_in_another_order_than_they_are_shown_play_smoothly() {
    let camera = CameraProcess::start(&["--b-frames", "2"]);
    let mut house = House::new();
    house.recorder.add_camera(camera_config(&camera.url("h264"))).unwrap();
    let identity = house.record(1).await;
    house.wait_for_segments(3).await;
    house.recorder.stop().await;
    let clip = house.export(1, &identity);
    decode_all(&clip);
    let probed = ffprobe(&clip, "stream=nb_read_frames,has_b_frames:format=duration");
    assert!(number(&probed, "has_b_frames") >= 1.0, "{probed}");
    let shown = ffprobe(&clip, "frame=pts_time");
    let shown: Vec<f64> = shown
        .lines()
        .filter(|line| line.contains("pts_time"))
        .map(|line| number(line, "pts_time"))
        .collect();
    // Those that are shown before the last one may not have come when the recording ended.
    let shown = shown.get(..shown.len() - 3).unwrap_or_default();
    let steps = shown.windows(2).map(|pair| pair[1] - pair[0]);
    let (mut shortest, mut longest) = (f64::MAX, 0.0_f64);
    for step in steps {
        (shortest, longest) = (shortest.min(step), longest.max(step));
    }
    assert!(shortest > 0.02 && longest < 0.05, "steps from {shortest} s to {longest} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_hardly_sends_keyframes_is_cut_into_bounded_segments() {
    let camera = CameraProcess::start(&["--gop", "100000"]);
    let mut house = House::new();
    let mut config = camera_config(&camera.url("h264"));
    config.segment.ms = 1_000;
    house.recorder.add_camera(config).unwrap();
    let identity = house.record(1).await;
    let segments = house.wait_for_segments(4).await;
    assert!(segments.iter().all(|segment| segment.duration_ms <= 1_100), "{segments:?}");
    house.recorder.stop().await;
    let clip = house.export(1, &identity);
    decode_all(&clip);
    let probed = ffprobe(&clip, "format=duration");
    assert!(number(&probed, "duration") >= 4.0, "{probed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_comes_back_with_another_size_stays_in_the_recording() {
    let camera = CameraProcess::start(&[]);
    let port = camera.port.to_string();
    let mut house = House::new();
    house.recorder.add_camera(camera_config(&camera.url("h264"))).unwrap();
    let identity = house.record(1).await;
    house.wait_for_segments(1).await;
    drop(camera);
    let _smaller = CameraProcess::start(&["--port", &port, "--width", "320", "--height", "240"]);
    house
        .wait_for(|event| matches!(event, RecorderEvent::RecordingResumed { .. }).then_some(()))
        .await;
    house.wait_for_segments(2).await;
    house.recorder.stop().await;
    let clip = house.export(1, &identity);
    decode_all(&clip);
    let widths = ffprobe(&clip, "frame=width");
    let first = widths.lines().next().unwrap();
    assert!(first.contains("width=640") && widths.contains("width=320"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_or_broken_disk_is_told_and_the_recording_goes_on_when_there_is_room() {
    let camera = CameraProcess::start(&[]);
    let mut house = House::new();
    house.recorder.add_camera(camera_config(&camera.url("h264"))).unwrap();
    // A file where the recording's folder should be.
    let blocked = house.folder.path().join("1");
    std::fs::write(&blocked, "").unwrap();
    house.record(1).await;
    house
        .wait_for(|event| matches!(event, RecorderEvent::StorageFailed { .. }).then_some(()))
        .await;
    let cause = house.wait_for(gap_cause).await;
    assert_eq!(cause, GapCause::Storage(StorageCause::Failed));
    std::fs::remove_file(&blocked).unwrap();
    house
        .wait_for(|event| matches!(event, RecorderEvent::RecordingResumed { .. }).then_some(()))
        .await;
    house.wait_for_segments(1).await;
}
