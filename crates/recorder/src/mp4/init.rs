//! The part of a file that tells what its samples are: `ftyp` and `moov`.

use jiff::Timestamp;

use super::boxes::BoxWriter;
use super::table::{MOVIE_TIMESCALE, SampleTable};
use super::track::{Track, TrackKind};
use super::{AUDIO_TRACK, VIDEO_TRACK};
use crate::media::{AudioParameters, StreamParameters, TICKS_PER_SECOND, VideoParameters};

/// Seconds from 1904, where MP4 counts from, to 1970.
const SECONDS_1904_TO_1970: i64 = 2_082_844_800;
/// The language code `und`, packed as ISO 639-2/T in five bits a letter.
const UNDETERMINED: u16 = 0x55c4;
/// The identity transformation in 16.16 and 2.30 fixed point.
const UNITY_MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// Returns the tracks of a stream.
#[must_use]
pub fn tracks(parameters: &StreamParameters) -> Vec<Track> {
    let pictures = std::iter::once(picture_track(&parameters.video));
    pictures.chain(parameters.audio.as_deref().map(sound_track)).collect()
}

/// Returns the track of a stream's pictures.
#[must_use]
pub fn picture_track(video: &VideoParameters) -> Track {
    Track {
        id: VIDEO_TRACK,
        kind: TrackKind::Video { width: video.width, height: video.height },
        timescale: u32::try_from(TICKS_PER_SECOND).unwrap_or(u32::MAX),
        sample_entries: vec![video.sample_entry.clone()],
    }
}

/// Returns the track of a stream's sound.
#[must_use]
pub fn sound_track(audio: &AudioParameters) -> Track {
    Track {
        id: AUDIO_TRACK,
        kind: TrackKind::Audio,
        timescale: audio.clock_rate,
        sample_entries: vec![audio.sample_entry.clone()],
    }
}

/// Writes what comes before the first fragment.
#[must_use]
pub fn initialization(tracks: &[Track], created: Timestamp) -> Vec<u8> {
    let mut w = BoxWriter::default();
    file_type(&mut w, b"iso6");
    w.in_box(b"moov", |w| {
        movie_header(w, tracks.iter().map(|track| track.id), created, 0);
        for track in tracks {
            w.in_box(b"trak", |w| track_boxes(w, track, created, None));
        }
        w.in_box(b"mvex", |w| {
            for track in tracks {
                w.in_full_box(b"trex", 0, 0, |w| {
                    w.u32(track.id);
                    w.u32(1);
                    w.zeros(12);
                });
            }
        });
    });
    w.into_bytes()
}

/// Writes what comes before the samples of a file that is whole, the head of
/// `mdat` included; `payload` is the number of bytes that follow.
#[must_use]
pub fn whole_file_head(
    tables: &[(Track, SampleTable)],
    created: Timestamp,
    payload: u64,
) -> Vec<u8> {
    let head = |samples_at: u64| {
        let mut w = BoxWriter::default();
        file_type(&mut w, b"isom");
        w.in_box(b"moov", |w| {
            let longest = tables.iter().map(|(track, table)| table.ends_ms(track.timescale)).max();
            let ids = tables.iter().map(|(track, _)| track.id);
            movie_header(w, ids, created, longest.unwrap_or(0));
            for (track, table) in tables {
                w.in_box(b"trak", |w| {
                    track_boxes(w, track, created, Some((table, samples_at)));
                });
            }
        });
        w.u32(1); // the length is in the eight bytes behind the name
        w.raw(b"mdat");
        w.u64(payload.saturating_add(16));
        w.into_bytes()
    };
    // Where the samples are changes no length, so the second pass only fills it in.
    head(head(0).len() as u64)
}

fn file_type(w: &mut BoxWriter, brand: &[u8; 4]) {
    w.in_box(b"ftyp", |w| {
        w.raw(brand);
        w.u32(0);
        w.raw(brand);
        w.raw(b"iso5mp41");
    });
}

fn mp4_seconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_second() + SECONDS_1904_TO_1970).unwrap_or(0)
}

fn matrix(w: &mut BoxWriter) {
    UNITY_MATRIX.iter().for_each(|value| w.u32(*value));
}

fn movie_header(
    w: &mut BoxWriter,
    track_ids: impl Iterator<Item = u32>,
    created: Timestamp,
    duration_ms: u64,
) {
    w.in_full_box(b"mvhd", 1, 0, |w| {
        w.u64(mp4_seconds(created));
        w.u64(mp4_seconds(created));
        w.u32(MOVIE_TIMESCALE);
        w.u64(duration_ms);
        w.u32(0x1_0000); // played at its own speed
        w.u16(0x100); // at full volume
        w.zeros(10);
        matrix(w);
        w.zeros(24);
        w.u32(track_ids.max().unwrap_or(0) + 1);
    });
}

/// Writes a track; with a table and where the samples start, if it has them.
fn track_boxes(
    w: &mut BoxWriter,
    track: &Track,
    created: Timestamp,
    samples: Option<(&SampleTable, u64)>,
) {
    let ends_ms = samples.map_or(0, |(table, _)| table.ends_ms(track.timescale));
    track_header(w, track, created, ends_ms);
    if let Some((table, _)) = samples {
        table.write_edits(w, track.timescale);
    }
    w.in_box(b"mdia", |w| {
        w.in_full_box(b"mdhd", 1, 0, |w| {
            w.u64(mp4_seconds(created));
            w.u64(mp4_seconds(created));
            w.u32(track.timescale);
            w.u64(samples.map_or(0, |(table, _)| table.length()));
            w.u16(UNDETERMINED);
            w.u16(0);
        });
        w.in_full_box(b"hdlr", 0, 0, |w| {
            w.u32(0);
            w.raw(match track.kind {
                TrackKind::Video { .. } => b"vide",
                TrackKind::Audio => b"soun",
            });
            w.zeros(13); // reserved, and an empty name
        });
        w.in_box(b"minf", |w| media_information(w, track, samples));
    });
}

fn track_header(w: &mut BoxWriter, track: &Track, created: Timestamp, ends_ms: u64) {
    const ENABLED_AND_IN_MOVIE: u32 = 3;
    let (volume, width, height) = match track.kind {
        TrackKind::Video { width, height } => (0, width, height),
        TrackKind::Audio => (0x100, 0, 0),
    };
    w.in_full_box(b"tkhd", 1, ENABLED_AND_IN_MOVIE, |w| {
        w.u64(mp4_seconds(created));
        w.u64(mp4_seconds(created));
        w.u32(track.id);
        w.u32(0);
        w.u64(ends_ms);
        w.zeros(12);
        w.u16(volume);
        w.u16(0);
        matrix(w);
        w.u32(u32::from(width) << 16);
        w.u32(u32::from(height) << 16);
    });
}

fn media_information(w: &mut BoxWriter, track: &Track, samples: Option<(&SampleTable, u64)>) {
    match track.kind {
        TrackKind::Video { .. } => w.in_full_box(b"vmhd", 0, 1, |w| w.zeros(8)),
        TrackKind::Audio => w.in_full_box(b"smhd", 0, 0, |w| w.zeros(4)),
    }
    w.in_box(b"dinf", |w| {
        w.in_full_box(b"dref", 0, 0, |w| {
            w.u32(1);
            w.in_full_box(b"url ", 0, 1, |_| {}); // the samples are in this file
        });
    });
    w.in_box(b"stbl", |w| {
        w.in_full_box(b"stsd", 0, 0, |w| {
            w.u32(u32::try_from(track.sample_entries.len()).unwrap_or(u32::MAX));
            track.sample_entries.iter().for_each(|entry| w.raw(entry));
        });
        match samples {
            Some((table, samples_at)) => table.write(w, samples_at),
            None => no_samples(w),
        }
    });
}

/// Writes the tables of a file whose samples are all in fragments.
fn no_samples(w: &mut BoxWriter) {
    w.in_full_box(b"stts", 0, 0, |w| w.u32(0));
    w.in_full_box(b"stsc", 0, 0, |w| w.u32(0));
    w.in_full_box(b"stsz", 0, 0, |w| w.zeros(8));
    w.in_full_box(b"stco", 0, 0, |w| w.u32(0));
}
