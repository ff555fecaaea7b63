//! Retained messages: read when the hub starts, written while it runs.
//!
//! What a bridge announced once must outlive a reboot of the hub, or whoever
//! listens finds an empty house. The broker holds the messages and has them
//! in force; here they only reach the disk, a few seconds late, many at once,
//! and one portion at a time: a decision about a door waits for one portion
//! at most. A disk that is slow or full delays what is written and nothing
//! else: changes of one topic become one change meanwhile, and what cannot be
//! written is tried again.
//!
//! What looks as if it held an access code is not written.

use std::time::Duration;

use bytes::Bytes;
use doorward_broker::{RetainedChange, RetainedChanges, RetainedMessage};
use doorward_core::ids::DeviceName;
use doorward_core::topic::TopicName;
use doorward_store as stored;
use doorward_store::{StoreHandle, WriteError};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How long changes gather before they are written.
const GATHER: Duration = Duration::from_secs(5);

/// How long to leave the disk alone after it has failed.
const RETRY: Duration = Duration::from_secs(60);

/// Changes in one transaction, and their bytes.
const PORTION: usize = 64;
const PORTION_BYTES: usize = 256 * 1024;

/// Words under which locks and keypads send codes.
const CODE_WORDS: [&str; 6] =
    ["code", "action_code", "pin", "pin_code", "user_code", "keypad_code"];

/// Reads what devices had retained.
///
/// # Errors
/// If the database cannot be read.
pub(super) async fn read(store: &StoreHandle) -> anyhow::Result<Vec<RetainedMessage>> {
    let rows = store.retained().await?;
    let count = rows.len();
    let messages: Vec<_> = rows.into_iter().filter_map(message_of).collect();
    if messages.len() < count {
        warn!(unread = count - messages.len(), "retained messages that make no sense");
    }
    Ok(messages)
}

fn message_of(row: stored::RetainedMessage) -> Option<RetainedMessage> {
    Some(RetainedMessage {
        device: DeviceName::parse(&row.device).ok()?,
        topic: TopicName::parse(&row.topic).ok()?,
        payload: Bytes::from(row.payload),
    })
}

/// Writes down what becomes of retained messages.
pub(super) struct Scribe {
    pub(super) store: StoreHandle,
    pub(super) changes: RetainedChanges,
}

impl Scribe {
    /// Writes until the hub ends, and then what is left.
    pub(super) async fn run(self, ending: CancellationToken) {
        let mut pause = GATHER;
        while ending.run_until_cancelled(self.changes.changed()).await.is_some() {
            // The end of the pause and the end of the hub lead to the same.
            let _ = ending.run_until_cancelled(tokio::time::sleep(pause)).await;
            pause = match self.write_all().await {
                Ok(()) => after_success(pause),
                Err(error) => after_failure(pause, &error),
            };
            if ending.is_cancelled() {
                return;
            }
        }
        if let Err(error) = self.write_all().await {
            warn!(%error, "the last retained messages were not written down");
        }
    }

    async fn write_all(&self) -> Result<(), WriteError> {
        loop {
            let portion = self.changes.take(PORTION, PORTION_BYTES);
            if portion.is_empty() {
                return Ok(());
            }
            let rows = portion.iter().map(row_of).collect();
            if let Err(error) = self.store.write_retained(rows).await {
                self.changes.put_back(portion);
                return Err(error);
            }
        }
    }
}

fn after_success(pause: Duration) -> Duration {
    if pause != GATHER {
        info!("retained messages are written down again");
    }
    GATHER
}

fn after_failure(pause: Duration, error: &WriteError) -> Duration {
    if pause == GATHER {
        warn!(%error, "retained messages cannot be written down; it is tried again every minute");
    }
    RETRY
}

fn row_of(change: &RetainedChange) -> stored::RetainedChange {
    match change {
        RetainedChange::Kept(message) if !may_hold_code(&message.payload) => {
            stored::RetainedChange::Kept(stored::RetainedMessage {
                device: message.device.to_string(),
                topic: message.topic.to_string(),
                payload: message.payload.to_vec(),
            })
        }
        RetainedChange::Kept(RetainedMessage { topic, .. }) | RetainedChange::Gone(topic) => {
            stored::RetainedChange::Gone { topic: topic.to_string() }
        }
    }
}

/// Tells whether a payload has something under a word for codes. What begins
/// like JSON and cannot be read may have.
fn may_hold_code(payload: &[u8]) -> bool {
    match payload.trim_ascii_start().first() {
        Some(b'{' | b'[') => match serde_json::from_slice(payload) {
            Ok(value) => holds_code(&value),
            Err(_) => true,
        },
        Some(_) | None => false,
    }
}

fn holds_code(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            let is_code = CODE_WORDS.contains(&name.as_str()) && is_something(value);
            is_code || holds_code(value)
        }),
        Value::Array(values) => values.iter().any(holds_code),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => true,
        Value::Null | Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(payload: &str) -> RetainedChange {
        RetainedChange::Kept(RetainedMessage {
            device: DeviceName::parse("z2m").unwrap(),
            topic: TopicName::parse("zigbee2mqtt/Pad").unwrap(),
            payload: Bytes::copy_from_slice(payload.as_bytes()),
        })
    }

    fn is_written(payload: &str) -> bool {
        matches!(row_of(&kept(payload)), stored::RetainedChange::Kept(_))
    }

    #[test]
    fn announcements_and_states_are_written_down() {
        for payload in [
            r#"{"name":"Lock","command_topic":"zigbee2mqtt/Lock/set","payload_lock":"LOCK"}"#,
            r#"[{"friendly_name":"Pad","definition":{"exposes":[{"name":"action_code"}]}}]"#,
            r#"{"state":"LOCK","action_code":null,"pin_code":""}"#,
            "online",
            "48210573",
        ] {
            assert!(is_written(payload), "{payload}");
        }
    }

    #[test]
    fn what_may_hold_a_code_is_struck_out() {
        for payload in [
            r#"{"action":"disarm","action_code":"48210573"}"#,
            r#"{"users":{"1":{"status":"enabled","pin_code":4821}}}"#,
            r#" [{"code":"48210573"}]"#,
            r#"{"action_code":"48210573""#,
        ] {
            assert!(!is_written(payload), "{payload}");
        }
    }
}
