//! What the broker tells the hub besides messages.

use std::net::IpAddr;

use doorward_core::ids::DeviceName;
use doorward_core::topic::TopicName;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::fingerprint::KeyFingerprint;

/// Events that may wait for the hub.
const EVENT_QUEUE: usize = 1_024;

/// Places in the queue that a flood of refusals cannot take.
const KEPT_FOR_CONNECTIONS: usize = 512;

/// Something that happened at the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokerEvent {
    /// The first connection of a device is up.
    Connected {
        /// The device.
        device: DeviceName,
    },
    /// The last connection of a device has ended.
    Disconnected {
        /// The device.
        device: DeviceName,
    },
    /// A device that has two keys, since its certificate is being renewed, connected
    /// with this one.
    KeyShown {
        /// The device.
        device: DeviceName,
        /// The key.
        key: KeyFingerprint,
    },
    /// A device tried what it may not do.
    Refused {
        /// The device.
        device: DeviceName,
        /// What it tried.
        what: Refusal,
        /// The topic or filter it named, as text and cut short; never
        /// trustworthy, since the device chose it.
        topic: Option<String>,
    },
    /// Somebody with a certificate of a believed CA whose key is not enrolled.
    Stranger,
    /// Somebody said a wrong password, without TLS. Tries beyond the limits
    /// are counted in the statistics alone.
    WrongPassword {
        /// From where.
        address: IpAddr,
        /// The device under whose name, if there is one.
        device: Option<DeviceName>,
    },
    /// Another broker gave a message of the hub's to nobody, or refused it.
    NotTaken {
        /// The message's topic.
        topic: TopicName,
    },
    /// The router died and runs again; all devices were dropped to reconnect.
    RouterRestarted,
}

/// What a device tried and was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    /// To publish on a topic it has no grant for.
    Publish,
    /// To leave a will on a topic it has no grant for.
    Will,
    /// To have answers sent to a topic it has no grant for.
    ResponseTopic,
    /// To subscribe to what no grant of it covers.
    Subscribe,
    /// To share a subscription with others.
    SharedSubscription,
    /// To use a name or filter that is not a topic.
    BadTopic,
    /// To use more topics than a device may.
    TooManyTopics,
    /// To hold more subscriptions than a connection may.
    TooManySubscriptions,
    /// To have more retained than a device may.
    RetainedFull,
    /// To send a packet longer than allowed.
    PacketTooLarge,
    /// To send bytes that are not MQTT.
    Malformed,
    /// To hold more connections than a device may.
    TooManySessions,
}

/// The stream of events, in the order they happened.
pub struct Events {
    queue: mpsc::Receiver<BrokerEvent>,
    stop: CancellationToken,
}

impl Events {
    /// Waits for the next event; `None` once the broker has stopped.
    pub async fn recv(&mut self) -> Option<BrokerEvent> {
        tokio::select! {
            biased;
            event = self.queue.recv() => event,
            () = self.stop.cancelled() => None,
        }
    }
}

/// The broker's end of the stream.
#[derive(Clone)]
pub(crate) struct EventSink(mpsc::Sender<BrokerEvent>);

pub(crate) fn channel(stop: CancellationToken) -> (EventSink, Events) {
    let (sender, queue) = mpsc::channel(EVENT_QUEUE);
    (EventSink(sender), Events { queue, stop })
}

impl EventSink {
    /// Tells the hub, without waiting for it: what it does not fetch in time
    /// is counted in the statistics all the same.
    pub(crate) fn tell(&self, event: BrokerEvent) {
        let may_drop = matches!(
            event,
            BrokerEvent::Refused { .. }
                | BrokerEvent::Stranger
                | BrokerEvent::WrongPassword { .. }
                | BrokerEvent::KeyShown { .. }
        );
        if may_drop && self.0.capacity() < KEPT_FOR_CONNECTIONS {
            return;
        }
        if let Err(mpsc::error::TrySendError::Full(_)) = self.0.try_send(event) {
            warn!("the hub does not fetch the broker's events");
        }
    }
}
