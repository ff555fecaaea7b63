//! What waits to be delivered to one client, and what it has yet to
//! acknowledge.
//!
//! A message waits only while the client is connected and takes what it is
//! sent; the connection stops fetching more as long as something waits.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use rumqttd::protocol::{Packet, PubRel, PubRelReason, Publish, PublishProperties, QoS};

use crate::codec::{Malformed, Version, encode};
use crate::hub::Retain;
use crate::message::Message;
use crate::subscriptions::Terms;

/// Unacknowledged messages on their way to one client, if it allows as many.
const WINDOW: u16 = 64;

/// Bytes that may wait to be written before nothing more is fetched.
pub(crate) const HIGH_WATER: usize = 64 * 1024;

/// One client's outgoing messages.
pub(crate) struct Outbox {
    version: Version,
    window: usize,
    max_packet_bytes: usize,
    waiting: VecDeque<(Message, Terms)>,
    in_flight: VecDeque<Flight>,
    last_id: u16,
}

struct Flight {
    id: u16,
    stage: Stage,
    since: Instant,
}

/// What the client has to do next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Acknowledge,
    Receive,
    Complete,
}

impl Outbox {
    pub(crate) fn new(
        version: Version,
        receive_maximum: u16,
        max_packet_bytes: Option<usize>,
    ) -> Self {
        Self {
            version,
            window: receive_maximum.clamp(1, WINDOW).into(),
            max_packet_bytes: max_packet_bytes.unwrap_or(usize::MAX),
            waiting: VecDeque::new(),
            in_flight: VecDeque::new(),
            last_id: 0,
        }
    }

    pub(crate) fn push(&mut self, message: Message, terms: Terms) {
        self.waiting.push_back((message, terms));
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Tells whether everything has been written that was pushed.
    pub(crate) fn is_clear(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Writes what the client may be sent at this moment.
    pub(crate) fn pump(&mut self, out: &mut BytesMut, now: Instant) -> Result<(), Malformed> {
        while out.len() < HIGH_WATER {
            let Some((message, terms)) = self.waiting.front() else { break };
            let expiry = message.expiry(now);
            if expiry == Some(0) {
                self.waiting.pop_front();
                continue;
            }
            let stage = match terms.qos {
                QoS::AtMostOnce => None,
                QoS::AtLeastOnce => Some(Stage::Acknowledge),
                QoS::ExactlyOnce => Some(Stage::Receive),
            };
            if stage.is_some() && self.in_flight.len() >= self.window {
                break;
            }
            let id = if stage.is_some() { self.free_id() } else { 0 };
            let before = out.len();
            encode(self.version, packet(message, terms, id, expiry), out)?;
            if out.len() - before > self.max_packet_bytes {
                // The client said that it cannot take it (MQTT 5, 3.1.2.11.4).
                out.truncate(before);
            } else if let Some(stage) = stage {
                self.last_id = id;
                self.in_flight.push_back(Flight { id, stage, since: now });
            }
            self.waiting.pop_front();
        }
        Ok(())
    }

    /// Takes PUBACK. An id that is not in flight is no harm and is ignored.
    pub(crate) fn acknowledged(&mut self, id: u16) {
        self.finish(id, Stage::Acknowledge);
    }

    /// Takes PUBREC and answers it.
    pub(crate) fn received(
        &mut self,
        id: u16,
        refused: bool,
        out: &mut BytesMut,
        now: Instant,
    ) -> Result<(), Malformed> {
        if refused {
            self.finish(id, Stage::Receive);
            return Ok(());
        }
        let flight =
            self.in_flight.iter_mut().find(|f| f.id == id && f.stage != Stage::Acknowledge);
        let reason = match flight {
            Some(flight) => {
                flight.stage = Stage::Complete;
                flight.since = now;
                PubRelReason::Success
            }
            None => PubRelReason::PacketIdentifierNotFound,
        };
        encode(self.version, Packet::PubRel(PubRel { pkid: id, reason }, None), out)
    }

    /// Takes PUBCOMP.
    pub(crate) fn completed(&mut self, id: u16) {
        self.finish(id, Stage::Complete);
    }

    /// Returns when the client will have been too slow to acknowledge.
    pub(crate) fn overdue_at(&self, patience: Duration) -> Option<Instant> {
        self.in_flight.iter().map(|flight| flight.since + patience).min()
    }

    fn finish(&mut self, id: u16, stage: Stage) {
        let found = self.in_flight.iter().position(|f| f.id == id && f.stage == stage);
        if let Some(index) = found {
            self.in_flight.remove(index);
        }
    }

    fn free_id(&self) -> u16 {
        let mut id = self.last_id;
        loop {
            // The window is far smaller than the ids, so one is free.
            id = id.checked_add(1).unwrap_or(1);
            if self.in_flight.iter().all(|flight| flight.id != id) {
                return id;
            }
        }
    }
}

fn packet(message: &Message, terms: &Terms, id: u16, expiry: Option<u32>) -> Packet {
    let mut properties = message.properties.clone().unwrap_or_default();
    properties.message_expiry_interval = expiry;
    properties.subscription_identifiers.clone_from(&terms.identifiers);
    let properties = Some(properties).filter(|p| *p != PublishProperties::default());
    Packet::Publish(publish(message, terms, id), properties)
}

/// Makes a publish. The codec gives QoS and id only to those it has read
/// itself, so one with either is read from the form that it reads.
fn publish(message: &Message, terms: &Terms, id: u16) -> Publish {
    let topic = message.topic.as_str().as_bytes();
    let retain = terms.retain == Retain::Yes;
    if terms.qos == QoS::AtMostOnce {
        return Publish::new(Bytes::copy_from_slice(topic), message.payload.clone(), retain);
    }
    let topic_bytes = u16::try_from(topic.len()).expect("a topic name has at most 512 bytes");
    let mut raw = BytesMut::with_capacity(5 + topic.len() + message.payload.len());
    raw.put_u8(0x30 | (terms.qos as u8) << 1 | u8::from(retain));
    raw.put_u16(id);
    raw.put_u16(topic_bytes);
    raw.put_slice(topic);
    raw.put_slice(&message.payload);
    Publish::deserialize(raw.freeze())
}
