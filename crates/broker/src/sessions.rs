//! The table of live connections.
//!
//! A connection's place is named by its device and client id together: two
//! bridges may both call themselves `mqttjs_1`, and neither can take the
//! other's place. A second connection of the same device and client id
//! takes over, after the first has ended with its will published.
//!
//! A session that outlives its connection keeps its place: its subscriptions
//! count for messages from device to device, and the hub does not see it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use doorward_core::ids::DeviceName;
use doorward_core::topic::TopicName;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::credential::Credential;
use crate::events::{BrokerEvent, EventSink};
use crate::limits::Limits;
use crate::message::{Message, SessionId};
use crate::registry::Registry;
use crate::session::Carried;
use crate::subscriptions::{Speaker, Subscriptions};

/// How long a new connection waits for the one whose place it takes.
const HANDOVER: Duration = Duration::from_secs(5);

/// Why a connection is told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Another connection took its place.
    TakenOver(Start),
    /// Its client has been away for long, and others need the room.
    Forgotten,
    /// It does not take the hub's messages.
    TooSlow,
    /// The router has died.
    RouterGone,
    /// The broker stops.
    Stopping,
}

/// What a connection wants of the session that its client had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Nothing: it is to end.
    Clean,
    /// To go on with it.
    Resume,
}

/// Where the client of a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Coming or leaving: connected, and out of the hub's reach.
    Aside,
    /// There to hear the hub.
    Here,
    /// Not connected since then.
    Away(Instant),
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
    credential: Credential,
    orders: watch::Sender<Option<Order>>,
    ended: Option<oneshot::Receiver<Carried>>,
    commands: mpsc::Sender<Arc<Message>>,
    subscriptions: Subscriptions,
    standing: Standing,
}

/// The table.
pub(crate) struct Sessions {
    table: Arc<Mutex<HashMap<Place, Entry>>>,
    events: EventSink,
    limits: Limits,
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
    // Used or dropped last: its receiver then knows that this session has ended
    // or comes over.
    ended: Option<oneshot::Sender<Carried>>,
}

impl Sessions {
    pub(crate) fn new(events: EventSink, limits: &Limits) -> Self {
        Self { table: Arc::default(), events, limits: limits.clone() }
    }

    /// Takes a place for a connection, waiting until a previous holder is
    /// gone for good. Returns what that one left, if it is to be resumed and
    /// there was anything.
    pub(crate) async fn claim(
        &self,
        device: &DeviceName,
        client_id: &str,
        credential: Credential,
        id: SessionId,
        start: Start,
    ) -> Result<(Membership, Option<Carried>), ClaimError> {
        let place = Place { device: device.clone(), client_id: client_id.to_owned() };
        let (membership, previous) = self.enter(place, credential, id, start)?;
        let carried = match previous {
            // Resolves, with an error, when the other end is dropped.
            Some(previous) => {
                timeout(HANDOVER, previous).await.map_err(|_| ClaimError::Occupied)?.ok()
            }
            None => None,
        };
        let carried = carried.filter(|_| start == Start::Resume);
        if carried.is_none() {
            membership.subscriptions.clear();
        }
        Ok((membership, carried))
    }

    /// Hands a message of the hub's to every connection that wants it and may
    /// have it; returns the devices that got it.
    pub(crate) fn hand_out(&self, message: &Arc<Message>, registry: &Registry) -> Vec<DeviceName> {
        let table = lock(&self.table);
        let mut reached = Vec::new();
        for (place, entry) in table.iter() {
            let hears = entry.standing == Standing::Here;
            if !hears || !entry.subscriptions.want(&message.topic, Speaker::Another) {
                continue;
            }
            let enrolled = registry.look_up(&entry.credential);
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
        for (place, entry) in lock(&self.table).iter() {
            if entry.away_since().is_none() {
                *counts.entry(place.device.clone()).or_insert(0) += 1;
            }
        }
        counts
    }

    /// Returns how many sessions have no connection.
    pub(crate) fn absent(&self) -> usize {
        lock(&self.table).values().filter(|entry| entry.away_since().is_some()).count()
    }

    fn enter(
        &self,
        place: Place,
        credential: Credential,
        id: SessionId,
        start: Start,
    ) -> Result<(Membership, Option<oneshot::Receiver<Carried>>), ClaimError> {
        let mut table = lock(&self.table);
        let others = count(&table, &place.device);
        let is_connected = table.get(&place).is_some_and(|entry| entry.away_since().is_none());
        if !is_connected && others >= self.limits.sessions_per_device {
            return Err(ClaimError::TooMany);
        }
        let (previous, subscriptions) =
            table.get_mut(&place).map(|entry| entry.give_way(start)).unwrap_or_default();
        let (orders, ordered) = watch::channel(None);
        let (commands, commanded) = mpsc::channel(self.limits.command_queue);
        let (ended, when_ended) = oneshot::channel();
        let entry = Entry {
            id,
            credential,
            orders,
            ended: Some(when_ended),
            commands,
            subscriptions: subscriptions.clone(),
            standing: Standing::Aside,
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
            ended: Some(ended),
        };
        Ok((membership, previous))
    }
}

impl Entry {
    /// Tells the connection to leave its place to another. Returns what it will leave,
    /// and the subscriptions that hold meanwhile, so that nothing is missed.
    fn give_way(&mut self, start: Start) -> (Option<oneshot::Receiver<Carried>>, Subscriptions) {
        self.order(Order::TakenOver(start));
        let subscriptions = match start {
            Start::Clean => Subscriptions::default(),
            Start::Resume => self.subscriptions.clone(),
        };
        (self.ended.take(), subscriptions)
    }

    fn order(&self, order: Order) {
        self.orders.send_replace(Some(order));
    }

    fn away_since(&self) -> Option<Instant> {
        match self.standing {
            Standing::Aside | Standing::Here => None,
            Standing::Away(since) => Some(since),
        }
    }
}

impl Membership {
    /// Says that the hub can reach the client.
    pub(crate) fn come_forward(&self) {
        self.stand(Standing::Here);
    }

    /// Says that the hub cannot reach the client any more.
    pub(crate) fn step_aside(&self) {
        self.stand(Standing::Aside);
    }

    /// Says that the connection has ended and the session goes on. If too many
    /// do, the one that has been without a client for longest ends.
    pub(crate) fn go_away(&self, limits: &Limits) {
        self.stand(Standing::Away(Instant::now()));
        let table = lock(&self.table);
        if table.get(&self.place).is_none_or(|entry| entry.id != self.id) {
            return;
        }
        if count(&table, &self.place.device) == 0 {
            self.events.tell(BrokerEvent::Disconnected { device: self.place.device.clone() });
        }
        let own = |place: &Place| place.device == self.place.device;
        forget_oldest(&table, limits.absent_sessions, own);
        forget_oldest(&table, limits.absent_sessions_in_all, |_| true);
    }

    /// Gives the place to the connection that waits for it, with all that
    /// belongs to the session.
    pub(crate) fn hand_over(mut self, carried: Carried) {
        let ended = self.ended.take();
        drop(self);
        if let Some(ended) = ended {
            // Whoever waited may have gone; the session then ends.
            let _ = ended.send(carried);
        }
    }

    fn stand(&self, standing: Standing) {
        let mut table = lock(&self.table);
        // After a take-over the place is another connection's.
        if let Some(entry) = table.get_mut(&self.place).filter(|entry| entry.id == self.id) {
            entry.standing = standing;
        }
    }
}

fn forget_oldest(table: &HashMap<Place, Entry>, most: usize, who: impl Fn(&Place) -> bool) {
    let away = table.iter().filter(|(place, _)| who(place));
    let mut away: Vec<_> =
        away.filter_map(|(_, entry)| Some((entry.away_since()?, entry))).collect();
    let excess = away.len().saturating_sub(most);
    away.sort_by_key(|(since, _)| *since);
    away.iter().take(excess).for_each(|(_, entry)| entry.order(Order::Forgotten));
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut table = lock(&self.table);
        // After a take-over the place is another connection's.
        if table.get(&self.place).is_some_and(|entry| entry.id == self.id) {
            let entry = table.remove(&self.place);
            let was_connected = entry.is_some_and(|entry| entry.away_since().is_none());
            if was_connected && count(&table, &self.place.device) == 0 {
                self.events.tell(BrokerEvent::Disconnected { device: self.place.device.clone() });
            }
        }
    }
}

fn count(table: &HashMap<Place, Entry>, device: &DeviceName) -> usize {
    let own = table.iter().filter(|(place, _)| place.device == *device);
    own.filter(|(_, entry)| entry.away_since().is_none()).count()
}

fn lock(table: &Mutex<HashMap<Place, Entry>>) -> MutexGuard<'_, HashMap<Place, Entry>> {
    // Nothing under the lock panics half way through a change.
    table.lock().unwrap_or_else(PoisonError::into_inner)
}
