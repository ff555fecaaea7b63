//! On what terms a client connects: its id, how long its session lasts, and
//! what it is told of the limits.

use std::time::Duration;

use rumqttd::protocol::{ConnAckProperties, Connect, ConnectProperties};

use super::ConnectError;
use crate::codec::Version;
use crate::session::{RECEIVE_MAXIMUM, Reception, TOPIC_ALIASES};
use crate::shared::Shared;

/// The longest client id. MQTT asks for 23; Zigbee2MQTT's has 25.
const CLIENT_ID_BYTES: usize = 256;

/// Returns how long the session is to last without a connection.
pub(super) fn outlives(
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
pub(super) fn prescribed_keep_alive(
    version: Version,
    connect: &Connect,
    shared: &Shared,
) -> Option<u16> {
    let longest = u16::try_from(shared.limits.keep_alive.as_secs()).ok()?;
    match version {
        Version::V4 => None,
        Version::V5 => (!(1..=longest).contains(&connect.keep_alive)).then_some(longest),
    }
}

pub(super) fn keep_alive(prescribed: Option<u16>, connect: &Connect) -> Option<Duration> {
    // One and a half times what the client promised (MQTT 3.1.2.10); zero
    // promises nothing.
    let seconds = prescribed.unwrap_or(connect.keep_alive);
    (seconds > 0).then(|| Duration::from_millis(u64::from(seconds) * 1_500))
}

pub(super) fn welcome(
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

/// Returns the id that a client without one is given.
pub(super) fn assign_client_id(
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

/// Returns what the client can take.
pub(super) fn reception(version: Version, asked: Option<&ConnectProperties>) -> Reception {
    Reception {
        version,
        receive_maximum: asked.and_then(|p| p.receive_maximum).unwrap_or(u16::MAX),
        max_packet_bytes: asked
            .and_then(|p| p.max_packet_size)
            .and_then(|bytes| usize::try_from(bytes).ok()),
    }
}
