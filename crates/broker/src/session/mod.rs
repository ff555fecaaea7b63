//! One client's connection, from CONNACK to its will.
//!
//! One task, one loop: it waits for whichever comes first of bytes from the
//! client, room for bytes to it, a command from the hub, a message from the
//! router, a change in the registry, an order to end, and time. Nothing in it
//! waits for the client alone, so a client that stops reading or writing
//! harms only itself.
//!
//! Reading stops while the hub has no room, while the device is over its rate
//! and while the client does not read; what was read before is handled first.

mod absent;
mod carried;
mod end;
mod inbound;
mod last_word;
mod outbox;
mod output;
mod subscribe;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use doorward_core::topic::TopicName;
use rumqttd::protocol::{ConnAck, ConnAckProperties, ConnectReturnCode, Disconnect, Packet};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep_until, timeout};
use tracing::debug;

pub(crate) use absent::Absent;
pub(crate) use carried::Carried;
pub(crate) use end::End;
use inbound::Accepted;
use last_word::Owner;
use outbox::HIGH_WATER;
pub(crate) use outbox::Reception;
use output::Output;
use subscribe::Promised;

use crate::codec::{Version, encode};
use crate::credential::Credential;
use crate::device::Account;
use crate::events::Refusal;
use crate::frame::Frame;
use crate::hub::FromDevice;
use crate::leave::{Leave, LeaveOver, Wire};
use crate::message::{Message, SessionId};
use crate::registry::Enrolled;
use crate::router::{FromRouter, RouterGone, RouterLink};
use crate::sessions::{Membership, Order, Start};
use crate::shared::Shared;
use crate::subscriptions::{Speaker, Terms};

/// QoS 2 publishes that a client may have open.
pub(crate) const RECEIVE_MAXIMUM: u16 = 64;

/// Topic aliases that a client may set.
pub(crate) const TOPIC_ALIASES: u16 = 16;

/// Room that is made before reading.
const READ_BYTES: usize = 4 * 1024;

/// How long a client may take to hear why it is cut.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What CONNECT led to.
pub(crate) struct Opening {
    pub(crate) id: SessionId,
    pub(crate) version: Version,
    pub(crate) credential: Credential,
    pub(crate) enrolled: Arc<Enrolled>,
    pub(crate) account: Arc<Account>,
    pub(crate) membership: Membership,
    pub(crate) registry: watch::Receiver<()>,
    pub(crate) will: Option<Will>,
    /// What the client's last connection left.
    pub(crate) carried: Option<Carried>,
    /// How long the session lasts without a connection.
    pub(crate) outlives: Duration,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) reception: Reception,
    pub(crate) welcome: ConnAckProperties,
}

/// What a client wants said when it is gone.
pub(crate) struct Will {
    pub(crate) message: Message,
    /// Counted from the moment it is said.
    pub(crate) valid_for: Option<Duration>,
    /// How long the client may be gone before it is said, if its session lasts
    /// as long.
    pub(crate) delay: Duration,
}

/// One client's connection.
pub(crate) struct Session {
    shared: Arc<Shared>,
    id: SessionId,
    version: Version,
    credential: Credential,
    enrolled: Arc<Enrolled>,
    account: Arc<Account>,
    membership: Membership,
    registry: watch::Receiver<()>,
    leave: Leave,
    will: Option<Will>,
    reader: ReadHalf<Wire>,
    writer: WriteHalf<Wire>,
    inbox: BytesMut,
    output: Output,
    carried: Carried,
    outlives: Duration,
    aliases: HashMap<u16, TopicName>,
    promised: HashMap<u16, Promised>,
    /// A message that the hub has no room for yet.
    held: Option<Held>,
    keep_alive: Option<Duration>,
    last_heard: Instant,
    read_again: Option<Instant>,
}

/// What becomes of a session when its connection ends.
enum Afterwards {
    /// It ends too.
    None,
    /// It goes on with another connection.
    Elsewhere,
    /// It waits so long for another connection.
    Waits(Duration),
}

struct Held {
    told: FromDevice,
    accepted: Accepted,
}

enum Happened {
    Ordered(Option<Order>),
    RegistryChanged,
    LeaveOver(LeaveOver),
    HubHasRoom(Result<mpsc::OwnedPermit<FromDevice>, mpsc::error::SendError<()>>),
    Command(Option<Arc<Message>>),
    Routed(Result<FromRouter, RouterGone>),
    Wrote(std::io::Result<()>),
    Read(std::io::Result<usize>),
    TimePassed,
}

impl Session {
    pub(crate) fn new(
        opening: Opening,
        leave: Leave,
        wire: Wire,
        inbox: BytesMut,
        shared: &Arc<Shared>,
    ) -> Self {
        let (reader, writer) = split(wire);
        let mut output = Output::default();
        let ack = ConnAck {
            session_present: opening.carried.is_some(),
            code: ConnectReturnCode::Success,
        };
        let welcome = Packet::ConnAck(ack, Some(opening.welcome));
        encode(opening.version, welcome, &mut output.bytes)
            .expect("an answer made of our own numbers can be written");
        let carried = match opening.carried {
            Some(carried) => carried.over(opening.reception, &opening.enrolled),
            None => Carried::nothing(opening.reception, shared),
        };
        Self {
            shared: Arc::clone(shared),
            id: opening.id,
            version: opening.version,
            credential: opening.credential,
            enrolled: opening.enrolled,
            account: opening.account,
            membership: opening.membership,
            registry: opening.registry,
            leave,
            will: opening.will,
            reader,
            writer,
            inbox,
            output,
            carried,
            outlives: opening.outlives,
            aliases: HashMap::new(),
            promised: HashMap::new(),
            held: None,
            keep_alive: opening.keep_alive,
            last_heard: Instant::now(),
            read_again: None,
        }
    }

    /// Serves the client until it goes or is sent away. Returns what waits for
    /// its return, if its session outlives the connection.
    pub(crate) async fn run(mut self) -> Option<Absent> {
        let end = match self.converse().await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        debug!(device = %self.enrolled.device, reason = %end, "a connection ended");
        self.note(&end);
        // The hub must not believe that anybody is still there to hear it.
        self.membership.step_aside();
        let afterwards = self.afterwards(&end);
        if matches!(afterwards, Afterwards::None) {
            self.membership.subscriptions.clear();
        }
        // First, since the hub may take its time to hear the rest.
        self.say_goodbye(&end).await;
        let stop = self.shared.stop.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.leave_word(&end, &afterwards) => {}
        }
        if matches!(end, End::RouterGone | End::Ordered(Order::RouterGone)) {
            self.carried.link = None;
        }
        let hears = end.code().is_some();
        let (absent, mut reader) = self.part(afterwards);
        if hears {
            let _ = timeout(LAST_WORDS, read_out(&mut reader)).await;
        }
        absent
    }

    /// Says what becomes of the session after a connection that ended so.
    fn afterwards(&self, end: &End) -> Afterwards {
        let is_over = matches!(
            end,
            End::Ordered(Order::TakenOver(Start::Clean) | Order::Stopping | Order::Forgotten)
                | End::Revoked
                | End::HubGone
        );
        if is_over || self.outlives.is_zero() {
            Afterwards::None
        } else if matches!(end, End::Ordered(Order::TakenOver(Start::Resume))) {
            Afterwards::Elsewhere
        } else {
            Afterwards::Waits(self.outlives)
        }
    }

    /// Parts the session from its connection.
    fn part(self, afterwards: Afterwards) -> (Option<Absent>, ReadHalf<Wire>) {
        let Self { shared, credential, enrolled, account, membership, registry, .. } = self;
        let (will, reader) = (self.will, self.reader);
        let mut carried = self.carried;
        let absent = match afterwards {
            Afterwards::None => None,
            Afterwards::Elsewhere => {
                carried.park(&shared);
                membership.hand_over(carried);
                None
            }
            Afterwards::Waits(outlives) => {
                carried.park(&shared);
                membership.go_away(&shared.limits);
                let owner = Owner { shared, credential, enrolled, account };
                Some(Absent::new(owner, membership, registry, carried, will, outlives))
            }
        };
        (absent, reader)
    }

    async fn converse(&mut self) -> Result<std::convert::Infallible, End> {
        self.take_up().await?;
        loop {
            self.obey_registry()?;
            self.handle_frames().await?;
            self.carried.outbox.pump(&mut self.output.bytes, Instant::now())?;
            self.output.note_due(self.carried.outbox.take_due());
            let happened = self.wait().await;
            self.on(happened).await?;
        }
    }

    /// Takes up the session that the client had: its subscriptions, as far as
    /// they are still granted, are in force before the hub can reach it.
    async fn take_up(&mut self) -> Result<(), End> {
        let grants = &self.enrolled.grants;
        self.membership.subscriptions.keep(|filter| grants.may_subscribe(filter));
        self.carried.relink(&self.shared, &self.membership.subscriptions).await?;
        self.membership.come_forward();
        Ok(())
    }

    async fn wait(&mut self) -> Happened {
        let now = Instant::now();
        let may_read = self.may_read(now);
        if !may_read {
            // A client that is not read from cannot be heard.
            self.last_heard = now;
        }
        let may_fetch = self.carried.outbox.is_clear() && self.output.bytes.len() < HIGH_WATER;
        self.output.note_waiting(now);
        let deadline = self.next_deadline();
        if may_read && self.inbox.capacity() - self.inbox.len() < READ_BYTES / 4 {
            self.inbox.reserve(READ_BYTES);
        }
        let stop = &self.shared.stop;
        let hub = &self.shared.hub;
        tokio::select! {
            () = stop.cancelled() => Happened::Ordered(Some(Order::Stopping)),
            changed = self.membership.orders.changed() => {
                let order = *self.membership.orders.borrow();
                Happened::Ordered(changed.map_or(Some(Order::Forgotten), |()| order))
            }
            _ = self.registry.changed() => Happened::RegistryChanged,
            over = self.leave.over() => Happened::LeaveOver(over),
            room = hub.clone().reserve_owned(), if self.held.is_some() => Happened::HubHasRoom(room),
            command = self.membership.commands.recv(), if may_fetch => Happened::Command(command),
            routed = next_routed(&mut self.carried.link), if may_fetch => Happened::Routed(routed),
            wrote = self.output.write(&mut self.writer), if self.output.has_some() => {
                Happened::Wrote(wrote)
            }
            read = self.reader.read_buf(&mut self.inbox), if may_read => Happened::Read(read),
            () = pass_until(deadline) => Happened::TimePassed,
        }
    }

    /// Waits for the order that goes with the closing of the hub's queue.
    async fn await_order(&mut self) -> Result<(), End> {
        // Closed with the entry in the table, which has given its order before.
        let order = *self.membership.orders.borrow_and_update();
        Err(End::Ordered(order.unwrap_or(Order::Forgotten)))
    }

    async fn on(&mut self, happened: Happened) -> Result<(), End> {
        match happened {
            Happened::Ordered(Some(order)) => Err(End::Ordered(order)),
            Happened::Ordered(None) => Ok(()),
            Happened::RegistryChanged => {
                // Waiting for the change has marked it as seen.
                self.registry.mark_changed();
                Ok(())
            }
            Happened::LeaveOver(over) => Err(End::LeaveOver(over)),
            Happened::HubHasRoom(room) => {
                let room = room.map_err(|_| End::HubGone)?;
                if let Some(held) = self.held.take() {
                    room.send(held.told);
                    self.complete(held.accepted).await?;
                }
                Ok(())
            }
            Happened::Command(Some(message)) => {
                self.deliver(Message::clone(&message));
                Ok(())
            }
            Happened::Command(None) => self.await_order().await,
            Happened::Routed(routed) => self.take_routed(routed?),
            Happened::Wrote(wrote) => {
                self.output.note_written();
                wrote.map_err(End::Io)
            }
            Happened::Read(Ok(0)) => Err(End::Closed),
            Happened::Read(read) => read.map(|_| ()).map_err(End::Io),
            Happened::TimePassed => self.check_deadlines(Instant::now()),
        }
    }

    async fn handle_frames(&mut self) -> Result<(), End> {
        while self.may_read(Instant::now()) {
            let Some(frame) = Frame::take(&mut self.inbox, self.shared.limits.packet_bytes)? else {
                break;
            };
            self.obey_registry()?;
            self.last_heard = Instant::now();
            self.handle(frame).await?;
        }
        Ok(())
    }

    /// Looks this connection's credential up again if anybody's changed.
    fn obey_registry(&mut self) -> Result<(), End> {
        if !self.registry.has_changed().unwrap_or(true) {
            return Ok(());
        }
        self.registry.mark_unchanged();
        let enrolled = self.shared.registry.look_up(&self.credential);
        match enrolled.filter(|enrolled| enrolled.device == self.enrolled.device) {
            Some(enrolled) => {
                self.enrolled = enrolled;
                Ok(())
            }
            None => Err(End::Revoked),
        }
    }

    fn take_routed(&mut self, routed: FromRouter) -> Result<(), End> {
        match routed {
            FromRouter::Nothing => Ok(()),
            FromRouter::Subscribed(number) => self.keep_promise(number),
            FromRouter::Message(message) => {
                let overlap = self.membership.subscriptions.len() > 1;
                if !overlap || self.carried.copies.is_first(&message) {
                    self.deliver(*message);
                }
                Ok(())
            }
        }
    }

    /// Puts a message into the outbox if a subscription wants it and the
    /// grants of this moment allow it.
    fn deliver(&mut self, message: Message) {
        let speaker = Speaker::of(message.origin, self.id);
        if let Some(terms) = self.membership.subscriptions.terms(&message, speaker) {
            self.deliver_on(message, terms);
        }
    }

    fn deliver_on(&mut self, message: Message, terms: Terms) {
        if self.enrolled.grants.may_receive(&message.topic) {
            self.carried.outbox.push(message, terms);
        }
    }

    /// Charges something that the client asked for to its device's account; if
    /// that is overdrawn, the client is not read from for a while.
    fn charge(&mut self, now: Instant) {
        if let Some(pause) = self.account.charge(now) {
            self.read_again = Some(now + pause);
        }
    }

    fn may_read(&self, now: Instant) -> bool {
        self.held.is_none()
            && self.output.bytes.len() < HIGH_WATER
            && self.read_again.is_none_or(|at| at <= now)
    }

    fn silent_at(&self) -> Option<Instant> {
        self.keep_alive.map(|keep_alive| self.last_heard + keep_alive)
    }

    fn stalled_at(&self) -> Option<Instant> {
        self.output.waiting_since.map(|since| since + self.shared.limits.write_stall)
    }

    fn next_deadline(&self) -> Option<Instant> {
        let overdue = self.carried.outbox.overdue_at(self.shared.limits.acknowledge);
        [self.silent_at(), self.stalled_at(), self.output.due, overdue, self.read_again]
            .into_iter()
            .flatten()
            .min()
    }

    fn check_deadlines(&mut self, now: Instant) -> Result<(), End> {
        let passed = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if passed(self.read_again) {
            self.read_again = None;
        }
        if passed(self.stalled_at()) || passed(self.output.due) {
            return Err(End::NotReading);
        }
        if passed(self.carried.outbox.overdue_at(self.shared.limits.acknowledge)) {
            return Err(End::NotAcknowledging);
        }
        if passed(self.silent_at()) {
            return Err(End::Silent);
        }
        Ok(())
    }

    fn note(&self, end: &End) {
        let what = match end {
            End::Malformed | End::Protocol(_) => Refusal::Malformed,
            End::TooLarge => Refusal::PacketTooLarge,
            End::Goodbye
            | End::Closed
            | End::Io(_)
            | End::Refused(_)
            | End::Silent
            | End::NotReading
            | End::NotAcknowledging
            | End::Ordered(_)
            | End::Revoked
            | End::LeaveOver(_)
            | End::RouterGone
            | End::HubGone => return,
        };
        self.shared.refuse(&self.enrolled.device, &self.account, what, None);
    }

    /// Tells what is still to be told: the message that the hub had no room
    /// for, and the will, once, unless it waits with the session.
    async fn leave_word(&mut self, end: &End, afterwards: &Afterwards) {
        if let Some(held) = self.held.take() {
            self.carried.unreleased.extend(held.accepted.exactly_once());
            self.owner().tell_late(held.told, held.accepted.message).await;
        }
        if matches!(end, End::Ordered(Order::Stopping) | End::HubGone) {
            self.will = None;
        }
        let waits = match afterwards {
            Afterwards::None => false,
            Afterwards::Elsewhere | Afterwards::Waits(_) => {
                self.will.as_ref().is_some_and(|will| !will.delay.is_zero())
            }
        };
        if let Some(will) = self.will.take_if(|_| !waits) {
            self.owner().say_will(will).await;
        }
    }

    fn owner(&self) -> Owner {
        Owner {
            shared: Arc::clone(&self.shared),
            credential: self.credential,
            enrolled: Arc::clone(&self.enrolled),
            account: Arc::clone(&self.account),
        }
    }

    /// Tells an MQTT 5 client why, and closes the connection towards it. Not
    /// for a client that has not read for long, which would not read this.
    async fn say_goodbye(&mut self, end: &End) {
        if matches!(end, End::NotReading) {
            return;
        }
        if let (Some(reason_code), Version::V5) = (end.code(), self.version) {
            let packet = Packet::Disconnect(Disconnect { reason_code }, None);
            // If it cannot be written, the client learns it from the closing.
            let _ = encode(self.version, packet, &mut self.output.bytes);
        }
        let closing = async {
            self.writer.write_all_buf(&mut self.output.bytes).await?;
            self.writer.shutdown().await
        };
        let _ = timeout(LAST_WORDS, closing).await;
    }
}

/// Reads what the client still sends and throws it away: to close a connection
/// that has something unread takes from the client what it was told last.
async fn read_out(reader: &mut ReadHalf<Wire>) {
    let mut unwanted = [0; 1024];
    while matches!(reader.read(&mut unwanted).await, Ok(1..)) {}
}

async fn next_routed(link: &mut Option<RouterLink>) -> Result<FromRouter, RouterGone> {
    match link {
        Some(link) => link.next().await,
        None => std::future::pending().await,
    }
}

async fn pass_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
