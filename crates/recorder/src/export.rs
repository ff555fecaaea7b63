//! From sealed segments to one file that any player opens.
//!
//! Runs where the recording's identity is: on the owner's machine or phone, or
//! in the command that the owner gives it to. Nothing is decoded or changed:
//! the samples are put one after the other behind one table. Where a camera
//! changed its parameters, the table names the description that each sample
//! follows. Gaps stay gaps: the last picture before one stands until it ends.

use std::io::Write;

use jiff::Timestamp;

use crate::mp4::{
    ParsedSegment, Run, SampleTable, SegmentError, Track, VIDEO_TRACK, parse_segment,
    whole_file_head,
};
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
    let head = whole_file_head(&plan.tables, starts_at, plan.payload);
    out.write_all(&head).map_err(ExportError::Write)?;
    for sealed in segments {
        let segment = open(sealed, identity)?;
        for run in &segment.runs {
            out.write_all(segment.samples_of(run)).map_err(ExportError::Write)?;
        }
    }
    out.flush().map_err(ExportError::Write)?;
    Ok(Exported { starts_at, duration_ms: plan.duration_ms(), segments: plan.segments })
}

fn open(
    sealed: std::io::Result<Vec<u8>>,
    identity: &RecordingIdentity,
) -> Result<ParsedSegment, ExportError> {
    let sealed = sealed.map_err(ExportError::Read)?;
    Ok(parse_segment(open_segment(&sealed, identity)?)?)
}

/// What the file will describe.
#[derive(Default)]
struct Plan {
    tables: Vec<(Track, SampleTable)>,
    starts_at: Option<Timestamp>,
    segments: u32,
    /// How many sample bytes there are so far.
    payload: u64,
    /// How much later than recorded everything is shown, in microseconds. Time
    /// must never go back, which a wall clock that was set back between two
    /// runs of the program could make it do.
    later_by_us: u64,
}

impl Plan {
    fn learn(&mut self, segment: &ParsedSegment) {
        self.starts_at.get_or_insert(segment.created);
        self.segments += 1;
        self.keep_time_going(segment);
        for run in &segment.runs {
            let at = self.payload;
            self.payload = self.payload.saturating_add(segment.samples_of(run).len() as u64);
            if let Some(track) = segment.tracks.iter().find(|track| track.id == run.track) {
                self.add(run, track, at);
            }
        }
    }

    /// Moves what follows behind the pictures that are already there.
    fn keep_time_going(&mut self, segment: &ParsedSegment) {
        let Some(run) = segment.runs.iter().find(|run| run.track == VIDEO_TRACK) else { return };
        let Some((track, table)) = self.video() else { return };
        let starts = run.decoded_from.saturating_add(ticks(self.later_by_us, track.timescale));
        let lag = u128::from(table.ends().saturating_sub(starts)) * 1_000_000;
        let lag_us = u64::try_from(lag.div_ceil(u128::from(track.timescale.max(1))));
        self.later_by_us = self.later_by_us.saturating_add(lag_us.unwrap_or(u64::MAX));
    }

    fn add(&mut self, run: &Run, track: &Track, at: u64) {
        let later_by = ticks(self.later_by_us, track.timescale);
        let (known, table) = table_of(&mut self.tables, track);
        let entry = track.sample_entries.first().map_or(1, |entry| sample_entry(known, entry));
        // Sound may overlap by a rounding; it never goes back either.
        let starts = run.decoded_from.saturating_add(later_by).max(table.ends());
        table.add(run, at, entry, starts);
    }

    fn video(&self) -> Option<&(Track, SampleTable)> {
        self.tables.iter().find(|(track, _)| track.id == VIDEO_TRACK)
    }

    fn duration_ms(&self) -> u64 {
        self.video().map_or(0, |(track, table)| table.ends_ms(track.timescale))
    }
}

fn ticks(us: u64, timescale: u32) -> u64 {
    let ticks = u128::from(us) * u128::from(timescale) / 1_000_000;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// Returns a track's table, and makes it at the track's first sample.
fn table_of<'a>(
    tables: &'a mut Vec<(Track, SampleTable)>,
    track: &Track,
) -> &'a mut (Track, SampleTable) {
    let known = tables.iter().position(|(known, _)| known.id == track.id);
    let place = known.unwrap_or(tables.len());
    if known.is_none() {
        tables.push((track.clone(), SampleTable::default()));
    }
    tables.get_mut(place).expect("the table was found there, or has just been put there")
}

/// Returns the place of a sample entry, counted from 1, adding it if it is new.
fn sample_entry(track: &mut Track, entry: &bytes::Bytes) -> u32 {
    let known = track.sample_entries.iter().position(|other| other == entry);
    let place = known.unwrap_or(track.sample_entries.len());
    if known.is_none() {
        track.sample_entries.push(entry.clone());
    }
    u32::try_from(place + 1).unwrap_or(1)
}

#[cfg(test)]
mod vectors;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use secrecy::SecretString;

    use super::*;
    use crate::media::{Fragment, PictureKind, Ticks};
    use crate::mp4::{fragment_head, initialization, tracks};
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
        let head = initialization(&tracks(&fragment.parameters), fragment.starts_at);
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
    ) -> Result<(Exported, Vec<u8>), ExportError> {
        let mut out = Vec::new();
        let bytes: Vec<_> = segments.into_iter().map(Result::unwrap).collect();
        let exported = export(bytes.iter().map(|b| Ok(b.clone())), identity, &mut out)?;
        Ok((exported, out))
    }

    fn times_in(file: &[u8], wanted: &[u8]) -> usize {
        let mut times = 0;
        let mut rest = file;
        while let Some(at) = rest.windows(wanted.len()).position(|window| window == wanted) {
            times += 1;
            rest = &rest[at + wanted.len()..];
        }
        times
    }

    #[test]
    fn a_gap_between_segments_stays_in_the_clip() {
        let (recipient, identity) = key();
        let segments = [0, 9_000].map(|from| sealed(&recipient, 640, from));
        let (exported, _) = export_all(segments.into(), &identity).unwrap();
        assert_eq!(exported.duration_ms, 10_000);
    }

    #[test]
    fn a_camera_that_changed_its_width_keeps_both_descriptions() {
        let (recipient, identity) = key();
        let segments = [(640, 0), (1280, 1_000), (640, 2_000)];
        let segments = segments.map(|(width, from)| sealed(&recipient, width, from));
        let (exported, file) = export_all(segments.into(), &identity).unwrap();
        assert_eq!((exported.segments, exported.duration_ms), (3, 3_000));
        assert_eq!(times_in(&file, b"avc1"), 2, "each description once");
        assert_eq!(times_in(&file, &[7; 50]), 3, "every picture once");
    }

    #[test]
    fn time_never_goes_back_in_an_exported_file() {
        let (recipient, identity) = key();
        let segments = [0, 1_000, 500].map(|from| sealed(&recipient, 640, from));
        let (exported, file) = export_all(segments.into(), &identity).unwrap();
        assert_eq!(exported.duration_ms, 3_000);
        assert_eq!(times_in(&file, &[7; 50]), 3);
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
