//! The hub's end of the broker: what devices say, and what is said to them.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use doorward_core::ids::DeviceName;
use doorward_core::topic::TopicName;
use rumqttd::protocol::QoS;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::elsewhere::Post;
use crate::events::Events;
use crate::from_device::FromDevice;
use crate::message::{Message, Retain};
use crate::retained::{Owner, RetainedFull};
use crate::shared::Shared;

/// The hub's end of the broker. The fields can be taken apart, so that one
/// task can wait for messages and events at once.
pub struct HubLink {
    /// What devices publish.
    pub messages: Messages,
    /// What else happens.
    pub events: Events,
    /// Speaks to devices.
    pub sender: HubSender,
}

impl HubLink {
    /// Waits for the next message; `None` once the broker has stopped.
    pub async fn recv(&mut self) -> Option<FromDevice> {
        self.messages.recv().await
    }
}

/// What devices publish, in the order it was accepted.
///
/// The queue behind it has [`crate::Limits::hub_queue`] places. When it is
/// full, connections that have something to say wait, and are not read from
/// until there is room: a slow hub loses nothing.
pub struct Messages {
    pub(crate) queue: mpsc::Receiver<FromDevice>,
    pub(crate) stop: CancellationToken,
}

impl Messages {
    /// Waits for the next message; `None` once the broker has stopped.
    pub async fn recv(&mut self) -> Option<FromDevice> {
        tokio::select! {
            biased;
            message = self.queue.recv() => message,
            () = self.stop.cancelled() => None,
        }
    }

    /// Returns the next message if one is waiting.
    pub fn try_recv(&mut self) -> Option<FromDevice> {
        self.queue.try_recv().ok()
    }
}

/// Speaks to devices for the hub.
#[derive(Clone)]
pub struct HubSender(pub(crate) Way);

/// The way from the hub to its devices.
#[derive(Clone)]
pub(crate) enum Way {
    /// Through the broker in this process.
    Here(Arc<Shared>),
    /// Through somebody else's.
    Elsewhere(Post),
}

/// Who was there to receive a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use = "a command that reached nobody has to be reported"]
pub struct Reach {
    /// The devices that were connected, subscribed and still granted the
    /// topic; one entry for each of their connections.
    pub devices: Vec<DeviceName>,
}

impl Reach {
    /// Tells whether nobody was there.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.devices.is_empty()
    }
}

impl HubSender {
    /// Publishes to the devices that are connected and subscribed at this
    /// moment, at QoS 1 where they asked for that much. It never waits: a
    /// connection whose queue is full is cut and counts as not reached.
    ///
    /// What is not retained is worth nothing after
    /// [`crate::Limits::command_validity`]: MQTT 5 clients are told so, it is
    /// kept for nobody who is absent, and a connection that does not take it
    /// in time is cut before it could.
    ///
    /// Another broker does not say who is there. Then the devices enrolled to
    /// hear the topic count as reached while the hub is connected, and
    /// [`crate::BrokerEvent::NotTaken`] tells of a message that the broker gave
    /// to nobody.
    ///
    /// # Errors
    /// When the message was to be retained and the hub already has as much
    /// retained as it may; then nobody receives it either.
    pub fn publish(
        &self,
        topic: &TopicName,
        payload: impl Into<Bytes>,
        retain: Retain,
    ) -> Result<Reach, RetainedFull> {
        match &self.0 {
            Way::Here(shared) => hand_out(shared, topic, payload.into(), retain),
            Way::Elsewhere(post) => Ok(post.send(topic, payload.into(), retain)),
        }
    }
}

fn hand_out(
    shared: &Shared,
    topic: &TopicName,
    payload: Bytes,
    retain: Retain,
) -> Result<Reach, RetainedFull> {
    let message = Message {
        topic: topic.clone(),
        payload,
        qos: QoS::AtLeastOnce,
        retain,
        properties: None,
        expires: match retain {
            Retain::No => Instant::now().checked_add(shared.limits.command_validity),
            Retain::Yes => None,
        },
        origin: None,
        sequence: shared.next_sequence(),
    };
    if retain == Retain::Yes {
        shared.retained().keep(&Owner::Hub, &message)?;
        shared.retained_changed.notify_one();
    }
    let devices = shared.sessions.hand_out(&Arc::new(message), &shared.registry);
    Ok(Reach { devices })
}
