//! Packets from frames and back, with rumqttd's codec.
//!
//! The codec panics on some input (packets with properties towards MQTT
//! 3.1.1, kinds it thinks impossible). Framing keeps what is known away from
//! it, and a panic that remains is caught and treated as a malformed packet,
//! so that it costs the sender its connection and nobody else anything.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::BytesMut;
use rumqttd::protocol::v4::V4;
use rumqttd::protocol::v5::V5;
use rumqttd::protocol::{Error, Packet, Protocol};

use crate::frame::{Frame, Kind};

/// A version of MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// MQTT 3.1.1.
    V4,
    /// MQTT 5.
    V5,
}

/// Bytes that are not the packet they claim to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the packet is malformed")]
pub(crate) struct Malformed;

/// Reads the packet in a frame.
pub(crate) fn decode(version: Version, frame: Frame) -> Result<Packet, Malformed> {
    let mut bytes = spell_out(version, frame);
    // The frame is whole and its length was judged.
    let max = bytes.len();
    let decoded = catch_unwind(AssertUnwindSafe(|| match version {
        Version::V4 => V4.read_mut(&mut bytes, max),
        Version::V5 => V5.read_mut(&mut bytes, max),
    }));
    match decoded {
        Ok(Ok(packet)) => Ok(packet),
        Ok(Err(_)) | Err(_) => Err(Malformed),
    }
}

/// An MQTT 5 DISCONNECT may leave out its empty properties (3.14.2.2.1), which
/// the codec does not know.
fn spell_out(version: Version, frame: Frame) -> BytesMut {
    let (kind, body) = (frame.kind, frame.body());
    match (version, kind, body) {
        (Version::V5, Kind::Disconnect, &[reason]) => BytesMut::from(&[0xe0, 2, reason, 0][..]),
        _ => frame.bytes,
    }
}

/// Writes a packet. Towards MQTT 3.1.1, properties are left out and so is
/// DISCONNECT, which that version gives to clients alone.
pub(crate) fn encode(
    version: Version,
    packet: Packet,
    out: &mut BytesMut,
) -> Result<(), Malformed> {
    let before = out.len();
    let written = catch_unwind(AssertUnwindSafe(|| match version {
        Version::V4 => match without_properties(packet) {
            Some(packet) => V4.write(packet, out).map(|_| ()),
            None => Ok(()),
        },
        Version::V5 => encode_v5(packet, out),
    }));
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => {
            out.truncate(before);
            Err(Malformed)
        }
    }
}

/// Writes a packet of MQTT 5. Of a DISCONNECT, the codec puts an empty property
/// list behind the reason and does not count it; without the list it is right.
fn encode_v5(packet: Packet, out: &mut BytesMut) -> Result<(), Error> {
    let before = out.len();
    let is_disconnect = matches!(packet, Packet::Disconnect(..));
    V5.write(packet, out)?;
    if is_disconnect {
        out.truncate(before + 3);
    }
    Ok(())
}

fn without_properties(packet: Packet) -> Option<Packet> {
    Some(match packet {
        Packet::Publish(publish, _) => Packet::Publish(publish, None),
        Packet::PubAck(ack, _) => Packet::PubAck(ack, None),
        Packet::PubRec(ack, _) => Packet::PubRec(ack, None),
        Packet::PubRel(ack, _) => Packet::PubRel(ack, None),
        Packet::PubComp(ack, _) => Packet::PubComp(ack, None),
        Packet::SubAck(ack, _) => Packet::SubAck(ack, None),
        Packet::UnsubAck(ack, _) => Packet::UnsubAck(ack, None),
        Packet::Disconnect(..) => return None,
        packet @ (Packet::Connect(..)
        | Packet::ConnAck(..)
        | Packet::PingReq(_)
        | Packet::PingResp(_)
        | Packet::Subscribe(..)
        | Packet::Unsubscribe(..)) => packet,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rumqttd::protocol::{Disconnect, DisconnectReasonCode, Publish, PublishProperties};

    use super::*;

    fn read(version: Version, bytes: &[u8]) -> Result<Packet, Malformed> {
        let frame = Frame::take(&mut BytesMut::from(bytes), 1_000).unwrap().unwrap();
        decode(version, frame)
    }

    #[test]
    fn a_disconnect_may_be_short() {
        for bytes in [&[0xe0, 0][..], &[0xe0, 1, 4], &[0xe0, 2, 4, 0]] {
            assert!(matches!(read(Version::V5, bytes), Ok(Packet::Disconnect(..))), "{bytes:?}");
        }
    }

    #[test]
    fn a_disconnect_of_ours_is_as_long_as_it_says() {
        let mut out = BytesMut::new();
        let reason_code = DisconnectReasonCode::NotAuthorized;
        let packet = Packet::Disconnect(Disconnect { reason_code }, None);
        encode(Version::V5, packet.clone(), &mut out).unwrap();
        assert_eq!(&out[..], [0xe0, 1, 0x87]);
        out.clear();
        encode(Version::V4, packet, &mut out).unwrap();
        assert!(out.is_empty());
    }

    #[test]
    fn properties_are_left_out_towards_the_older_version() {
        let publish = Publish::new(&b"t"[..], &b"x"[..], false);
        let properties =
            PublishProperties { content_type: Some("y".into()), ..PublishProperties::default() };
        let mut out = BytesMut::new();
        encode(Version::V4, Packet::Publish(publish, Some(properties)), &mut out).unwrap();
        assert_eq!(&out[..], [0x30, 4, 0, 1, b't', b'x']);
    }

    #[test]
    fn a_frame_that_is_short_inside_is_malformed() {
        // A topic of 200 bytes in a frame of 3.
        assert_eq!(read(Version::V4, &[0x30, 3, 0, 200, b'a']), Err(Malformed));
        // Properties that the frame has no room for.
        assert_eq!(read(Version::V5, &[0x30, 3, 0, 1, b'a']), Err(Malformed));
    }

    proptest! {
        #[test]
        fn no_frame_makes_decoding_panic(bytes in prop::collection::vec(any::<u8>(), 2..100)) {
            for version in [Version::V4, Version::V5] {
                let mut buffer = BytesMut::from(&bytes[..]);
                while let Ok(Some(frame)) = Frame::take(&mut buffer, 200) {
                    let _ = decode(version, frame);
                }
            }
        }
    }
}
