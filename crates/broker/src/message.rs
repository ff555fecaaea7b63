//! A message inside the broker, and the envelope in which the router carries it.
//!
//! The router forwards a publish at the subscription's QoS, without retain
//! flag and without origin. What the far end needs to know therefore travels
//! as the first user property and is taken off before delivery; a client can
//! neither see nor forge it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use doorward_core::topic::TopicName;
use rumqttd::protocol::{Packet, Publish, PublishProperties, QoS};

/// Whether a message is to be kept for those who subscribe later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retain {
    /// Keep it; an empty payload takes away what was kept.
    Yes,
    /// Deliver it to whoever is there.
    No,
}

/// A connection's number, never used twice while the broker runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SessionId(pub(crate) u64);

/// One message on its way. No `Debug`: the payload may hold a code.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) topic: TopicName,
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
    pub(crate) retain: Retain,
    /// What an MQTT 5 publisher added. Without topic alias, subscription
    /// identifiers and expiry, which belong to one connection or to `expires`.
    pub(crate) properties: Option<PublishProperties>,
    pub(crate) expires: Option<Instant>,
    /// The connection it came from; none for the hub.
    pub(crate) origin: Option<SessionId>,
    /// Tells copies of one message from two messages.
    pub(crate) sequence: u64,
}

impl Message {
    /// Seconds until the message expires: `None` if it never does, `Some(0)`
    /// once it has.
    pub(crate) fn expiry(&self, now: Instant) -> Option<u32> {
        let left = self.expires?.saturating_duration_since(now);
        // A message with a part of a second left is still valid.
        Some(u32::try_from(left.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX))
    }

    /// Puts the message into the envelope for the router.
    pub(crate) fn seal(self, now: Instant) -> Packet {
        let expiry = self.expiry(now);
        let envelope = format!(
            "{} {} {} {}",
            self.qos as u8,
            u8::from(self.retain == Retain::Yes),
            self.origin.map_or(0, |origin| origin.0),
            self.sequence,
        );
        let mut properties = self.properties.unwrap_or_default();
        properties.user_properties.insert(0, (String::new(), envelope));
        properties.message_expiry_interval = expiry;
        let topic = Bytes::copy_from_slice(self.topic.as_str().as_bytes());
        Packet::Publish(Publish::new(topic, self.payload, false), Some(properties))
    }

    /// Takes a message out of its envelope; `None` for anything that this
    /// broker has not sealed.
    pub(crate) fn open(
        publish: Publish,
        properties: Option<PublishProperties>,
        now: Instant,
    ) -> Option<Self> {
        let topic = TopicName::parse_bytes(&publish.topic).ok()?;
        let mut properties = properties?;
        if properties.user_properties.is_empty() {
            return None;
        }
        let (_, envelope) = properties.user_properties.remove(0);
        let mut words = envelope.split(' ').map(|word| word.parse::<u64>().ok());
        let mut word = || words.next().flatten();
        let qos = qos_from(u8::try_from(word()?).ok()?)?;
        let retain = if word()? == 1 { Retain::Yes } else { Retain::No };
        let origin = Some(SessionId(word()?)).filter(|origin| origin.0 != 0);
        let sequence = word()?;
        let seconds = properties.message_expiry_interval.take();
        let expires = seconds.and_then(|s| now.checked_add(Duration::from_secs(s.into())));
        let properties = Some(properties).filter(|p| *p != PublishProperties::default());
        let payload = publish.payload;
        Some(Self { topic, payload, qos, retain, properties, expires, origin, sequence })
    }
}

/// Reads the two bits of a packet that hold a QoS.
pub(crate) fn qos_from(bits: u8) -> Option<QoS> {
    rumqttd::protocol::qos(bits)
}

/// The lower of two QoS.
pub(crate) fn lower(one: QoS, other: QoS) -> QoS {
    if (one as u8) < (other as u8) { one } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_out_of_the_envelope_as_it_went_in() {
        let now = Instant::now();
        let properties = PublishProperties {
            user_properties: vec![(String::new(), "2 1 9 9".to_owned())],
            ..PublishProperties::default()
        };
        let message = Message {
            topic: TopicName::parse("a/b").unwrap(),
            payload: Bytes::from_static(b"x"),
            qos: QoS::AtLeastOnce,
            retain: Retain::Yes,
            properties: Some(properties.clone()),
            expires: Some(now + Duration::from_secs(7)),
            origin: Some(SessionId(3)),
            sequence: 8,
        };
        let Packet::Publish(publish, sealed) = message.clone().seal(now) else {
            panic!("a publish is sealed as a publish");
        };
        assert!(!publish.retain, "the router never sees a retain flag");
        let opened = Message::open(publish, sealed, now).unwrap();
        assert_eq!(opened.topic, message.topic);
        assert_eq!(opened.qos, message.qos);
        assert_eq!(opened.retain, message.retain);
        assert_eq!(opened.origin, message.origin);
        assert_eq!(opened.sequence, message.sequence);
        assert_eq!(opened.expires, message.expires);
        // What a client wrote into its own first user property stays its own.
        assert_eq!(opened.properties, Some(properties));
    }

    #[test]
    fn a_publish_without_envelope_is_nobodys_message() {
        let publish = Publish::new(Bytes::from_static(b"a"), Bytes::new(), false);
        assert!(Message::open(publish.clone(), None, Instant::now()).is_none());
        let forged = PublishProperties {
            user_properties: vec![(String::new(), "7 0 0 0".to_owned())],
            ..PublishProperties::default()
        };
        assert!(Message::open(publish, Some(forged), Instant::now()).is_none());
    }
}
