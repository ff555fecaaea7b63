//! Retained messages on their way to a disk and back.
//!
//! The broker writes nothing itself. It notes which topics changed, and
//! whoever keeps them asks what became of those: many changes of one topic are
//! one change, and what waits is bounded by what may be retained, however slow
//! the disk. The broker never waits for it.

use std::sync::Arc;

use bytes::Bytes;
use doorward_core::ids::DeviceName;
use doorward_core::topic::TopicName;
use rumqttd::protocol::QoS;

use crate::hub::Retain;
use crate::message::{Message, SessionId};
use crate::shared::Shared;

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

/// What became of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetainedChange {
    /// This is its retained message, in place of any other.
    Kept(RetainedMessage),
    /// It has none that is to be kept.
    Gone(TopicName),
}

/// What changed among the retained messages since it was last asked.
///
/// Messages of the hub's own and messages that expire do not appear: the hub
/// says its own again, and what expires is not worth a disk.
#[derive(Clone)]
pub struct RetainedChanges(pub(crate) Arc<Shared>);

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

impl RetainedChanges {
    /// Waits until something has changed.
    pub async fn changed(&self) {
        loop {
            let changed = self.0.retained_changed.notified();
            if self.0.retained().has_unwritten() {
                return;
            }
            changed.await;
        }
    }

    /// Takes some of the changes: one, and more while they are no more than so
    /// many in no more than so many bytes. None if nothing has changed.
    #[must_use = "what is taken is not told again"]
    pub fn take(&self, most: usize, most_bytes: usize) -> Vec<RetainedChange> {
        self.0.retained().take_unwritten(most, most_bytes)
    }

    /// Gives back changes that could not be written; what is told next is what
    /// became of their topics by then.
    pub fn put_back(&self, changes: Vec<RetainedChange>) {
        let mut retained = self.0.retained();
        for change in changes {
            match change {
                RetainedChange::Kept(message) => retained.note_unwritten(message.topic),
                RetainedChange::Gone(topic) => retained.note_unwritten(topic),
            }
        }
        drop(retained);
        self.0.retained_changed.notify_one();
    }
}
