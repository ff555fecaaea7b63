//! What a client sends: publishes, acknowledgements, pings and its goodbye.
//!
//! The order of a publish is fixed: rules of MQTT, grants, limits, the hub,
//! retention, the router, and only then the acknowledgement. A client that
//! has its acknowledgement knows that the hub has the message.

use std::time::{Duration, Instant};

use bytes::Bytes;
use doorward_core::topic::TopicName;
use rumqttd::protocol::{
    DisconnectReasonCode as Code, Packet, PingResp, PubAck, PubAckReason, PubComp, PubCompReason,
    PubRec, PubRecReason, PubRel, Publish, PublishProperties, QoS,
};
use tokio::sync::mpsc::error::TrySendError;

use super::{End, Held, RECEIVE_MAXIMUM, Session, TOPIC_ALIASES};
use crate::codec::{Version, decode, encode};
use crate::events::Refusal;
use crate::frame::Frame;
use crate::from_device::{Age, FromDevice};
use crate::message::{Message, Retain, qos_from};

/// A publish that passed all checks.
pub(super) struct Accepted {
    pub(super) message: Message,
    answer: Answer,
}

impl Accepted {
    /// Returns the id of a QoS 2 publish, which is not to be told again.
    pub(super) fn exactly_once(&self) -> Option<u16> {
        match self.answer {
            Answer::PubRec(id) => Some(id),
            Answer::Nothing | Answer::PubAck(_) => None,
        }
    }
}

/// What the publisher waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Nothing,
    PubAck(u16),
    PubRec(u16),
}

/// A publish that did not pass.
struct Turned {
    what: Refusal,
    ack: PubAckReason,
    rec: PubRecReason,
    code: Code,
}

impl Session {
    pub(super) async fn handle(&mut self, frame: Frame) -> Result<(), End> {
        let (qos_bits, id) = (frame.qos_bits(), frame.publish_id());
        match decode(self.version, frame)? {
            Packet::Publish(publish, properties) => {
                let answer = answer_to(qos_bits, id)?;
                self.publish(publish, properties, answer).await
            }
            Packet::PubAck(ack, _) => {
                self.carried.outbox.acknowledged(ack.pkid);
                Ok(())
            }
            Packet::PubRec(received, _) => {
                let refused = !matches!(
                    received.reason,
                    PubRecReason::Success | PubRecReason::NoMatchingSubscribers
                );
                let out = &mut self.output.bytes;
                Ok(self.carried.outbox.received(received.pkid, refused, out, Instant::now())?)
            }
            Packet::PubComp(completed, _) => {
                self.carried.outbox.completed(completed.pkid);
                Ok(())
            }
            Packet::PubRel(release, _) => self.release(&release),
            Packet::Subscribe(subscribe, properties) => self.subscribe(subscribe, properties).await,
            Packet::Unsubscribe(unsubscribe, _) => self.unsubscribe(&unsubscribe),
            Packet::PingReq(_) => self.send(Packet::PingResp(PingResp)),
            Packet::Disconnect(disconnect, properties) => {
                let asked = properties.and_then(|p| p.session_expiry_interval);
                self.take_goodbye(disconnect.reason_code, asked)
            }
            Packet::Connect(..)
            | Packet::ConnAck(..)
            | Packet::SubAck(..)
            | Packet::UnsubAck(..)
            | Packet::PingResp(_) => Err(End::Protocol(Code::ProtocolError)),
        }
    }

    /// A client that says goodbye has no will left, unless it asks for it.
    fn take_goodbye(&mut self, why: Code, asked: Option<u32>) -> Result<(), End> {
        self.change_expiry(asked)?;
        if why != Code::DisconnectWithWillMessage {
            self.will = None;
        }
        Err(End::Goodbye)
    }

    pub(super) fn send(&mut self, packet: Packet) -> Result<(), End> {
        Ok(encode(self.version, packet, &mut self.output.bytes)?)
    }

    async fn publish(
        &mut self,
        publish: Publish,
        properties: Option<PublishProperties>,
        answer: Answer,
    ) -> Result<(), End> {
        let received = Instant::now();
        self.charge(received);
        if let Answer::PubRec(id) = answer {
            if self.carried.unreleased.contains(&id) {
                // Sent again before its release: answered again, not told again.
                return self.answer(answer);
            }
            if self.carried.unreleased.len() >= RECEIVE_MAXIMUM.into() {
                return Err(End::Protocol(Code::ReceiveMaximumExceeded));
            }
        }
        match self.judge(&publish, properties, answer)? {
            Ok(message) => {
                let told = self.tell_of(&message, received);
                self.tell(told, Accepted { message, answer }).await
            }
            Err(turned) => {
                let topic = String::from_utf8_lossy(&publish.topic);
                self.shared.refuse(&self.enrolled.device, &self.account, turned.what, Some(&topic));
                self.turn_away(&turned, answer)
            }
        }
    }

    /// Checks a publish against MQTT, the grants and the limits.
    fn judge(
        &mut self,
        publish: &Publish,
        properties: Option<PublishProperties>,
        answer: Answer,
    ) -> Result<Result<Message, Turned>, End> {
        let mut properties = properties.unwrap_or_default();
        if !properties.subscription_identifiers.is_empty() {
            return Err(End::Protocol(Code::ProtocolError));
        }
        let alias = properties.topic_alias.take();
        let Some(topic) = self.resolve(&publish.topic, alias)? else {
            return Ok(Err(Turned::BAD_TOPIC));
        };
        let grants = &self.enrolled.grants;
        if !grants.may_publish(&topic) {
            return Ok(Err(Turned::NOT_GRANTED));
        }
        let answers_to = properties.response_topic.as_deref().map(TopicName::parse);
        if answers_to.is_some_and(|to| !to.is_ok_and(|to| grants.may_publish(&to))) {
            return Ok(Err(Turned::RESPONSE_NOT_GRANTED));
        }
        if !self.account.may_use(topic.as_str()) {
            return Ok(Err(Turned::TOO_MANY_TOPICS));
        }
        let seconds = properties.message_expiry_interval.take();
        let valid_for = seconds.map(|seconds| Duration::from_secs(seconds.into()));
        Ok(Ok(Message {
            topic,
            payload: publish.payload.clone(),
            qos: answer.qos(),
            retain: if publish.retain { Retain::Yes } else { Retain::No },
            properties: Some(properties).filter(|p| *p != PublishProperties::default()),
            expires: valid_for.and_then(|valid| Instant::now().checked_add(valid)),
            origin: Some(self.id),
            sequence: self.shared.next_sequence(),
        }))
    }

    /// Finds the topic that a publish means. Aliases end here: neither the
    /// router nor any other client ever sees one.
    fn resolve(&mut self, topic: &Bytes, alias: Option<u16>) -> Result<Option<TopicName>, End> {
        let Some(alias) = alias else {
            return Ok(TopicName::parse_bytes(topic).ok());
        };
        if alias == 0 || alias > TOPIC_ALIASES {
            return Err(End::Protocol(Code::TopicAliasInvalid));
        }
        if topic.is_empty() {
            let known = self.aliases.get(&alias).cloned();
            return known.map(Some).ok_or(End::Protocol(Code::ProtocolError));
        }
        let Ok(name) = TopicName::parse_bytes(topic) else { return Ok(None) };
        self.aliases.insert(alias, name.clone());
        Ok(Some(name))
    }

    pub(super) fn tell_of(&self, message: &Message, received: Instant) -> FromDevice {
        FromDevice {
            device: self.enrolled.device.clone(),
            credential: Some(self.credential),
            topic: message.topic.clone(),
            payload: message.payload.clone(),
            retained: message.retain,
            age: Age::Live,
            received,
        }
    }

    /// Tells the hub, or holds the message until the hub has room.
    async fn tell(&mut self, told: FromDevice, accepted: Accepted) -> Result<(), End> {
        match self.shared.hub.try_send(told) {
            Ok(()) => self.complete(accepted).await,
            Err(TrySendError::Full(told)) => {
                self.held = Some(Held { told, accepted });
                Ok(())
            }
            Err(TrySendError::Closed(_)) => Err(End::HubGone),
        }
    }

    /// Does what follows once the hub has the message.
    pub(super) async fn complete(&mut self, accepted: Accepted) -> Result<(), End> {
        let Accepted { message, answer } = accepted;
        self.shared.spread(&self.enrolled.device, &self.account, message).await?;
        if let Answer::PubRec(id) = answer {
            self.carried.unreleased.insert(id);
        }
        self.answer(answer)
    }

    /// Notes how long the session is to last, as the client says in leaving. A
    /// session that was to end with its connection cannot be prolonged
    /// (MQTT 5, 3.14.2.2.2).
    fn change_expiry(&mut self, asked: Option<u32>) -> Result<(), End> {
        let Some(seconds) = asked else { return Ok(()) };
        if self.outlives.is_zero() && seconds > 0 {
            return Err(End::Protocol(Code::ProtocolError));
        }
        let asked = Duration::from_secs(seconds.into());
        self.outlives = asked.min(self.shared.limits.session_expiry);
        Ok(())
    }

    fn answer(&mut self, answer: Answer) -> Result<(), End> {
        match answer {
            Answer::Nothing => Ok(()),
            Answer::PubAck(pkid) => {
                self.send(Packet::PubAck(PubAck { pkid, reason: PubAckReason::Success }, None))
            }
            Answer::PubRec(pkid) => {
                self.send(Packet::PubRec(PubRec { pkid, reason: PubRecReason::Success }, None))
            }
        }
    }

    /// Refuses a publish: with a reason where MQTT has a place for one, by
    /// closing the connection where it has none.
    fn turn_away(&mut self, turned: &Turned, answer: Answer) -> Result<(), End> {
        match (self.version, answer) {
            (Version::V5, Answer::PubAck(pkid)) => {
                self.send(Packet::PubAck(PubAck { pkid, reason: turned.ack }, None))
            }
            (Version::V5, Answer::PubRec(pkid)) => {
                self.send(Packet::PubRec(PubRec { pkid, reason: turned.rec }, None))
            }
            (Version::V5, Answer::Nothing) | (Version::V4, _) => Err(End::Refused(turned.code)),
        }
    }

    fn release(&mut self, release: &PubRel) -> Result<(), End> {
        let reason = if self.carried.unreleased.remove(&release.pkid) {
            PubCompReason::Success
        } else {
            PubCompReason::PacketIdentifierNotFound
        };
        // MQTT 3.1.1 has no reasons; the codec leaves out that of success only.
        let reason = match self.version {
            Version::V4 => PubCompReason::Success,
            Version::V5 => reason,
        };
        self.send(Packet::PubComp(PubComp { pkid: release.pkid, reason }, None))
    }
}

impl Answer {
    fn qos(self) -> QoS {
        match self {
            Self::Nothing => QoS::AtMostOnce,
            Self::PubAck(_) => QoS::AtLeastOnce,
            Self::PubRec(_) => QoS::ExactlyOnce,
        }
    }
}

impl Turned {
    const BAD_TOPIC: Self = Self {
        what: Refusal::BadTopic,
        ack: PubAckReason::TopicNameInvalid,
        rec: PubRecReason::TopicNameInvalid,
        code: Code::TopicNameInvalid,
    };
    const NOT_GRANTED: Self = Self {
        what: Refusal::Publish,
        ack: PubAckReason::NotAuthorized,
        rec: PubRecReason::NotAuthorized,
        code: Code::NotAuthorized,
    };
    const RESPONSE_NOT_GRANTED: Self = Self { what: Refusal::ResponseTopic, ..Self::NOT_GRANTED };
    const TOO_MANY_TOPICS: Self = Self {
        what: Refusal::TooManyTopics,
        ack: PubAckReason::QuotaExceeded,
        rec: PubRecReason::QuotaExceeded,
        code: Code::QuotaExceeded,
    };
}

fn answer_to(qos_bits: u8, id: Option<u16>) -> Result<Answer, End> {
    let qos = qos_from(qos_bits).ok_or(End::Malformed)?;
    match qos {
        QoS::AtMostOnce => Ok(Answer::Nothing),
        QoS::AtLeastOnce => id.map(Answer::PubAck).ok_or(End::Malformed),
        QoS::ExactlyOnce => id.map(Answer::PubRec).ok_or(End::Malformed),
    }
}
