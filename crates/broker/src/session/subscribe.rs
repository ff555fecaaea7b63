//! SUBSCRIBE and UNSUBSCRIBE.
//!
//! The answer to SUBSCRIBE waits until the router has the subscription, so
//! that nothing said after the answer is missed; what is retained follows the
//! answer. UNSUBSCRIBE is answered at once and exactly once.

use std::time::Instant;

use doorward_core::topic::TopicFilter;
use rumqttd::protocol::{
    DisconnectReasonCode as Code, Filter, Packet, RetainForwardRule, SubAck, Subscribe,
    SubscribeProperties, SubscribeReasonCode, UnsubAck, UnsubAckReason, Unsubscribe,
};

use super::{End, Session};
use crate::codec::Version;
use crate::events::Refusal;
use crate::message::{Retain, lower};
use crate::router::RouterLink;
use crate::subscriptions::{Echo, Subscription, Terms};

/// Filters in one packet. MQTT has no limit, and nobody has so many.
const FILTERS_PER_PACKET: usize = 256;

/// Retained messages that may wait for one client. Who asks for more, by
/// subscribing over and over without reading, is cut.
const TOLD_AT_ONCE: usize = 16 * 1024;

/// An answer that waits for the router.
pub(super) struct Promised {
    answer: SubAck,
    /// Subscriptions whose retained messages follow the answer.
    to_tell: Vec<Subscription>,
}

/// What became of the filters of one packet.
#[derive(Default)]
struct Taken {
    return_codes: Vec<SubscribeReasonCode>,
    to_tell: Vec<Subscription>,
    /// Filters that the router does not have yet.
    to_route: Vec<TopicFilter>,
}

impl Session {
    pub(super) async fn subscribe(
        &mut self,
        subscribe: Subscribe,
        properties: Option<SubscribeProperties>,
    ) -> Result<(), End> {
        let identifier = properties.and_then(|p| p.id);
        if subscribe.pkid == 0 || identifier == Some(0) {
            return Err(End::Protocol(Code::ProtocolError));
        }
        self.check_count(subscribe.filters.len())?;
        let mut taken = Taken::default();
        for asked in &subscribe.filters {
            self.take_on(asked, identifier, &mut taken);
        }
        let Taken { return_codes, to_tell, to_route } = taken;
        let answer = SubAck { pkid: subscribe.pkid, return_codes };
        let promised = Promised { answer, to_tell };
        if to_route.is_empty() {
            return self.fulfil(promised);
        }
        let filters: Vec<_> = to_route.iter().map(TopicFilter::as_str).collect();
        let number = self.link().await?.subscribe(&filters)?;
        self.promised.insert(number, promised);
        Ok(())
    }

    /// Takes on what one filter asks for, or refuses it.
    fn take_on(&mut self, asked: &Filter, identifier: Option<usize>, taken: &mut Taken) {
        let subscription = match self.grant(asked, identifier) {
            Ok(subscription) => subscription,
            Err((what, code)) => {
                let device = &self.enrolled.device;
                self.shared.refuse(device, &self.account, what, Some(&asked.path));
                taken.return_codes.push(match self.version {
                    Version::V4 => SubscribeReasonCode::Failure,
                    Version::V5 => code,
                });
                return;
            }
        };
        taken.return_codes.push(SubscribeReasonCode::Success(subscription.qos));
        let known = self.membership.subscriptions.insert(subscription.clone());
        if known.is_none() {
            taken.to_route.push(subscription.filter.clone());
        }
        let is_told = match asked.retain_forward_rule {
            RetainForwardRule::Never => false,
            RetainForwardRule::OnNewSubscribe => known.is_none(),
            RetainForwardRule::OnEverySubscribe => true,
        };
        if is_told {
            taken.to_tell.push(subscription);
        }
    }

    /// Answers the subscription that the router has confirmed.
    pub(super) fn keep_promise(&mut self, number: u16) -> Result<(), End> {
        match self.promised.remove(&number) {
            Some(promised) => self.fulfil(promised),
            None => Ok(()),
        }
    }

    pub(super) fn unsubscribe(&mut self, unsubscribe: &Unsubscribe) -> Result<(), End> {
        if unsubscribe.pkid == 0 || unsubscribe.filters.is_empty() {
            return Err(End::Protocol(Code::ProtocolError));
        }
        self.check_count(unsubscribe.filters.len())?;
        let mut reasons = Vec::with_capacity(unsubscribe.filters.len());
        for path in &unsubscribe.filters {
            let known = TopicFilter::parse(path)
                .ok()
                .and_then(|filter| self.membership.subscriptions.remove(&filter));
            if let (Some(_), Some(link)) = (&known, &self.carried.link) {
                link.unsubscribe(path)?;
            }
            reasons.push(match known {
                Some(_) => UnsubAckReason::Success,
                None => UnsubAckReason::NoSubscriptionExisted,
            });
        }
        self.send(Packet::UnsubAck(UnsubAck { pkid: unsubscribe.pkid, reasons }, None))
    }

    /// Charges the filters of one packet, and ends a connection that has too
    /// many in it.
    fn check_count(&mut self, filters: usize) -> Result<(), End> {
        if filters > FILTERS_PER_PACKET {
            let what = Refusal::TooManySubscriptions;
            self.shared.refuse(&self.enrolled.device, &self.account, what, None);
            return Err(End::Refused(Code::QuotaExceeded));
        }
        let now = Instant::now();
        (0..filters).for_each(|_| self.charge(now));
        Ok(())
    }

    /// Checks one filter against MQTT, the grants and the limits.
    fn grant(
        &self,
        asked: &Filter,
        identifier: Option<usize>,
    ) -> Result<Subscription, (Refusal, SubscribeReasonCode)> {
        if asked.path.starts_with("$share/") {
            let code = SubscribeReasonCode::SharedSubscriptionsNotSupported;
            return Err((Refusal::SharedSubscription, code));
        }
        let filter = TopicFilter::parse(&asked.path)
            .map_err(|_| (Refusal::BadTopic, SubscribeReasonCode::TopicFilterInvalid))?;
        if !self.enrolled.grants.may_subscribe(&filter) {
            return Err((Refusal::Subscribe, SubscribeReasonCode::NotAuthorized));
        }
        let held = &self.membership.subscriptions;
        if !held.holds(&filter) && held.len() >= self.shared.limits.subscriptions {
            return Err((Refusal::TooManySubscriptions, SubscribeReasonCode::QuotaExceeded));
        }
        if !self.account.may_use(filter.as_str()) {
            return Err((Refusal::TooManyTopics, SubscribeReasonCode::QuotaExceeded));
        }
        Ok(Subscription {
            filter,
            qos: asked.qos,
            echo: if asked.nolocal { Echo::Skip } else { Echo::Hear },
            as_published: if asked.preserve_retain { Retain::Yes } else { Retain::No },
            identifier,
        })
    }

    fn fulfil(&mut self, promised: Promised) -> Result<(), End> {
        self.send(Packet::SubAck(promised.answer, None))?;
        let now = Instant::now();
        for subscription in promised.to_tell {
            let retained = self.shared.retained().matching(&subscription.filter, now);
            if self.carried.outbox.waiting() + retained.len() > TOLD_AT_ONCE {
                let what = Refusal::TooManySubscriptions;
                self.shared.refuse(&self.enrolled.device, &self.account, what, None);
                return Err(End::Refused(Code::QuotaExceeded));
            }
            for message in retained {
                let terms = Terms {
                    qos: lower(message.qos, subscription.qos),
                    retain: Retain::Yes,
                    identifiers: subscription.identifier.into_iter().collect(),
                };
                self.deliver_on(message, terms);
            }
        }
        Ok(())
    }

    /// Returns this client's link to the router, which it has from its first
    /// subscription on.
    async fn link(&mut self) -> Result<&mut RouterLink, End> {
        let link = match self.carried.link.take() {
            Some(link) => link,
            None => self.shared.router().open().await?,
        };
        Ok(self.carried.link.insert(link))
    }
}
