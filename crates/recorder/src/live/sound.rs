//! What a camera hears.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::{LiveHeader, LivePiece};
use crate::camera::LiveSoundSample;
use crate::media::{AudioParameters, AudioSample, Ticks};
use crate::mp4::{in_sound_ticks, initialization, sound_fragment, sound_track};

/// A piece that starts so close to the end of the one before follows it without a seam:
/// times are rounded on their way, and a seam is heard as a click.
const SEAM: u32 = 100; // a hundredth of a second

/// One listener's share of what a camera hears.
#[derive(Debug)]
pub struct LiveSound {
    samples: broadcast::Receiver<LiveSoundSample>,
    parameters: Option<Arc<AudioParameters>>,
    /// Where the listener's time starts; unset until the first piece.
    zero: Option<Ticks>,
    /// When the last piece is over, in ticks of the sound's own clock.
    ends: u64,
    sequence: u32,
    due: VecDeque<LivePiece>,
}

/// Returns the media type of a camera's sound.
pub(super) fn media_type(audio: &AudioParameters) -> String {
    format!("audio/mp4; codecs=\"{}\"", audio.codec_string)
}

impl LiveSound {
    /// Begins to listen.
    #[must_use]
    pub fn new(samples: broadcast::Receiver<LiveSoundSample>) -> Self {
        let due = VecDeque::new();
        Self { samples, parameters: None, zero: None, ends: 0, sequence: 0, due }
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
                // Every piece stands alone; what was lost is a moment of silence.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn take_in(&mut self, live: &LiveSoundSample) {
        let zero = *self.zero.get_or_insert(live.sample.heard_at);
        if self.parameters.as_ref() != Some(&live.parameters) {
            self.introduce(&live.parameters, zero);
        }
        let heard_from = self.place(&live.sample, live.parameters.clock_rate, zero);
        self.sequence = self.sequence.wrapping_add(1);
        let piece = sound_fragment(&live.sample, self.sequence, heard_from);
        self.due.push_back(LivePiece::Fragment(piece.into()));
    }

    fn introduce(&mut self, audio: &Arc<AudioParameters>, starts: Ticks) {
        let header = LiveHeader { media_type: media_type(audio), sound: None, starts };
        self.due.push_back(LivePiece::Header(header));
        let head = initialization(&[sound_track(audio)], Timestamp::UNIX_EPOCH);
        self.due.push_back(LivePiece::Initialization(head.into()));
        self.parameters = Some(Arc::clone(audio));
        // Another clock may have come with it.
        self.ends = 0;
    }

    fn place(&mut self, sample: &AudioSample, clock_rate: u32, zero: Ticks) -> u64 {
        let told = in_sound_ticks(sample.heard_at, zero, clock_rate);
        let seamless = told.abs_diff(self.ends) <= u64::from(clock_rate / SEAM);
        let from = if seamless { self.ends } else { told };
        self.ends = from.saturating_add(u64::from(sample.duration));
        from
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::mp4::{TrackKind, parse_segment};
    use crate::testing::{sound, sound_parameters};

    fn send(camera: &broadcast::Sender<LiveSoundSample>, heard_at: Ticks, clock_rate: u32) {
        let parameters = Arc::new(sound_parameters(clock_rate));
        camera.send(LiveSoundSample { parameters, sample: sound(heard_at, 30) }).unwrap();
    }

    fn heard(listener: &mut LiveSound) -> Vec<LivePiece> {
        std::iter::from_fn(|| listener.next().now_or_never().flatten()).collect()
    }

    /// Puts an initialization and the fragments behind it together.
    fn file(pieces: &[LivePiece]) -> Vec<u8> {
        let bytes = pieces.iter().filter_map(|piece| match piece {
            LivePiece::Header(_) => None,
            LivePiece::Initialization(bytes) | LivePiece::Fragment(bytes) => Some(bytes.as_ref()),
        });
        bytes.collect::<Vec<_>>().concat()
    }

    #[test]
    fn a_listener_gets_every_piece_without_a_seam_where_times_were_rounded() {
        let (camera, samples) = broadcast::channel(16);
        let mut listener = LiveSound::new(samples);
        // 1,024 of 44,100 ticks are 2,089.8 of the pictures'.
        for at in [900_000, 902_089, 904_179] {
            send(&camera, Ticks(at), 44_100);
        }
        let pieces = heard(&mut listener);
        let LivePiece::Header(header) = &pieces[0] else { panic!("{pieces:?}") };
        assert_eq!(header.media_type, "audio/mp4; codecs=\"mp4a.40.2\"");
        assert_eq!((header.starts, &header.sound), (Ticks(900_000), &None));
        let parsed = parse_segment(file(&pieces)).unwrap();
        assert_eq!(
            parsed.tracks.iter().map(|track| track.kind).collect::<Vec<_>>(),
            [TrackKind::Audio]
        );
        let from: Vec<u64> = parsed.runs.iter().map(|run| run.decoded_from).collect();
        assert_eq!(from, [0, 1_024, 2_048]);
        assert!(parsed.runs.iter().all(|run| parsed.samples_of(run) == [9; 30]));
        drop(camera);
        assert_eq!(listener.next().now_or_never(), Some(None));
    }

    #[test]
    fn a_slow_listener_and_a_microphone_that_paused_leave_a_gap_as_long_as_it_was() {
        let (camera, samples) = broadcast::channel(2);
        let mut listener = LiveSound::new(samples);
        for ms in [0, 64, 128, 192] {
            send(&camera, Ticks(0).plus_ms(ms), 16_000);
        }
        let late = heard(&mut listener);
        send(&camera, Ticks(0).plus_ms(5_000), 16_000);
        let parsed = parse_segment(file(&[late, heard(&mut listener)].concat())).unwrap();
        let from: Vec<u64> = parsed.runs.iter().map(|run| run.decoded_from).collect();
        assert_eq!(from, [0, 1_024, (5_000 - 128) * 16]);
    }

    #[test]
    fn sound_of_another_kind_is_introduced() {
        let (camera, samples) = broadcast::channel(16);
        let mut listener = LiveSound::new(samples);
        send(&camera, Ticks(0), 16_000);
        send(&camera, Ticks(0).plus_ms(64), 8_000);
        let headers = heard(&mut listener)
            .iter()
            .filter(|piece| matches!(piece, LivePiece::Header(_)))
            .count();
        assert_eq!(headers, 2);
    }
}
