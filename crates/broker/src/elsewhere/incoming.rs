//! The packets that another broker sends to the hub: MQTT 5, of the kinds that
//! a client with QoS 1 subscriptions and without aliases can be sent.
//!
//! A broker is believed no more than a client is: everything is bounded and
//! checked, and what does not fit ends the connection.

use bytes::{Buf, Bytes, BytesMut};
use doorward_core::topic::TopicName;

use crate::from_device::Age;
use crate::message::Retain;

/// One packet.
pub(super) enum Incoming {
    /// The answer to CONNECT.
    Connected(Welcome),
    /// A message; with an id if it is to be acknowledged.
    Publish(Told),
    /// The answer to a publish.
    Acknowledged { id: u16, reason: u8 },
    /// The answer to SUBSCRIBE, one code for each filter.
    Subscribed { id: u16, codes: Bytes },
    /// The answer to UNSUBSCRIBE.
    Unsubscribed,
    /// The answer to a ping.
    Pong,
    /// The broker takes leave.
    Disconnect { reason: u8 },
}

/// What the broker says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Welcome {
    /// 0 if the client is let in.
    pub(super) reason: u8,
    pub(super) keep_alive_s: Option<u16>,
    pub(super) receive_maximum: u16,
    pub(super) packet_bytes: Option<u32>,
    pub(super) highest_qos: u8,
}

/// A message as it came. No `Debug`: the payload may hold a code.
pub(super) struct Told {
    pub(super) id: Option<u16>,
    /// Absent if it is none that a device of ours could have.
    pub(super) topic: Option<TopicName>,
    pub(super) payload: Bytes,
    pub(super) age: Age,
}

impl Told {
    /// With this subscription, the flag means that the message was kept.
    pub(super) fn retained(&self) -> Retain {
        match self.age {
            Age::Kept => Retain::Yes,
            Age::Live => Retain::No,
        }
    }
}

/// Bytes that a broker may not send to this client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the broker sent something that is no MQTT 5")]
pub(super) struct NotMqtt;

/// Takes the next whole packet off the buffer; `None` until it is there.
pub(super) fn take(buffer: &mut BytesMut, max: usize) -> Result<Option<Incoming>, NotMqtt> {
    let Some(&first) = buffer.first() else { return Ok(None) };
    let Some((length, length_bytes)) = length(buffer.get(1..).unwrap_or_default())? else {
        return Ok(None);
    };
    let whole = 1 + length_bytes + length;
    if whole > max {
        return Err(NotMqtt);
    }
    if buffer.len() < whole {
        buffer.reserve(whole - buffer.len());
        return Ok(None);
    }
    let mut body = buffer.split_to(whole).freeze();
    body.advance(1 + length_bytes);
    read(first, body).map(Some)
}

fn read(first: u8, mut body: Bytes) -> Result<Incoming, NotMqtt> {
    match (first >> 4, first & 0x0f) {
        (2, 0) => welcome(body).map(Incoming::Connected),
        (3, flags) => publish(flags, body).map(Incoming::Publish),
        (4, 0) => {
            let id = body.try_get_u16().map_err(|_| NotMqtt)?;
            let reason = if body.has_remaining() { body.get_u8() } else { 0 };
            Ok(Incoming::Acknowledged { id, reason })
        }
        (9, 0) => {
            let id = body.try_get_u16().map_err(|_| NotMqtt)?;
            properties(&mut body)?;
            Ok(Incoming::Subscribed { id, codes: body })
        }
        (11, 0) => Ok(Incoming::Unsubscribed),
        (13, 0) => Ok(Incoming::Pong),
        (14, 0) => {
            let reason = if body.has_remaining() { body.get_u8() } else { 0 };
            Ok(Incoming::Disconnect { reason })
        }
        _ => Err(NotMqtt),
    }
}

fn publish(flags: u8, mut body: Bytes) -> Result<Told, NotMqtt> {
    let topic_bytes = body.try_get_u16().map_err(|_| NotMqtt)?.into();
    let topic = split(&mut body, topic_bytes)?;
    let id = match (flags >> 1) & 0b11 {
        0 => None,
        1 => Some(body.try_get_u16().ok().filter(|id| *id > 0).ok_or(NotMqtt)?),
        _ => return Err(NotMqtt),
    };
    properties(&mut body)?;
    let age = if flags & 1 == 1 { Age::Kept } else { Age::Live };
    Ok(Told { id, topic: TopicName::parse_bytes(&topic).ok(), payload: body, age })
}

fn welcome(mut body: Bytes) -> Result<Welcome, NotMqtt> {
    // Whether there was a session: none was asked for.
    body.try_get_u8().map_err(|_| NotMqtt)?;
    let mut welcome = Welcome {
        reason: body.try_get_u8().map_err(|_| NotMqtt)?,
        keep_alive_s: None,
        receive_maximum: u16::MAX,
        packet_bytes: None,
        highest_qos: 2,
    };
    if !body.has_remaining() {
        return Ok(welcome);
    }
    let mut said = properties(&mut body)?;
    while said.has_remaining() {
        property(&mut said, &mut welcome)?;
    }
    Ok(welcome)
}

/// Reads one property of CONNACK (3.2.2.3).
fn property(said: &mut Bytes, welcome: &mut Welcome) -> Result<(), NotMqtt> {
    let short = |_| NotMqtt;
    match said.try_get_u8().map_err(short)? {
        0x13 => welcome.keep_alive_s = Some(said.try_get_u16().map_err(short)?),
        0x21 => welcome.receive_maximum = said.try_get_u16().map_err(short)?.max(1),
        0x24 => welcome.highest_qos = said.try_get_u8().map_err(short)?,
        0x27 => welcome.packet_bytes = Some(said.try_get_u32().map_err(short)?),
        0x22 => skip(said, 2)?,
        0x11 => skip(said, 4)?,
        0x25 | 0x28 | 0x29 | 0x2a => skip(said, 1)?,
        0x12 | 0x15 | 0x16 | 0x1a | 0x1c | 0x1f => skip_text(said)?,
        0x26 => {
            skip_text(said)?;
            skip_text(said)?;
        }
        _ => return Err(NotMqtt),
    }
    Ok(())
}

/// Takes off a property list.
fn properties(body: &mut Bytes) -> Result<Bytes, NotMqtt> {
    let (bytes, length_bytes) = length(body)?.ok_or(NotMqtt)?;
    body.advance(length_bytes);
    split(body, bytes)
}

fn skip_text(said: &mut Bytes) -> Result<(), NotMqtt> {
    let bytes = said.try_get_u16().map_err(|_| NotMqtt)?;
    skip(said, bytes.into())
}

fn skip(said: &mut Bytes, bytes: usize) -> Result<(), NotMqtt> {
    split(said, bytes).map(drop)
}

fn split(body: &mut Bytes, bytes: usize) -> Result<Bytes, NotMqtt> {
    if body.len() < bytes { Err(NotMqtt) } else { Ok(body.split_to(bytes)) }
}

/// Reads a variable byte integer (1.5.5): its value and how many bytes it took.
fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, NotMqtt> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some((value, index + 1)));
        }
    }
    if bytes.len() < 4 { Ok(None) } else { Err(NotMqtt) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(bytes: &[u8]) -> Result<Option<Incoming>, NotMqtt> {
        take(&mut BytesMut::from(bytes), 1_000)
    }

    #[test]
    fn a_retain_flag_means_that_the_message_was_kept() {
        for (first, age) in [(0x30, Age::Live), (0x31, Age::Kept)] {
            let Ok(Some(Incoming::Publish(told))) = one(&[first, 5, 0, 1, b't', 0, b'x']) else {
                panic!("not a publish");
            };
            assert_eq!((told.age, told.id, &told.payload[..]), (age, None, &b"x"[..]));
            assert_eq!(told.topic.unwrap().as_str(), "t");
        }
    }

    #[test]
    fn properties_of_a_message_are_passed_over() {
        let bytes = [0x32, 13, 0, 1, b't', 0, 9, 5, 0x02, 0, 0, 0, 5, b'h', b'i'];
        let Ok(Some(Incoming::Publish(told))) = one(&bytes) else { panic!("not a publish") };
        assert_eq!((told.id, &told.payload[..]), (Some(9), &b"hi"[..]));
    }

    #[test]
    fn a_welcome_says_what_the_broker_can_take() {
        let said = [0x21, 0, 20, 0x27, 0, 0, 1, 0, 0x13, 0, 30, 0x24, 1, 0x26, 0, 0, 0, 1, b'v'];
        let mut bytes = vec![0x20, 3 + said.len() as u8, 0, 0, said.len() as u8];
        bytes.extend(said);
        let Ok(Some(Incoming::Connected(welcome))) = one(&bytes) else { panic!("no CONNACK") };
        let expected = Welcome {
            reason: 0,
            keep_alive_s: Some(30),
            receive_maximum: 20,
            packet_bytes: Some(256),
            highest_qos: 1,
        };
        assert_eq!(welcome, expected);
    }

    #[test]
    fn what_only_a_client_may_send_and_what_is_too_long_is_refused() {
        for first in [0x10, 0x50, 0x60, 0x82, 0xa2, 0xc0, 0xf0, 0x00] {
            assert!(one(&[first, 0]).is_err(), "{first:#x}");
        }
        assert!(one(&[0x30, 0xff, 0x7f]).is_err());
        assert!(one(&[0x34, 7, 0, 1, b't', 0, 9, 0, b'x']).is_err(), "QoS 2 was not asked for");
        assert!(one(&[0x32, 6, 0, 1, b't', 0, 0, 0]).is_err(), "an id of 0");
        assert!(one(&[0x30, 3, 0, 9, b't']).is_err(), "a topic longer than its packet");
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = take(&mut buffer, 200) {}
        }

        #[test]
        fn no_body_makes_reading_panic(
            first in any::<u8>(),
            body in prop::collection::vec(any::<u8>(), 0..100),
        ) {
            let mut packet = BytesMut::from(&[first, body.len() as u8][..]);
            packet.extend_from_slice(&body);
            let _ = take(&mut packet, 200);
        }
    }
}
