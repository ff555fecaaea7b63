//! Reading back a segment, to put segments together.
//!
//! A segment comes from a disk that a thief may have held, so nothing here
//! trusts a length: every read is a checked slice.

use std::ops::Range;

use bytes::Bytes;
use jiff::Timestamp;

use super::track::{Track, TrackKind};

/// Why a segment cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// A box claims more bytes than there are.
    #[error("the segment is cut short")]
    CutShort,
    /// A box that every segment has is missing.
    #[error("the segment is not one of this program's recordings")]
    Unfamiliar,
}

/// One sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Until the next one is decoded, in the track's ticks.
    pub duration: u32,
    /// Its size.
    pub bytes: u32,
    /// From decoding to showing, in the track's ticks.
    pub offset: i32,
    /// Whether it can be decoded without any other.
    pub stands_alone: bool,
}

/// Samples of one track that lie behind one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The track.
    pub track: u32,
    /// When the first one is decoded, in the track's ticks.
    pub decoded_from: u64,
    /// The samples in order.
    pub samples: Vec<Sample>,
    /// Where they are in the segment.
    place: Range<usize>,
}

impl Run {
    /// Returns how long the run is, in the track's ticks.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.samples.iter().map(|sample| u64::from(sample.duration)).sum()
    }
}

/// A segment taken apart.
#[derive(Debug)]
pub struct ParsedSegment {
    /// What the samples are.
    pub tracks: Vec<Track>,
    /// When the first picture arrived, to the second.
    pub created: Timestamp,
    /// The samples, as they lie.
    pub runs: Vec<Run>,
    bytes: Vec<u8>,
}

impl ParsedSegment {
    /// Returns the bytes of a run's samples.
    #[must_use]
    pub fn samples_of(&self, run: &Run) -> &[u8] {
        self.bytes.get(run.place.clone()).unwrap_or_default()
    }
}

/// Takes a segment apart.
///
/// # Errors
/// Says whether the bytes end too early or are of another kind.
pub fn parse_segment(bytes: Vec<u8>) -> Result<ParsedSegment, SegmentError> {
    let top = children(&bytes, 0)?;
    let moov = find(&top, b"moov")?;
    let mut runs = Vec::new();
    for moof in top.iter().filter(|found| &found.kind == b"moof") {
        for traf in children(moof.content, moof.content_at)? {
            if &traf.kind == b"traf" {
                runs.push(parse_run(&traf, moof.at, bytes.len())?);
            }
        }
    }
    let inside = children(moov.content, 0)?;
    let mut tracks = Vec::new();
    for trak in inside.iter().filter(|found| &found.kind == b"trak") {
        tracks.push(parse_track(trak.content)?);
    }
    let created = created(find(&inside, b"mvhd")?.content)?;
    Ok(ParsedSegment { tracks, created, runs, bytes })
}

/// One box within `bytes`.
#[derive(Debug, Clone, Copy)]
struct Found<'a> {
    kind: [u8; 4],
    at: usize,
    content_at: usize,
    content: &'a [u8],
}

/// Lists the boxes in `bytes`, which start at `base` of what they were cut from.
fn children(bytes: &[u8], base: usize) -> Result<Vec<Found<'_>>, SegmentError> {
    let mut found = Vec::new();
    let mut rest = bytes;
    let mut at = base;
    while !rest.is_empty() {
        let length = usize::try_from(u32_at(rest, 0)?).map_err(|_| SegmentError::CutShort)?;
        let kind = array_at::<4>(rest, 4)?;
        let content = rest.get(8..length).ok_or(SegmentError::CutShort)?;
        found.push(Found { kind, at, content_at: at + 8, content });
        rest = rest.get(length..).ok_or(SegmentError::CutShort)?;
        at += length;
    }
    Ok(found)
}

fn find<'a>(boxes: &[Found<'a>], kind: &[u8; 4]) -> Result<Found<'a>, SegmentError> {
    boxes.iter().find(|found| &found.kind == kind).copied().ok_or(SegmentError::Unfamiliar)
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], SegmentError> {
    let end = at.checked_add(N).ok_or(SegmentError::CutShort)?;
    let slice = bytes.get(at..end).ok_or(SegmentError::CutShort)?;
    slice.try_into().map_err(|_| SegmentError::CutShort)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, SegmentError> {
    array_at(bytes, at).map(u32::from_be_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Result<u64, SegmentError> {
    array_at(bytes, at).map(u64::from_be_bytes)
}

/// Reads the creation time of a version 1 `mvhd`.
fn created(mvhd: &[u8]) -> Result<Timestamp, SegmentError> {
    let seconds = i64::try_from(u64_at(mvhd, 4)?).map_err(|_| SegmentError::Unfamiliar)?;
    let since_1970 = seconds.saturating_sub(2_082_844_800);
    Timestamp::from_second(since_1970).map_err(|_| SegmentError::Unfamiliar)
}

/// Reads a `traf` as [`super::fragment`] writes it, whose offsets count from `moof_at`.
fn parse_run(traf: &Found<'_>, moof_at: usize, end: usize) -> Result<Run, SegmentError> {
    let inside = children(traf.content, traf.content_at)?;
    let trun = find(&inside, b"trun")?.content;
    let samples = parse_samples(trun)?;
    let offset = usize::try_from(u32_at(trun, 8)?).map_err(|_| SegmentError::CutShort)?;
    let length: u64 = samples.iter().map(|sample| u64::from(sample.bytes)).sum();
    let length = usize::try_from(length).map_err(|_| SegmentError::CutShort)?;
    let start = moof_at.checked_add(offset).ok_or(SegmentError::CutShort)?;
    let place = start..start.checked_add(length).ok_or(SegmentError::CutShort)?;
    if place.end > end {
        return Err(SegmentError::CutShort);
    }
    let track = u32_at(find(&inside, b"tfhd")?.content, 4)?;
    let decoded_from = u64_at(find(&inside, b"tfdt")?.content, 4)?;
    Ok(Run { track, decoded_from, samples, place })
}

/// Reads the samples of a `trun` that tells their durations and sizes.
fn parse_samples(trun: &[u8]) -> Result<Vec<Sample>, SegmentError> {
    let flags = u32_at(trun, 0)?;
    let count = usize::try_from(u32_at(trun, 4)?).map_err(|_| SegmentError::CutShort)?;
    if flags & 0xfff != 0x301 && flags & 0xfff != 0xf01 {
        return Err(SegmentError::Unfamiliar);
    }
    let step = if flags & 0xc00 == 0 { 8 } else { 16 };
    let samples = trun.get(12..).ok_or(SegmentError::CutShort)?;
    if samples.len() / step != count {
        return Err(SegmentError::CutShort);
    }
    samples.chunks_exact(step).map(parse_sample).collect()
}

/// Reads a sample; sound has neither flags nor an offset, and stands alone.
fn parse_sample(fields: &[u8]) -> Result<Sample, SegmentError> {
    const LEANS_ON_OTHERS: u32 = 0x1_0000;
    let (flags, offset) = match fields.len() {
        16 => (u32_at(fields, 8)?, u32_at(fields, 12)?.cast_signed()),
        _ => (0, 0),
    };
    Ok(Sample {
        duration: u32_at(fields, 0)?,
        bytes: u32_at(fields, 4)?,
        offset,
        stands_alone: flags & LEANS_ON_OTHERS == 0,
    })
}

fn parse_track(trak: &[u8]) -> Result<Track, SegmentError> {
    let inside = children(trak, 0)?;
    let header = find(&inside, b"tkhd")?.content;
    let media = children(find(&inside, b"mdia")?.content, 0)?;
    let information = children(find(&media, b"minf")?.content, 0)?;
    let table = children(find(&information, b"stbl")?.content, 0)?;
    let described = find(&table, b"stsd")?.content;
    let entries = described.get(8..).ok_or(SegmentError::CutShort)?;
    let mut sample_entries = Vec::new();
    for entry in children(entries, 0)? {
        let whole = entries.get(entry.at..entry.content_at + entry.content.len());
        sample_entries.push(Bytes::copy_from_slice(whole.ok_or(SegmentError::CutShort)?));
    }
    let kind = match &array_at::<4>(find(&media, b"hdlr")?.content, 8)? {
        b"vide" => TrackKind::Video { width: pixels(header, 88)?, height: pixels(header, 92)? },
        b"soun" => TrackKind::Audio,
        _ => return Err(SegmentError::Unfamiliar),
    };
    let timescale = u32_at(find(&media, b"mdhd")?.content, 20)?;
    Ok(Track { id: u32_at(header, 20)?, kind, timescale, sample_entries })
}

fn pixels(header: &[u8], at: usize) -> Result<u16, SegmentError> {
    array_at(header, at).map(u16::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::media::{Fragment, PictureKind, Ticks};
    use crate::mp4::{VIDEO_TRACK, fragment_head, initialization, tracks};
    use crate::testing::{picture, stream_parameters};

    fn segment() -> Vec<u8> {
        let parameters = Arc::new(stream_parameters(640));
        let fragment = Fragment {
            parameters: Arc::clone(&parameters),
            video: vec![
                picture(PictureKind::Keyframe, 1_000, 50),
                picture(PictureKind::Dependent, 1_040, 5),
            ],
            audio: Vec::new(),
            starts: Ticks(0).plus_ms(1_000),
            ends: Ticks(0).plus_ms(1_080),
            starts_at: Timestamp::UNIX_EPOCH,
        };
        let mut bytes = initialization(&tracks(&parameters), Timestamp::UNIX_EPOCH);
        bytes.extend(fragment_head(&fragment, 1, Ticks(0)).bytes);
        fragment.video.iter().for_each(|sample| bytes.extend_from_slice(&sample.data));
        bytes
    }

    #[test]
    fn a_written_segment_reads_back() {
        let parsed = parse_segment(segment()).unwrap();
        assert_eq!(parsed.tracks, tracks(&stream_parameters(640)));
        assert_eq!(parsed.created, Timestamp::UNIX_EPOCH);
        let [run] = parsed.runs.as_slice() else { panic!("{:?}", parsed.runs) };
        assert_eq!((run.track, run.decoded_from, run.length()), (VIDEO_TRACK, 90_000, 7_200));
        assert_eq!(run.samples.iter().map(|s| s.stands_alone).collect::<Vec<_>>(), [true, false]);
        assert_eq!(parsed.samples_of(run), [7; 55]);
    }

    proptest! {
        #[test]
        fn a_damaged_segment_never_panics(at in 0_usize..1_000, value: u8, cut in 0_usize..1_200) {
            let mut bytes = segment();
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
            bytes.truncate(cut);
            if let Ok(parsed) = parse_segment(bytes) {
                for run in &parsed.runs {
                    let claimed: u64 = run.samples.iter().map(|s| u64::from(s.bytes)).sum();
                    prop_assert_eq!(parsed.samples_of(run).len() as u64, claimed);
                }
            }
        }
    }
}
