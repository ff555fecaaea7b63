//! Gathers pictures and sound into groups that start with a keyframe.
//!
//! A group ends with the next keyframe, with changed parameters, or at a bound
//! in bytes or time: a camera may send a keyframe a minute, or never again.
//! What goes on after a bound is a fragment that needs the one before it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::media::{AudioSample, Fragment, PictureKind, StreamParameters, Ticks, VideoSample};

/// How large one fragment may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FragmentBounds {
    /// The most sample bytes.
    pub bytes: usize,
    /// The longest time, in milliseconds.
    pub ms: u64,
    /// A keyframe that comes earlier than this does not end the fragment, in
    /// milliseconds: a camera may send nothing but keyframes.
    pub least_ms: u64,
}

impl Default for FragmentBounds {
    /// 8 MiB and 10 s, four times what a 4 Mbit/s camera needs for 4 s; and
    /// never shorter than the usual two seconds, less some jitter.
    fn default() -> Self {
        Self { bytes: 8 << 20, ms: 10_000, least_ms: 1_800 }
    }
}

/// How long a picture is shown when nothing follows that would tell.
const LONE_PICTURE: i64 = 3_000;

/// A group that is being gathered.
#[derive(Debug)]
struct Open {
    parameters: Arc<StreamParameters>,
    video: Vec<VideoSample>,
    audio: Vec<AudioSample>,
    bytes: usize,
    starts_at: Timestamp,
}

/// The pictures from a keyframe on, as far as they have come.
#[derive(Debug, Clone)]
pub struct OpenGroup {
    /// What they need to be decoded.
    pub parameters: Arc<StreamParameters>,
    /// In decoding order; the first one is a keyframe.
    pub video: Vec<VideoSample>,
}

impl OpenGroup {
    /// Returns the size of all pictures, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.video.iter().map(|sample| sample.data.len()).sum()
    }
}

/// Gathers one camera's groups.
#[derive(Debug)]
pub struct GopBuilder {
    bounds: FragmentBounds,
    open: Option<Open>,
}

impl GopBuilder {
    /// Starts with nothing gathered.
    #[must_use]
    pub fn new(bounds: FragmentBounds) -> Self {
        Self { bounds, open: None }
    }

    /// Takes in a picture that arrived at `arrived`; returns the group that it ends.
    ///
    /// Pictures before the first keyframe cannot be decoded and are dropped.
    pub fn push_video(
        &mut self,
        sample: VideoSample,
        parameters: &Arc<StreamParameters>,
        arrived: Timestamp,
    ) -> Option<Fragment> {
        let ended = if self.must_end_before(&sample, parameters) {
            self.end_at(sample.shown_at)
        } else {
            None
        };
        if self.open.is_none() && sample.kind == PictureKind::Dependent && ended.is_none() {
            return None;
        }
        let open = self.open.get_or_insert_with(|| Open {
            parameters: Arc::clone(parameters),
            video: Vec::new(),
            audio: Vec::new(),
            bytes: 0,
            starts_at: arrived,
        });
        open.bytes += sample.data.len();
        open.video.push(sample);
        ended
    }

    /// Takes in a piece of sound; without an open group it is dropped.
    pub fn push_audio(&mut self, sample: AudioSample) {
        if let Some(open) = &mut self.open {
            open.bytes += sample.data.len();
            open.audio.push(sample);
        }
    }

    /// Ends the open group, because the stream ended.
    pub fn finish(&mut self) -> Option<Fragment> {
        let fragment = self.snapshot();
        self.open = None;
        fragment
    }

    /// Returns the open group as it is, and goes on gathering it.
    #[must_use]
    pub fn snapshot(&self) -> Option<Fragment> {
        let open = self.open.as_ref()?;
        let last = open.video.iter().map(|sample| sample.shown_at).max()?;
        let first = open.video.iter().map(|sample| sample.shown_at).min()?;
        let others = i64::try_from(open.video.len().saturating_sub(1)).unwrap_or(i64::MAX);
        let usual = match others {
            0 => LONE_PICTURE,
            others => (last.0.saturating_sub(first.0) / others).max(1),
        };
        Some(seal_off(open, Ticks(last.0.saturating_add(usual))))
    }

    /// Returns the pictures since the last keyframe; none if the open group was cut off
    /// from it.
    #[must_use]
    pub fn since_keyframe(&self) -> Option<OpenGroup> {
        let open = self.open.as_ref()?;
        let from = open.video.iter().rposition(|sample| sample.kind == PictureKind::Keyframe)?;
        let video = open.video.get(from..)?.to_vec();
        Some(OpenGroup { parameters: Arc::clone(&open.parameters), video })
    }

    fn must_end_before(&self, sample: &VideoSample, parameters: &Arc<StreamParameters>) -> bool {
        let Some(open) = &self.open else { return false };
        let started = open.video.first().map_or(sample.shown_at, |first| first.shown_at);
        let lasted = sample.shown_at.ms_since(started);
        sample.kind == PictureKind::Keyframe && lasted >= self.bounds.least_ms
            || *open.parameters != **parameters
            || open.bytes.saturating_add(sample.data.len()) > self.bounds.bytes
            || lasted >= self.bounds.ms
    }

    fn end_at(&mut self, next: Ticks) -> Option<Fragment> {
        self.open.take().map(|open| seal_off(&open, next))
    }
}

fn seal_off(open: &Open, ends: Ticks) -> Fragment {
    let shown = || open.video.iter().map(|sample| sample.shown_at);
    let starts = shown().min().unwrap_or(ends);
    let last = shown().max().unwrap_or(ends);
    Fragment {
        parameters: Arc::clone(&open.parameters),
        video: open.video.clone(),
        audio: open.audio.clone(),
        starts,
        ends: Ticks(ends.0.max(last.0.saturating_add(1))),
        starts_at: open.starts_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{picture, stream_parameters};

    const KEY: PictureKind = PictureKind::Keyframe;
    const DEP: PictureKind = PictureKind::Dependent;

    fn push(
        builder: &mut GopBuilder,
        kind: PictureKind,
        ms: u64,
        bytes: usize,
    ) -> Option<Fragment> {
        let parameters = Arc::new(stream_parameters(640));
        builder.push_video(picture(kind, ms, bytes), &parameters, Timestamp::UNIX_EPOCH)
    }

    const EVERY_GROUP: FragmentBounds = FragmentBounds { bytes: 8 << 20, ms: 10_000, least_ms: 0 };

    #[test]
    fn a_group_ends_where_the_next_keyframe_starts() {
        let mut builder = GopBuilder::new(EVERY_GROUP);
        assert!(push(&mut builder, DEP, 0, 9).is_none(), "what cannot be decoded is dropped");
        assert!(builder.snapshot().is_none());
        push(&mut builder, KEY, 40, 100);
        push(&mut builder, DEP, 80, 10);
        let fragment = push(&mut builder, KEY, 120, 100).unwrap();
        assert_eq!((fragment.video.len(), fragment.duration_ms()), (2, 80));
        assert_eq!(fragment.opening(), KEY);
        let longer = Fragment { ends: Ticks(fragment.ends.0 + 1), ..fragment };
        assert_eq!(longer.duration_ms(), 81, "it does not reach into the next");
        assert_eq!(builder.finish().unwrap().video.len(), 1);
        assert!(builder.finish().is_none());
    }

    #[test]
    fn the_last_keyframe_is_found_wherever_it_is_in_the_open_group() {
        let mut builder = GopBuilder::new(FragmentBounds::default());
        assert!(builder.since_keyframe().is_none());
        for (kind, ms) in [(KEY, 0), (DEP, 40), (KEY, 80), (DEP, 120)] {
            push(&mut builder, kind, ms, 10);
        }
        let group = builder.since_keyframe().unwrap();
        assert_eq!((group.video.len(), group.bytes(), group.video[0].kind), (2, 20, KEY));
        let mut cut = GopBuilder::new(FragmentBounds { ms: 40, ..EVERY_GROUP });
        push(&mut cut, KEY, 0, 10);
        push(&mut cut, DEP, 40, 10);
        assert!(cut.since_keyframe().is_none(), "its keyframe is in the fragment before");
    }

    #[test]
    fn a_camera_without_keyframes_is_cut_at_the_bounds() {
        let mut builder = GopBuilder::new(FragmentBounds { bytes: 1_000, ms: 500, least_ms: 0 });
        push(&mut builder, KEY, 0, 900);
        let by_bytes = push(&mut builder, DEP, 40, 200).unwrap();
        assert_eq!(by_bytes.payload_bytes(), 900);
        let by_time = push(&mut builder, DEP, 540, 200).unwrap();
        assert_eq!((by_time.opening(), by_time.duration_ms()), (DEP, 500));
    }

    #[test]
    fn a_camera_of_nothing_but_keyframes_gets_fragments_of_a_useful_length() {
        let mut builder = GopBuilder::new(FragmentBounds::default());
        let ended = (0..100).filter_map(|n| push(&mut builder, KEY, n * 40, 100));
        let lengths: Vec<u64> = ended.map(|fragment| fragment.duration_ms()).collect();
        assert_eq!(lengths, [1_800, 1_800]);
    }

    #[test]
    fn changed_parameters_start_a_group_of_their_own() {
        let mut builder = GopBuilder::new(FragmentBounds::default());
        push(&mut builder, KEY, 0, 10);
        let wider = Arc::new(stream_parameters(1280));
        let ended = builder.push_video(picture(DEP, 40, 5), &wider, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(ended.parameters.video.width, 640);
        assert_eq!(builder.finish().unwrap().parameters.video.width, 1280);
    }
}
