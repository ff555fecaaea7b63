//! Retained messages: the last word on a topic, for whoever subscribes later.
//!
//! Kept here and not in the router, whose own would be deleted by any empty
//! publish. Bounded per owner in count and bytes, so that one device cannot
//! fill the memory or push out another's. Topics whose message has changed are
//! noted for whoever writes them down; see [`crate::keepsakes`].

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use bytes::Bytes;
use doorward_core::ids::DeviceName;
use doorward_core::topic::{TopicFilter, TopicName};
use rumqttd::protocol::QoS;

use crate::limits::Limits;
use crate::message::{Message, Retain, SessionId};

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

/// A message that a device had retained.
#[derive(Clone, PartialEq, Eq)]
pub struct RetainedMessage {
    /// The device that published it.
    pub device: DeviceName,
    /// Its topic.
    pub topic: TopicName,
    /// Its bytes.
    pub payload: Bytes,
}

impl std::fmt::Debug for RetainedMessage {
    /// Leaves the payload out: it may hold a code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RetainedMessage")
            .field("device", &self.device)
            .field("topic", &self.topic)
            .field("payload_bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

impl RetainedMessage {
    /// Nobody's publish: at QoS 1, since it is not known any more what it was,
    /// and from a connection that no connection is.
    pub(crate) fn into_message(self) -> Message {
        Message {
            topic: self.topic,
            payload: self.payload,
            qos: QoS::AtLeastOnce,
            retain: Retain::Yes,
            properties: None,
            expires: None,
            origin: Some(SessionId(0)),
            sequence: 0,
        }
    }
}

/// What became of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetainedChange {
    /// This is its retained message, in place of any other.
    Kept(RetainedMessage),
    /// It has none that is to be kept.
    Gone(TopicName),
}

impl RetainedChange {
    /// Returns the topic.
    #[must_use]
    pub fn topic(&self) -> &TopicName {
        match self {
            Self::Kept(message) => &message.topic,
            Self::Gone(topic) => topic,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        let payload = match self {
            Self::Kept(message) => message.payload.len(),
            Self::Gone(_) => 0,
        };
        self.topic().as_str().len() + payload
    }
}

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

    fn is_durable(&self) -> bool {
        is_durable(&self.owner, &self.message)
    }
}

/// Tells whether a message outlives the broker. The hub says its own again
/// when it starts, and a message that expires would come back without its end.
fn is_durable(owner: &Owner, message: &Message) -> bool {
    *owner != Owner::Hub && message.expires.is_none()
}

/// All retained messages.
pub(crate) struct Retained {
    count: usize,
    bytes: usize,
    kept: HashMap<TopicName, Kept>,
    usage: HashMap<Owner, Usage>,
    /// Topics of which the last word is not yet written down. No more than
    /// devices may ever use.
    unwritten: HashSet<TopicName>,
}

impl Retained {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            count: limits.retained_count,
            bytes: limits.retained_bytes,
            kept: HashMap::new(),
            usage: HashMap::new(),
            unwritten: HashSet::new(),
        }
    }

    /// Takes up what was written down in an earlier run. What finds no room is
    /// to be struck out.
    pub(crate) fn restore(&mut self, restored: RetainedMessage) {
        let owner = Owner::Device(restored.device.clone());
        let message = restored.into_message();
        if message.payload.is_empty() || self.put(&owner, &message).is_err() {
            self.unwritten.insert(message.topic);
        }
    }

    /// Has a topic written down anew, as it will be then.
    pub(crate) fn note_unwritten(&mut self, topic: TopicName) {
        self.unwritten.insert(topic);
    }

    /// Keeps a message in the place of what its topic had, or, if its payload
    /// is empty, takes that away. A message that finds no room leaves what
    /// was there as it was.
    pub(crate) fn keep(&mut self, owner: &Owner, message: &Message) -> Result<(), RetainedFull> {
        if message.payload.is_empty() {
            self.forget(&message.topic);
            return Ok(());
        }
        let old = self.kept.get(&message.topic);
        let is_news = old.is_none_or(|old| {
            old.owner != *owner || old.is_durable() != is_durable(owner, message) || {
                old.message.payload != message.payload
            }
        });
        self.put(owner, message)?;
        if is_news {
            self.unwritten.insert(message.topic.clone());
        }
        Ok(())
    }

    fn put(&mut self, owner: &Owner, message: &Message) -> Result<(), RetainedFull> {
        let mut usage = self.usage.get(owner).copied().unwrap_or_default();
        if let Some(old) = self.kept.get(&message.topic).filter(|old| old.owner == *owner) {
            usage.count -= 1;
            usage.bytes -= old.bytes();
        }
        if usage.count >= self.count || usage.bytes + size(message) > self.bytes {
            return Err(RetainedFull);
        }
        self.take_out(&message.topic);
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
        let gone = self.kept.extract_if(|_, kept| is_gone(&kept.owner)).map(|(topic, _)| topic);
        self.unwritten.extend(gone);
        self.usage.retain(|owner, _| !is_gone(owner));
    }

    pub(crate) fn has_unwritten(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// Returns what became of some of the topics that are not written down,
    /// and takes them for written. At least one, if there is one; beyond that
    /// no more than so many, of so many bytes.
    pub(crate) fn take_unwritten(&mut self, most: usize, most_bytes: usize) -> Vec<RetainedChange> {
        let mut taken = Vec::new();
        let mut bytes = 0;
        for topic in &self.unwritten {
            let change = self.change_of(topic);
            bytes += change.bytes();
            if !taken.is_empty() && (taken.len() >= most || bytes > most_bytes) {
                break;
            }
            taken.push(change);
        }
        for change in &taken {
            self.unwritten.remove(change.topic());
        }
        taken
    }

    fn change_of(&self, topic: &TopicName) -> RetainedChange {
        match self.kept.get(topic) {
            Some(kept @ Kept { owner: Owner::Device(device), message }) if kept.is_durable() => {
                RetainedChange::Kept(RetainedMessage {
                    device: device.clone(),
                    topic: topic.clone(),
                    payload: message.payload.clone(),
                })
            }
            Some(_) | None => RetainedChange::Gone(topic.clone()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    fn forget(&mut self, topic: &TopicName) {
        if self.take_out(topic).is_some() {
            self.unwritten.insert(topic.clone());
        }
    }

    fn take_out(&mut self, topic: &TopicName) -> Option<Kept> {
        let old = self.kept.remove(topic)?;
        if let Some(usage) = self.usage.get_mut(&old.owner) {
            usage.count -= 1;
            usage.bytes -= old.bytes();
            if usage.count == 0 {
                self.usage.remove(&old.owner);
            }
        }
        Some(old)
    }

    fn forget_expired(&mut self, now: Instant) {
        let expired = |kept: &&Kept| kept.message.expiry(now) == Some(0);
        let topics: Vec<_> =
            self.kept.values().filter(expired).map(|kept| kept.message.topic.clone()).collect();
        topics.iter().for_each(|topic| self.forget(topic));
    }
}

/// What a message costs: topic, payload and whatever its properties carry.
pub(crate) fn size(message: &Message) -> usize {
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
pub(crate) fn own_memory(message: &Message) -> Message {
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
    use crate::message::Retain;

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

    fn unwritten(store: &mut Retained) -> Vec<String> {
        let mut all: Vec<_> = store
            .take_unwritten(99, 999)
            .iter()
            .map(|change| match change {
                RetainedChange::Kept(m) => {
                    format!("{}:{}={}", m.device, m.topic, String::from_utf8_lossy(&m.payload))
                }
                RetainedChange::Gone(topic) => format!("{topic} gone"),
            })
            .collect();
        all.sort();
        all
    }

    #[test]
    fn what_is_to_be_written_down_is_the_last_word_on_each_topic() {
        let mut store = store(9, 999);
        for payload in ["1", "2", "3"] {
            store.keep(&device("a"), &message("t/1", payload)).unwrap();
        }
        store.keep(&device("a"), &message("t/2", "x")).unwrap();
        store.keep(&device("a"), &message("t/2", "")).unwrap();
        assert_eq!(unwritten(&mut store), ["a:t/1=3", "t/2 gone"]);
        store.keep(&device("a"), &message("t/1", "3")).unwrap();
        assert_eq!(unwritten(&mut store), [""; 0], "nothing new was said");
        store.forget_devices(|device| device.as_str() == "a");
        assert_eq!(unwritten(&mut store), ["t/1 gone"]);
    }

    #[test]
    fn neither_the_hubs_own_nor_what_expires_is_written_down() {
        let mut store = store(9, 999);
        store.keep(&device("a"), &message("t", "x")).unwrap();
        store.keep(&device("a"), &message("u", "x")).unwrap();
        assert_eq!(unwritten(&mut store).len(), 2);
        store.keep(&Owner::Hub, &message("t", "x")).unwrap();
        let mut short = message("u", "x");
        short.expires = Some(Instant::now() + Duration::from_secs(9));
        store.keep(&device("a"), &short).unwrap();
        assert_eq!(unwritten(&mut store), ["t gone", "u gone"]);
    }

    #[test]
    fn what_is_restored_is_bounded_as_what_is_said() {
        let mut store = store(1, 999);
        for topic in ["t/1", "t/2"] {
            store.restore(RetainedMessage {
                device: DeviceName::parse("a").unwrap(),
                topic: TopicName::parse(topic).unwrap(),
                payload: Bytes::from_static(b"x"),
            });
        }
        assert_eq!(all(&mut store), ["t/1=x"]);
        assert_eq!(unwritten(&mut store), ["t/2 gone"]);
    }

    #[test]
    fn changes_are_taken_in_portions_and_at_least_one_at_a_time() {
        let mut store = store(9, 999);
        for topic in ["t/1", "t/2", "t/3"] {
            store.keep(&device("a"), &message(topic, "0123456789")).unwrap();
        }
        assert_eq!(store.take_unwritten(2, 999).len(), 2);
        assert_eq!(store.take_unwritten(2, 1).len(), 1);
        assert!(!store.has_unwritten());
    }
}
