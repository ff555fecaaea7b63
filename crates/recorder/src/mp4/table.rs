//! Where the samples of a whole file are, and when they are shown, on the file's own time line.

use super::boxes::BoxWriter;
use super::read::{Run, Sample};

/// Ticks per second of the whole file's times.
pub(super) const MOVIE_TIMESCALE: u32 = 1_000;

/// Samples that lie behind one another and follow one sample entry.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    /// From the first sample byte of the file.
    at: u64,
    samples: u32,
    sample_entry: u32,
}

/// One track's samples.
#[derive(Debug, Clone, Default)]
pub struct SampleTable {
    samples: Vec<Sample>,
    chunks: Vec<Chunk>,
    /// When the first sample is decoded, in the track's ticks.
    starts: u64,
    /// When the last one is over, in the track's ticks.
    ends: u64,
}

impl SampleTable {
    /// Adds a run that is written `at` bytes behind the first sample and starts
    /// at `starts`. The sample before lasts until then: that is what a gap is.
    pub fn add(&mut self, run: &Run, at: u64, sample_entry: u32, starts: u64) {
        match self.samples.last_mut() {
            None => self.starts = starts,
            Some(last) => {
                let lasts = u64::from(last.duration).saturating_add(starts);
                let lasts = lasts.saturating_sub(self.ends);
                last.duration = u32::try_from(lasts).unwrap_or(u32::MAX);
            }
        }
        self.ends = starts.saturating_add(run.length());
        self.samples.extend_from_slice(&run.samples);
        let samples = u32::try_from(run.samples.len()).unwrap_or(u32::MAX);
        self.chunks.push(Chunk { at, samples, sample_entry });
    }

    /// Returns when the last sample is over, in the track's ticks.
    #[must_use]
    pub fn ends(&self) -> u64 {
        self.ends
    }

    /// Returns how long the samples last, in the track's ticks.
    pub(super) fn length(&self) -> u64 {
        self.ends.saturating_sub(self.starts)
    }

    /// Returns when the last sample is over, in milliseconds.
    #[must_use]
    pub fn ends_ms(&self, timescale: u32) -> u64 {
        movie_ticks(self.ends, timescale)
    }

    /// Writes how long the track is silent or dark before its first sample.
    pub(super) fn write_edits(&self, w: &mut BoxWriter, timescale: u32) {
        const NOTHING_SHOWN: u64 = u64::MAX; // -1
        if self.starts == 0 {
            return;
        }
        w.in_box(b"edts", |w| {
            w.in_full_box(b"elst", 1, 0, |w| {
                w.u32(2);
                for (ticks, from) in [(self.starts, NOTHING_SHOWN), (self.length(), 0)] {
                    w.u64(movie_ticks(ticks, timescale));
                    w.u64(from);
                    w.u32(0x1_0000); // at its own speed
                }
            });
        });
    }

    /// Writes the boxes within `stbl` that follow `stsd`.
    pub(super) fn write(&self, w: &mut BoxWriter, samples_at: u64) {
        let durations = self.samples.iter().map(|sample| sample.duration);
        run_lengths(w, b"stts", 0, durations);
        if self.samples.iter().any(|sample| sample.offset != 0) {
            let offsets = self.samples.iter().map(|sample| sample.offset.cast_unsigned());
            run_lengths(w, b"ctts", 1, offsets);
        }
        self.write_keyframes(w);
        self.write_chunks(w, samples_at);
    }

    fn write_keyframes(&self, w: &mut BoxWriter) {
        let numbered = (1_u32..).zip(&self.samples);
        let keyframes: Vec<u32> =
            numbered.filter(|(_, sample)| sample.stands_alone).map(|(number, _)| number).collect();
        if keyframes.len() < self.samples.len() {
            w.in_full_box(b"stss", 0, 0, |w| {
                w.u32(count(&keyframes));
                keyframes.iter().for_each(|number| w.u32(*number));
            });
        }
    }

    fn write_chunks(&self, w: &mut BoxWriter, samples_at: u64) {
        let mut kinds: Vec<(u32, u32, u32)> = Vec::new();
        for (number, chunk) in (1_u32..).zip(&self.chunks) {
            let kind = (chunk.samples, chunk.sample_entry);
            if kinds.last().is_none_or(|(_, samples, entry)| (*samples, *entry) != kind) {
                kinds.push((number, chunk.samples, chunk.sample_entry));
            }
        }
        w.in_full_box(b"stsc", 0, 0, |w| {
            w.u32(count(&kinds));
            kinds.iter().for_each(|(first, samples, entry)| {
                [first, samples, entry].into_iter().for_each(|value| w.u32(*value));
            });
        });
        w.in_full_box(b"stsz", 0, 0, |w| {
            w.u32(0);
            w.u32(count(&self.samples));
            self.samples.iter().for_each(|sample| w.u32(sample.bytes));
        });
        w.in_full_box(b"co64", 0, 0, |w| {
            w.u32(count(&self.chunks));
            self.chunks.iter().for_each(|chunk| w.u64(samples_at.saturating_add(chunk.at)));
        });
    }
}

fn count<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

fn movie_ticks(ticks: u64, timescale: u32) -> u64 {
    let scaled = u128::from(ticks) * u128::from(MOVIE_TIMESCALE) / u128::from(timescale.max(1));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// Writes values as how often each comes in a row.
fn run_lengths(w: &mut BoxWriter, kind: &[u8; 4], version: u8, values: impl Iterator<Item = u32>) {
    let mut rows: Vec<(u32, u32)> = Vec::new();
    for value in values {
        match rows.last_mut() {
            Some((times, same)) if *same == value => *times += 1,
            Some(_) | None => rows.push((1, value)),
        }
    }
    w.in_full_box(kind, version, 0, |w| {
        w.u32(count(&rows));
        rows.iter().for_each(|(times, value)| {
            w.u32(*times);
            w.u32(*value);
        });
    });
}
