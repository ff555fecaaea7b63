//! A camera's picture for somebody who watches: fragments of MP4, one for each picture
//! as it comes.
//!
//! Owns: one watcher's time line, which starts at zero, and where in the stream it may
//! begin. Guarantees: the first picture, and the first after some were lost, is a
//! keyframe; a watcher that is too slow loses pictures and never grows a queue. There is
//! no sound: what a camera hears goes into recordings alone. Does not know who watches.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::camera::LiveSample;
use crate::media::{Fragment, PictureKind, StreamParameters, Ticks, VideoSample};
use crate::mp4::{fragment_head, initialization, tracks};

/// How long a picture is shown until the next one tells: 1/30 s.
const USUAL_PICTURE: i64 = 3_000;

/// A longer pause than this, in ticks, is a gap and says nothing of the next picture.
const LONGEST_PICTURE: i64 = 90_000;

/// What a watcher is sent, in this order; pieces of the first two kinds come again when
/// the camera changes its picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LivePiece {
    /// The media type of what follows, for example `video/mp4; codecs="avc1.42c01f"`.
    MediaType(String),
    /// The initialization segment.
    Initialization(Bytes),
    /// One fragment.
    Fragment(Bytes),
}

/// One watcher's view of a camera.
#[derive(Debug)]
pub struct LiveStream {
    samples: broadcast::Receiver<LiveSample>,
    parameters: Option<Arc<StreamParameters>>,
    /// Where the watcher's time starts; unset until the first keyframe.
    zero: Option<Ticks>,
    last: Option<Ticks>,
    lasts: i64,
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
            last: None,
            lasts: USUAL_PICTURE,
            sequence: 0,
            due: VecDeque::new(),
        }
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
                Err(RecvError::Lagged(_)) => self.last = None,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn take_in(&mut self, live: &LiveSample) {
        let begins = live.sample.kind == PictureKind::Keyframe;
        let changed = self.parameters.as_ref() != Some(&live.parameters);
        if !begins && (changed || self.last.is_none()) {
            self.last = None;
            return;
        }
        if changed {
            self.introduce(&live.parameters);
        }
        let piece = self.fragment(&live.parameters, &live.sample);
        self.due.push_back(LivePiece::Fragment(piece));
    }

    fn introduce(&mut self, parameters: &Arc<StreamParameters>) {
        let silent = silent(parameters);
        let codec = &silent.video.codec_string;
        self.due.push_back(LivePiece::MediaType(format!("video/mp4; codecs=\"{codec}\"")));
        let head = initialization(&tracks(&silent), Timestamp::UNIX_EPOCH);
        self.due.push_back(LivePiece::Initialization(head.into()));
        self.parameters = Some(Arc::clone(parameters));
    }

    /// A picture is sent at once, so that how long it is shown is taken from the one
    /// before; a player corrects it with the next fragment's own time.
    fn fragment(&mut self, parameters: &StreamParameters, sample: &VideoSample) -> Bytes {
        let starts = sample.shown_at;
        let zero = *self.zero.get_or_insert(starts);
        let since = self.last.map_or(0, |last| starts.0.saturating_sub(last.0));
        if (1..=LONGEST_PICTURE).contains(&since) {
            self.lasts = since;
        }
        self.last = Some(starts);
        self.sequence = self.sequence.wrapping_add(1);
        let fragment = Fragment {
            parameters: Arc::new(silent(parameters)),
            video: vec![sample.clone()],
            audio: Vec::new(),
            starts,
            ends: Ticks(starts.0.saturating_add(self.lasts)),
            starts_at: Timestamp::UNIX_EPOCH,
        };
        let mut bytes = fragment_head(&fragment, self.sequence, zero).bytes;
        bytes.extend_from_slice(&sample.data);
        bytes.into()
    }
}

fn silent(parameters: &StreamParameters) -> StreamParameters {
    StreamParameters { video: parameters.video.clone(), audio: None }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::testing::{picture, stream_parameters};

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
                LivePiece::MediaType(_) => 'm',
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
        assert_eq!(seen(&mut watcher), "miffff");
        drop(camera);
        assert_eq!(watcher.next().now_or_never(), Some(None));
    }

    #[test]
    fn a_slow_watcher_goes_on_with_a_keyframe() {
        let (camera, samples) = broadcast::channel(2);
        let mut watcher = LiveStream::new(samples);
        send(&camera, KEY, 0, 640);
        assert_eq!(seen(&mut watcher), "mif");
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
        assert_eq!(seen(&mut watcher), "mifmif");
    }
}
