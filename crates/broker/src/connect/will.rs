//! A will in a CONNECT packet: a publish to come, judged as one.

use std::time::{Duration, Instant};

use doorward_core::topic::TopicName;
use rumqttd::protocol::{LastWill, LastWillProperties, PublishProperties};

use super::ConnectError;
use super::refusal::note;
use crate::message::{Message, Retain};
use crate::registry::Enrolled;
use crate::session::Will;
use crate::shared::Shared;

/// Judges whether a device may leave a will.
pub(super) fn judge(
    will: LastWill,
    extra: Option<LastWillProperties>,
    enrolled: &Enrolled,
    shared: &Shared,
) -> Result<Will, ConnectError> {
    let Some(topic) = granted_topic(&will, extra.as_ref(), enrolled) else {
        let named = String::from_utf8_lossy(&will.topic);
        note(shared, Some(enrolled), &ConnectError::Will, Some(&named));
        return Err(ConnectError::Will);
    };
    let account = shared.devices.account(&enrolled.device, Instant::now());
    if !account.may_use(topic.as_str()) {
        note(shared, Some(enrolled), &ConnectError::WillTopic, Some(topic.as_str()));
        return Err(ConnectError::WillTopic);
    }
    let seconds = extra.as_ref().and_then(|p| p.message_expiry_interval);
    let delay = extra.as_ref().and_then(|p| p.delay_interval).unwrap_or(0);
    Ok(Will {
        message: message(topic, will, extra, shared.next_sequence()),
        valid_for: seconds.map(|s| Duration::from_secs(s.into())),
        delay: Duration::from_secs(delay.into()),
    })
}

/// Returns a will's topic if the device may publish there, and where answers are to go.
fn granted_topic(
    will: &LastWill,
    extra: Option<&LastWillProperties>,
    enrolled: &Enrolled,
) -> Option<TopicName> {
    let may_publish = |topic: &TopicName| enrolled.grants.may_publish(topic);
    let answers_to = extra.and_then(|p| p.response_topic.as_deref()).map(TopicName::parse);
    if answers_to.is_some_and(|to| !to.is_ok_and(|to| may_publish(&to))) {
        return None;
    }
    TopicName::parse_bytes(&will.topic).ok().filter(may_publish)
}

fn message(
    topic: TopicName,
    will: LastWill,
    extra: Option<LastWillProperties>,
    sequence: u64,
) -> Message {
    Message {
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
        sequence,
    }
}
