//! One connection to another broker, from its subscriptions to its end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use doorward_core::topic::{TopicFilter, TopicName};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info, warn};

use super::dial::{Line, LinkFault};
use super::incoming::{Incoming, NotMqtt, Told};
use super::outgoing;
use super::post::Order;
use super::shared::Shared;
use super::state::Heard;
use crate::events::BrokerEvent;
use crate::from_device::FromDevice;
use crate::message::Retain;

/// Filters in one SUBSCRIBE.
const FILTERS_PER_PACKET: usize = 32;

/// The answer of a broker that found nobody subscribed (3.4.2.1).
const NO_MATCHING_SUBSCRIBERS: u8 = 0x10;

/// From this reason on, something was refused.
const REFUSED: u8 = 0x80;

/// A connection that is up.
pub(super) struct Session {
    line: Line,
    shared: Arc<Shared>,
    subscribed: BTreeSet<TopicFilter>,
    asked: BTreeMap<u16, Vec<TopicFilter>>,
    sent: BTreeMap<u16, Sent>,
    /// Heard, and not yet told to the hub.
    inbox: VecDeque<(FromDevice, Option<u16>)>,
    last_id: u16,
    last_heard: Instant,
    last_ping: Instant,
    way: Way,
}

/// A message that the broker has yet to acknowledge.
struct Sent {
    topic: TopicName,
    at: Instant,
    tell: Option<oneshot::Sender<u8>>,
}

/// Whether the hub may speak: it may once all subscriptions are answered, for
/// until then it could not hear what comes of it.
enum Way {
    Closed(mpsc::Sender<Order>),
    Open,
}

/// What happened.
enum Happened {
    Packet(Incoming),
    Order(Order),
    HubHasRoom,
    Enrolment,
    Tick,
    Stop,
}

impl Session {
    pub(super) fn new(line: Line, shared: Arc<Shared>, orders: mpsc::Sender<Order>) -> Self {
        let now = Instant::now();
        Self {
            line,
            shared,
            subscribed: BTreeSet::new(),
            asked: BTreeMap::new(),
            sent: BTreeMap::new(),
            inbox: VecDeque::new(),
            last_id: 0,
            last_heard: now,
            last_ping: now,
            way: Way::Closed(orders),
        }
    }

    /// Runs until the connection ends; returns why.
    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<Order>) -> LinkFault {
        let mut changes = self.shared.registry.watch();
        changes.mark_unchanged();
        if let Err(fault) = self.subscribe_to_what_is_granted().await {
            return fault;
        }
        loop {
            let happened = self.next(&mut orders, &mut changes).await;
            let done = match happened {
                Ok(Happened::Stop) => {
                    self.line.farewell().await;
                    return LinkFault::Stopping;
                }
                Ok(happened) => self.take_in(happened).await,
                Err(fault) => Err(fault),
            };
            if let Err(fault) = done {
                return fault;
            }
        }
    }

    async fn next(
        &mut self,
        orders: &mut mpsc::Receiver<Order>,
        changes: &mut tokio::sync::watch::Receiver<()>,
    ) -> Result<Happened, LinkFault> {
        let tick = self.next_tick();
        let has_window = self.sent.len() < self.line.receive_maximum;
        let has_news = !self.inbox.is_empty();
        let shared = Arc::clone(&self.shared);
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => Ok(Happened::Stop),
            Some(order) = orders.recv(), if has_window => Ok(Happened::Order(order)),
            room = shared.hub.reserve(), if has_news => match room {
                Ok(room) => {
                    // `has_news` says that there is one.
                    let Some((told, id)) = self.inbox.pop_front() else { return Ok(Happened::Tick) };
                    room.send(told);
                    self.acknowledge(id).await?;
                    Ok(Happened::HubHasRoom)
                }
                Err(_) => Ok(Happened::Stop),
            },
            // A hub that is slow slows the broker down.
            packet = self.line.next(), if !has_news => packet.map(Happened::Packet),
            Ok(()) = changes.changed() => Ok(Happened::Enrolment),
            () = sleep_until(tick) => Ok(Happened::Tick),
        }
    }

    async fn take_in(&mut self, happened: Happened) -> Result<(), LinkFault> {
        match happened {
            Happened::Packet(packet) => {
                self.last_heard = Instant::now();
                self.read(packet).await
            }
            Happened::Order(order) => self.write(order).await,
            Happened::Enrolment => self.subscribe_to_what_is_granted().await,
            Happened::Tick => self.tick().await,
            Happened::HubHasRoom | Happened::Stop => Ok(()),
        }
    }

    async fn read(&mut self, packet: Incoming) -> Result<(), LinkFault> {
        match packet {
            Incoming::Publish(told) => self.hear(told).await,
            Incoming::Acknowledged { id, reason } => self.acknowledged(id, reason),
            Incoming::Subscribed { id, codes } => self.answered(id, &codes),
            Incoming::Unsubscribed | Incoming::Pong => Ok(()),
            Incoming::Disconnect { reason } => Err(LinkFault::Ended(reason)),
            Incoming::Connected(_) => Err(NotMqtt.into()),
        }
    }

    /// A topic that no device is enrolled to publish on is nobody's word.
    async fn hear(&mut self, told: Told) -> Result<(), LinkFault> {
        let retained = told.retained();
        let Told { id, topic, payload, age } = told;
        let speaker = topic.and_then(|topic| {
            let device = self.shared.registry.device_that_publishes(&topic)?;
            Some((device, topic))
        });
        let Some((device, topic)) = speaker else {
            return self.acknowledge(id).await;
        };
        if self.shared.board.hear(&device) == Heard::First {
            self.shared.events.tell(BrokerEvent::Connected { device: device.clone() });
        }
        let received = std::time::Instant::now();
        let credential = None;
        let told = FromDevice { device, credential, topic, payload, retained, age, received };
        self.inbox.push_back((told, id));
        Ok(())
    }

    async fn acknowledge(&mut self, id: Option<u16>) -> Result<(), LinkFault> {
        match id {
            Some(id) => self.line.write(&outgoing::puback(id)).await,
            None => Ok(()),
        }
    }

    async fn write(&mut self, order: Order) -> Result<(), LinkFault> {
        let Order { topic, payload, retain, asked, tell } = order;
        let left = self.shared.limits.command_validity.checked_sub(asked.elapsed());
        let expiry_s = match (retain, left) {
            (Retain::Yes, _) => None,
            (Retain::No, Some(left)) => Some(whole_seconds(left)),
            (Retain::No, None) => {
                self.not_taken(topic);
                return Ok(());
            }
        };
        let id = self.next_id();
        let packet = outgoing::publish(id, topic.as_str(), &payload, retain, expiry_s);
        if packet.len() > self.line.takes_bytes {
            self.not_taken(topic);
            return Ok(());
        }
        self.sent.insert(id, Sent { topic, at: Instant::now(), tell });
        self.line.write(&packet).await
    }

    fn acknowledged(&mut self, id: u16, reason: u8) -> Result<(), LinkFault> {
        let Some(Sent { topic, tell, .. }) = self.sent.remove(&id) else {
            return Err(NotMqtt.into());
        };
        if let Some(tell) = tell {
            // Whoever asked may have gone.
            let _ = tell.send(reason);
        } else if reason == NO_MATCHING_SUBSCRIBERS || reason >= REFUSED {
            debug!(reason, "the broker gave a message to nobody");
            self.not_taken(topic);
        }
        Ok(())
    }

    fn not_taken(&self, topic: TopicName) {
        self.shared.board.count_not_taken();
        self.shared.events.tell(BrokerEvent::NotTaken { topic });
    }

    async fn subscribe_to_what_is_granted(&mut self) -> Result<(), LinkFault> {
        let wanted = self.shared.registry.filters_that_speak();
        let enrolled = self.shared.registry.devices();
        for device in self.shared.board.keep_devices(&enrolled) {
            self.shared.events.tell(BrokerEvent::Disconnected { device });
        }
        let gone: Vec<_> = self.subscribed.difference(&wanted).cloned().collect();
        for some in gone.chunks(FILTERS_PER_PACKET) {
            some.iter().for_each(|filter| self.shared.board.forget_filter(filter.as_str()));
            let id = self.next_id();
            let packet = outgoing::unsubscribe(id, some.iter().map(TopicFilter::as_str));
            self.line.write(&packet).await?;
        }
        let fresh: Vec<_> = wanted.difference(&self.subscribed).cloned().collect();
        for some in fresh.chunks(FILTERS_PER_PACKET) {
            let id = self.next_id();
            let packet = outgoing::subscribe(id, some.iter().map(TopicFilter::as_str));
            self.asked.insert(id, some.to_vec());
            self.line.write(&packet).await?;
        }
        self.subscribed = wanted;
        self.open_if_answered();
        Ok(())
    }

    fn answered(&mut self, id: u16, codes: &[u8]) -> Result<(), LinkFault> {
        let filters = self.asked.remove(&id).ok_or(NotMqtt)?;
        if filters.len() != codes.len() {
            return Err(NotMqtt.into());
        }
        for (filter, code) in filters.iter().zip(codes) {
            if *code >= REFUSED {
                warn!(code, "the broker refuses a subscription: devices on it are not heard");
                self.shared.board.refuse_filter(filter.to_string());
            }
        }
        self.open_if_answered();
        Ok(())
    }

    fn open_if_answered(&mut self) {
        if !self.asked.is_empty() {
            return;
        }
        if let Way::Closed(orders) = std::mem::replace(&mut self.way, Way::Open) {
            info!("connected to the broker");
            self.shared.board.up();
            self.shared.post.lead_to(Some(orders));
        }
    }

    async fn tick(&mut self) -> Result<(), LinkFault> {
        let now = Instant::now();
        if self.oldest_sent().is_some_and(|at| now >= at + self.shared.limits.command_validity) {
            return Err(LinkFault::NotTaken);
        }
        // While the hub has something to take in, nothing is read.
        let is_silent = now >= self.last_heard + self.line.keep_alive * 2;
        if is_silent && self.inbox.is_empty() {
            return Err(LinkFault::NotInTime);
        }
        if now >= self.last_ping + self.line.keep_alive / 2 {
            self.last_ping = now;
            self.line.write(&outgoing::PINGREQ).await?;
        }
        Ok(())
    }

    fn next_tick(&self) -> Instant {
        let ping = self.last_ping + self.line.keep_alive / 2;
        let late = self.oldest_sent().map(|at| at + self.shared.limits.command_validity);
        late.map_or(ping, |late| late.min(ping))
    }

    fn oldest_sent(&self) -> Option<Instant> {
        self.sent.values().map(|sent| sent.at).min()
    }

    /// An id that is not in use: fewer are in flight than there are.
    fn next_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.sent.contains_key(&self.last_id) && !self.asked.contains_key(&self.last_id) {
                return self.last_id;
            }
        }
    }
}

/// A message with a part of a second left is still valid.
fn whole_seconds(left: Duration) -> u32 {
    u32::try_from(left.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX)
}
