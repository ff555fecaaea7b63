//! What devices ask of doors, by the owner's leave.
//!
//! An unlocking is a visit like a courier's: the door's policy holds for it, and
//! it is decided, written down and carried out on the same way. What a device
//! asks without permit is a trespass, and so is asking without end.

use std::collections::BTreeMap;
use std::time::Duration;

use super::visit::Caller;
use super::{Hub, Running};
use crate::batch::Change;
use crate::entry::{Actor, Reason};
use crate::event::LogEvent;
use crate::ids::{DeviceName, DoorId};
use crate::io::{Refusal, Reply};
use crate::permit::{DevicePermit, DeviceWish, Permit};
use crate::time::HubTime;
use crate::trespass::{Attempt, Target, Trespass};

/// How often a device may ask within [`COUNTED_FOR`]. Each wish permits a leaf,
/// and a mistaken automation asks without end.
const MOST_WISHES: u32 = 20;

/// Over what time wishes are counted together.
const COUNTED_FOR: Duration = Duration::from_secs(60);

/// What devices may ask, and how often they did.
#[derive(Default)]
pub(super) struct Asked {
    permits: BTreeMap<(DeviceName, DoorId), Permit>,
    /// Only devices with a permit are counted.
    counts: BTreeMap<DeviceName, Count>,
}

struct Count {
    since: HubTime,
    wishes: u32,
}

impl Asked {
    pub(super) fn restore(permits: Vec<DevicePermit>) -> Self {
        let permits = permits.into_iter().map(|one| ((one.device, one.door), one.permit)).collect();
        Self { permits, counts: BTreeMap::new() }
    }

    fn covers(&self, device: &DeviceName, door: DoorId, wish: DeviceWish) -> bool {
        let permit = self.permits.get(&(device.clone(), door));
        permit.is_some_and(|permit| permit.covers(wish))
    }

    /// Counts a wish; says whether it is one too many.
    fn is_too_many(&mut self, device: &DeviceName, now: HubTime) -> bool {
        let count = self.counts.entry(device.clone()).or_insert(Count { since: now, wishes: 0 });
        if now.since(count.since) >= COUNTED_FOR {
            *count = Count { since: now, wishes: 0 };
        }
        count.wishes = count.wishes.saturating_add(1);
        count.wishes > MOST_WISHES
    }
}

impl Hub {
    pub(super) fn device_asked(&mut self, device: &DeviceName, door: DoorId, wish: DeviceWish) {
        let Some(site) = self.sites.get(&door) else { return };
        let target = Target::Device(site.door.lock.clone());
        let trespass = |attempt| Trespass { device: device.clone(), attempt, target };
        if !self.asked.covers(device, door, wish) {
            return self.refused(trespass(Attempt::Publish));
        }
        if self.asked.is_too_many(device, self.now.mono) {
            return self.refused(trespass(Attempt::Exceed));
        }
        match wish {
            DeviceWish::Lock => {
                // Refused is only what comes in the middle of letting somebody in.
                if self.lock_for(door, Actor::Device(device.clone())).is_err() {
                    self.not_done_for(device, door, Reason::DoorBusy);
                }
            }
            DeviceWish::Unlock => self.unlock_for(device, door),
        }
    }

    fn not_done_for(&mut self, device: &DeviceName, door: DoorId, reason: Reason) {
        self.log(LogEvent::DeviceRefused { device: device.clone(), door, reason });
    }

    /// Begins a visit under the door's own policy, which is softened for nobody
    /// but the owner and the emergency code.
    fn unlock_for(&mut self, device: &DeviceName, door: DoorId) {
        let caller = match self.judge_device(device, door) {
            Ok(caller) => caller,
            Err(reason) => return self.not_done_for(device, door, reason),
        };
        self.close_if_secured(door);
        self.begin_visit(door, caller);
    }

    fn judge_device(&self, device: &DeviceName, door: DoorId) -> Result<Caller, Reason> {
        if self.running == Running::Stopping {
            return Err(Reason::Interrupted);
        }
        let urgent = false;
        self.door_takes_visit(door, urgent)?;
        let door = &self.sites.get(&door).ok_or(Reason::NoDoor)?.door;
        let household = *door.households.first().ok_or(Reason::NoDoor)?;
        let (rule, approval) = (door.policy.recording, door.policy.approval);
        let by = Actor::Device(device.clone());
        Ok(Caller { by, household, rule, approval, attempt: None })
    }

    /// The permit may have been taken back while the camera was asked.
    pub(super) fn judge_device_again(
        &self,
        device: &DeviceName,
        door: DoorId,
    ) -> Result<(), Reason> {
        if self.asked.covers(device, door, DeviceWish::Unlock) {
            Ok(())
        } else {
            Err(Reason::Cancelled)
        }
    }

    pub(super) fn allow(
        &mut self,
        device: DeviceName,
        door: DoorId,
        permit: Permit,
    ) -> Result<Reply, Refusal> {
        if !self.sites.contains_key(&door) {
            return Err(Refusal::NoSuchDoor);
        }
        self.asked.permits.insert((device.clone(), door), permit);
        self.change(Change::PermitGiven(DevicePermit { device: device.clone(), door, permit }));
        self.log(LogEvent::DeviceAllowed { device, door, permit });
        Ok(Reply::Done)
    }

    pub(super) fn disallow(&mut self, device: &DeviceName, door: DoorId) -> Result<Reply, Refusal> {
        self.asked.permits.remove(&(device.clone(), door)).ok_or(Refusal::NoSuchPermit)?;
        self.change(Change::PermitTaken(device.clone(), door));
        self.log(LogEvent::DeviceDisallowed { device: device.clone(), door });
        Ok(Reply::Done)
    }

    /// A device that was revoked has no permit, and another of its name gets none.
    pub(super) fn disallow_everywhere(&mut self, device: &DeviceName) {
        let doors = self.asked.permits.keys().filter(|(one, _)| one == device);
        let doors: Vec<DoorId> = doors.map(|(_, door)| *door).collect();
        for door in doors {
            self.asked.permits.remove(&(device.clone(), door));
            self.change(Change::PermitTaken(device.clone(), door));
        }
        self.asked.counts.remove(device);
    }

    /// Returns what devices may ask of doors.
    #[must_use]
    pub fn permits(&self) -> Vec<DevicePermit> {
        let permits = self.asked.permits.iter();
        permits
            .map(|((device, door), permit)| DevicePermit {
                device: device.clone(),
                door: *door,
                permit: *permit,
            })
            .collect()
    }
}
