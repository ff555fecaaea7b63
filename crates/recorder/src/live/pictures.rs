//! What a camera sees.
//!
//! Guarantees: the first picture, and the first after some were lost, is a keyframe.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::order::{Decoded, DecodingClock};
use super::{LiveHeader, LivePiece, sound};
use crate::camera::LiveSample;
use crate::gop::OpenGroup;
use crate::media::{Fragment, PictureKind, StreamParameters, Ticks, VideoSample};
use crate::mp4::{fragment_head, initialization, picture_fragment, picture_track};

/// The most bytes that a watcher begins with; half of what waits for a player that does
/// not keep up. Whoever finds more waits for the next keyframe.
const MOST_AT_ONCE: usize = 4 << 20;

/// One watcher's view of a camera.
#[derive(Debug)]
pub struct LiveStream {
    samples: broadcast::Receiver<LiveSample>,
    parameters: Option<Arc<StreamParameters>>,
    /// Where the watcher's time starts; unset until the first keyframe.
    zero: Option<Ticks>,
    clock: DecodingClock,
    sequence: u32,
    due: VecDeque<LivePiece>,
}

impl LiveStream {
    /// Begins to watch; the first piece comes with the next keyframe.
    #[must_use]
    pub fn new(samples: broadcast::Receiver<LiveSample>) -> Self {
        Self {
            samples,
            parameters: None,
            zero: None,
            clock: DecodingClock::new(),
            sequence: 0,
            due: VecDeque::new(),
        }
    }

    /// Begins with the pictures since the last keyframe, in one fragment, so that nobody
    /// looks into the dark until the next one; `samples` are those that follow.
    #[must_use]
    pub fn since_keyframe(
        group: Option<OpenGroup>,
        samples: broadcast::Receiver<LiveSample>,
    ) -> Self {
        let mut stream = Self::new(samples);
        if let Some(group) = group.filter(|group| group.bytes() <= MOST_AT_ONCE) {
            stream.begin(group);
        }
        stream
    }

    /// Returns the next piece, or nothing once the camera was removed. May be dropped at
    /// any await.
    pub async fn next(&mut self) -> Option<LivePiece> {
        loop {
            if let Some(piece) = self.due.pop_front() {
                return Some(piece);
            }
            match self.samples.recv().await {
                Ok(live) => self.take_in(&live),
                // What follows the gap cannot be decoded before a keyframe.
                Err(RecvError::Lagged(_)) => self.clock.interrupted(),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn begin(&mut self, group: OpenGroup) {
        let OpenGroup { parameters, video } = group;
        let shown = || video.iter().map(|sample| sample.shown_at);
        let (Some(starts), Some(last)) = (shown().min(), shown().max()) else { return };
        self.introduce(&parameters, starts);
        let lasts = self.clock.skip(&video);
        let ends = Ticks(last.0.saturating_add(lasts));
        let starts_at = Timestamp::UNIX_EPOCH;
        let fragment = Fragment { parameters, video, audio: Vec::new(), starts, ends, starts_at };
        let mut bytes = fragment_head(&fragment, self.number(), self.zero.unwrap_or(starts)).bytes;
        fragment.video.iter().for_each(|sample| bytes.extend_from_slice(&sample.data));
        self.due.push_back(LivePiece::Fragment(bytes.into()));
    }

    fn take_in(&mut self, live: &LiveSample) {
        let begins = live.sample.kind == PictureKind::Keyframe;
        let changed = self.parameters.as_ref() != Some(&live.parameters);
        if !begins && (changed || !self.clock.runs()) {
            self.clock.interrupted();
            return;
        }
        if changed {
            self.introduce(&live.parameters, live.sample.shown_at);
        }
        self.picture(&live.sample);
    }

    fn introduce(&mut self, parameters: &Arc<StreamParameters>, starts: Ticks) {
        let starts = *self.zero.get_or_insert(starts);
        let media_type = format!("video/mp4; codecs=\"{}\"", parameters.video.codec_string);
        let sound = parameters.audio.as_deref().map(sound::media_type);
        self.due.push_back(LivePiece::Header(LiveHeader { media_type, sound, starts }));
        let head = initialization(&[picture_track(&parameters.video)], Timestamp::UNIX_EPOCH);
        self.due.push_back(LivePiece::Initialization(head.into()));
        self.parameters = Some(Arc::clone(parameters));
    }

    /// A picture is sent at once, so that how long it is shown is taken from those before;
    /// a player corrects it with the next fragment's own time.
    fn picture(&mut self, sample: &VideoSample) {
        let zero = *self.zero.get_or_insert(sample.shown_at);
        let Decoded { at, lasts } = self.clock.place(sample);
        let piece = picture_fragment(sample, self.number(), zero, at, lasts);
        self.due.push_back(LivePiece::Fragment(piece.into()));
    }

    fn number(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::mp4::parse_segment;
    use crate::testing::{picture, sound_parameters, stream_parameters};

    const KEY: PictureKind = PictureKind::Keyframe;
    const DEP: PictureKind = PictureKind::Dependent;

    fn send(camera: &broadcast::Sender<LiveSample>, kind: PictureKind, ms: u64, width: u16) {
        let parameters = Arc::new(stream_parameters(width));
        let sample = picture(kind, ms, 10);
        camera.send(LiveSample { parameters, sample }).unwrap();
    }

    fn seen(watcher: &mut LiveStream) -> String {
        let pieces = std::iter::from_fn(|| watcher.next().now_or_never().flatten());
        pieces
            .map(|piece| match piece {
                LivePiece::Header(_) => 'h',
                LivePiece::Initialization(_) => 'i',
                LivePiece::Fragment(_) => 'f',
            })
            .collect()
    }

    #[test]
    fn a_watcher_begins_with_a_keyframe_and_gets_every_picture_from_there() {
        let (camera, samples) = broadcast::channel(16);
        let mut watcher = LiveStream::new(samples);
        send(&camera, DEP, 0, 640);
        assert_eq!(seen(&mut watcher), "");
        for (kind, ms) in [(KEY, 40), (DEP, 80), (DEP, 120), (KEY, 160)] {
            send(&camera, kind, ms, 640);
        }
        assert_eq!(seen(&mut watcher), "hiffff");
        drop(camera);
        assert_eq!(watcher.next().now_or_never(), Some(None));
    }

    #[test]
    fn a_slow_watcher_goes_on_with_a_keyframe() {
        let (camera, samples) = broadcast::channel(2);
        let mut watcher = LiveStream::new(samples);
        send(&camera, KEY, 0, 640);
        assert_eq!(seen(&mut watcher), "hif");
        for ms in [40, 80, 120] {
            send(&camera, DEP, ms, 640);
        }
        assert_eq!(seen(&mut watcher), "");
        send(&camera, KEY, 160, 640);
        assert_eq!(seen(&mut watcher), "f");
    }

    #[test]
    fn a_picture_of_another_size_is_introduced() {
        let (camera, samples) = broadcast::channel(16);
        let mut watcher = LiveStream::new(samples);
        send(&camera, KEY, 0, 640);
        send(&camera, DEP, 40, 1280);
        send(&camera, KEY, 80, 1280);
        assert_eq!(seen(&mut watcher), "hifhif");
    }

    fn open_group(pictures: &[(PictureKind, u64)], bytes: usize) -> OpenGroup {
        let video = pictures.iter().map(|(kind, ms)| picture(*kind, *ms, bytes)).collect();
        OpenGroup { parameters: Arc::new(stream_parameters(640)), video }
    }

    #[test]
    fn a_watcher_begins_at_once_with_what_came_since_the_keyframe() {
        let (camera, samples) = broadcast::channel(16);
        let group = open_group(&[(KEY, 1_000), (DEP, 1_040), (DEP, 1_080)], 10);
        let mut watcher = LiveStream::since_keyframe(Some(group), samples);
        send(&camera, DEP, 1_120, 640);
        let mut file = Vec::new();
        let pieces = std::iter::from_fn(|| watcher.next().now_or_never().flatten());
        for piece in pieces {
            match piece {
                LivePiece::Header(header) => assert_eq!(header.starts, Ticks(0).plus_ms(1_000)),
                LivePiece::Initialization(bytes) | LivePiece::Fragment(bytes) => {
                    file.extend_from_slice(&bytes);
                }
            }
        }
        let parsed = parse_segment(file).unwrap();
        let runs: Vec<_> =
            parsed.runs.iter().map(|run| (run.decoded_from, run.samples.len())).collect();
        assert_eq!(runs, [(0, 3), (120 * 90, 1)]);
    }

    #[test]
    fn a_group_that_a_player_could_not_take_is_not_begun_with() {
        let (camera, samples) = broadcast::channel(16);
        let group = open_group(&[(KEY, 0), (DEP, 40)], 3 << 20);
        let mut watcher = LiveStream::since_keyframe(Some(group), samples);
        send(&camera, DEP, 80, 640);
        assert_eq!(seen(&mut watcher), "");
        send(&camera, KEY, 120, 640);
        assert_eq!(seen(&mut watcher), "hif");
    }

    #[test]
    fn the_header_tells_of_sound_and_no_byte_of_it_is_among_the_pictures() {
        let (camera, samples) = broadcast::channel(16);
        let mut watcher = LiveStream::new(samples);
        let mut parameters = stream_parameters(640);
        parameters.audio = Some(Arc::new(sound_parameters(16_000)));
        let parameters = Arc::new(parameters);
        let sample = picture(KEY, 0, 10);
        camera.send(LiveSample { parameters, sample }).unwrap();
        let Some(Some(LivePiece::Header(header))) = watcher.next().now_or_never() else {
            panic!("no header")
        };
        assert_eq!(header.media_type, "video/mp4; codecs=\"avc1.42c01f\"");
        assert_eq!(header.sound.as_deref(), Some("audio/mp4; codecs=\"mp4a.40.2\""));
        let Some(Some(LivePiece::Initialization(head))) = watcher.next().now_or_never() else {
            panic!("no initialization")
        };
        let tracks = parse_segment(head.to_vec()).unwrap().tracks;
        assert_eq!(tracks, [picture_track(&stream_parameters(640).video)]);
    }
}
