//! Home Assistant: shown the doors or not, and what it may ask of them.

use doorward_api as api;
use doorward_api::home::{AllowDevice, DoorPermit, HomeAssistant, HomeDevice, Shown};
use doorward_api::{DoorName, Problem, ProblemKind};
use doorward_core::entry::Actor;
use doorward_core::grants::DeviceKind;
use doorward_core::ids::{DeviceName, DoorId};
use doorward_core::io::{Note, OwnerRequest};
use doorward_core::permit::DevicePermit;

use super::super::awake::Awake;
use super::super::convert::{self, Shown as Named};
use super::super::home::Switch;
use super::super::mail::Mail;
use super::{failed, status};
use crate::http::Answer;
use crate::settings::HOME_ASSISTANT;

impl Awake {
    pub(super) async fn home_assistant(&self) -> Answer<HomeAssistant> {
        let setting = self.store.setting(HOME_ASSISTANT).await;
        let setting = setting.map_err(failed("the setting cannot be read"))?;
        let devices = self.devices_enrolled().await?.into_iter();
        let homes: Vec<_> = devices
            .filter(|device| device.kind == DeviceKind::HomeAssistant)
            .map(|device| device.name)
            .collect();
        let look = move |sight: &super::super::mail::Sight<'_>| {
            let permits = sight.hub.permits();
            let view = |name: &DeviceName| HomeDevice {
                device: convert::device(name),
                link: status::link(sight.links, name),
                may: may(name, &permits, &Named(sight.directory)),
            };
            homes.iter().map(view).collect()
        };
        let shown = match Switch::read(setting.as_deref()) {
            Switch::On => Shown::On,
            Switch::Off => Shown::Off,
        };
        Ok(HomeAssistant { shown, enrolled: self.mailbox.look(look).await? })
    }

    /// The setting first: what was switched off stays off after a crash.
    pub(super) async fn show_home_assistant(
        &self,
        by: Actor,
        shown: Shown,
    ) -> Answer<HomeAssistant> {
        let (switch, note) = match shown {
            Shown::On => (Switch::On, Note::HomeAssistantOn),
            Shown::Off => (Switch::Off, Note::HomeAssistantOff),
        };
        let set = self.store.set(HOME_ASSISTANT, switch.as_str().to_owned()).await;
        set.map_err(failed("the setting could not be written down"))?;
        self.mailbox.send(Mail::HomeAssistant(switch)).await?;
        self.done(by, OwnerRequest::Note(note)).await?;
        self.home_assistant().await
    }

    pub(super) async fn allow(
        &self,
        by: Actor,
        device: &api::DeviceName,
        door: &DoorName,
        wish: AllowDevice,
    ) -> Answer<()> {
        let door = self.find_door(door)?;
        let _alone = self.renewals.enrolling.lock().await;
        let device = self.valid(device).await?;
        if device.kind != DeviceKind::HomeAssistant {
            let (name, kind) = (&device.name, device.kind);
            let detail = format!(
                "{name} is enrolled as {kind}; only a home_assistant may ask anything of a door"
            );
            return Err(Problem::new(ProblemKind::Refused, detail));
        }
        let permit = convert::permit_of(wish.permit);
        self.done(by, OwnerRequest::Allow(device.name.clone(), door, permit)).await?;
        self.grant_anew(&device.name).await
    }

    pub(super) async fn disallow(
        &self,
        by: Actor,
        device: &api::DeviceName,
        door: &DoorName,
    ) -> Answer<()> {
        let door: DoorId = self.find_door(door)?;
        let _alone = self.renewals.enrolling.lock().await;
        let device = self.valid(device).await?;
        self.done(by, OwnerRequest::Disallow(device.name.clone(), door)).await?;
        self.grant_anew(&device.name).await
    }

    /// Tells the broker what a device may do, by what its owner ticked.
    pub(super) async fn grant_anew(&self, name: &DeviceName) -> Answer<()> {
        let permits = self.mailbox.look(|sight| sight.hub.permits()).await?;
        for device in self.devices_enrolled().await?.iter().filter(|one| one.name == *name) {
            let enrolled = device.for_registry(&permits, &self.renewals.hearers);
            let enrolled = enrolled.map_err(failed("the device makes no sense"))?;
            device.credentials().for_each(|one| self.registry.enrol(one, enrolled.clone()));
        }
        Ok(())
    }
}

fn may(name: &DeviceName, permits: &[DevicePermit], shown: &Named<'_>) -> Vec<DoorPermit> {
    let own = permits.iter().filter(|permit| permit.device == *name);
    own.map(|permit| DoorPermit {
        door: shown.door(permit.door),
        permit: convert::permit(permit.permit),
    })
    .collect()
}
