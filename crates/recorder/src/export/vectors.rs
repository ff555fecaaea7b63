//! What the app's own export is tested with: opened segments, and the clip that comes
//! of them here. `DOORWARD_WRITE_VECTORS=1` writes them again.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::export;
use crate::media::{AudioSample, Fragment, PictureKind, Ticks};
use crate::mp4::{fragment_head, initialization, tracks};
use crate::seal::{HouseholdIdentity, RecordingKey, open_secret, seal_into};
use crate::testing::{picture, sound_parameters, stream_parameters};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/lib/video/vectors")
}

fn fragment(width: u16, from_ms: u64, sound: Vec<AudioSample>) -> Fragment {
    let mut parameters = stream_parameters(width);
    let entry = [&[0, 0, 0, 10], b"avc1".as_slice(), &width.to_be_bytes()].concat();
    parameters.video.sample_entry = entry.into();
    parameters.audio = Some(Arc::new(sound_parameters(16_000)));
    // Of the three pictures the second is shown after the third.
    let shown = [(0, 50), (80, 9), (40, 7)];
    let kinds = [PictureKind::Keyframe, PictureKind::Dependent, PictureKind::Dependent];
    let pictures =
        shown.iter().zip(kinds).map(|((ms, bytes), kind)| picture(kind, from_ms + ms, *bytes));
    Fragment {
        parameters: Arc::new(parameters),
        video: pictures.take(if width == 640 { 2 } else { 3 }).collect(),
        audio: sound,
        starts: Ticks(0).plus_ms(from_ms),
        ends: Ticks(0).plus_ms(from_ms + 1_000),
        starts_at: "2026-11-22T10:00:00Z".parse().unwrap(),
    }
}

fn sound(from_ms: u64) -> Vec<AudioSample> {
    let piece = |n: u64| AudioSample {
        heard_at: Ticks(0).plus_ms(from_ms + n * 64),
        duration: 1_024,
        data: Bytes::from(vec![9; 20]),
    };
    // The microphone pauses before the third.
    [0, 1, 6].map(piece).into()
}

fn segment(fragment: &Fragment, sequence: u32) -> Vec<u8> {
    let mut bytes = initialization(&tracks(&fragment.parameters), fragment.starts_at);
    let head = fragment_head(fragment, sequence, Ticks(0));
    bytes.extend_from_slice(&head.bytes);
    fragment.video.iter().for_each(|sample| bytes.extend_from_slice(&sample.data));
    head.sound_of(fragment).for_each(|data| bytes.extend_from_slice(data));
    bytes
}

/// With sound and a pause in it, B-frames, another width, a gap, and a clock that was set back.
fn segments() -> Vec<Vec<u8>> {
    let fragments = [
        fragment(640, 40, sound(60)),
        fragment(1_280, 1_040, Vec::new()),
        fragment(640, 9_000, sound(9_000)),
        fragment(640, 4_000, sound(4_000)),
    ];
    (1..).zip(&fragments).map(|(sequence, one)| segment(one, sequence)).collect()
}

fn clip(segments: &[Vec<u8>]) -> Vec<u8> {
    let owner = HouseholdIdentity::generate();
    let key = RecordingKey::generate(&owner.recipient()).unwrap();
    let identity = open_secret(&key.sealed_secret, &owner).unwrap();
    let seal = |one: &Vec<u8>| seal_into(&key.recipient, Vec::new(), |w| w.write_all(one)).unwrap();
    let sealed: Vec<_> = segments.iter().map(seal).collect();
    let mut out = Vec::new();
    export(sealed.iter().map(|bytes| Ok(bytes.clone())), &identity, &mut out).unwrap();
    out
}

#[test]
fn the_clip_is_the_one_that_the_app_exports() {
    let (segments, clip) = (segments(), clip(&segments()));
    let numbered = (1..).zip(&segments);
    let files = numbered.map(|(n, bytes): (u32, _)| (format!("segment-{n}.mp4"), bytes));
    for (name, bytes) in files.chain([("clip.mp4".to_owned(), &clip)]) {
        let path = folder().join(name);
        if std::env::var_os("DOORWARD_WRITE_VECTORS").is_some() {
            std::fs::write(&path, bytes).unwrap();
        }
        assert_eq!(&std::fs::read(&path).unwrap(), bytes, "{}", path.display());
    }
}
