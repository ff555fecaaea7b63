//! One fragment: a `moof` and the head of its `mdat`.

use bytes::Bytes;

use super::boxes::BoxWriter;
use super::times::{DecodingTime, decoding_times, hearing_times, since};
use super::{AUDIO_TRACK, VIDEO_TRACK};
use crate::media::{AudioSample, Fragment, PictureKind, Ticks, VideoSample};

const TFHD_BASE_IS_MOOF: u32 = 0x02_0000;
const TRUN_DATA_OFFSET: u32 = 0x001;
const TRUN_DURATION: u32 = 0x100;
const TRUN_SIZE: u32 = 0x200;
const TRUN_FLAGS: u32 = 0x400;
const TRUN_COMPOSITION_OFFSET: u32 = 0x800;
/// Depends on no other sample.
const STANDS_ALONE: u32 = 0x0200_0000;
/// Depends on others and is no point to start from.
const LEANS_ON_OTHERS: u32 = 0x0101_0000;

/// The bytes of a fragment before its samples.
#[derive(Debug)]
pub struct FragmentHead {
    /// `moof` and the head of `mdat`; pictures follow in order, then sound.
    pub bytes: Vec<u8>,
    sound: Sound,
}

/// Whether the fragment's sound is part of what the head announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sound {
    Announced,
    LeftOut,
}

impl FragmentHead {
    /// Returns the sound that must follow the pictures.
    pub fn sound_of<'a>(&self, fragment: &'a Fragment) -> impl Iterator<Item = &'a Bytes> {
        let announced = match self.sound {
            Sound::Announced => fragment.audio.as_slice(),
            Sound::LeftOut => &[],
        };
        announced.iter().map(|sample| &sample.data)
    }
}

/// Writes the head of one fragment of a recording whose time starts at `zero`.
#[must_use]
pub fn fragment_head(fragment: &Fragment, sequence: u32, zero: Ticks) -> FragmentHead {
    let mut w = BoxWriter::default();
    let mut video_offset_at = 0;
    let mut audio_offset_at = None;
    w.in_box(b"moof", |w| {
        w.in_full_box(b"mfhd", 0, 0, |w| w.u32(sequence));
        w.in_box(b"traf", |w| {
            let (times, from) = (decoding_times(fragment), since(fragment.starts, zero));
            video_offset_at = video_run(w, &fragment.video, &times, from);
        });
        if let (Some(audio), false) = (&fragment.parameters.audio, fragment.audio.is_empty()) {
            let (from, lasts) = hearing_times(fragment, zero, audio.clock_rate);
            w.in_box(b"traf", |w| {
                audio_offset_at = Some(audio_run(w, &fragment.audio, &lasts, from));
            });
        }
    });
    let video_bytes: usize = fragment.video.iter().map(|sample| sample.data.len()).sum();
    let samples_at = w.position() + 8;
    w.overwrite_u32(video_offset_at, saturate(samples_at));
    let (payload, sound) = match audio_offset_at {
        Some(at) => {
            w.overwrite_u32(at, saturate(samples_at + video_bytes));
            (fragment.payload_bytes(), Sound::Announced)
        }
        None => (video_bytes, Sound::LeftOut),
    };
    w.u32(saturate(payload + 8));
    w.raw(b"mdat");
    FragmentHead { bytes: w.into_bytes(), sound }
}

/// Writes a whole fragment of one picture that is decoded at `decoded_at` and lasts so many
/// ticks, in a stream whose time starts at `zero`.
#[must_use]
pub fn picture_fragment(
    sample: &VideoSample,
    sequence: u32,
    zero: Ticks,
    decoded_at: Ticks,
    lasts: i64,
) -> Vec<u8> {
    let time = DecodingTime {
        duration: u32::try_from(lasts).unwrap_or(0),
        offset: i32::try_from(sample.shown_at.0.saturating_sub(decoded_at.0)).unwrap_or(0),
    };
    let from = since(decoded_at, zero);
    lone_fragment(sequence, &sample.data, |w| {
        video_run(w, std::slice::from_ref(sample), &[time], from)
    })
}

/// Writes a whole fragment of one piece of sound and nothing else; `heard_from` is in
/// ticks of its own clock.
#[must_use]
pub fn sound_fragment(sample: &AudioSample, sequence: u32, heard_from: u64) -> Vec<u8> {
    lone_fragment(sequence, &sample.data, |w| {
        audio_run(w, std::slice::from_ref(sample), &[sample.duration], heard_from)
    })
}

/// Writes a fragment of one run, which tells where the offset of its samples has to be
/// filled in.
fn lone_fragment(
    sequence: u32,
    samples: &[u8],
    run: impl FnOnce(&mut BoxWriter) -> usize,
) -> Vec<u8> {
    let mut w = BoxWriter::default();
    let mut offset_at = 0;
    w.in_box(b"moof", |w| {
        w.in_full_box(b"mfhd", 0, 0, |w| w.u32(sequence));
        w.in_box(b"traf", |w| offset_at = run(w));
    });
    let samples_at = w.position() + 8;
    w.overwrite_u32(offset_at, saturate(samples_at));
    w.in_box(b"mdat", |w| w.raw(samples));
    w.into_bytes()
}

fn saturate(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Writes what precedes a run of samples: whose they are and when they start.
fn track_fragment(w: &mut BoxWriter, track: u32, decoded_from: u64) {
    w.in_full_box(b"tfhd", 0, TFHD_BASE_IS_MOOF, |w| w.u32(track));
    w.in_full_box(b"tfdt", 1, 0, |w| w.u64(decoded_from));
}

/// Returns where the offset of the samples has to be filled in.
fn video_run(
    w: &mut BoxWriter,
    samples: &[VideoSample],
    times: &[DecodingTime],
    decoded_from: u64,
) -> usize {
    track_fragment(w, VIDEO_TRACK, decoded_from);
    let mut offset_at = 0;
    let flags = TRUN_DATA_OFFSET | TRUN_DURATION | TRUN_SIZE | TRUN_FLAGS | TRUN_COMPOSITION_OFFSET;
    w.in_full_box(b"trun", 1, flags, |w| {
        w.u32(saturate(samples.len()));
        offset_at = w.position();
        w.u32(0);
        for (sample, time) in samples.iter().zip(times) {
            w.u32(time.duration);
            w.u32(saturate(sample.data.len()));
            w.u32(match sample.kind {
                PictureKind::Keyframe => STANDS_ALONE,
                PictureKind::Dependent => LEANS_ON_OTHERS,
            });
            w.i32(time.offset);
        }
    });
    offset_at
}

/// Returns where the offset of the samples has to be filled in.
fn audio_run(w: &mut BoxWriter, samples: &[AudioSample], lasts: &[u32], heard_from: u64) -> usize {
    track_fragment(w, AUDIO_TRACK, heard_from);
    let mut offset_at = 0;
    w.in_full_box(b"trun", 0, TRUN_DATA_OFFSET | TRUN_DURATION | TRUN_SIZE, |w| {
        w.u32(saturate(samples.len()));
        offset_at = w.position();
        w.u32(0);
        for (sample, lasts) in samples.iter().zip(lasts) {
            w.u32(*lasts);
            w.u32(saturate(sample.data.len()));
        }
    });
    offset_at
}
