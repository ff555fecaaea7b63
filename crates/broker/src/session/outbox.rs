//! What waits to be delivered to one client, and what it has yet to
//! acknowledge.
//!
//! While the client is connected, its connection stops fetching more as long
//! as something waits. While it is away, messages of other devices wait up to
//! a limit; the hub's own never do.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use rumqttd::protocol::{Packet, PubRel, PubRelReason, Publish, PublishProperties, QoS};

use crate::codec::{Malformed, Version, encode};
use crate::limits::Limits;
use crate::message::{Message, Retain};
use crate::retained::{own_memory, size};
use crate::subscriptions::Terms;

/// Unacknowledged messages on their way to one client, if it allows as many.
const WINDOW: u16 = 64;

/// Bytes that may wait to be written before nothing more is fetched.
pub(crate) const HIGH_WATER: usize = 64 * 1024;

/// What one connection can take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reception {
    pub(crate) version: Version,
    pub(crate) receive_maximum: u16,
    pub(crate) max_packet_bytes: Option<usize>,
}

/// One client's outgoing messages.
pub(crate) struct Outbox {
    version: Version,
    window: usize,
    window_bytes: usize,
    max_packet_bytes: usize,
    waiting: VecDeque<(Message, Terms)>,
    in_flight: VecDeque<Flight>,
    /// What was in flight when the last connection ended, and is to be sent
    /// again.
    again: VecDeque<Flight>,
    last_id: u16,
    /// When the first of the hub's messages that were written expires.
    due: Option<Instant>,
}

struct Flight {
    id: u16,
    stage: Stage,
    since: Instant,
    bytes: usize,
    /// Until the client has it.
    sent: Option<(Message, Terms)>,
}

/// Whether a message may have reached the client before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delivery {
    First,
    Again,
}

/// What the client has to do next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Acknowledge,
    Receive,
    Complete,
}

impl Outbox {
    pub(crate) fn new(reception: Reception, limits: &Limits) -> Self {
        let mut outbox = Self {
            version: reception.version,
            window: 1,
            window_bytes: limits.in_flight_bytes,
            max_packet_bytes: usize::MAX,
            waiting: VecDeque::new(),
            in_flight: VecDeque::new(),
            again: VecDeque::new(),
            last_id: 0,
            due: None,
        };
        outbox.resume(reception);
        outbox
    }

    /// Goes on over another connection.
    pub(crate) fn resume(&mut self, reception: Reception) {
        self.version = reception.version;
        self.window = reception.receive_maximum.clamp(1, WINDOW).into();
        self.max_packet_bytes = reception.max_packet_bytes.unwrap_or(usize::MAX);
    }

    /// Prepares for a time without connection. What the hub said is not for
    /// later, and QoS 0 is for who is there.
    pub(crate) fn park(&mut self, limits: &Limits) -> usize {
        let is_for_later = |message: &Message, terms: &Terms| {
            message.origin.is_some() && terms.qos != QoS::AtMostOnce
        };
        self.waiting.retain(|(message, terms)| is_for_later(message, terms));
        self.in_flight.append(&mut self.again);
        self.again = std::mem::take(&mut self.in_flight);
        self.again.retain(|flight| match &flight.sent {
            Some((message, terms)) => is_for_later(message, terms),
            None => true,
        });
        let in_flight = self.again.iter_mut().filter_map(|flight| flight.sent.as_mut());
        for (message, _) in self.waiting.iter_mut().chain(in_flight) {
            *message = own_memory(message);
        }
        self.due = None;
        self.trim(limits)
    }

    /// Keeps a message for a client that is away. Returns how many messages
    /// gave way to it.
    pub(crate) fn keep(&mut self, message: &Message, terms: Terms, limits: &Limits) -> usize {
        self.waiting.push_back((own_memory(message), terms));
        self.trim(limits)
    }

    /// Drops the oldest messages until the rest is no more than an absent
    /// client may have, and returns how many.
    fn trim(&mut self, limits: &Limits) -> usize {
        let waiting: usize = self.waiting.iter().map(|(message, _)| size(message)).sum();
        let mut bytes = waiting + self.again.iter().map(|flight| flight.bytes).sum::<usize>();
        let mut dropped = 0;
        while self.waiting.len() + self.again.len() > limits.absent_messages
            || bytes > limits.absent_bytes
        {
            let gone = match self.again.pop_front() {
                Some(flight) => flight.bytes,
                None => match self.waiting.pop_front() {
                    Some((message, _)) => size(&message),
                    None => break,
                },
            };
            bytes -= gone;
            dropped += 1;
        }
        dropped
    }

    /// Drops messages on topics that the client may not receive any more.
    pub(crate) fn keep_granted(&mut self, granted: impl Fn(&Message) -> bool) {
        self.waiting.retain(|(message, _)| granted(message));
        let granted = |flight: &Flight| flight.sent.as_ref().is_none_or(|(m, _)| granted(m));
        self.again.retain(granted);
    }

    /// Returns when the first of the hub's messages expires that were written
    /// since this was last asked.
    pub(crate) fn take_due(&mut self) -> Option<Instant> {
        self.due.take()
    }

    pub(crate) fn push(&mut self, message: Message, terms: Terms) {
        self.waiting.push_back((message, terms));
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Tells whether everything has been written that was pushed.
    pub(crate) fn is_clear(&self) -> bool {
        self.waiting.is_empty() && self.again.is_empty()
    }

    /// Writes what the client may be sent at this moment.
    ///
    /// A message that cannot be written is nobody's: that is for whoever said it to answer
    /// for, and not for those who hear it.
    pub(crate) fn pump(&mut self, out: &mut BytesMut, now: Instant) {
        self.send_again(out, now);
        while out.len() < HIGH_WATER && self.again.is_empty() {
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
            let bytes = size(message);
            if stage.is_some() && !self.has_room_for(bytes) {
                break;
            }
            let id = if stage.is_some() { self.free_id() } else { 0 };
            let packet = packet(message, terms, id, expiry, Delivery::First);
            let is_written = self.write(packet, out);
            let Some((message, terms)) = self.waiting.pop_front() else { break };
            if !is_written {
                continue;
            }
            if let (None, Some(expires)) = (message.origin, message.expires) {
                self.due = Some(self.due.map_or(expires, |due| due.min(expires)));
            }
            if let Some(stage) = stage {
                self.last_id = id;
                let sent = Some((message, terms));
                self.in_flight.push_back(Flight { id, stage, since: now, bytes, sent });
            }
        }
    }

    /// Sends what the last connection did not finish, under the same ids
    /// (MQTT 3.1.1 and 5, 4.4).
    fn send_again(&mut self, out: &mut BytesMut, now: Instant) {
        while out.len() < HIGH_WATER && self.in_flight.len() < self.window {
            let Some(mut flight) = self.again.pop_front() else { break };
            let packet = match &flight.sent {
                Some((message, terms)) => {
                    // Its delivery has begun, so that it is finished.
                    let expiry = message.expiry(now).map(|seconds| seconds.max(1));
                    packet(message, terms, flight.id, expiry, Delivery::Again)
                }
                None => {
                    Packet::PubRel(PubRel { pkid: flight.id, reason: PubRelReason::Success }, None)
                }
            };
            if self.write(packet, out) {
                flight.since = now;
                self.in_flight.push_back(flight);
            }
        }
    }

    /// Writes a packet, unless it cannot be written or the client said that it cannot take
    /// one of that length (MQTT 5, 3.1.2.11.4). Tells whether it did.
    fn write(&self, packet: Packet, out: &mut BytesMut) -> bool {
        let before = out.len();
        let is_written = encode(self.version, packet, out).is_ok()
            && out.len() - before <= self.max_packet_bytes;
        if !is_written {
            out.truncate(before);
        }
        is_written
    }

    fn has_room_for(&self, bytes: usize) -> bool {
        let in_flight: usize = self.in_flight.iter().map(|flight| flight.bytes).sum();
        self.in_flight.is_empty()
            || self.in_flight.len() < self.window && in_flight + bytes <= self.window_bytes
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
                flight.sent = None;
                flight.bytes = 0;
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
            if self.in_flight.iter().chain(&self.again).all(|flight| flight.id != id) {
                return id;
            }
        }
    }
}

fn packet(
    message: &Message,
    terms: &Terms,
    id: u16,
    expiry: Option<u32>,
    delivery: Delivery,
) -> Packet {
    let mut properties = message.properties.clone().unwrap_or_default();
    properties.message_expiry_interval = expiry;
    properties.subscription_identifiers.clone_from(&terms.identifiers);
    let properties = Some(properties).filter(|p| *p != PublishProperties::default());
    Packet::Publish(publish(message, terms, id, delivery), properties)
}

/// Makes a publish. The codec gives QoS and id only to those it has read
/// itself, so one with either is read from the form that it reads.
fn publish(message: &Message, terms: &Terms, id: u16, delivery: Delivery) -> Publish {
    let topic = message.topic.as_str().as_bytes();
    let retain = terms.retain == Retain::Yes;
    if terms.qos == QoS::AtMostOnce {
        return Publish::new(Bytes::copy_from_slice(topic), message.payload.clone(), retain);
    }
    let topic_bytes = u16::try_from(topic.len()).expect("a topic name has at most 512 bytes");
    let mut raw = BytesMut::with_capacity(5 + topic.len() + message.payload.len());
    let again = u8::from(delivery == Delivery::Again);
    raw.put_u8(0x30 | again << 3 | (terms.qos as u8) << 1 | u8::from(retain));
    raw.put_u16(id);
    raw.put_u16(topic_bytes);
    raw.put_slice(topic);
    raw.put_slice(&message.payload);
    Publish::deserialize(raw.freeze())
}

#[cfg(test)]
mod tests;
