//! The CONNECT packet: version, client id and will, judged before anything
//! else is read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use doorward_core::topic::TopicName;
use rumqttd::protocol::{
    ConnAck, ConnAckProperties, Connect, ConnectProperties, ConnectReturnCode, LastWill,
    LastWillProperties, Packet, PublishProperties,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use crate::codec::{Malformed, Version, decode, encode};
use crate::events::Refusal;
use crate::fingerprint::KeyFingerprint;
use crate::frame::{Frame, FrameError, Kind};
use crate::hub::Retain;
use crate::message::Message;
use crate::registry::Enrolled;
use crate::session::{Opening, RECEIVE_MAXIMUM, Reception, Session, TOPIC_ALIASES, Will};
use crate::sessions::{ClaimError, Start};
use crate::shared::Shared;

/// Time beyond the handshake's in which the connection whose place this one
/// takes may end.
pub(crate) const HANDOVER_ALLOWANCE: Duration = Duration::from_secs(6);

/// The longest client id. MQTT asks for 23; Zigbee2MQTT's has 25.
const CLIENT_ID_BYTES: usize = 256;

/// Why a connection did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("the connection broke")]
    Io(#[source] std::io::Error),
    #[error("TLS and CONNECT took too long")]
    TooSlow,
    #[error("the client showed no certificate that can be read")]
    NoCertificate,
    #[error("the key is not enrolled")]
    Stranger,
    #[error("the client closed the connection before its CONNECT")]
    Closed,
    #[error("the first packet is not CONNECT")]
    NotConnect,
    #[error("the CONNECT packet is not a packet")]
    Frame(#[from] FrameError),
    #[error("the CONNECT packet is malformed")]
    Malformed(#[from] Malformed),
    #[error("the client speaks another version of MQTT")]
    Version,
    #[error("the client id cannot be used")]
    ClientId,
    #[error("the client wants another way to authenticate")]
    Authentication,
    #[error("the will is not granted")]
    Will,
    #[error("the will is on one topic more than the device may use")]
    WillTopic,
    #[error(transparent)]
    Claim(#[from] ClaimError),
}

/// The CONNECT packet's parts.
struct Greeting {
    version: Version,
    connect: Connect,
    properties: Option<ConnectProperties>,
    will: Option<(LastWill, Option<LastWillProperties>)>,
}

/// Reads CONNECT, judges it, answers it and makes a session of it.
pub(crate) async fn open(
    mut tls: TlsStream<TcpStream>,
    key: KeyFingerprint,
    enrolled: Arc<Enrolled>,
    shared: &Arc<Shared>,
) -> Result<Session, ConnectError> {
    let mut inbox = BytesMut::with_capacity(1024);
    let reading = read_greeting(&mut tls, &mut inbox, shared.limits.connect_bytes);
    let greeting = match timeout(shared.limits.handshake, reading).await {
        Ok(Ok(greeting)) => greeting,
        Ok(Err(error)) => {
            note(shared, &enrolled, &error, None);
            if matches!(error, ConnectError::Version) {
                answer(&mut tls, Version::V4, ConnectReturnCode::RefusedProtocolVersion).await;
            }
            return Err(error);
        }
        Err(_) => return Err(ConnectError::TooSlow),
    };
    let version = greeting.version;
    match admit(greeting, key, enrolled, shared).await {
        Ok(opening) => Ok(Session::new(opening, tls, inbox, shared)),
        Err(error) => {
            answer(&mut tls, version, refusal_code(version, &error)).await;
            Err(error)
        }
    }
}

async fn read_greeting(
    tls: &mut TlsStream<TcpStream>,
    inbox: &mut BytesMut,
    max: usize,
) -> Result<Greeting, ConnectError> {
    let frame = loop {
        // Anything but CONNECT is known by its first byte.
        if inbox.first().is_some_and(|first| *first != 0x10) {
            return Err(ConnectError::NotConnect);
        }
        if let Some(frame) = Frame::take(inbox, max)? {
            break frame;
        }
        if tls.read_buf(inbox).await.map_err(ConnectError::Io)? == 0 {
            return Err(ConnectError::Closed);
        }
    };
    parse_greeting(frame)
}

fn parse_greeting(frame: Frame) -> Result<Greeting, ConnectError> {
    if frame.kind != Kind::Connect {
        return Err(ConnectError::NotConnect);
    }
    let version = match frame.body() {
        // The reserved flag is zero in both versions.
        [0, 4, b'M', b'Q', b'T', b'T', 4 | 5, flags, ..] if flags & 1 == 1 => {
            return Err(Malformed.into());
        }
        [0, 4, b'M', b'Q', b'T', b'T', 4, ..] => Version::V4,
        [0, 4, b'M', b'Q', b'T', b'T', 5, ..] => Version::V5,
        [0, 4, b'M', b'Q', b'T', b'T', ..] | [0, 6, b'M', b'Q', b'I', b's', b'd', b'p', ..] => {
            return Err(ConnectError::Version);
        }
        _ => return Err(Malformed.into()),
    };
    let Packet::Connect(connect, properties, will, will_properties, _) = decode(version, frame)?
    else {
        return Err(ConnectError::NotConnect);
    };
    let will = will.map(|will| (will, will_properties));
    Ok(Greeting { version, connect, properties, will })
}

/// Judges a greeting and takes a place for it.
async fn admit(
    greeting: Greeting,
    key: KeyFingerprint,
    enrolled: Arc<Enrolled>,
    shared: &Arc<Shared>,
) -> Result<Opening, ConnectError> {
    let Greeting { version, connect, properties, will } = greeting;
    let id = shared.next_session();
    if properties.as_ref().is_some_and(|p| p.authentication_method.is_some()) {
        return Err(ConnectError::Authentication);
    }
    let assigned = assign_client_id(version, &connect, id.0)?;
    let client_id = assigned.as_ref().unwrap_or(&connect.client_id);
    let will = match will {
        Some((will, extra)) => Some(judge_will(will, extra, &enrolled, shared)?),
        None => None,
    };
    // Before the table is asked, so that no change is missed.
    let registry = shared.registry.watch();
    let start = if connect.clean_session { Start::Clean } else { Start::Resume };
    let claimed = shared.sessions.claim(&enrolled.device, client_id, key, id, start).await;
    let (membership, carried) = claimed.inspect_err(|error| {
        note(shared, &enrolled, &ConnectError::Claim(*error), None);
    })?;
    let account = shared.devices.account(&enrolled.device, Instant::now());
    let properties = properties.as_ref();
    Ok(Opening {
        id,
        version,
        key,
        enrolled,
        account,
        membership,
        registry,
        will,
        carried,
        outlives: outlives(version, &connect, properties, shared),
        keep_alive: keep_alive(prescribed_keep_alive(version, &connect, shared), &connect),
        reception: Reception {
            version,
            receive_maximum: properties.and_then(|p| p.receive_maximum).unwrap_or(u16::MAX),
            max_packet_bytes: properties
                .and_then(|p| p.max_packet_size)
                .and_then(|bytes| usize::try_from(bytes).ok()),
        },
        welcome: welcome(
            assigned,
            properties,
            prescribed_keep_alive(version, &connect, shared),
            shared,
        ),
    })
}

/// Returns the id that a client without one is given.
fn assign_client_id(
    version: Version,
    connect: &Connect,
    number: u64,
) -> Result<Option<String>, ConnectError> {
    if connect.client_id.len() > CLIENT_ID_BYTES {
        return Err(ConnectError::ClientId);
    }
    if !connect.client_id.is_empty() {
        return Ok(None);
    }
    // MQTT 3.1.1, 3.1.3-8: no id only with a clean session.
    if version == Version::V4 && !connect.clean_session {
        return Err(ConnectError::ClientId);
    }
    Ok(Some(format!("assigned-{number}")))
}

/// A will is a publish to come, and is judged as one.
fn judge_will(
    will: LastWill,
    extra: Option<LastWillProperties>,
    enrolled: &Enrolled,
    shared: &Shared,
) -> Result<Will, ConnectError> {
    let granted =
        TopicName::parse_bytes(&will.topic).ok().filter(|topic| enrolled.grants.may_publish(topic));
    let answers_granted =
        extra.as_ref().and_then(|p| p.response_topic.as_ref()).is_none_or(|topic| {
            TopicName::parse(topic).is_ok_and(|topic| enrolled.grants.may_publish(&topic))
        });
    let Some(topic) = granted.filter(|_| answers_granted) else {
        note(shared, enrolled, &ConnectError::Will, Some(&String::from_utf8_lossy(&will.topic)));
        return Err(ConnectError::Will);
    };
    let account = shared.devices.account(&enrolled.device, Instant::now());
    if !account.may_use(topic.as_str()) {
        note(shared, enrolled, &ConnectError::WillTopic, Some(topic.as_str()));
        return Err(ConnectError::WillTopic);
    }
    let seconds = extra.as_ref().and_then(|p| p.message_expiry_interval);
    let delay = extra.as_ref().and_then(|p| p.delay_interval).unwrap_or(0);
    let message = Message {
        topic,
        payload: will.message,
        qos: will.qos,
        retain: if will.retain { Retain::Yes } else { Retain::No },
        properties: extra.map(|p| PublishProperties {
            payload_format_indicator: p.payload_format_indicator,
            content_type: p.content_type,
            response_topic: p.response_topic,
            correlation_data: p.correlation_data,
            user_properties: p.user_properties,
            ..PublishProperties::default()
        }),
        expires: None,
        origin: None,
        sequence: shared.next_sequence(),
    };
    Ok(Will {
        message,
        valid_for: seconds.map(|s| Duration::from_secs(s.into())),
        delay: Duration::from_secs(delay.into()),
    })
}

/// Returns how long the session is to last without a connection.
fn outlives(
    version: Version,
    connect: &Connect,
    asked: Option<&ConnectProperties>,
    shared: &Shared,
) -> Duration {
    let most = shared.limits.session_expiry;
    match version {
        Version::V4 if connect.clean_session => Duration::ZERO,
        Version::V4 => most,
        Version::V5 => {
            let seconds = asked.and_then(|p| p.session_expiry_interval).unwrap_or(0);
            Duration::from_secs(seconds.into()).min(most)
        }
    }
}

/// Returns the keep alive that a client of MQTT 5 is told to use, if its own is
/// longer than allowed.
fn prescribed_keep_alive(version: Version, connect: &Connect, shared: &Shared) -> Option<u16> {
    let longest = u16::try_from(shared.limits.keep_alive.as_secs()).ok()?;
    match version {
        Version::V4 => None,
        Version::V5 => (!(1..=longest).contains(&connect.keep_alive)).then_some(longest),
    }
}

fn keep_alive(prescribed: Option<u16>, connect: &Connect) -> Option<Duration> {
    // One and a half times what the client promised (MQTT 3.1.2.10); zero
    // promises nothing.
    let seconds = prescribed.unwrap_or(connect.keep_alive);
    (seconds > 0).then(|| Duration::from_millis(u64::from(seconds) * 1_500))
}

fn welcome(
    assigned: Option<String>,
    asked: Option<&ConnectProperties>,
    server_keep_alive: Option<u16>,
    shared: &Shared,
) -> ConnAckProperties {
    let longest = u32::try_from(shared.limits.session_expiry.as_secs()).unwrap_or(u32::MAX);
    ConnAckProperties {
        // Who asked for more is told what it gets.
        session_expiry_interval: asked
            .and_then(|p| p.session_expiry_interval)
            .filter(|seconds| *seconds > longest)
            .map(|_| longest),
        server_keep_alive,
        receive_max: Some(RECEIVE_MAXIMUM),
        max_packet_size: u32::try_from(shared.limits.packet_bytes).ok(),
        assigned_client_identifier: assigned,
        topic_alias_max: Some(TOPIC_ALIASES),
        shared_subscription_available: Some(0),
        ..ConnAckProperties::default()
    }
}

fn refusal_code(version: Version, error: &ConnectError) -> ConnectReturnCode {
    match (error, version) {
        (ConnectError::ClientId, _) => ConnectReturnCode::ClientIdentifierNotValid,
        (ConnectError::Claim(_), Version::V4) => ConnectReturnCode::ServiceUnavailable,
        (ConnectError::Claim(ClaimError::TooMany), Version::V5) => ConnectReturnCode::QuotaExceeded,
        (ConnectError::Claim(ClaimError::Occupied), Version::V5) => ConnectReturnCode::ServerBusy,
        (ConnectError::WillTopic, Version::V5) => ConnectReturnCode::QuotaExceeded,
        (ConnectError::Authentication, Version::V5) => ConnectReturnCode::BadAuthenticationMethod,
        (
            ConnectError::Will
            | ConnectError::WillTopic
            | ConnectError::Authentication
            | ConnectError::Io(_)
            | ConnectError::TooSlow
            | ConnectError::NoCertificate
            | ConnectError::Stranger
            | ConnectError::Closed
            | ConnectError::NotConnect
            | ConnectError::Frame(_)
            | ConnectError::Malformed(_)
            | ConnectError::Version,
            _,
        ) => ConnectReturnCode::NotAuthorized,
    }
}

/// Tells the hub what a device tried with its CONNECT.
fn note(shared: &Shared, enrolled: &Enrolled, error: &ConnectError, topic: Option<&str>) {
    let what = match error {
        ConnectError::Will => Refusal::Will,
        ConnectError::WillTopic => Refusal::TooManyTopics,
        ConnectError::Claim(ClaimError::TooMany) => Refusal::TooManySessions,
        ConnectError::Frame(FrameError::TooLarge) => Refusal::PacketTooLarge,
        ConnectError::Frame(
            FrameError::BadLength | FrameError::NotForClients | FrameError::BadFlags,
        )
        | ConnectError::Malformed(_)
        | ConnectError::NotConnect => Refusal::Malformed,
        ConnectError::Claim(ClaimError::Occupied)
        | ConnectError::Version
        | ConnectError::ClientId
        | ConnectError::Authentication
        | ConnectError::Io(_)
        | ConnectError::TooSlow
        | ConnectError::NoCertificate
        | ConnectError::Stranger
        | ConnectError::Closed => return,
    };
    let account = shared.devices.account(&enrolled.device, Instant::now());
    shared.refuse(&enrolled.device, &account, what, topic);
}

/// Answers a CONNECT that is refused; a client that has gone need not hear it.
async fn answer(tls: &mut TlsStream<TcpStream>, version: Version, code: ConnectReturnCode) {
    let mut out = BytesMut::new();
    let packet = Packet::ConnAck(ConnAck { session_present: false, code }, None);
    if encode(version, packet, &mut out).is_ok() {
        let saying = async {
            tls.write_all(&out).await?;
            tls.shutdown().await
        };
        let _ = timeout(Duration::from_secs(1), saying).await;
    }
}
