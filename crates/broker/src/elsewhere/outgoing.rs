//! The packets that the hub sends to another broker: MQTT 5, written by hand
//! because there are seven of them and rumqttd's writer does not number
//! publishes.

use bytes::{BufMut, BytesMut};

/// Writes CONNECT: a session that ends with its connection, so that nothing is
/// kept for a hub that is away. No will: who is gone need not say so.
pub(super) fn connect(client_id: &str, keep_alive_s: u16, limits: Reception) -> BytesMut {
    let mut properties = BytesMut::new();
    properties.put_u8(0x21);
    properties.put_u16(limits.receive_maximum);
    properties.put_u8(0x27);
    properties.put_u32(limits.packet_bytes);
    let mut body = BytesMut::new();
    text(&mut body, "MQTT");
    body.put_u8(5);
    // Clean start.
    body.put_u8(0b10);
    body.put_u16(keep_alive_s);
    number(&mut body, properties.len());
    body.put_slice(&properties);
    text(&mut body, client_id);
    packet(0x10, &body)
}

/// How much the hub takes at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reception {
    pub(super) receive_maximum: u16,
    pub(super) packet_bytes: u32,
}

/// Writes SUBSCRIBE, at QoS 1. The hub's own messages stay away, and the retain
/// flag comes on what was kept alone: it is how old news is told from new.
pub(super) fn subscribe<'a>(id: u16, filters: impl IntoIterator<Item = &'a str>) -> BytesMut {
    const QOS_1_AND_NO_LOCAL: u8 = 0b0000_0101;
    let mut body = BytesMut::new();
    body.put_u16(id);
    body.put_u8(0);
    for filter in filters {
        text(&mut body, filter);
        body.put_u8(QOS_1_AND_NO_LOCAL);
    }
    packet(0x82, &body)
}

/// Writes UNSUBSCRIBE.
pub(super) fn unsubscribe<'a>(id: u16, filters: impl IntoIterator<Item = &'a str>) -> BytesMut {
    let mut body = BytesMut::new();
    body.put_u16(id);
    body.put_u8(0);
    filters.into_iter().for_each(|filter| text(&mut body, filter));
    packet(0xa2, &body)
}

/// Writes PUBLISH at QoS 1, worth nothing after `expiry_s` seconds if given.
pub(super) fn publish(
    id: u16,
    topic: &str,
    payload: &[u8],
    retain: crate::message::Retain,
    expiry_s: Option<u32>,
) -> BytesMut {
    let mut body = BytesMut::with_capacity(topic.len() + payload.len() + 12);
    text(&mut body, topic);
    body.put_u16(id);
    match expiry_s {
        Some(seconds) => {
            body.put_u8(5);
            body.put_u8(0x02);
            body.put_u32(seconds);
        }
        None => body.put_u8(0),
    }
    body.put_slice(payload);
    let retain = match retain {
        crate::message::Retain::Yes => 1,
        crate::message::Retain::No => 0,
    };
    packet(0x32 | retain, &body)
}

/// Writes PUBACK.
pub(super) fn puback(id: u16) -> BytesMut {
    packet(0x40, &id.to_be_bytes())
}

/// PINGREQ.
pub(super) const PINGREQ: [u8; 2] = [0xc0, 0];

/// DISCONNECT, in good order.
pub(super) const DISCONNECT: [u8; 2] = [0xe0, 0];

fn packet(first: u8, body: &[u8]) -> BytesMut {
    let mut packet = BytesMut::with_capacity(body.len() + 5);
    packet.put_u8(first);
    number(&mut packet, body.len());
    packet.put_slice(body);
    packet
}

/// A variable byte integer (1.5.5). Whatever is written here is far below its
/// 268 million: topics are at most 512 bytes and payloads are the dialects'.
fn number(out: &mut BytesMut, mut value: usize) {
    loop {
        let low = u8::try_from(value % 128).unwrap_or(0);
        value /= 128;
        if value == 0 {
            return out.put_u8(low);
        }
        out.put_u8(low | 0x80);
    }
}

/// A text with its length. Topics, filters and ids are checked where they are
/// made and have at most 512 bytes.
fn text(out: &mut BytesMut, text: &str) {
    out.put_u16(u16::try_from(text.len()).unwrap_or(u16::MAX));
    out.put_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Version, decode};
    use crate::frame::Frame;
    use crate::message::Retain;
    use rumqttd::protocol::{Packet, QoS, RetainForwardRule};

    /// Reads with our own broker's eyes what was written for another one.
    fn read(mut bytes: BytesMut) -> Packet {
        let frame = Frame::take(&mut bytes, 10_000).unwrap().unwrap();
        assert!(bytes.is_empty());
        decode(Version::V5, frame).unwrap()
    }

    #[test]
    fn a_connection_asks_for_nothing_to_be_kept() {
        let limits = Reception { receive_maximum: 64, packet_bytes: 1_000 };
        let Packet::Connect(connect, Some(properties), None, None, None) =
            read(connect("doorward", 10, limits))
        else {
            panic!("not a CONNECT without will and login");
        };
        assert!(connect.clean_session);
        assert_eq!((connect.client_id.as_str(), connect.keep_alive), ("doorward", 10));
        assert_eq!(properties.session_expiry_interval, None);
        assert_eq!(properties.receive_maximum, Some(64));
        assert_eq!(properties.max_packet_size, Some(1_000));
        assert_eq!(properties.topic_alias_max, None);
    }

    #[test]
    fn a_subscription_tells_kept_messages_from_live_ones() {
        let Packet::Subscribe(subscribe, _) = read(subscribe(7, ["a/b", "c/#"])) else {
            panic!("not a SUBSCRIBE");
        };
        assert_eq!(subscribe.pkid, 7);
        assert_eq!(subscribe.filters.len(), 2);
        for filter in subscribe.filters {
            assert_eq!(filter.qos, QoS::AtLeastOnce);
            assert!(filter.nolocal && !filter.preserve_retain);
            assert_eq!(filter.retain_forward_rule, RetainForwardRule::OnEverySubscribe);
        }
    }

    #[test]
    fn a_command_bears_its_expiry_and_no_retain_flag() {
        let payload = vec![b'x'; 300];
        let Packet::Publish(publish, Some(properties)) =
            read(publish(9, "a/set", &payload, Retain::No, Some(5)))
        else {
            panic!("not a PUBLISH with properties");
        };
        assert!(!publish.retain);
        assert_eq!((&publish.topic[..], &publish.payload[..]), (&b"a/set"[..], &payload[..]));
        assert_eq!(properties.message_expiry_interval, Some(5));
    }
}
