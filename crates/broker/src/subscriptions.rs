//! The subscriptions of one connection.
//!
//! Shared between the connection, which changes them and delivers by them,
//! and the table of connections, which asks them who would hear a message.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::topic::{TopicFilter, TopicName};
use rumqttd::protocol::QoS;

use crate::message::{Message, Retain, SessionId, lower};

/// Whether a connection wants to hear what it said itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Echo {
    Hear,
    Skip,
}

/// Whose message it is, seen from one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    Myself,
    Another,
}

/// One subscription.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub(crate) filter: TopicFilter,
    pub(crate) qos: QoS,
    pub(crate) echo: Echo,
    /// Whether live messages keep the retain flag they were published with.
    pub(crate) as_published: Retain,
    /// MQTT 5's subscription identifier.
    pub(crate) identifier: Option<usize>,
}

/// How one message is to be delivered to one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) qos: QoS,
    pub(crate) retain: Retain,
    pub(crate) identifiers: Vec<usize>,
}

/// All subscriptions of one connection. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Subscriptions(Arc<Mutex<Vec<Subscription>>>);

impl Subscription {
    fn wants(&self, topic: &TopicName, speaker: Speaker) -> bool {
        let heard = match speaker {
            Speaker::Myself => self.echo == Echo::Hear,
            Speaker::Another => true,
        };
        heard && self.filter.matches(topic)
    }
}

impl Subscriptions {
    /// Adds a subscription, or puts it in the place of the one to the same
    /// filter, which it returns.
    pub(crate) fn insert(&self, new: Subscription) -> Option<Subscription> {
        let mut all = self.lock();
        match all.iter_mut().find(|old| old.filter == new.filter) {
            Some(old) => Some(std::mem::replace(old, new)),
            None => {
                all.push(new);
                None
            }
        }
    }

    pub(crate) fn remove(&self, filter: &TopicFilter) -> Option<Subscription> {
        let mut all = self.lock();
        let index = all.iter().position(|old| old.filter == *filter)?;
        Some(all.swap_remove(index))
    }

    /// Drops the subscriptions to filters that are not wanted.
    pub(crate) fn keep(&self, wanted: impl Fn(&TopicFilter) -> bool) {
        self.lock().retain(|one| wanted(&one.filter));
    }

    pub(crate) fn filters(&self) -> Vec<TopicFilter> {
        self.lock().iter().map(|one| one.filter.clone()).collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(crate) fn holds(&self, filter: &TopicFilter) -> bool {
        self.lock().iter().any(|one| one.filter == *filter)
    }

    pub(crate) fn want(&self, topic: &TopicName, speaker: Speaker) -> bool {
        self.lock().iter().any(|one| one.wants(topic, speaker))
    }

    /// Returns how to deliver a message, or `None` if no subscription wants
    /// it. The highest QoS of all that do counts, but never more than the
    /// publisher's.
    pub(crate) fn terms(&self, message: &Message, speaker: Speaker) -> Option<Terms> {
        let all = self.lock();
        let mut wanting = all.iter().filter(|one| one.wants(&message.topic, speaker)).peekable();
        wanting.peek()?;
        let mut terms = Terms { qos: QoS::AtMostOnce, retain: Retain::No, identifiers: Vec::new() };
        for one in wanting {
            let qos = lower(message.qos, one.qos);
            if (qos as u8) > (terms.qos as u8) {
                terms.qos = qos;
            }
            if one.as_published == Retain::Yes {
                terms.retain = message.retain;
            }
            terms.identifiers.extend(one.identifier);
        }
        Some(terms)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Subscription>> {
        // No caller's code runs under the lock, so what it guards is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Speaker {
    pub(crate) fn of(origin: Option<SessionId>, me: SessionId) -> Self {
        if origin == Some(me) { Self::Myself } else { Self::Another }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn subscription(filter: &str, qos: QoS) -> Subscription {
        Subscription {
            filter: TopicFilter::parse(filter).unwrap(),
            qos,
            echo: Echo::Hear,
            as_published: Retain::No,
            identifier: None,
        }
    }

    fn message(qos: QoS) -> Message {
        Message {
            topic: TopicName::parse("a/b").unwrap(),
            payload: Bytes::new(),
            qos,
            retain: Retain::Yes,
            properties: None,
            expires: None,
            origin: None,
            sequence: 0,
        }
    }

    #[test]
    fn the_lower_of_publish_and_subscription_and_the_highest_of_all_matches() {
        let all = Subscriptions::default();
        all.insert(subscription("a/+", QoS::AtMostOnce));
        all.insert(subscription("a/#", QoS::AtLeastOnce));
        all.insert(subscription("c", QoS::ExactlyOnce));
        let at = |qos| all.terms(&message(qos), Speaker::Another).unwrap().qos;
        assert_eq!(at(QoS::ExactlyOnce), QoS::AtLeastOnce);
        assert_eq!(at(QoS::AtMostOnce), QoS::AtMostOnce);
    }

    #[test]
    fn who_does_not_want_an_echo_hears_others_only() {
        let all = Subscriptions::default();
        let mut quiet = subscription("a/b", QoS::AtMostOnce);
        quiet.echo = Echo::Skip;
        assert!(all.insert(quiet).is_none());
        assert!(all.terms(&message(QoS::AtMostOnce), Speaker::Myself).is_none());
        assert!(all.terms(&message(QoS::AtMostOnce), Speaker::Another).is_some());
    }

    #[test]
    fn the_retain_flag_is_kept_only_for_who_asked() {
        let all = Subscriptions::default();
        all.insert(subscription("a/b", QoS::AtMostOnce));
        let retain = || all.terms(&message(QoS::AtMostOnce), Speaker::Another).unwrap().retain;
        assert_eq!(retain(), Retain::No);
        let mut kept = subscription("a/b", QoS::AtMostOnce);
        kept.as_published = Retain::Yes;
        assert!(all.insert(kept).is_some());
        assert_eq!(all.len(), 1);
        assert_eq!(retain(), Retain::Yes);
    }
}
