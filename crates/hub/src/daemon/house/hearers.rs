//! Who among the devices is sent the notices.

use doorward_api as api;
use doorward_api::{Problem, ProblemKind};
use doorward_core::entry::Actor;
use doorward_core::grants::DeviceKind;
use doorward_core::ids::DeviceName;
use doorward_core::io::{Note, OwnerRequest};

use super::super::awake::Awake;
use super::super::enrolled::EnrolledDevice;
use super::failed;
use crate::http::Answer;

impl Awake {
    /// Lets a device hear the notices.
    pub(super) async fn let_hear(&self, by: Actor, device: &api::DeviceName) -> Answer<()> {
        let _alone = self.renewals.enrolling.lock().await;
        let device = self.valid(device).await?;
        may_hear(&device)?;
        let added = self.renewals.hearers.add(&self.store, &device.name).await;
        added.map_err(failed("who hears the notices could not be written down"))?;
        self.done(by, OwnerRequest::Note(Note::NoticesAllowed(device.name.clone()))).await?;
        self.grant_anew(&device.name).await
    }

    /// Lets a device hear no notices any more.
    pub(super) async fn let_hear_no_more(&self, by: Actor, device: &api::DeviceName) -> Answer<()> {
        let _alone = self.renewals.enrolling.lock().await;
        let device = self.valid(device).await?;
        if !self.renewals.hearers.has(&device.name) {
            let detail = format!("{} is sent no notices", device.name);
            return Err(Problem::new(ProblemKind::NotFound, detail));
        }
        self.hear_no_more(&device.name).await?;
        self.done(by, OwnerRequest::Note(Note::NoticesDisallowed(device.name.clone()))).await?;
        self.grant_anew(&device.name).await
    }

    /// Writes down that a device hears nothing any more.
    pub(super) async fn hear_no_more(&self, device: &DeviceName) -> Answer<()> {
        if !self.renewals.hearers.has(device) {
            return Ok(());
        }
        let removed = self.renewals.hearers.remove(&self.store, device).await;
        removed.map_err(failed("who hears the notices could not be written down"))
    }
}

/// A keypad hangs where strangers stand, and what has no TLS is heard by the whole network.
fn may_hear(device: &EnrolledDevice) -> Answer<()> {
    let EnrolledDevice { name, kind, .. } = device;
    let why = match kind {
        DeviceKind::HomeAssistant | DeviceKind::Camera | DeviceKind::Other
            if device.lacks_tls() =>
        {
            format!("{name} has no TLS: whoever is in the network would hear the notices, too")
        }
        DeviceKind::HomeAssistant | DeviceKind::Camera | DeviceKind::Other => return Ok(()),
        DeviceKind::Lock | DeviceKind::Keypad | DeviceKind::Contact | DeviceKind::Bridge => {
            format!(
                "{name} is enrolled as {kind}, which is at a door; enrol what is to hear the \
                 notices as other"
            )
        }
    };
    Err(Problem::new(ProblemKind::Refused, why))
}
