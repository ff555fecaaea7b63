//! rumqttd's router, and the only way to it.
//!
//! The router's own calls block their thread, and a client packet can kill or
//! stop it. So one thread, the feeder, makes the calls, and what it is handed
//! is always the same few things: QoS 0 publishes without retain flag, sealed
//! by [`crate::message`], from one connection for all; and plain subscriptions
//! on one connection for each client that subscribes. Acknowledgements,
//! sessions, wills, retained messages and topic aliases never get there.
//!
//! A router cannot be told to stop: its thread sleeps until the process ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rumqttd::local::{LinkBuilder, LinkRx, LinkTx};
use rumqttd::protocol::{
    Disconnect, DisconnectReasonCode, Filter, Packet, QoS, RetainForwardRule, Subscribe,
    Unsubscribe,
};
use rumqttd::{Notification, RouterConfig};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use crate::message::Message;

/// Publishes that may wait for the router before publishers wait too.
const WAITING_PUBLISHES: usize = 256;

/// How long the router may take for anything before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes per segment of the router's log of one filter, and segments. The log
/// keeps what was delivered, so it is small; a subscriber who is further
/// behind than this loses the oldest messages.
const SEGMENT_BYTES: usize = 64 * 1024;
const SEGMENTS: usize = 3;

/// Messages that the router hands to one connection at a time.
const BATCH: u64 = 100;

/// The router has died or does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message router is gone")]
pub(crate) struct RouterGone;

/// A running router.
pub(crate) struct Router {
    feed: mpsc::UnboundedSender<Feed>,
    room: Arc<Semaphore>,
    /// As many links as the router has room for: it would not survive another.
    links: Arc<Semaphore>,
    #[cfg(test)]
    most_links: usize,
}

/// One client's connection to the router, for its subscriptions.
pub(crate) struct RouterLink {
    slot: usize,
    received: LinkRx,
    feed: mpsc::UnboundedSender<Feed>,
    next_id: u16,
    // Given back after the order to close has been sent.
    _place: OwnedSemaphorePermit,
}

/// What a client's connection to the router has for it.
pub(crate) enum FromRouter {
    /// A message.
    Message(Box<Message>),
    /// Subscriptions with this number are in force.
    Subscribed(u16),
    /// Nothing that matters to anybody.
    Nothing,
}

/// Resolves when the router dies.
pub(crate) struct Pulse(LinkRx);

enum Feed {
    Open(oneshot::Sender<Result<(usize, LinkRx), RouterGone>>),
    Publish(Packet, OwnedSemaphorePermit),
    Tell(usize, Packet),
    Close(usize),
}

impl Router {
    /// Starts a router for so many subscribing clients.
    pub(crate) async fn start(clients: usize) -> Result<(Self, Pulse), RouterGone> {
        let (feed, orders) = mpsc::unbounded_channel();
        let (ready, started) = oneshot::channel();
        std::thread::Builder::new()
            .name("broker-feeder".to_owned())
            .spawn(move || run_feeder(clients, orders, ready))
            .map_err(|_| RouterGone)?;
        let pulse = timeout(PATIENCE, started).await.map_err(|_| RouterGone)?;
        let pulse = pulse.map_err(|_| RouterGone)??;
        let room = Arc::new(Semaphore::new(WAITING_PUBLISHES));
        let links = Arc::new(Semaphore::new(clients));
        let router = Self {
            feed,
            room,
            links,
            #[cfg(test)]
            most_links: clients,
        };
        Ok((router, Pulse(pulse)))
    }

    /// Hands over a message, waiting while too many wait already.
    pub(crate) async fn publish(&self, message: Message) -> Result<(), RouterGone> {
        let room = Arc::clone(&self.room).acquire_owned();
        let permit = timeout(PATIENCE, room).await.map_err(|_| RouterGone)?;
        let permit = permit.map_err(|_| RouterGone)?;
        let sealed = message.seal(Instant::now());
        self.feed.send(Feed::Publish(sealed, permit)).map_err(|_| RouterGone)
    }

    /// Opens a connection for one client.
    pub(crate) async fn open(&self) -> Result<RouterLink, RouterGone> {
        let place = Arc::clone(&self.links).try_acquire_owned().map_err(|_| RouterGone)?;
        let (reply, opened) = oneshot::channel();
        self.feed.send(Feed::Open(reply)).map_err(|_| RouterGone)?;
        let opened = timeout(PATIENCE, opened).await.map_err(|_| RouterGone)?;
        let (slot, received) = opened.map_err(|_| RouterGone)??;
        Ok(RouterLink { slot, received, feed: self.feed.clone(), next_id: 1, _place: place })
    }
}

impl RouterLink {
    /// Subscribes to filters; [`FromRouter::Subscribed`] with the number that
    /// is returned says when they are in force.
    pub(crate) fn subscribe(&mut self, filters: &[&str]) -> Result<u16, RouterGone> {
        let pkid = self.next_id;
        self.next_id = self.next_id.checked_add(1).unwrap_or(1);
        let filters = filters.iter().map(|path| plain_filter(path)).collect();
        self.tell(Packet::Subscribe(Subscribe { pkid, filters }, None))?;
        Ok(pkid)
    }

    pub(crate) fn unsubscribe(&self, filter: &str) -> Result<(), RouterGone> {
        let filters = vec![filter.to_owned()];
        self.tell(Packet::Unsubscribe(Unsubscribe { pkid: 1, filters }, None))
    }

    /// Waits for what the router has next. May be dropped at any await.
    pub(crate) async fn next(&mut self) -> Result<FromRouter, RouterGone> {
        match self.received.next().await.map_err(|_| RouterGone)? {
            Some(Notification::Forward(forward)) => {
                let opened = Message::open(forward.publish, forward.properties, Instant::now());
                Ok(opened.map_or(FromRouter::Nothing, |m| FromRouter::Message(Box::new(m))))
            }
            Some(Notification::Unschedule) => {
                // The router has filled the buffer and stopped; all of it has
                // been taken out by now.
                self.received.ready().map_err(|_| RouterGone)?;
                Ok(FromRouter::Nothing)
            }
            Some(other @ Notification::DeviceAck(_)) => match Option::<Packet>::from(other) {
                Some(Packet::SubAck(ack, _)) => Ok(FromRouter::Subscribed(ack.pkid)),
                Some(_) | None => Ok(FromRouter::Nothing),
            },
            Some(Notification::Disconnect(..)) => Err(RouterGone),
            Some(
                Notification::ReplicaData { .. }
                | Notification::ReplicaAcks { .. }
                | Notification::Shadow(_),
            )
            | None => Ok(FromRouter::Nothing),
        }
    }

    fn tell(&self, packet: Packet) -> Result<(), RouterGone> {
        self.feed.send(Feed::Tell(self.slot, packet)).map_err(|_| RouterGone)
    }
}

impl Drop for RouterLink {
    fn drop(&mut self) {
        // If the feeder is gone, so is the router, and the link with it.
        let _ = self.feed.send(Feed::Close(self.slot));
    }
}

impl Pulse {
    /// Returns when the router has died.
    pub(crate) async fn stopped(&mut self) {
        while self.0.next().await.is_ok() {}
    }
}

fn plain_filter(path: &str) -> Filter {
    Filter {
        path: path.to_owned(),
        qos: QoS::AtMostOnce,
        nolocal: false,
        preserve_retain: false,
        retain_forward_rule: RetainForwardRule::Never,
    }
}

/// The feeder's own thread: starts the router, then does what it is told
/// until the router or everybody who could tell it something is gone.
fn run_feeder(
    clients: usize,
    mut orders: mpsc::UnboundedReceiver<Feed>,
    ready: oneshot::Sender<Result<LinkRx, RouterGone>>,
) {
    // One connection more than clients: that of all publishers together.
    let router = rumqttd::Router::new(0, router_config(clients + 1)).spawn();
    let publisher = LinkBuilder::new("publishers", router.clone()).dynamic_filters(true).build();
    let mut publisher = match publisher {
        Ok((sender, receiver, _)) => {
            let _ = ready.send(Ok(receiver));
            sender
        }
        Err(_) => {
            let _ = ready.send(Err(RouterGone));
            return;
        }
    };
    let mut links: Vec<Option<LinkTx>> = Vec::new();
    while let Some(order) = orders.blocking_recv() {
        let done = match order {
            Feed::Publish(packet, _permit) => send(&mut publisher, packet),
            Feed::Tell(slot, packet) => match links.get_mut(slot) {
                Some(Some(link)) => send(link, packet),
                Some(None) | None => Ok(()),
            },
            Feed::Close(slot) => match links.get_mut(slot).and_then(Option::take) {
                Some(mut link) => send(&mut link, goodbye()),
                None => Ok(()),
            },
            Feed::Open(reply) => {
                let opened = open(&mut links, |name| {
                    LinkBuilder::new(name, router.clone()).build().map_err(|_| RouterGone)
                });
                let failed = opened.is_err();
                let _ = reply.send(opened);
                if failed { Err(RouterGone) } else { Ok(()) }
            }
        };
        if done.is_err() {
            return;
        }
    }
}

/// Opens a link in the first free slot. Slots are named, not clients: the
/// router remembers every name it ever heard.
fn open(
    links: &mut Vec<Option<LinkTx>>,
    build: impl FnOnce(&str) -> Result<(LinkTx, LinkRx, Notification), RouterGone>,
) -> Result<(usize, LinkRx), RouterGone> {
    let slot = links.iter().position(Option::is_none).unwrap_or(links.len());
    let (sender, receiver, _) = build(&format!("client-{slot}"))?;
    match links.get_mut(slot) {
        Some(free) => *free = Some(sender),
        None => links.push(Some(sender)),
    }
    Ok((slot, receiver))
}

/// `LinkTx::send` is an async function that never waits for its executor: it
/// blocks the thread until the router's queue has room.
fn send(link: &mut LinkTx, packet: Packet) -> Result<(), RouterGone> {
    let sending = std::pin::pin!(link.send(packet));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match sending.poll(&mut context) {
        std::task::Poll::Ready(Ok(_)) => Ok(()),
        std::task::Poll::Ready(Err(_)) | std::task::Poll::Pending => Err(RouterGone),
    }
}

fn goodbye() -> Packet {
    let reason_code = DisconnectReasonCode::NormalDisconnection;
    Packet::Disconnect(Disconnect { reason_code }, None)
}

fn router_config(connections: usize) -> RouterConfig {
    RouterConfig {
        max_connections: connections,
        max_outgoing_packet_count: BATCH,
        max_segment_size: SEGMENT_BYTES,
        max_segment_count: SEGMENTS,
        ..RouterConfig::default()
    }
}

#[cfg(test)]
impl Router {
    /// Returns how many clients are linked.
    pub(crate) fn links(&self) -> usize {
        self.most_links - self.links.available_permits()
    }
}

#[cfg(any(test, debug_assertions))]
impl Router {
    /// Makes the router panic, with a message that no client can bring here: its
    /// matching takes the first byte of a topic for a character. It only looks
    /// if some filter exists.
    pub(crate) async fn kill(&self) -> Result<(), RouterGone> {
        let topic = bytes::Bytes::from_static("é/x".as_bytes());
        let poison = rumqttd::protocol::Publish::new(topic, bytes::Bytes::new(), false);
        let permit = Arc::clone(&self.room).acquire_owned().await.map_err(|_| RouterGone)?;
        self.feed.send(Feed::Publish(Packet::Publish(poison, None), permit)).map_err(|_| RouterGone)
    }
}
