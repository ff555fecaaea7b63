//! Why a connection does not come about, and who is told what of it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rumqttd::protocol::{ConnAck, ConnectReturnCode, Packet};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::codec::{Malformed, Version, encode};
use crate::events::Refusal;
use crate::frame::FrameError;
use crate::leave::Wire;
use crate::registry::Enrolled;
use crate::sessions::ClaimError;
use crate::shared::Shared;

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
    #[error("the name and the password are not those of a device")]
    Password,
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

/// Returns what to tell the client.
pub(super) fn code(version: Version, error: &ConnectError) -> ConnectReturnCode {
    match (error, version) {
        (ConnectError::Password, _) => ConnectReturnCode::BadUserNamePassword,
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

/// Tells the hub what a device tried with its CONNECT; of somebody who has not
/// said who it is, counts it.
pub(super) fn note(
    shared: &Shared,
    enrolled: Option<&Enrolled>,
    error: &ConnectError,
    topic: Option<&str>,
) {
    let Some(what) = attempt(error) else { return };
    let Some(enrolled) = enrolled else {
        shared.counters.malformed.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let account = shared.devices.account(&enrolled.device, Instant::now());
    shared.refuse(&enrolled.device, &account, what, topic);
}

fn attempt(error: &ConnectError) -> Option<Refusal> {
    match error {
        ConnectError::Will => Some(Refusal::Will),
        ConnectError::WillTopic => Some(Refusal::TooManyTopics),
        ConnectError::Claim(ClaimError::TooMany) => Some(Refusal::TooManySessions),
        ConnectError::Frame(FrameError::TooLarge) => Some(Refusal::PacketTooLarge),
        ConnectError::Frame(
            FrameError::BadLength | FrameError::NotForClients | FrameError::BadFlags,
        )
        | ConnectError::Malformed(_)
        | ConnectError::NotConnect => Some(Refusal::Malformed),
        ConnectError::Claim(ClaimError::Occupied)
        | ConnectError::Version
        | ConnectError::ClientId
        | ConnectError::Authentication
        | ConnectError::Io(_)
        | ConnectError::TooSlow
        | ConnectError::NoCertificate
        | ConnectError::Stranger
        | ConnectError::Password
        | ConnectError::Closed => None,
    }
}

/// Answers what is no CONNECT of a version that is spoken here.
pub(super) async fn answer_unread(wire: &mut Wire, error: &ConnectError) {
    if matches!(error, ConnectError::Version) {
        answer(wire, Version::V4, ConnectReturnCode::RefusedProtocolVersion).await;
    }
}

/// Answers a CONNECT that is refused; a client that has gone need not hear it.
pub(super) async fn answer(wire: &mut Wire, version: Version, code: ConnectReturnCode) {
    let mut out = BytesMut::new();
    let packet = Packet::ConnAck(ConnAck { session_present: false, code }, None);
    if encode(version, packet, &mut out).is_ok() {
        let saying = async {
            wire.write_all(&out).await?;
            wire.shutdown().await
        };
        let _ = timeout(Duration::from_secs(1), saying).await;
    }
}
