//! Frames: where one MQTT packet ends and the next begins.
//!
//! The codec behind this is handed whole frames only, of kinds that a client
//! may send and with the flag bits the standard fixes. Whatever it then finds
//! wrong is wrong for good; there is no "read more" from inside a frame.

use bytes::{Buf, BytesMut};

/// The kinds of packet that a client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Connect,
    Publish,
    PubAck,
    PubRec,
    PubRel,
    PubComp,
    Subscribe,
    Unsubscribe,
    PingReq,
    Disconnect,
}

/// One whole packet, header included.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    /// The low four bits of the first byte.
    pub(crate) flags: u8,
    /// Bytes of the fixed header.
    pub(crate) header_bytes: usize,
    pub(crate) bytes: BytesMut,
}

/// Why bytes are no frame of a client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("the packet is longer than allowed")]
    TooLarge,
    #[error("the packet's length is not a length")]
    BadLength,
    #[error("a client may not send this kind of packet")]
    NotForClients,
    #[error("the packet's flags are not those of its kind")]
    BadFlags,
}

impl Frame {
    /// Splits the next whole frame off the buffer; `None` until it is there.
    /// The first byte and the length are judged as soon as they have come.
    pub(crate) fn take(buffer: &mut BytesMut, max: usize) -> Result<Option<Self>, FrameError> {
        let Some(&first) = buffer.first() else { return Ok(None) };
        let kind = kind(first)?;
        let Some((length, length_bytes)) = remaining_length(buffer.get(1..).unwrap_or_default())?
        else {
            return Ok(None);
        };
        if length > max {
            return Err(FrameError::TooLarge);
        }
        let header_bytes = 1 + length_bytes;
        let whole = header_bytes + length;
        if buffer.len() < whole {
            buffer.reserve(whole - buffer.len());
            return Ok(None);
        }
        let bytes = buffer.split_to(whole);
        Ok(Some(Self { kind, flags: first & 0x0f, header_bytes, bytes }))
    }

    /// What follows the fixed header.
    pub(crate) fn body(&self) -> &[u8] {
        self.bytes.get(self.header_bytes..).unwrap_or_default()
    }

    /// The QoS bits of a publish.
    pub(crate) fn qos_bits(&self) -> u8 {
        (self.flags >> 1) & 0b11
    }

    /// The packet identifier of a publish with QoS 1 or 2, which stands behind
    /// the topic.
    pub(crate) fn publish_id(&self) -> Option<u16> {
        let mut body = self.body();
        let topic_bytes = usize::from(body.try_get_u16().ok()?);
        body.get(topic_bytes..)?.try_get_u16().ok()
    }
}

fn kind(first: u8) -> Result<Kind, FrameError> {
    let (kind, wanted_flags) = match first >> 4 {
        1 => (Kind::Connect, 0),
        3 => return Ok(Kind::Publish),
        4 => (Kind::PubAck, 0),
        5 => (Kind::PubRec, 0),
        6 => (Kind::PubRel, 2),
        7 => (Kind::PubComp, 0),
        8 => (Kind::Subscribe, 2),
        10 => (Kind::Unsubscribe, 2),
        12 => (Kind::PingReq, 0),
        14 => (Kind::Disconnect, 0),
        _ => return Err(FrameError::NotForClients),
    };
    if first & 0x0f == wanted_flags { Ok(kind) } else { Err(FrameError::BadFlags) }
}

/// Reads a variable byte integer: its value and how many bytes it took.
fn remaining_length(bytes: &[u8]) -> Result<Option<(usize, usize)>, FrameError> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some((value, index + 1)));
        }
    }
    if bytes.len() < 4 { Ok(None) } else { Err(FrameError::BadLength) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn take(bytes: &[u8], max: usize) -> Result<Option<Frame>, FrameError> {
        Frame::take(&mut BytesMut::from(bytes), max)
    }

    #[test]
    fn a_frame_is_taken_when_all_of_it_is_there() {
        let mut buffer = BytesMut::from(&[0x32, 7, 0, 1, b'a', 0, 9, b'h', b'i', 0xc0][..]);
        let frame = Frame::take(&mut buffer, 100).unwrap().unwrap();
        assert_eq!((frame.kind, frame.qos_bits(), frame.publish_id()), (Kind::Publish, 1, Some(9)));
        assert_eq!(&buffer[..], [0xc0]);
        assert!(Frame::take(&mut buffer, 100).unwrap().is_none());
        for part in [&[][..], &[0x30], &[0x30, 0x80], &[0x30, 5, 0, 1]] {
            assert!(take(part, 100).unwrap().is_none(), "{part:?}");
        }
    }

    #[test]
    fn what_only_a_server_may_send_is_refused_at_its_first_byte() {
        for first in [0x00, 0x20, 0x90, 0xb0, 0xd0, 0xf0] {
            assert_eq!(take(&[first], 100).unwrap_err(), FrameError::NotForClients, "{first:#x}");
        }
    }

    #[test]
    fn fixed_flags_are_fixed() {
        for first in [0x11, 0x42, 0x60, 0x80, 0xa0, 0xc1, 0xe1] {
            assert_eq!(take(&[first], 100).unwrap_err(), FrameError::BadFlags, "{first:#x}");
        }
    }

    #[test]
    fn a_length_is_judged_before_the_body_comes() {
        assert_eq!(take(&[0x30, 0xff, 0x7f], 100).unwrap_err(), FrameError::TooLarge);
        assert_eq!(take(&[0x30, 0xff, 0xff, 0xff, 0xff], 100).unwrap_err(), FrameError::BadLength);
    }

    proptest! {
        #[test]
        fn no_bytes_make_framing_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(frame)) = Frame::take(&mut buffer, 200) {
                prop_assert!(frame.bytes.len() <= 205);
                let _ = frame.publish_id();
            }
        }
    }
}
