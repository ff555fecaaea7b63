//! Messages that no client can have sent here, and must not cut those who hear them.

use doorward_core::topic::TopicName;

use super::*;
use crate::frame::Frame;
use crate::message::SessionId;

fn message(payload: &'static [u8]) -> Message {
    Message {
        topic: TopicName::parse("t").unwrap(),
        payload: Bytes::from_static(payload),
        qos: QoS::AtLeastOnce,
        retain: Retain::No,
        properties: None,
        expires: None,
        origin: Some(SessionId(1)),
        sequence: 1,
    }
}

/// No number of this size can be written.
fn unwritable() -> Terms {
    Terms { qos: QoS::AtLeastOnce, retain: Retain::No, identifiers: vec![usize::MAX] }
}

fn plain() -> Terms {
    Terms { identifiers: Vec::new(), ..unwritable() }
}

#[test]
fn a_message_that_cannot_be_written_is_passed_over_and_the_next_one_comes() {
    let version = Version::V5;
    let reception = Reception { version, receive_maximum: 10, max_packet_bytes: None };
    let mut outbox = Outbox::new(reception, &Limits::default());
    outbox.push(message(b"first"), unwritable());
    outbox.push(message(b"second"), plain());
    let mut out = BytesMut::new();
    outbox.pump(&mut out, Instant::now());
    let frame = Frame::take(&mut out, 1_000).unwrap().unwrap();
    assert!(frame.bytes.ends_with(b"second"));
    assert!(out.is_empty() && outbox.is_clear());

    // Nor is it in the way of what is sent again.
    outbox.park(&Limits::default());
    outbox.again.iter_mut().for_each(|flight| flight.sent = Some((message(b"x"), unwritable())));
    outbox.push(message(b"third"), plain());
    outbox.resume(reception);
    outbox.pump(&mut out, Instant::now());
    assert!(out.ends_with(b"third"));
}
