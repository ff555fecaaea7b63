//! What goes through the pipe between the hub and its eye.
//!
//! To the eye, per picture: the length of what follows in four bytes, big
//! endian; a codec byte; the length of the decoder configuration in four
//! bytes; the configuration; the NAL units, each behind four bytes of length.
//! From the eye: once, a greeting of three bytes; then one byte per picture.

use std::io::{self, Read};

use crate::media::VideoCodec;

/// The most bytes that one picture may have, coded.
pub(super) const LARGEST_PICTURE: usize = 16 << 20;

/// First byte of the greeting: tells an eye from any other program.
const GREETING: u8 = 0xe7;
/// Changes with the protocol.
const VERSION: u8 = 1;

/// What the eye saw, compared with the picture before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is nothing to compare with.
    First,
    /// The picture moves, or shows the noise of a sensor.
    Live,
    /// The picture is the one before, down to its noise.
    Frozen,
    /// The bytes are no picture.
    Undecodable,
}

impl Verdict {
    pub(super) fn to_byte(self) -> u8 {
        match self {
            Self::First => 1,
            Self::Live => 2,
            Self::Frozen => 3,
            Self::Undecodable => 4,
        }
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        [Self::First, Self::Live, Self::Frozen, Self::Undecodable]
            .into_iter()
            .find(|verdict| verdict.to_byte() == byte)
    }
}

/// Which walls stand around an eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SandboxLayers {
    /// Files and TCP ports are closed by Landlock.
    pub landlock: bool,
    /// System calls that decoding does not need are closed by seccomp.
    pub seccomp: bool,
    /// Memory, file sizes and descriptors are bounded by resource limits.
    pub limits: bool,
}

impl SandboxLayers {
    /// Says whether every wall stands.
    #[must_use]
    pub fn is_complete(self) -> bool {
        self.landlock && self.seccomp && self.limits
    }
}

/// Returns what an eye says when it is ready.
pub(super) fn greeting(layers: SandboxLayers) -> [u8; 3] {
    let bits = [layers.landlock, layers.seccomp, layers.limits];
    let bits = bits.iter().enumerate().fold(0, |sum, (place, on)| sum | u8::from(*on) << place);
    [GREETING, VERSION, bits]
}

/// Reads what an eye says when it is ready.
pub(super) fn read_greeting(bytes: [u8; 3]) -> Option<SandboxLayers> {
    match bytes {
        [GREETING, VERSION, bits] => Some(SandboxLayers {
            landlock: bits & 1 != 0,
            seccomp: bits & 2 != 0,
            limits: bits & 4 != 0,
        }),
        [..] => None,
    }
}

/// Returns the head of a request; the configuration and the picture follow it.
/// `None` if they are too large to be looked at.
pub(super) fn request_head(
    codec: VideoCodec,
    configuration: &[u8],
    picture: &[u8],
) -> Option<[u8; 9]> {
    let length = 5_usize.checked_add(configuration.len())?.checked_add(picture.len())?;
    if length > LARGEST_PICTURE {
        return None;
    }
    let [a, b, c, d] = u32::try_from(length).ok()?.to_be_bytes();
    let [e, f, g, h] = u32::try_from(configuration.len()).ok()?.to_be_bytes();
    let codec = match codec {
        VideoCodec::H264 => 1,
        VideoCodec::H265 => 2,
    };
    Some([a, b, c, d, codec, e, f, g, h])
}

/// One picture to look at.
pub(super) struct Request {
    pub(super) codec: VideoCodec,
    bytes: Vec<u8>,
    configuration_ends: usize,
}

impl Request {
    pub(super) fn configuration(&self) -> &[u8] {
        self.bytes.get(5..self.configuration_ends).unwrap_or_default()
    }

    pub(super) fn picture(&self) -> &[u8] {
        self.bytes.get(self.configuration_ends..).unwrap_or_default()
    }
}

/// Reads one request; `None` at the end of the pipe.
///
/// # Errors
/// Fails if the pipe does, or if what it carries is no request.
pub(super) fn read_request(pipe: &mut impl Read) -> io::Result<Option<Request>> {
    let mut length = [0; 4];
    match pipe.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if !(5..=LARGEST_PICTURE).contains(&length) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    pipe.read_exact(&mut bytes)?;
    parse_request(bytes).map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn parse_request(bytes: Vec<u8>) -> Option<Request> {
    let codec = match bytes.first()? {
        1 => VideoCodec::H264,
        2 => VideoCodec::H265,
        _ => return None,
    };
    let length = u32::from_be_bytes(bytes.get(1..5)?.try_into().ok()?);
    let configuration_ends = usize::try_from(length).ok()?.checked_add(5)?;
    (configuration_ends <= bytes.len()).then_some(Request { codec, bytes, configuration_ends })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_back() {
        let mut bytes = request_head(VideoCodec::H265, b"conf", b"picture").unwrap().to_vec();
        bytes.extend_from_slice(b"confpicture");
        let mut pipe = bytes.as_slice();
        let request = read_request(&mut pipe).unwrap().unwrap();
        assert_eq!(request.codec, VideoCodec::H265);
        assert_eq!((request.configuration(), request.picture()), (&b"conf"[..], &b"picture"[..]));
        assert!(read_request(&mut pipe).unwrap().is_none(), "the pipe has ended");
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for bytes in [&[0, 0, 0, 4, 1, 0, 0, 0][..], &[255; 9], &[0, 0, 0, 5, 9, 0, 0, 0, 0]] {
            assert!(read_request(&mut &*bytes).is_err(), "{bytes:?}");
        }
        assert!(read_request(&mut &[0, 0, 0, 5, 1, 0, 0, 0, 1][..]).is_err());
        assert!(request_head(VideoCodec::H264, b"", &vec![0; LARGEST_PICTURE]).is_none());
    }

    #[test]
    fn a_greeting_tells_the_walls() {
        let layers = SandboxLayers { landlock: true, seccomp: false, limits: true };
        assert_eq!(read_greeting(greeting(layers)), Some(layers));
        assert_eq!(read_greeting(*b"hel"), None);
        assert_eq!(Verdict::from_byte(0), None);
    }
}
