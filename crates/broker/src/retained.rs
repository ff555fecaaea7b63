//! Retained messages: the last word on a topic, for whoever subscribes later.
//!
//! Kept here and not in the router, whose own would be deleted by any empty
//! publish. Bounded per owner in count and bytes, so that one device cannot
//! fill the memory or push out another's. In memory; whoever persists it has
//! this one type to look at.

use std::collections::HashMap;
use std::time::Instant;

use bytes::Bytes;
use doorward_core::ids::DeviceName;
use doorward_core::topic::{TopicFilter, TopicName};

use crate::config::Limits;
use crate::message::Message;

/// Who has a message retained, and on whose account it counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    Hub,
    Device(DeviceName),
}

/// There is no more room for this owner's retained messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("as much is retained as one device may have; remove old retained messages first")]
pub struct RetainedFull;

#[derive(Default, Clone, Copy)]
struct Usage {
    count: usize,
    bytes: usize,
}

struct Kept {
    owner: Owner,
    message: Message,
}

impl Kept {
    fn bytes(&self) -> usize {
        size(&self.message)
    }
}

/// All retained messages.
pub(crate) struct Retained {
    count: usize,
    bytes: usize,
    kept: HashMap<TopicName, Kept>,
    usage: HashMap<Owner, Usage>,
}

impl Retained {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            count: limits.retained_count,
            bytes: limits.retained_bytes,
            kept: HashMap::new(),
            usage: HashMap::new(),
        }
    }

    /// Keeps a message in the place of what its topic had, or, if its payload
    /// is empty, takes that away. A message that finds no room leaves what
    /// was there as it was.
    pub(crate) fn keep(&mut self, owner: &Owner, message: &Message) -> Result<(), RetainedFull> {
        if message.payload.is_empty() {
            self.forget(&message.topic);
            return Ok(());
        }
        let mut usage = self.usage.get(owner).copied().unwrap_or_default();
        if let Some(old) = self.kept.get(&message.topic).filter(|old| old.owner == *owner) {
            usage.count -= 1;
            usage.bytes -= old.bytes();
        }
        if usage.count >= self.count || usage.bytes + size(message) > self.bytes {
            return Err(RetainedFull);
        }
        self.forget(&message.topic);
        let entry = self.usage.entry(owner.clone()).or_default();
        entry.count += 1;
        entry.bytes += size(message);
        let kept = Kept { owner: owner.clone(), message: own_memory(message) };
        self.kept.insert(message.topic.clone(), kept);
        Ok(())
    }

    /// Returns what a new subscription to a filter is to be told.
    pub(crate) fn matching(&mut self, filter: &TopicFilter, now: Instant) -> Vec<Message> {
        self.forget_expired(now);
        let all = self.kept.values().map(|kept| &kept.message);
        all.filter(|message| filter.matches(&message.topic)).cloned().collect()
    }

    /// Forgets everything of devices that are no longer part of the house.
    pub(crate) fn forget_devices(&mut self, gone: impl Fn(&DeviceName) -> bool) {
        let is_gone = |owner: &Owner| match owner {
            Owner::Hub => false,
            Owner::Device(device) => gone(device),
        };
        self.kept.retain(|_, kept| !is_gone(&kept.owner));
        self.usage.retain(|owner, _| !is_gone(owner));
    }

    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    fn forget(&mut self, topic: &TopicName) {
        let Some(old) = self.kept.remove(topic) else { return };
        if let Some(usage) = self.usage.get_mut(&old.owner) {
            usage.count -= 1;
            usage.bytes -= old.bytes();
            if usage.count == 0 {
                self.usage.remove(&old.owner);
            }
        }
    }

    fn forget_expired(&mut self, now: Instant) {
        let expired = |kept: &&Kept| kept.message.expiry(now) == Some(0);
        let topics: Vec<_> =
            self.kept.values().filter(expired).map(|kept| kept.message.topic.clone()).collect();
        topics.iter().for_each(|topic| self.forget(topic));
    }
}

/// What a message costs: topic, payload and whatever its properties carry.
fn size(message: &Message) -> usize {
    let extra = message.properties.as_ref().map_or(0, |p| {
        let user: usize =
            p.user_properties.iter().map(|(key, value)| key.len() + value.len()).sum();
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        user + text(&p.response_topic)
            + text(&p.content_type)
            + p.correlation_data.as_ref().map_or(0, Bytes::len)
    });
    message.topic.as_str().len() + message.payload.len() + extra
}

/// Copies what would otherwise keep a connection's whole read buffer alive.
fn own_memory(message: &Message) -> Message {
    let mut message = message.clone();
    message.payload = Bytes::copy_from_slice(&message.payload);
    if let Some(data) = message.properties.as_mut().and_then(|p| p.correlation_data.as_mut()) {
        *data = Bytes::copy_from_slice(data);
    }
    message
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rumqttd::protocol::QoS;

    use super::*;
    use crate::hub::Retain;

    fn message(topic: &str, payload: &'static str) -> Message {
        Message {
            topic: TopicName::parse(topic).unwrap(),
            payload: Bytes::from_static(payload.as_bytes()),
            qos: QoS::AtLeastOnce,
            retain: Retain::Yes,
            properties: None,
            expires: None,
            origin: None,
            sequence: 0,
        }
    }

    fn device(name: &str) -> Owner {
        Owner::Device(DeviceName::parse(name).unwrap())
    }

    fn store(count: usize, bytes: usize) -> Retained {
        Retained::new(&Limits { retained_count: count, retained_bytes: bytes, ..Limits::default() })
    }

    fn all(store: &mut Retained) -> Vec<String> {
        let filter = TopicFilter::parse("#").unwrap();
        let mut found: Vec<_> = store
            .matching(&filter, Instant::now())
            .iter()
            .map(|m| format!("{}={}", m.topic, String::from_utf8_lossy(&m.payload)))
            .collect();
        found.sort();
        found
    }

    #[test]
    fn the_last_word_on_a_topic_is_kept_and_an_empty_one_removes_it() {
        let mut store = store(9, 999);
        store.keep(&device("a"), &message("t/1", "old")).unwrap();
        store.keep(&device("a"), &message("t/1", "new")).unwrap();
        store.keep(&device("a"), &message("t/2", "x")).unwrap();
        assert_eq!(all(&mut store), ["t/1=new", "t/2=x"]);
        store.keep(&device("a"), &message("t/1", "")).unwrap();
        assert_eq!(all(&mut store), ["t/2=x"]);
    }

    #[test]
    fn one_device_fills_its_own_share_and_no_other() {
        let mut store = store(2, 999);
        store.keep(&device("a"), &message("t/1", "x")).unwrap();
        store.keep(&device("a"), &message("t/2", "x")).unwrap();
        assert_eq!(store.keep(&device("a"), &message("t/3", "x")), Err(RetainedFull));
        store.keep(&device("a"), &message("t/2", "y")).unwrap();
        store.keep(&device("b"), &message("t/3", "x")).unwrap();
        assert_eq!(store.len(), 3);
    }

    #[test]
    fn bytes_are_counted_and_given_back() {
        let mut store = store(99, 10);
        store.keep(&device("a"), &message("t", "123456789")).unwrap();
        assert_eq!(store.keep(&device("a"), &message("t", "1234567890")), Err(RetainedFull));
        assert_eq!(all(&mut store), ["t=123456789"]);
        store.keep(&device("a"), &message("t", "")).unwrap();
        store.keep(&device("a"), &message("u", "123456789")).unwrap();
    }

    #[test]
    fn a_topic_that_changes_hands_changes_accounts() {
        let mut store = store(1, 999);
        store.keep(&device("a"), &message("t", "a")).unwrap();
        store.keep(&device("b"), &message("t", "b")).unwrap();
        store.keep(&device("a"), &message("u", "a")).unwrap();
        assert_eq!(store.keep(&device("b"), &message("v", "b")), Err(RetainedFull));
        store.forget_devices(|device| device.as_str() == "b");
        assert_eq!(all(&mut store), ["u=a"]);
    }

    #[test]
    fn an_expired_message_is_gone() {
        let mut store = store(9, 999);
        let now = Instant::now();
        let mut short = message("t", "x");
        short.expires = Some(now + Duration::from_secs(1));
        store.keep(&device("a"), &short).unwrap();
        let filter = TopicFilter::parse("t").unwrap();
        assert_eq!(store.matching(&filter, now).len(), 1);
        assert_eq!(store.matching(&filter, now + Duration::from_secs(2)).len(), 0);
        assert_eq!(store.len(), 0);
    }
}
