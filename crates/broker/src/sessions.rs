//! The table of live connections.
//!
//! A connection's place is named by its device and client id together: two
//! bridges may both call themselves `mqttjs_1`, and neither can take the
//! other's place. A second connection with the same certificate and client id
//! takes over, after the first has ended with its will published.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use doorward_core::ids::DeviceName;
use doorward_core::topic::TopicName;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::events::{BrokerEvent, EventSink};
use crate::fingerprint::KeyFingerprint;
use crate::message::{Message, SessionId};
use crate::registry::Registry;
use crate::subscriptions::{Speaker, Subscriptions};

/// How long a new connection waits for the one whose place it takes.
const HANDOVER: Duration = Duration::from_secs(5);

/// Why a connection is told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Another connection took its place.
    TakenOver,
    /// It does not take the hub's messages.
    TooSlow,
    /// The router has died.
    RouterGone,
    /// The broker stops.
    Stopping,
}

/// Why a connection has no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClaimError {
    #[error("the device has as many connections as it may")]
    TooMany,
    #[error("the connection that had this place does not end")]
    Occupied,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    device: DeviceName,
    client_id: String,
}

struct Entry {
    id: SessionId,
    key: KeyFingerprint,
    orders: watch::Sender<Option<Order>>,
    ended: Option<oneshot::Receiver<()>>,
    commands: mpsc::Sender<Arc<Message>>,
    subscriptions: Subscriptions,
}

/// The table.
pub(crate) struct Sessions {
    table: Arc<Mutex<HashMap<Place, Entry>>>,
    events: EventSink,
    per_device: usize,
    queue: usize,
}

/// One connection's place in the table; leaves it when dropped.
pub(crate) struct Membership {
    pub(crate) orders: watch::Receiver<Option<Order>>,
    pub(crate) commands: mpsc::Receiver<Arc<Message>>,
    pub(crate) subscriptions: Subscriptions,
    place: Place,
    id: SessionId,
    table: Arc<Mutex<HashMap<Place, Entry>>>,
    events: EventSink,
    // Dropped last: its receiver then knows that this connection has ended.
    _ended: oneshot::Sender<()>,
}

impl Sessions {
    pub(crate) fn new(events: EventSink, per_device: usize, queue: usize) -> Self {
        Self { table: Arc::default(), events, per_device, queue }
    }

    /// Takes a place for a connection, waiting until a previous holder is
    /// gone for good.
    pub(crate) async fn claim(
        &self,
        device: &DeviceName,
        client_id: &str,
        key: KeyFingerprint,
        id: SessionId,
    ) -> Result<Membership, ClaimError> {
        let place = Place { device: device.clone(), client_id: client_id.to_owned() };
        let (membership, previous) = self.enter(place, key, id)?;
        if let Some(previous) = previous {
            // Resolves, with an error, when the other end is dropped.
            timeout(HANDOVER, previous).await.map_err(|_| ClaimError::Occupied).map(|_| ())?;
        }
        Ok(membership)
    }

    /// Hands a message of the hub's to every connection that wants it and may
    /// have it; returns the devices that got it.
    pub(crate) fn hand_out(&self, message: &Arc<Message>, registry: &Registry) -> Vec<DeviceName> {
        let table = lock(&self.table);
        let mut reached = Vec::new();
        for (place, entry) in table.iter() {
            if !entry.subscriptions.want(&message.topic, Speaker::Another) {
                continue;
            }
            let enrolled = registry.look_up(&entry.key);
            if !enrolled.is_some_and(|e| e.grants.may_receive(&message.topic)) {
                continue;
            }
            match entry.commands.try_send(Arc::clone(message)) {
                Ok(()) => reached.push(place.device.clone()),
                Err(mpsc::error::TrySendError::Full(_)) => entry.order(Order::TooSlow),
                Err(mpsc::error::TrySendError::Closed(_)) => {}
            }
        }
        reached
    }

    /// Tells whether any connection would hear a message on this topic.
    pub(crate) fn anybody_wants(&self, topic: &TopicName, origin: Option<SessionId>) -> bool {
        let table = lock(&self.table);
        table.values().any(|entry| entry.subscriptions.want(topic, Speaker::of(origin, entry.id)))
    }

    pub(crate) fn order_all(&self, order: Order) {
        lock(&self.table).values().for_each(|entry| entry.order(order));
    }

    pub(crate) fn connected(&self) -> BTreeMap<DeviceName, usize> {
        let mut counts = BTreeMap::new();
        for place in lock(&self.table).keys() {
            *counts.entry(place.device.clone()).or_insert(0) += 1;
        }
        counts
    }

    fn enter(
        &self,
        place: Place,
        key: KeyFingerprint,
        id: SessionId,
    ) -> Result<(Membership, Option<oneshot::Receiver<()>>), ClaimError> {
        let mut table = lock(&self.table);
        let others = count(&table, &place.device);
        let previous = match table.get_mut(&place) {
            Some(entry) => {
                entry.order(Order::TakenOver);
                entry.ended.take()
            }
            None if others >= self.per_device => {
                return Err(ClaimError::TooMany);
            }
            None => None,
        };
        let (orders, ordered) = watch::channel(None);
        let (commands, commanded) = mpsc::channel(self.queue);
        let (ended, when_ended) = oneshot::channel();
        let subscriptions = Subscriptions::default();
        let entry = Entry {
            id,
            key,
            orders,
            ended: Some(when_ended),
            commands,
            subscriptions: subscriptions.clone(),
        };
        table.insert(place.clone(), entry);
        if others == 0 {
            self.events.tell(BrokerEvent::Connected { device: place.device.clone() });
        }
        let membership = Membership {
            orders: ordered,
            commands: commanded,
            subscriptions,
            place,
            id,
            table: Arc::clone(&self.table),
            events: self.events.clone(),
            _ended: ended,
        };
        Ok((membership, previous))
    }
}

impl Entry {
    fn order(&self, order: Order) {
        self.orders.send_replace(Some(order));
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut table = lock(&self.table);
        // After a take-over the place is another connection's.
        if table.get(&self.place).is_some_and(|entry| entry.id == self.id) {
            table.remove(&self.place);
            if count(&table, &self.place.device) == 0 {
                self.events.tell(BrokerEvent::Disconnected { device: self.place.device.clone() });
            }
        }
    }
}

fn count(table: &HashMap<Place, Entry>, device: &DeviceName) -> usize {
    table.keys().filter(|place| place.device == *device).count()
}

fn lock(table: &Mutex<HashMap<Place, Entry>>) -> MutexGuard<'_, HashMap<Place, Entry>> {
    // Nothing under the lock panics half way through a change.
    table.lock().unwrap_or_else(PoisonError::into_inner)
}
