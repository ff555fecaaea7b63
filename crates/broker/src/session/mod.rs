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
mod conversation;
mod deadlines;
mod deliver;
mod end;
mod farewell;
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
use rumqttd::protocol::{ConnAck, ConnAckProperties, ConnectReturnCode, Packet};
use tokio::io::{ReadHalf, WriteHalf, split};
use tokio::sync::watch;

pub(crate) use absent::Absent;
pub(crate) use carried::Carried;
pub(crate) use end::End;
use inbound::Accepted;
pub(crate) use outbox::Reception;
use output::Output;
use subscribe::Promised;

use crate::codec::{Version, encode};
use crate::credential::Credential;
use crate::device::Account;
use crate::from_device::FromDevice;
use crate::leave::{Leave, Wire};
use crate::message::{Message, SessionId};
use crate::registry::Enrolled;
use crate::sessions::Membership;
use crate::shared::Shared;

/// QoS 2 publishes that a client may have open.
pub(crate) const RECEIVE_MAXIMUM: u16 = 64;

/// Topic aliases that a client may set.
pub(crate) const TOPIC_ALIASES: u16 = 16;

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

struct Held {
    told: FromDevice,
    accepted: Accepted,
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
        let output = welcome(opening.version, opening.carried.as_ref(), opening.welcome);
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
        self.take_leave(end).await
    }
}

/// Writes the answer to CONNECT, the first thing that the client is told.
fn welcome(version: Version, carried: Option<&Carried>, properties: ConnAckProperties) -> Output {
    let ack = ConnAck { session_present: carried.is_some(), code: ConnectReturnCode::Success };
    let mut output = Output::default();
    encode(version, Packet::ConnAck(ack, Some(properties)), &mut output.bytes)
        .expect("an answer made of our own numbers can be written");
    output
}
