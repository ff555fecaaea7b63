//! When the pictures of a fragment are decoded, and when its sound is heard.
//!
//! RTP tells when a picture is shown and not when it is decoded, and cameras
//! that send B-frames decode in another order than they show. Decoding times
//! are therefore the shown times put in order: the nth picture to arrive is
//! decoded at the nth shown time, and the difference goes into a signed
//! composition offset. Without B-frames all offsets are zero, whatever the
//! camera's clock does.

use crate::media::{Fragment, TICKS_PER_SECOND, Ticks, VideoSample};

/// When one picture is decoded, relative to its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DecodingTime {
    /// Until the next picture is decoded.
    pub(super) duration: u32,
    /// From decoding to showing.
    pub(super) offset: i32,
}

/// Returns when each picture of a fragment is decoded.
pub(super) fn decoding_times(fragment: &Fragment) -> Vec<DecodingTime> {
    let mut decoded: Vec<Ticks> = fragment.video.iter().map(|sample| sample.shown_at).collect();
    decoded.sort_unstable();
    hurry_last(&mut decoded, &fragment.video);
    let next = decoded.iter().skip(1).chain(std::iter::once(&fragment.ends));
    let time = |((sample, at), next): ((&VideoSample, &Ticks), &Ticks)| DecodingTime {
        duration: u32::try_from(next.0.saturating_sub(at.0)).unwrap_or(0),
        offset: i32::try_from(sample.shown_at.0.saturating_sub(at.0)).unwrap_or(0),
    };
    fragment.video.iter().zip(&decoded).zip(next).map(time).collect()
}

/// Lets the last picture be decoded soon behind the one before it.
///
/// Where a recording ends between a picture and those that are shown before it, the last shown
/// time is far off, and the last picture would be decoded later behind its own than any other.
/// A reader that takes its delay from the pictures before it holds that for an error.
fn hurry_last(decoded: &mut [Ticks], pictures: &[VideoSample]) {
    let steps = decoded.windows(2).filter_map(|pair| match pair {
        [earlier, later] => Some(later.0.saturating_sub(earlier.0)),
        _ => None,
    });
    let Some(step) = steps.filter(|step| *step > 0).min() else { return };
    let ([.., before, last], Some(picture)) = (decoded, pictures.last()) else { return };
    if picture.shown_at < *last {
        *last = Ticks(last.0.min(before.0.saturating_add(step)));
    }
}

/// Returns when a fragment's sound starts and how long each piece lasts, in ticks of the
/// sound's own clock.
///
/// A run has one start and then only durations, so a pause of the microphone has to be part
/// of the piece before it, or all that follows would be heard too early. It ends with the
/// fragment, because what lies behind that is told by the next one. A hole shorter than half
/// a piece is rounding or jitter: filling it would be heard as a click. Pieces that overlap
/// follow one another, as time never goes back.
pub(super) fn hearing_times(fragment: &Fragment, zero: Ticks, clock_rate: u32) -> (u64, Vec<u32>) {
    let told = |at| in_sound_ticks(at, zero, clock_rate);
    let audio = &fragment.audio;
    let starts = told(audio.first().map_or(fragment.starts, |sample| sample.heard_at));
    let last = told(fragment.ends);
    let mut at = starts;
    let nexts = audio.iter().skip(1).map(Some).chain(std::iter::once(None));
    let lasts = audio.iter().zip(nexts).map(|(sample, next)| {
        let over = at.saturating_add(u64::from(sample.duration));
        let until = next.map_or(over, |next| told(next.heard_at).min(last));
        let is_hole = until > over.saturating_add(u64::from(sample.duration / 2));
        let lasts = if is_hole { until.saturating_sub(at) } else { u64::from(sample.duration) };
        at = at.saturating_add(lasts);
        u32::try_from(lasts).unwrap_or(u32::MAX)
    });
    (starts, lasts.collect())
}

/// Returns the time since `zero` in ticks of a sound's own clock.
#[must_use]
pub fn in_sound_ticks(at: Ticks, zero: Ticks, clock_rate: u32) -> u64 {
    let ticks = u128::from(since(at, zero)) * u128::from(clock_rate);
    u64::try_from(ticks / u128::from(TICKS_PER_SECOND.unsigned_abs())).unwrap_or(u64::MAX)
}

/// Returns the time since `zero`; 0 before it.
pub(super) fn since(at: Ticks, zero: Ticks) -> u64 {
    u64::try_from(at.0.saturating_sub(zero.0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::media::PictureKind;
    use crate::mp4::{AUDIO_TRACK, fragment_head, initialization, parse_segment, tracks};
    use crate::testing::{picture, sound, sound_parameters, stream_parameters};

    fn fragment(shown_ms: &[u64], ends_ms: u64) -> Fragment {
        let kind = |place| if place == 0 { PictureKind::Keyframe } else { PictureKind::Dependent };
        let pictures = shown_ms.iter().enumerate().map(|(n, ms)| picture(kind(n), *ms, 10));
        Fragment {
            parameters: Arc::new(stream_parameters(640)),
            video: pictures.collect(),
            audio: Vec::new(),
            starts: Ticks(0).plus_ms(shown_ms.iter().copied().min().unwrap_or(0)),
            ends: Ticks(0).plus_ms(ends_ms),
            starts_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn b_frames_are_decoded_before_the_picture_they_are_shown_before() {
        // I P B B: shown 0, 120, 40, 80.
        let times = decoding_times(&fragment(&[0, 120, 40, 80], 160));
        let expected = [(3600, 0), (3600, 80 * 90), (3600, -40 * 90), (3600, -40 * 90)];
        assert_eq!(times.map_to_pairs(), expected);
    }

    #[test]
    fn a_recording_that_ends_before_all_b_frames_came_delays_none_longer_than_others() {
        // I P B B, P B and no more: what is shown at 200 is missing.
        let times = decoding_times(&fragment(&[0, 120, 40, 80, 240, 160], 280));
        let offsets: Vec<i32> = times.iter().map(|time| time.offset / 90).collect();
        assert_eq!(offsets, [0, 80, -40, -40, 80, -40]);
        assert_eq!(times.iter().map(|time| time.duration).sum::<u32>(), 280 * 90);
    }

    #[test]
    fn without_b_frames_a_jittering_clock_needs_no_offsets() {
        let times = decoding_times(&fragment(&[0, 33, 70, 90], 133));
        assert!(times.iter().all(|time| time.offset == 0));
        assert_eq!(times.iter().map(|time| time.duration).sum::<u32>(), 133 * 90);
    }

    proptest! {
        #[test]
        fn shown_times_survive_whatever_their_order(
            shown in proptest::collection::vec(0_u64..10_000, 1..60),
        ) {
            let fragment = fragment(&shown, 10_001);
            let mut decoded = fragment.starts.0;
            for (time, ms) in decoding_times(&fragment).iter().zip(&shown) {
                prop_assert_eq!(decoded + i64::from(time.offset), Ticks(0).plus_ms(*ms).0);
                decoded += i64::from(time.duration);
            }
            prop_assert_eq!(decoded, fragment.ends.0);
        }
    }

    /// Returns from when each piece of 64 ms is heard, in ms, and when the last one is over.
    fn heard(from_ms: &[u64], ends_ms: u64) -> Vec<u64> {
        let mut fragment = fragment(&[1_000], ends_ms);
        let mut parameters = stream_parameters(640);
        parameters.audio = Some(Arc::new(sound_parameters(16_000)));
        fragment.parameters = Arc::new(parameters);
        fragment.audio = from_ms.iter().map(|ms| sound(Ticks(0).plus_ms(*ms), 30)).collect();
        let mut segment = initialization(&tracks(&fragment.parameters), fragment.starts_at);
        segment.extend(fragment_head(&fragment, 1, Ticks(0).plus_ms(500)).bytes);
        segment.resize(segment.len() + fragment.payload_bytes(), 0);
        let parsed = parse_segment(segment).unwrap();
        let run = parsed.runs.iter().find(|run| run.track == AUDIO_TRACK).unwrap();
        let mut at = run.decoded_from;
        let lasts = run.samples.iter().map(|sample| u64::from(sample.duration));
        let ends = lasts.map(|lasts| {
            at += lasts;
            at
        });
        let ends: Vec<u64> = ends.collect();
        std::iter::once(run.decoded_from).chain(ends).map(|at| at / 16 + 500).collect()
    }

    #[test]
    fn sound_behind_a_pause_of_the_microphone_is_heard_when_it_was() {
        let heard = heard(&[1_000, 1_064, 4_000, 4_064], 5_000);
        assert_eq!(heard, [1_000, 1_064, 4_000, 4_064, 4_128]);
    }

    #[test]
    fn a_pause_ends_with_the_segment_and_jitter_is_none() {
        let across = heard(&[1_000, 9_000, 9_064], 2_000);
        assert_eq!(across, [1_000, 2_000, 2_064, 2_128]);
        let jitter = heard(&[1_000, 1_080, 1_120, 1_192, 1_000], 2_000);
        assert_eq!(jitter, [1_000, 1_064, 1_128, 1_192, 1_256, 1_320]);
        let drift = heard(&[1_000, 1_080, 1_160, 1_240], 2_000);
        assert_eq!(drift, [1_000, 1_064, 1_128, 1_240, 1_304], "it does not add up");
    }

    trait Pairs {
        fn map_to_pairs(&self) -> Vec<(u32, i32)>;
    }

    impl Pairs for Vec<DecodingTime> {
        fn map_to_pairs(&self) -> Vec<(u32, i32)> {
            self.iter().map(|time| (time.duration, time.offset)).collect()
        }
    }
}
