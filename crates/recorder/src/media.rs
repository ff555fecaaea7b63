//! What a camera's stream is made of once RTP has been taken off.
//!
//! Owns: times, samples and whole groups of pictures in memory. Does not know
//! where they come from or where they go.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

/// Ticks in one second of video time.
pub const TICKS_PER_SECOND: i64 = 90_000;

/// A moment on one camera's time line, in ticks of 1/90,000 s.
///
/// The line starts when the camera is added and goes on across reconnections,
/// so a lost connection is a gap and never a step back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ticks(pub i64);

impl Ticks {
    /// Returns the time from `earlier` to here, in milliseconds; 0 if it is negative.
    #[must_use]
    pub fn ms_since(self, earlier: Ticks) -> u64 {
        let ticks = self.0.saturating_sub(earlier.0).max(0);
        (ticks / (TICKS_PER_SECOND / 1000)).unsigned_abs()
    }

    /// Returns the moment `ms` milliseconds later.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Ticks {
        let ticks = i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(TICKS_PER_SECOND / 1000);
        Ticks(self.0.saturating_add(ticks))
    }
}

/// The way pictures are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VideoCodec {
    /// ITU-T H.264, also called AVC.
    H264,
    /// ITU-T H.265, also called HEVC.
    H265,
}

/// What a decoder and a file must know about the pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoParameters {
    /// How pictures are coded.
    pub codec: VideoCodec,
    /// The codec string of RFC 6381, for example `avc1.42c01f`.
    pub codec_string: String,
    /// The `VisualSampleEntry` box of ISO/IEC 14496-12.
    pub sample_entry: Bytes,
    /// The decoder configuration record (`avcC` or `hvcC` content).
    pub configuration: Bytes,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
}

/// What a file must know about the sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioParameters {
    /// The codec string of RFC 6381, for example `mp4a.40.2`.
    pub codec_string: String,
    /// The `AudioSampleEntry` box of ISO/IEC 14496-12.
    pub sample_entry: Bytes,
    /// Audio ticks in one second.
    pub clock_rate: u32,
}

/// A stream's parameters, shared by all samples that follow them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamParameters {
    /// The pictures.
    pub video: VideoParameters,
    /// The sound, if the owner allowed it.
    pub audio: Option<Arc<AudioParameters>>,
}

/// Whether a picture can be decoded without any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureKind {
    /// Decodable by itself; nothing after it needs anything before it.
    Keyframe,
    /// Needs pictures before it.
    Dependent,
}

/// One coded picture: NAL units, each behind its length in four bytes.
#[derive(Debug, Clone)]
pub struct VideoSample {
    /// When it is shown.
    pub shown_at: Ticks,
    /// Whether it stands alone.
    pub kind: PictureKind,
    /// The NAL units.
    pub data: Bytes,
}

/// One coded piece of sound.
#[derive(Debug, Clone)]
pub struct AudioSample {
    /// When it is heard.
    pub heard_at: Ticks,
    /// How long it lasts, in ticks of the sound's own clock.
    pub duration: u32,
    /// Raw AAC.
    pub data: Bytes,
}

/// A whole group of pictures, or as much of one as the bounds allow.
#[derive(Debug, Clone)]
pub struct Fragment {
    /// What the samples need to be decoded.
    pub parameters: Arc<StreamParameters>,
    /// Pictures in decoding order; never empty.
    pub video: Vec<VideoSample>,
    /// Sound in order.
    pub audio: Vec<AudioSample>,
    /// When the earliest picture is shown.
    pub starts: Ticks,
    /// When the picture after the last one is shown.
    pub ends: Ticks,
    /// The wall time at which the first picture arrived.
    pub starts_at: Timestamp,
}

impl Fragment {
    /// Says whether the fragment can be decoded without the one before it.
    #[must_use]
    pub fn opening(&self) -> PictureKind {
        self.video.first().map_or(PictureKind::Dependent, |sample| sample.kind)
    }

    /// Returns the size of all samples, in bytes.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        let video: usize = self.video.iter().map(|sample| sample.data.len()).sum();
        let audio: usize = self.audio.iter().map(|sample| sample.data.len()).sum();
        video + audio
    }

    /// Returns how long the fragment lasts, in milliseconds, rounded up.
    ///
    /// A player puts fragments behind one another by it. One that reached into the next by less than a
    /// millisecond would take the next one's keyframe away, and with it all that leans on that.
    #[must_use]
    pub fn duration_ms(&self) -> u64 {
        let ticks = self.ends.0.saturating_sub(self.starts.0).max(0);
        ticks.unsigned_abs().div_ceil(TICKS_PER_SECOND.unsigned_abs() / 1000)
    }
}
