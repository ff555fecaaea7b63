//! What a device said, on its way to the hub.

use std::time::Instant;

use bytes::Bytes;
use doorward_core::ids::DeviceName;
use doorward_core::topic::TopicName;

use crate::credential::Credential;
use crate::message::Retain;

/// Whether a message was said just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// It was said while the hub listened.
    Live,
    /// Another broker had kept it: it may be of any age, and whatever it tells
    /// of may have changed since.
    Kept,
}

/// One message that a device published and was granted.
#[derive(Clone)]
pub struct FromDevice {
    /// The device whose certificate the connection proved; at another broker,
    /// the one that alone is enrolled to publish on the topic.
    pub device: DeviceName,
    /// What the connection proved itself with; another broker does not say.
    pub credential: Option<Credential>,
    /// The topic, within the device's grants.
    pub topic: TopicName,
    /// The message; it may hold a code, so it is never logged.
    pub payload: Bytes,
    /// The retain flag. Of a live message at our own broker, it is as the device
    /// set it; another broker hands live messages on without it.
    pub retained: Retain,
    /// Whether it was said just now. Our own broker tells of nothing else.
    pub age: Age,
    /// When the packet had been read.
    pub received: Instant,
}

impl std::fmt::Debug for FromDevice {
    /// Leaves the payload out: it may hold a code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FromDevice")
            .field("device", &self.device)
            .field("topic", &self.topic)
            .field("payload_bytes", &self.payload.len())
            .field("retained", &self.retained)
            .field("age", &self.age)
            .finish_non_exhaustive()
    }
}
