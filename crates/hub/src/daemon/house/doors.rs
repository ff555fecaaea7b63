//! Doors: described, listed, unlocked and locked by the owner.

use std::time::Duration;

use doorward_api::door::{
    AddDoor, ChangePolicy, DoorAdded, DoorView, Doubt, LockAsked, LockWhen, UnlockBegun,
};
use doorward_api::{DoorName, EntryId, Problem, ProblemKind};
use doorward_core::entry::Actor;
use doorward_core::ids::DoorId;
use doorward_core::io::{NewDoor, OwnerRequest, PolicyChange, Reply};

use super::super::awake::{Awake, HOME};
use super::super::convert;
use super::parse;
use crate::http::Answer;

/// How short and how long an unlocked door may wait to be opened.
const RELOCK_AFTER_MS: std::ops::RangeInclusive<u64> = 5_000..=300_000;

impl Awake {
    pub(super) async fn all_doors(&self) -> Answer<Vec<DoorView>> {
        let doors = self.mailbox.look(|sight| sight.hub.doors()).await?;
        let mut views: Vec<_> = doors.iter().map(|view| convert::door_view(&view.door)).collect();
        views.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(views)
    }

    pub(super) async fn describe_door(&self, by: Actor, add: AddDoor) -> Answer<DoorAdded> {
        let AddDoor { name, lock, keypads, contact, camera, policy } = add;
        let policy = policy_of(policy)?;
        let new = NewDoor {
            name: parse("door", name.as_str())?,
            households: vec![HOME],
            lock: parse("lock", lock.as_str())?,
            keypads: keypads
                .iter()
                .map(|pad| parse("keypad", pad.as_str()))
                .collect::<Answer<_>>()?,
            contact: contact.map(|one| parse("contact", one.as_str())).transpose()?,
            camera: camera.map(|one| parse("camera", one.as_str())).transpose()?,
        };
        let doubts = self.check_devices(&new).await?;
        let Reply::Door(door) = self.wish(by.clone(), OwnerRequest::AddDoor(new)).await? else {
            return Err(Problem::new(ProblemKind::Internal, "the hub answered something else"));
        };
        if policy != PolicyChange::default() {
            self.done(by, OwnerRequest::SetPolicy(door, policy)).await?;
        }
        Ok(DoorAdded { door: self.view(door).await?, doubts })
    }

    /// A mistyped device would make a door that never answers: each must be
    /// enrolled, or be behind a bridge that is; the camera must exist.
    /// Returns those that may still be the wrong ones.
    async fn check_devices(&self, new: &NewDoor) -> Answer<Vec<Doubt>> {
        let devices = self.devices_enrolled().await?;
        for device in new.keypads.iter().chain([&new.lock]).chain(&new.contact) {
            if !devices.iter().any(|one| one.name.as_str() == device.holder()) {
                let holder = device.holder();
                let detail = format!(
                    "no device {holder} is enrolled; enrol it first with `doorward device enrol`"
                );
                return Err(Problem::new(ProblemKind::NotFound, detail));
            }
        }
        if let Some(camera) = &new.camera {
            self.known_camera(camera).await?;
        }
        self.doubts(new, &devices).await
    }

    pub(super) async fn set_policy(
        &self,
        by: Actor,
        door: &DoorName,
        change: ChangePolicy,
    ) -> Answer<DoorView> {
        let door = self.find_door(door)?;
        self.done(by, OwnerRequest::SetPolicy(door, policy_of(change)?)).await?;
        self.view(door).await
    }

    pub(super) async fn unlock(&self, by: Actor, door: &DoorName) -> Answer<UnlockBegun> {
        let door = self.find_door(door)?;
        match self.wish(by, OwnerRequest::Unlock(door)).await? {
            Reply::Entry(entry) => Ok(UnlockBegun { entry: EntryId(entry.0) }),
            Reply::Done
            | Reply::Door(_)
            | Reply::Code { .. }
            | Reply::Resumed(_)
            | Reply::OnceClosed => {
                Err(Problem::new(ProblemKind::Internal, "the hub answered something else"))
            }
        }
    }

    pub(super) async fn lock(&self, by: Actor, door: &DoorName) -> Answer<LockAsked> {
        let door = self.find_door(door)?;
        let when = match self.wish(by, OwnerRequest::Lock(door)).await? {
            Reply::OnceClosed => LockWhen::OnceClosed,
            Reply::Done
            | Reply::Door(_)
            | Reply::Entry(_)
            | Reply::Code { .. }
            | Reply::Resumed(_) => LockWhen::AtOnce,
        };
        Ok(LockAsked { when })
    }

    /// Finds a door by the name that the owner typed.
    pub(super) fn find_door(&self, name: &DoorName) -> Answer<DoorId> {
        let parsed = parse("door", name.as_str())?;
        self.directory.door(&parsed).ok_or_else(|| {
            let detail = format!("there is no door {name}; `doorward door list` shows all");
            Problem::new(ProblemKind::NotFound, detail)
        })
    }

    async fn view(&self, door: DoorId) -> Answer<DoorView> {
        let view = self.mailbox.look(move |sight| sight.hub.door(door)).await?;
        let view = view.ok_or_else(|| Problem::new(ProblemKind::NotFound, "the door is gone"))?;
        Ok(convert::door_view(&view.door))
    }
}

fn policy_of(change: ChangePolicy) -> Answer<PolicyChange> {
    let ChangePolicy { recording, approval, relock_after_ms } = change;
    if relock_after_ms.is_some_and(|ms| !RELOCK_AFTER_MS.contains(&ms)) {
        let detail = "a door locks again after 5 to 300 seconds";
        return Err(Problem::new(ProblemKind::Invalid, detail));
    }
    Ok(PolicyChange {
        recording: recording.map(convert::recording_of),
        approval: approval.map(convert::approval_of),
        relock_after: relock_after_ms.map(Duration::from_millis),
    })
}
