//! What is known about a camera at this moment.

use std::time::{Duration, Instant};

use crate::eye::{SandboxLayers, Verdict};
use crate::fault::CameraFault;
use crate::media::{VideoCodec, VideoParameters};

/// Without a frame for so long, frames have stopped.
pub(crate) const STALLED_AFTER: Duration = Duration::from_secs(2);

/// How the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Link {
    /// The first try is under way.
    #[default]
    Connecting,
    /// Frames came; whether they still do, their age tells.
    Streaming,
    /// The last try failed, or the stream ended.
    Down(CameraFault),
}

/// A keyframe's place in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyframeNumber(pub(crate) u64);

/// What looking at a keyframe gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The eye judged it against the keyframe right before.
    Judged(Verdict),
    /// The eye died or was too slow.
    Nothing,
}

/// The last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) keyframe: KeyframeNumber,
    pub(crate) arrived: Instant,
    pub(crate) seen: Seen,
}

/// One camera's status.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CameraStatus {
    pub(crate) link: Link,
    pub(crate) frame_at: Option<Instant>,
    pub(crate) keyframe: Option<(KeyframeNumber, Instant)>,
    pub(crate) picture: Option<PictureFormat>,
    pub(crate) look: Option<Look>,
    pub(crate) layers: Option<SandboxLayers>,
    pub(crate) recordings: usize,
}

/// How a camera's pictures are coded, and their size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureFormat {
    /// How they are coded.
    pub codec: VideoCodec,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
}

impl PictureFormat {
    pub(crate) fn of(video: &VideoParameters) -> Self {
        Self { codec: video.codec, width: video.width, height: video.height }
    }
}

/// A camera's health, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameraHealth {
    /// What is wrong; `None` if nothing is known to be.
    pub fault: Option<CameraFault>,
    /// Whether frames arrive.
    pub streaming: Streaming,
    /// The age of the newest keyframe.
    pub keyframe_age: Option<Duration>,
    /// How its pictures are coded, once there was one.
    pub picture: Option<PictureFormat>,
    /// The walls around the camera's eye, once it has started.
    pub eye: Option<SandboxLayers>,
    /// How many recordings run.
    pub recordings: usize,
}

/// Whether frames arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streaming {
    /// They do.
    Yes,
    /// They do not, or not yet.
    No,
}

impl CameraStatus {
    /// Returns what is wrong at `now`, as far as is known.
    pub(crate) fn fault(&self, now: Instant) -> Option<CameraFault> {
        match self.link {
            Link::Connecting => None,
            Link::Down(fault) => Some(fault),
            Link::Streaming if self.is_stalled(now) => Some(CameraFault::Stalled),
            Link::Streaming => self.look.and_then(|look| seen_fault(look.seen)),
        }
    }

    /// Says whether frames stopped coming.
    pub(crate) fn is_stalled(&self, now: Instant) -> bool {
        self.frame_at.is_some_and(|at| now.saturating_duration_since(at) >= STALLED_AFTER)
    }

    pub(crate) fn health(&self, now: Instant) -> CameraHealth {
        let streaming = match self.link {
            Link::Streaming if !self.is_stalled(now) => Streaming::Yes,
            Link::Streaming | Link::Connecting | Link::Down(_) => Streaming::No,
        };
        CameraHealth {
            fault: self.fault(now),
            streaming,
            keyframe_age: self.keyframe.map(|(_, at)| now.saturating_duration_since(at)),
            picture: self.picture,
            eye: self.layers,
            recordings: self.recordings,
        }
    }
}

/// Returns what a look says against a camera.
pub(crate) fn seen_fault(seen: Seen) -> Option<CameraFault> {
    match seen {
        Seen::Judged(Verdict::Live | Verdict::First) => None,
        Seen::Judged(Verdict::Frozen) => Some(CameraFault::Frozen),
        Seen::Judged(Verdict::Undecodable) => Some(CameraFault::Undecodable),
        Seen::Nothing => Some(CameraFault::NoVerdict),
    }
}
