//! Samples for unit tests.

use bytes::Bytes;

use crate::media::{
    AudioParameters, AudioSample, PictureKind, StreamParameters, Ticks, VideoCodec,
    VideoParameters, VideoSample,
};

/// Returns parameters of an imaginary camera.
pub(crate) fn stream_parameters(width: u16) -> StreamParameters {
    StreamParameters {
        video: VideoParameters {
            codec: VideoCodec::H264,
            codec_string: "avc1.42c01f".to_owned(),
            sample_entry: Bytes::from_static(b"\0\0\0\x08avc1"),
            configuration: Bytes::new(),
            width,
            height: 360,
        },
        audio: None,
    }
}

/// Returns a picture of `bytes` bytes shown at `ms`.
pub(crate) fn picture(kind: PictureKind, ms: u64, bytes: usize) -> VideoSample {
    VideoSample { shown_at: Ticks(0).plus_ms(ms), kind, data: Bytes::from(vec![7; bytes]) }
}

/// Returns parameters of an imaginary microphone.
pub(crate) fn sound_parameters(clock_rate: u32) -> AudioParameters {
    AudioParameters {
        codec_string: "mp4a.40.2".to_owned(),
        sample_entry: Bytes::from_static(b"\0\0\0\x08mp4a"),
        clock_rate,
    }
}

/// Returns a piece of sound of `bytes` bytes.
pub(crate) fn sound(heard_at: Ticks, bytes: usize) -> AudioSample {
    AudioSample { heard_at, duration: 1_024, data: Bytes::from(vec![9; bytes]) }
}
