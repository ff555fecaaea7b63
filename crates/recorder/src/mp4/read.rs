//! Reading back a segment, to put segments together.
//!
//! A segment comes from a disk that a thief may have held, so nothing here
//! trusts a length: every read is a checked slice.

use bytes::Bytes;
use jiff::Timestamp;

use super::init::{Track, TrackKind};

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

/// A segment taken apart.
#[derive(Debug)]
pub struct ParsedSegment {
    /// What the samples are.
    pub tracks: Vec<Track>,
    /// When the first picture arrived, to the second.
    pub created: Timestamp,
    /// Everything from the first `moof` on.
    fragments: Vec<u8>,
    heads: Vec<TrackFragment>,
}

/// Where a fragment says what can change when segments are put together.
#[derive(Debug, Clone, Copy)]
struct TrackFragment {
    track: u32,
    sample_entry_at: usize,
    decoded_from_at: usize,
    decoded_from: u64,
    lasts: u64,
}

impl ParsedSegment {
    /// Returns when a track's samples start and end, in the track's ticks.
    #[must_use]
    pub fn span(&self, track: u32) -> Option<(u64, u64)> {
        let mut heads = self.heads.iter().filter(|head| head.track == track);
        let first = heads.next()?;
        let last = heads.next_back().unwrap_or(first);
        Some((first.decoded_from, last.decoded_from.saturating_add(last.lasts)))
    }

    /// Moves a track in time and tells which sample entry its samples follow.
    pub fn rewrite(&mut self, track: u32, sample_entry: u32, later_by: u64) {
        for head in self.heads.iter().filter(|head| head.track == track) {
            let from = head.decoded_from.saturating_add(later_by);
            put(&mut self.fragments, head.sample_entry_at, &sample_entry.to_be_bytes());
            put(&mut self.fragments, head.decoded_from_at, &from.to_be_bytes());
        }
    }

    /// Returns the fragments' bytes.
    #[must_use]
    pub fn fragments(&self) -> &[u8] {
        &self.fragments
    }
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at.saturating_add(value.len())) {
        place.copy_from_slice(value);
    }
}

/// Takes a segment apart.
///
/// # Errors
/// Says whether the bytes end too early or are of another kind.
pub fn parse_segment(bytes: &[u8]) -> Result<ParsedSegment, SegmentError> {
    let top = children(bytes, 0)?;
    let moov = find(&top, b"moov")?;
    let first = top.iter().find(|found| &found.kind == b"moof").ok_or(SegmentError::Unfamiliar)?;
    let fragments = bytes.get(first.at..).ok_or(SegmentError::CutShort)?.to_vec();
    let mut heads = Vec::new();
    for moof in children(&fragments, 0)?.iter().filter(|found| &found.kind == b"moof") {
        for traf in children(moof.content, moof.content_at)? {
            if &traf.kind == b"traf" {
                heads.push(track_fragment(&traf)?);
            }
        }
    }
    let inside = children(moov.content, 0)?;
    let mut tracks = Vec::new();
    for trak in inside.iter().filter(|found| &found.kind == b"trak") {
        tracks.push(parse_track(trak.content)?);
    }
    let created = created(find(&inside, b"mvhd")?.content)?;
    Ok(ParsedSegment { tracks, created, fragments, heads })
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

fn track_fragment(traf: &Found<'_>) -> Result<TrackFragment, SegmentError> {
    let inside = children(traf.content, traf.content_at)?;
    let tfhd = find(&inside, b"tfhd")?;
    let tfdt = find(&inside, b"tfdt")?;
    Ok(TrackFragment {
        track: u32_at(tfhd.content, 4)?,
        sample_entry_at: tfhd.content_at + 8,
        decoded_from_at: tfdt.content_at + 4,
        decoded_from: u64_at(tfdt.content, 4)?,
        lasts: run_length(find(&inside, b"trun")?.content)?,
    })
}

/// Adds up the durations of a `trun` as [`super::fragment`] writes it.
fn run_length(trun: &[u8]) -> Result<u64, SegmentError> {
    let flags = u32_at(trun, 0)?;
    let count = u32_at(trun, 4)?;
    let fields = (flags & 0xf00).count_ones();
    let step = usize::try_from(fields * 4).map_err(|_| SegmentError::Unfamiliar)?;
    let samples = trun.get(12..).ok_or(SegmentError::CutShort)?;
    if flags & 0x101 != 0x101 || samples.len() / step.max(4) < count as usize {
        return Err(SegmentError::Unfamiliar);
    }
    samples.chunks_exact(step).map(|sample| u32_at(sample, 0).map(u64::from)).sum()
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
        let mut bytes = initialization(&tracks(&parameters), Timestamp::UNIX_EPOCH, None);
        bytes.extend(fragment_head(&fragment, 1, Ticks(0)).bytes);
        fragment.video.iter().for_each(|sample| bytes.extend_from_slice(&sample.data));
        bytes
    }

    #[test]
    fn a_written_segment_reads_back() {
        let parsed = parse_segment(&segment()).unwrap();
        assert_eq!(parsed.tracks, tracks(&stream_parameters(640)));
        assert_eq!(parsed.span(VIDEO_TRACK), Some((90_000, 97_200)));
        assert_eq!(parsed.created, Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn rewriting_moves_a_track_and_names_its_sample_entry() {
        let mut parsed = parse_segment(&segment()).unwrap();
        parsed.rewrite(VIDEO_TRACK, 3, 500);
        let mut bytes = initialization(&parsed.tracks, parsed.created, None);
        bytes.extend_from_slice(parsed.fragments());
        let again = parse_segment(&bytes).unwrap();
        assert_eq!(again.span(VIDEO_TRACK), Some((90_500, 97_700)));
    }

    proptest! {
        #[test]
        fn a_damaged_segment_never_panics(at in 0_usize..1_000, value: u8, cut in 0_usize..1_200) {
            let mut bytes = segment();
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
            bytes.truncate(cut);
            if let Ok(mut parsed) = parse_segment(&bytes) {
                parsed.rewrite(VIDEO_TRACK, 1, u64::MAX);
            }
        }
    }
}
