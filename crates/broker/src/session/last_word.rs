//! What is said for a client that is not there to say it.

use std::sync::Arc;
use std::time::Instant;

use tracing::debug;

use super::Will;
use crate::credential::Credential;
use crate::device::Account;
use crate::from_device::{Age, FromDevice};
use crate::message::Message;
use crate::registry::Enrolled;
use crate::shared::Shared;

/// Whose session it is.
pub(super) struct Owner {
    pub(super) shared: Arc<Shared>,
    pub(super) credential: Credential,
    pub(super) enrolled: Arc<Enrolled>,
    pub(super) account: Arc<Account>,
}

impl Owner {
    /// Looks the credential up again; none if it was revoked.
    pub(super) fn still_enrolled(&self) -> Option<Arc<Enrolled>> {
        let enrolled = self.shared.registry.look_up(&self.credential);
        enrolled.filter(|enrolled| enrolled.device == self.enrolled.device)
    }

    /// Says a will, if it is still granted.
    pub(super) async fn say_will(&self, will: Will) {
        let enrolled = self.still_enrolled();
        if !enrolled.is_some_and(|e| e.grants.may_publish(&will.message.topic)) {
            return;
        }
        let now = Instant::now();
        let mut message = will.message;
        message.expires = will.valid_for.and_then(|valid| now.checked_add(valid));
        let told = FromDevice {
            device: self.enrolled.device.clone(),
            credential: Some(self.credential),
            topic: message.topic.clone(),
            payload: message.payload.clone(),
            retained: message.retain,
            age: Age::Live,
            received: now,
        };
        self.tell_late(told, message).await;
    }

    /// Tells the hub, however long it takes, and then everybody else.
    pub(super) async fn tell_late(&self, told: FromDevice, message: Message) {
        if self.shared.hub.send(told).await.is_err() {
            return;
        }
        let spread = self.shared.spread(&self.enrolled.device, &self.account, message).await;
        if let Err(reason) = spread {
            // The hub has it; other devices are being dropped to reconnect.
            debug!(%reason, "a message of a device that has gone was not routed");
        }
    }
}
