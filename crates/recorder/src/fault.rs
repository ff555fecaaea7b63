//! What can be wrong with a camera, in words that the owner can act on.

use serde::{Deserialize, Serialize};

/// Why a camera does not give a live picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CameraFault {
    /// No camera of that name was added.
    #[error("no such camera")]
    Unknown,
    /// Nothing answers at its address.
    #[error("the camera does not answer: check its power and its network")]
    Unreachable,
    /// It answers and refuses the user or the password.
    #[error("the camera refuses the password: set it again")]
    WrongPassword,
    /// What answers does not speak RTSP.
    #[error("what answers at the camera's address is no RTSP camera: check the port")]
    NotRtsp,
    /// It speaks RTSP and has no H.264 or H.265 pictures at this path.
    #[error("the camera has no H.264 or H.265 video at this path: check the path")]
    NoVideo,
    /// Frames stopped coming.
    #[error("the camera stopped sending frames")]
    Stalled,
    /// Frames come and the picture does not change.
    #[error("the camera sends the same picture over and over")]
    Frozen,
    /// Frames come, and too long without one that stands alone.
    #[error("the camera sends keyframes too rarely: set its I-frame interval to 2 s or less")]
    KeyframesTooRare,
    /// A keyframe came and cannot be decoded.
    #[error("the camera's pictures cannot be decoded")]
    Undecodable,
    /// The process that looks at pictures died or was too slow.
    #[error("nobody could look at the camera's picture in time")]
    NoVerdict,
}
