//! What somebody who watches and listens is sent, from a real camera, judged by ffprobe.

use doorward_recorder::mp4::{ParsedSegment, TrackKind, parse_segment};
use doorward_recorder::{
    Audio, CameraFault, LiveHeader, LivePiece, LiveSound, LiveStream, NotHeard, RecorderEvent,
};

use crate::support::*;

/// What came: the header, and the file that the rest makes.
struct Watched {
    header: LiveHeader,
    file: Vec<u8>,
}

impl Watched {
    fn begin(header: Option<LivePiece>, initialization: Option<LivePiece>) -> Self {
        match (header, initialization) {
            (Some(LivePiece::Header(header)), Some(LivePiece::Initialization(bytes))) => {
                Self { header, file: bytes.to_vec() }
            }
            other => panic!("{other:?}"),
        }
    }

    fn add(&mut self, piece: Option<LivePiece>) {
        match piece {
            Some(LivePiece::Fragment(bytes)) => self.file.extend_from_slice(&bytes),
            piece => panic!("{piece:?}"),
        }
    }

    fn parsed(&self) -> ParsedSegment {
        parse_segment(self.file.clone()).unwrap()
    }

    /// Asks ffprobe, which may complain of nothing.
    fn probed(&self, house: &House, entries: &str) -> String {
        let clip = house.folder.path().join("live.mp4");
        std::fs::write(&clip, &self.file).unwrap();
        ffprobe(&clip, entries)
    }
}

async fn see(pictures: &mut LiveStream) -> Option<LivePiece> {
    tokio::time::timeout(PATIENCE, pictures.next()).await.expect("a piece in time")
}

async fn hear(sound: &mut LiveSound) -> Option<LivePiece> {
    tokio::time::timeout(PATIENCE, sound.next()).await.expect("a piece in time")
}

/// Watches until so many fragments came.
async fn watch(pictures: &mut LiveStream, fragments: usize) -> Watched {
    let mut watched = Watched::begin(see(pictures).await, see(pictures).await);
    for _ in 0..fragments {
        watched.add(see(pictures).await);
    }
    watched
}

async fn listen(sound: &mut LiveSound, fragments: usize) -> Watched {
    let mut heard = Watched::begin(hear(sound).await, hear(sound).await);
    for _ in 0..fragments {
        heard.add(hear(sound).await);
    }
    heard
}

async fn house_before(url: &str, audio: Audio) -> House {
    let mut house = House::new();
    let mut config = camera_config(url);
    config.audio = audio;
    house.recorder.add_camera(config).unwrap();
    house.wait_until_well().await;
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_view_is_a_file_that_players_take_and_begins_at_once() {
    let camera = CameraProcess::start(&[]);
    for (path, codec) in [("h264", "avc1."), ("h265", "hvc1.")] {
        let house = house_before(&camera.url(path), Audio::Dropped).await;
        let mut pictures = house.recorder.live_pictures(&name("porch")).await.unwrap();
        let watched = watch(&mut pictures, 40).await;
        let kind = &watched.header.media_type;
        assert!(kind.starts_with("video/mp4; codecs=\"") && kind.contains(codec), "{kind}");
        let runs = watched.parsed().runs;
        let [first, single @ ..] = runs.as_slice() else { panic!("no pictures") };
        assert!(first.samples[0].stands_alone, "it begins with a keyframe");
        assert!(single.iter().all(|run| run.samples.len() == 1), "then each picture as it comes");
        let entries = "stream=nb_read_frames,width:format=start_time";
        let probed = watched.probed(&house, entries);
        let frames = format!("nb_read_frames={}", first.samples.len() + single.len());
        assert!(probed.contains(&frames), "{frames}: {probed}");
        assert!(probed.contains("width=640"), "{probed}");
        assert!(probed.contains("start_time=0.0"), "{probed}");
        assert!(house.recorder.live_pictures(&name("garden")).await.is_none());
        house.recorder.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_camera_sent_before_it_fell_silent_is_shown_to_nobody_as_live() {
    let mut camera = CameraProcess::start(&[]);
    let mut house = house_before(&camera.url("h264"), Audio::Dropped).await;
    camera.suffer("stall");
    let stalled = Some(CameraFault::Stalled);
    let silent = |event: &RecorderEvent| matches!(event, RecorderEvent::CameraChanged { fault, .. } if *fault == stalled);
    house.wait_for(|event| silent(event).then_some(())).await;
    let mut pictures = house.recorder.live_pictures(&name("porch")).await.unwrap();
    let shown = tokio::time::timeout(std::time::Duration::ZERO, pictures.next()).await;
    assert!(shown.is_err(), "{shown:?}");
    camera.suffer("live");
    let watched = watch(&mut pictures, 5).await;
    assert!(watched.parsed().runs[0].samples[0].stands_alone, "it begins with a keyframe");
    house.recorder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_may_be_heard_is_heard_in_step_with_its_pictures() {
    let camera = CameraProcess::start(&[]);
    let house = house_before(&camera.url("h264aac"), Audio::Recorded).await;
    let mut pictures = house.recorder.live_pictures(&name("porch")).await.unwrap();
    let mut sound = house.recorder.live_sound(&name("porch")).unwrap();
    let (watched, heard) = tokio::join!(watch(&mut pictures, 60), listen(&mut sound, 90));

    let told = watched.header.sound.as_deref();
    assert_eq!(told, Some(heard.header.media_type.as_str()));
    assert_eq!(told, Some("audio/mp4; codecs=\"mp4a.40.2\""));
    let kinds = heard.parsed().tracks.into_iter().map(|track| track.kind);
    assert_eq!(kinds.collect::<Vec<_>>(), [TrackKind::Audio]);
    let probed = heard.probed(&house, "stream=codec_name,nb_read_frames");
    assert!(probed.contains("codec_name=aac") && probed.contains("nb_read_frames=90"), "{probed}");

    // Both are at the same moment of the camera's line when as much of it has passed.
    let (seen, listened) = (watched.parsed().runs, heard.parsed().runs);
    let (last_seen, last_heard) = (seen.last().unwrap(), listened.last().unwrap());
    let seen_ms = watched.header.starts.0 / 90 + last_seen.decoded_from.cast_signed() / 90;
    let heard_ms = heard.header.starts.0 / 90 + last_heard.decoded_from.cast_signed() / 48;
    assert!((seen_ms - heard_ms).abs() < 1_500, "pictures {seen_ms} ms, sound {heard_ms} ms");
    house.recorder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_microphone_that_falls_silent_stops_no_picture() {
    let mut camera = CameraProcess::start(&[]);
    let house = house_before(&camera.url("h264aac"), Audio::Recorded).await;
    let mut pictures = house.recorder.live_pictures(&name("porch")).await.unwrap();
    let mut sound = house.recorder.live_sound(&name("porch")).unwrap();
    listen(&mut sound, 10).await;
    camera.suffer("deaf");
    watch(&mut pictures, 60).await;
    // What was on its way has come by then; nothing follows it.
    while tokio::time::timeout(std::time::Duration::ZERO, sound.next()).await.is_ok() {}
    for _ in 0..30 {
        see(&mut pictures).await.unwrap();
    }
    let heard = tokio::time::timeout(std::time::Duration::ZERO, sound.next()).await;
    assert!(heard.is_err(), "{heard:?}");
    camera.suffer("live");
    let piece = hear(&mut sound).await;
    assert!(matches!(piece, Some(LivePiece::Fragment(_))), "{piece:?}");
    house.recorder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn not_a_byte_of_sound_leaves_a_camera_that_may_not_be_heard() {
    let camera = CameraProcess::start(&[]);
    let house = house_before(&camera.url("h264aac"), Audio::Dropped).await;
    let porch = name("porch");
    assert_eq!(house.recorder.live_sound(&porch).err(), Some(NotHeard::NotAllowed(porch.clone())));
    let nowhere = name("garden");
    let unknown = house.recorder.live_sound(&nowhere).err();
    assert_eq!(unknown, Some(NotHeard::UnknownCamera(nowhere)));

    let mut pictures = house.recorder.live_pictures(&porch).await.unwrap();
    let watched = watch(&mut pictures, 60).await;
    assert_eq!(watched.header.sound, None);
    assert!(!watched.header.media_type.contains("mp4a"));
    let parsed = watched.parsed();
    let kinds = parsed.tracks.iter().map(|track| track.kind);
    assert_eq!(kinds.collect::<Vec<_>>(), [TrackKind::Video { width: 640, height: 360 }]);
    assert!(parsed.runs.iter().all(|run| run.track == parsed.tracks[0].id));
    // Every byte is a box's or a picture's: none is left over for anything else.
    let pictures = parsed.runs.iter().map(|run| parsed.samples_of(run).len()).sum::<usize>();
    assert_eq!(bytes_in(&watched.file, b"mdat"), pictures);
    house.recorder.stop().await;
}

/// Adds up what is in all boxes of a kind, at the file's top.
fn bytes_in(mut file: &[u8], kind: &[u8; 4]) -> usize {
    let mut bytes = 0;
    while let Some((length, rest)) = file.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        bytes += if rest.starts_with(kind) { length - 8 } else { 0 };
        file = &file[length..];
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn live_pictures_that_come_in_another_order_than_they_are_shown_never_step_back() {
    let camera = CameraProcess::start(&["--b-frames", "2"]);
    let house = house_before(&camera.url("h264"), Audio::Dropped).await;
    let mut pictures = house.recorder.live_pictures(&name("porch")).await.unwrap();
    let watched = watch(&mut pictures, 90).await;
    let runs = watched.parsed().runs;
    let offsets = || runs.iter().flat_map(|run| &run.samples).map(|sample| sample.offset);
    assert!(offsets().any(|offset| offset != 0), "the camera sends no B-frames");
    for pair in runs.windows(2) {
        let (before, after) = (pair[0].decoded_from, pair[1].decoded_from);
        assert!(after > before, "{before} before {after}");
    }
    let probed = watched.probed(&house, "frame=pts_time");
    let shown: Vec<f64> = probed
        .lines()
        .filter(|line| line.contains("pts_time"))
        .map(|line| number(line, "pts_time"))
        .collect();
    assert!(shown.is_sorted(), "{shown:?}");
    assert_eq!(shown.len(), runs.iter().map(|run| run.samples.len()).sum::<usize>());
    house.recorder.stop().await;
}
