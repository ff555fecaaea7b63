//! What the hub says, on its way to the connection. Nothing waits here for a
//! connection to come.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use doorward_core::topic::TopicName;
use tokio::sync::{mpsc, oneshot};

use crate::hub::Reach;
use crate::message::Retain;
use crate::registry::Registry;

/// One message of the hub's.
pub(super) struct Order {
    pub(super) topic: TopicName,
    pub(super) payload: Bytes,
    pub(super) retain: Retain,
    pub(super) asked: Instant,
    /// Who wants to know what the broker answered.
    pub(super) tell: Option<oneshot::Sender<u8>>,
}

/// The hub's end of the connection that there is, if there is one.
#[derive(Clone)]
pub(crate) struct Post {
    registry: Registry,
    slot: Arc<Mutex<Option<mpsc::Sender<Order>>>>,
}

impl Post {
    pub(super) fn new(registry: Registry) -> Self {
        Self { registry, slot: Arc::default() }
    }

    /// Sends a message to whoever is enrolled to hear it. Without a connection,
    /// or if the broker is so slow that the queue is full, that is nobody.
    pub(crate) fn send(&self, topic: &TopicName, payload: Bytes, retain: Retain) -> Reach {
        let devices = self.registry.devices_that_hear(topic);
        let order =
            Order { topic: topic.clone(), payload, retain, asked: Instant::now(), tell: None };
        let is_sent = !devices.is_empty() && self.hand_over(order).is_ok();
        if is_sent { Reach { devices } } else { Reach::default() }
    }

    /// Sends a message and returns the broker's answer to come. `None` without
    /// a connection.
    pub(super) fn ask(&self, topic: &TopicName, payload: Bytes) -> Option<oneshot::Receiver<u8>> {
        let (tell, told) = oneshot::channel();
        let (topic, retain, tell) = (topic.clone(), Retain::No, Some(tell));
        let order = Order { topic, payload, retain, asked: Instant::now(), tell };
        self.hand_over(order).is_ok().then_some(told)
    }

    fn hand_over(&self, order: Order) -> Result<(), ()> {
        let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = slot.as_ref().ok_or(())?;
        sender.try_send(order).map_err(|_| ())
    }

    /// Opens the way to a connection, or closes it. What was handed over to the
    /// one before and not yet written is gone with it.
    pub(super) fn lead_to(&self, connection: Option<mpsc::Sender<Order>>) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = connection;
    }
}
