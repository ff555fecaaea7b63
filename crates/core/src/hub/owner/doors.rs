//! Describing doors.

use std::collections::BTreeSet;

use crate::batch::Change;
use crate::door::{Door, DoorPolicy};
use crate::event::LogEvent;
use crate::ids::{DeviceName, DoorId};
use crate::io::{NewDoor, PolicyChange, Refusal, Reply};

use super::super::Hub;
use super::super::site::Site;
use super::super::visit::take;

impl Hub {
    pub(super) fn add_door(&mut self, new: NewDoor) -> Result<Reply, Refusal> {
        let NewDoor { name, households, lock, keypads, contact, camera } = new;
        let mut doors = self.sites.values().map(|site| &site.door);
        if doors.any(|door| door.name == name) {
            return Err(Refusal::NameTaken);
        }
        if households.is_empty() {
            return Err(Refusal::NotThisHousehold);
        }
        let devices: Vec<&DeviceName> = keypads.iter().chain([&lock]).chain(&contact).collect();
        let distinct: BTreeSet<&DeviceName> = devices.iter().copied().collect();
        if distinct.len() < devices.len() || devices.into_iter().any(|d| self.is_taken(d)) {
            return Err(Refusal::DeviceTaken);
        }
        let id = DoorId(take(&mut self.ids.door));
        let policy = DoorPolicy::default();
        let door = Door { id, name, households, lock, keypads, contact, camera, policy };
        self.change(Change::DoorAdded(door.clone()));
        self.log(LogEvent::DoorAdded { door: id });
        self.sites.insert(id, Site::new(door));
        self.ask_lock(id);
        Ok(Reply::Door(id))
    }

    fn is_taken(&self, device: &DeviceName) -> bool {
        self.sites.values().map(|site| &site.door).any(|door| {
            door.lock == *device
                || door.contact.as_ref() == Some(device)
                || door.keypads.contains(device)
        })
    }

    pub(super) fn set_policy(
        &mut self,
        door: DoorId,
        change: PolicyChange,
    ) -> Result<Reply, Refusal> {
        let site = self.sites.get_mut(&door).ok_or(Refusal::NoSuchDoor)?;
        let policy = &mut site.door.policy;
        let PolicyChange { recording, approval, relock_after } = change;
        policy.recording = recording.unwrap_or(policy.recording);
        policy.approval = approval.unwrap_or(policy.approval);
        policy.relock_after = relock_after.unwrap_or(policy.relock_after);
        let policy = policy.clone();
        self.change(Change::DoorPolicy(door, policy));
        self.log(LogEvent::DoorPolicyChanged { door });
        Ok(Reply::Done)
    }
}
