//! From an address to a connection that the broker has let in.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rustls::ClientConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::BrokerAddress;
use super::incoming::{self, Incoming, NotMqtt, Welcome};
use super::outgoing::{self, Reception};
use crate::limits::Limits;

/// How often the broker hears from the hub at least, and the other way round.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Messages that the broker may send ahead of their acknowledgement.
const RECEIVE_MAXIMUM: u16 = 64;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum LinkFault {
    /// Nobody answered at the address, or the connection broke.
    #[error("the broker cannot be reached")]
    Unreachable(#[source] io::Error),
    /// TLS failed: the broker's certificate, or ours.
    #[error("the TLS handshake with the broker failed")]
    Tls(#[source] io::Error),
    /// It took longer than it may.
    #[error("the broker did not answer in time")]
    NotInTime,
    /// The broker does not let this client in.
    #[error("the broker refuses the connection (reason {0:#04x})")]
    Refused(u8),
    /// The broker can do less than a house needs.
    #[error("the broker does not offer QoS 1")]
    NoQos1,
    /// The broker took leave.
    #[error("the broker ended the connection (reason {0:#04x})")]
    Ended(u8),
    /// The broker sent something that it may not.
    #[error(transparent)]
    NotMqtt(#[from] IncomprehensibleBroker),
    /// A message was not acknowledged while it was worth something.
    #[error("the broker did not take a message in time")]
    NotTaken,
    /// The hub is stopping.
    #[error("the hub is stopping")]
    Stopping,
    /// The task of the connection died.
    #[error("the connection's task died")]
    Died,
}

/// The broker does not speak MQTT 5 as a client may expect.
#[derive(Debug, thiserror::Error)]
#[error("the broker does not speak MQTT 5")]
pub struct IncomprehensibleBroker;

impl From<NotMqtt> for LinkFault {
    fn from(_: NotMqtt) -> Self {
        Self::NotMqtt(IncomprehensibleBroker)
    }
}

/// Where to connect and how.
pub(super) struct Target {
    pub(super) address: BrokerAddress,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) limits: Limits,
}

/// A connection that the broker has let in.
pub(super) struct Line {
    pub(super) stream: TlsStream<TcpStream>,
    buffer: BytesMut,
    packet_bytes: usize,
    write_time: Duration,
    pub(super) keep_alive: Duration,
    pub(super) receive_maximum: usize,
    /// The longest packet that the broker takes.
    pub(super) takes_bytes: usize,
}

/// Connects and introduces the client.
pub(super) async fn dial(target: &Target, client_id: &str) -> Result<Line, LinkFault> {
    let limits = &target.limits;
    let stream = timeout(limits.handshake, connect(target)).await;
    let stream = stream.map_err(|_| LinkFault::NotInTime)??;
    let mut line = Line {
        stream,
        buffer: BytesMut::new(),
        packet_bytes: limits.packet_bytes,
        write_time: limits.command_validity,
        keep_alive: KEEP_ALIVE,
        receive_maximum: 1,
        takes_bytes: 0,
    };
    let welcome = timeout(limits.handshake, line.introduce(client_id)).await;
    line.heed(welcome.map_err(|_| LinkFault::NotInTime)??)?;
    Ok(line)
}

async fn connect(target: &Target) -> Result<TlsStream<TcpStream>, LinkFault> {
    let socket = TcpStream::connect(target.address.socket()).await;
    let socket = socket.map_err(LinkFault::Unreachable)?;
    drop_what_is_late(&socket, target.limits.command_validity).map_err(LinkFault::Unreachable)?;
    let connector = TlsConnector::from(Arc::clone(&target.tls));
    connector.connect(target.address.server_name(), socket).await.map_err(LinkFault::Tls)
}

/// Bytes that the kernel has taken and the network has not are given up with
/// the connection and after the time for which a command is worth something:
/// delivered later, they would unlock a door that nobody waits at any more.
fn drop_what_is_late(socket: &TcpStream, validity: Duration) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let at_once = Some(Duration::ZERO);
    rustix::net::sockopt::set_socket_linger(socket, at_once)?;
    #[cfg(target_os = "linux")]
    {
        let millis = u32::try_from(validity.as_millis()).unwrap_or(u32::MAX);
        rustix::net::sockopt::set_tcp_user_timeout(socket, millis)?;
    }
    Ok(())
}

impl Line {
    async fn introduce(&mut self, client_id: &str) -> Result<Welcome, LinkFault> {
        let seconds = u16::try_from(KEEP_ALIVE.as_secs()).unwrap_or(u16::MAX);
        let packet_bytes = u32::try_from(self.packet_bytes).unwrap_or(u32::MAX);
        let reception = Reception { receive_maximum: RECEIVE_MAXIMUM, packet_bytes };
        self.write(&outgoing::connect(client_id, seconds, reception)).await?;
        match self.next().await? {
            Incoming::Connected(welcome) => Ok(welcome),
            Incoming::Publish(_)
            | Incoming::Acknowledged { .. }
            | Incoming::Subscribed { .. }
            | Incoming::Unsubscribed
            | Incoming::Pong
            | Incoming::Disconnect { .. } => Err(NotMqtt.into()),
        }
    }

    fn heed(&mut self, welcome: Welcome) -> Result<(), LinkFault> {
        if welcome.reason != 0 {
            return Err(LinkFault::Refused(welcome.reason));
        }
        if welcome.highest_qos == 0 {
            return Err(LinkFault::NoQos1);
        }
        let asked = welcome.keep_alive_s.map(|s| Duration::from_secs(s.max(2).into()));
        self.keep_alive = asked.map_or(KEEP_ALIVE, |asked| asked.min(KEEP_ALIVE));
        self.receive_maximum = welcome.receive_maximum.min(RECEIVE_MAXIMUM).into();
        let takes = welcome.packet_bytes.and_then(|bytes| usize::try_from(bytes).ok());
        self.takes_bytes = takes.unwrap_or(usize::MAX);
        Ok(())
    }

    /// Waits for the next packet. May be dropped at any await.
    pub(super) async fn next(&mut self) -> Result<Incoming, LinkFault> {
        loop {
            if let Some(packet) = incoming::take(&mut self.buffer, self.packet_bytes)? {
                return Ok(packet);
            }
            let read = self.stream.read_buf(&mut self.buffer).await;
            if read.map_err(LinkFault::Unreachable)? == 0 {
                return Err(LinkFault::Unreachable(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// Writes a packet whole, or the connection is over. Not to be dropped
    /// half-way.
    pub(super) async fn write(&mut self, packet: &[u8]) -> Result<(), LinkFault> {
        let write = async {
            self.stream.write_all(packet).await?;
            self.stream.flush().await
        };
        let written = timeout(self.write_time, write).await.map_err(|_| LinkFault::NotTaken)?;
        written.map_err(LinkFault::Unreachable)
    }

    /// Takes leave. What is still to be acknowledged is given up with it.
    pub(super) async fn farewell(mut self) {
        // The broker ends the session either way.
        let _ = self.write(&outgoing::DISCONNECT).await;
        let _ = timeout(self.write_time, self.stream.shutdown()).await;
    }
}
