//! From sealed segments to one file that any player opens.
//!
//! Runs where the recording's identity is: on the owner's machine or phone, or
//! in the command that the owner gives it to. Nothing is decoded or changed;
//! fragments are put one after the other behind one description. Where a
//! camera changed its parameters, the description holds every version and each
//! fragment names its own. Gaps stay gaps.

use std::io::Write;

use jiff::Timestamp;

use crate::mp4::{ParsedSegment, SegmentError, Track, VIDEO_TRACK, initialization, parse_segment};
use crate::seal::{OpenError, RecordingIdentity, open_segment};

/// Why a recording could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is nothing to export.
    #[error("the recording has no segments")]
    Empty,
    /// A sealed segment could not be read.
    #[error("could not read a segment")]
    Read(#[source] std::io::Error),
    /// The identity does not open a segment.
    #[error("could not open a segment")]
    Open(#[from] OpenError),
    /// An opened segment is not what it should be.
    #[error("could not understand a segment")]
    Segment(#[from] SegmentError),
    /// The file could not be written.
    #[error("could not write the exported file")]
    Write(#[source] std::io::Error),
}

/// What was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// When the first picture arrived, to the second.
    pub starts_at: Timestamp,
    /// How long the recording is, gaps included.
    pub duration_ms: u64,
    /// How many segments it has.
    pub segments: u32,
}

/// Opens `segments`, in order, and writes them to `out` as one MP4 file.
///
/// `segments` hands out the sealed bytes and is gone through twice, so that
/// only one segment is in memory at a time: once to learn what the file has to
/// describe, once to write it.
///
/// # Errors
/// Says which step failed; `out` then holds part of a file.
pub fn export<S>(
    segments: S,
    identity: &RecordingIdentity,
    out: &mut impl Write,
) -> Result<Exported, ExportError>
where
    S: IntoIterator<Item = std::io::Result<Vec<u8>>> + Clone,
{
    let mut plan = Plan::default();
    for sealed in segments.clone() {
        plan.learn(&open(sealed, identity)?);
    }
    let starts_at = plan.starts_at.ok_or(ExportError::Empty)?;
    let head = initialization(&plan.tracks, starts_at, Some(plan.duration_ms()));
    out.write_all(&head).map_err(ExportError::Write)?;
    let mut clock = Clock::default();
    let mut count = 0;
    for sealed in segments {
        let mut segment = open(sealed, identity)?;
        plan.place(&mut segment, &mut clock);
        out.write_all(segment.fragments()).map_err(ExportError::Write)?;
        count += 1;
    }
    out.flush().map_err(ExportError::Write)?;
    Ok(Exported { starts_at, duration_ms: plan.duration_ms(), segments: count })
}

fn open(
    sealed: std::io::Result<Vec<u8>>,
    identity: &RecordingIdentity,
) -> Result<ParsedSegment, ExportError> {
    let sealed = sealed.map_err(ExportError::Read)?;
    Ok(parse_segment(&open_segment(&sealed, identity)?)?)
}

/// What the file will describe.
#[derive(Default)]
struct Plan {
    tracks: Vec<Track>,
    starts_at: Option<Timestamp>,
    clock: Clock,
}

impl Plan {
    fn learn(&mut self, segment: &ParsedSegment) {
        self.starts_at.get_or_insert(segment.created);
        self.clock.advance(segment);
        for track in &segment.tracks {
            match self.tracks.iter_mut().find(|known| known.id == track.id) {
                Some(known) => {
                    let unknown = track.sample_entries.iter();
                    let unknown = unknown.filter(|entry| !known.sample_entries.contains(entry));
                    let unknown: Vec<_> = unknown.cloned().collect();
                    known.sample_entries.extend(unknown);
                }
                None => self.tracks.push(track.clone()),
            }
        }
    }

    fn place(&self, segment: &mut ParsedSegment, clock: &mut Clock) {
        let later_by = clock.advance(segment);
        for track in segment.tracks.clone() {
            let known = self.tracks.iter().find(|known| known.id == track.id);
            let entry = known.zip(track.sample_entries.first()).and_then(|(known, entry)| {
                known.sample_entries.iter().position(|other| other == entry)
            });
            let entry = entry.and_then(|place| u32::try_from(place + 1).ok()).unwrap_or(1);
            segment.rewrite(track.id, entry, later_by.in_ticks_of(track.timescale));
        }
    }

    fn duration_ms(&self) -> u64 {
        self.clock.end_in_ticks() * 1000 / u64::from(self.timescale())
    }

    fn timescale(&self) -> u32 {
        let video = self.tracks.iter().find(|track| track.id == VIDEO_TRACK);
        video.map_or(1, |track| track.timescale.max(1))
    }
}

/// Sees to it that time never goes back, which a stepped wall clock between
/// two runs of the program could make it do.
#[derive(Default)]
struct Clock {
    ended: u64,
    later_by: u64,
}

/// A time by which samples move, in seconds as a fraction.
struct Shift {
    ticks: u64,
    timescale: u32,
}

impl Shift {
    fn in_ticks_of(&self, timescale: u32) -> u64 {
        let ticks = u128::from(self.ticks) * u128::from(timescale);
        u64::try_from(ticks / u128::from(self.timescale.max(1))).unwrap_or(u64::MAX)
    }
}

impl Clock {
    fn advance(&mut self, segment: &ParsedSegment) -> Shift {
        if let Some((starts, ends)) = segment.span(VIDEO_TRACK) {
            let lag = self.ended.saturating_sub(starts.saturating_add(self.later_by));
            self.later_by = self.later_by.saturating_add(lag);
            self.ended = ends.saturating_add(self.later_by);
        }
        let video = segment.tracks.iter().find(|track| track.id == VIDEO_TRACK);
        Shift { ticks: self.later_by, timescale: video.map_or(1, |track| track.timescale) }
    }

    fn end_in_ticks(&self) -> u64 {
        self.ended
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use secrecy::SecretString;

    use super::*;
    use crate::media::{Fragment, PictureKind, Ticks};
    use crate::mp4::{fragment_head, tracks};
    use crate::seal::{
        HouseholdIdentity, RecordingKey, RecordingRecipient, open_secret, seal_into,
    };
    use crate::testing::{picture, stream_parameters};

    fn sealed(
        recipient: &RecordingRecipient,
        width: u16,
        from_ms: u64,
    ) -> std::io::Result<Vec<u8>> {
        let mut parameters = stream_parameters(width);
        let entry = [&[0, 0, 0, 10], b"avc1".as_slice(), &width.to_be_bytes()].concat();
        parameters.video.sample_entry = entry.into();
        let fragment = Fragment {
            parameters: Arc::new(parameters),
            video: vec![picture(PictureKind::Keyframe, from_ms, 50)],
            audio: Vec::new(),
            starts: Ticks(0).plus_ms(from_ms),
            ends: Ticks(0).plus_ms(from_ms + 1_000),
            starts_at: Timestamp::UNIX_EPOCH,
        };
        let head = initialization(&tracks(&fragment.parameters), fragment.starts_at, None);
        let sealed = seal_into(recipient, Vec::new(), |w| {
            w.write_all(&head)?;
            w.write_all(&fragment_head(&fragment, 1, Ticks(0)).bytes)?;
            fragment.video.iter().try_for_each(|sample| w.write_all(&sample.data))
        });
        Ok(sealed.unwrap())
    }

    fn key() -> (RecordingRecipient, RecordingIdentity) {
        let owner = HouseholdIdentity::generate();
        let key = RecordingKey::generate(&owner.recipient()).unwrap();
        (key.recipient, open_secret(&key.sealed_secret, &owner).unwrap())
    }

    fn export_all(
        segments: Vec<std::io::Result<Vec<u8>>>,
        identity: &RecordingIdentity,
    ) -> Result<(Exported, ParsedSegment), ExportError> {
        let mut out = Vec::new();
        let bytes: Vec<_> = segments.into_iter().map(Result::unwrap).collect();
        let exported = export(bytes.iter().map(|b| Ok(b.clone())), identity, &mut out)?;
        Ok((exported, parse_segment(&out).unwrap()))
    }

    #[test]
    fn a_camera_that_changed_its_width_keeps_both_descriptions() {
        let (recipient, identity) = key();
        let segments = [(640, 0), (1280, 1_000), (640, 2_000)];
        let segments = segments.map(|(width, from)| sealed(&recipient, width, from));
        let (exported, file) = export_all(segments.into(), &identity).unwrap();
        assert_eq!((exported.segments, exported.duration_ms), (3, 3_000));
        assert_eq!(file.tracks.first().unwrap().sample_entries.len(), 2);
        assert_eq!(file.span(VIDEO_TRACK), Some((0, 270_000)));
    }

    #[test]
    fn time_never_goes_back_in_an_exported_file() {
        let (recipient, identity) = key();
        let segments = [0, 1_000, 500].map(|from| sealed(&recipient, 640, from));
        let (exported, file) = export_all(segments.into(), &identity).unwrap();
        assert_eq!(exported.duration_ms, 3_000);
        assert_eq!(file.span(VIDEO_TRACK), Some((0, 270_000)));
    }

    #[test]
    fn another_recordings_identity_exports_nothing() {
        let (recipient, identity) = key();
        let (_, other) = key();
        assert!(matches!(export_all(vec![], &identity), Err(ExportError::Empty)));
        let refused = export_all(vec![sealed(&recipient, 640, 0)], &other);
        assert!(matches!(refused, Err(ExportError::Open(_))));
        let text: SecretString = other.expose();
        assert!(RecordingIdentity::parse(&text).is_ok());
    }
}
