//! How the house is.

use doorward_api as api;
use doorward_api::device::Link;
use doorward_api::status::{
    ClockStatus, ContactStatus, DeviceCounts, DoorStatus, EntryProgress, HouseStatus, KeypadStatus,
    LockStatus, Rejected, Seal, Status, StorageState, StorageStatus, Trespasser,
};
use doorward_core::hub::{DoorView, KeypadView, TrespassView};
use doorward_core::ids::DeviceName;
use doorward_core::time::HubTime;

use super::super::awake::Awake;
use super::super::convert::{self, Shown};
use super::super::daemon::Daemon;
use super::super::disk::measure;
use super::super::links::{Links, Presence};
use super::super::mail::Sight;
use super::{failed, other_broker};
use crate::http::{Answer, House};
use crate::state_dir::UnlockMode;

impl Daemon {
    pub(super) async fn status_of_all(&self) -> Answer<Status> {
        let (seal, house) = match self.awake() {
            Ok(awake) => {
                let mut house = awake.house_status().await?;
                house.web = self.web_address().await.iter().map(ToString::to_string).collect();
                (Seal::Unsealed, Some(house))
            }
            Err(_) => (self.seal(), None),
        };
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            household: self.household_name(),
            recipient: self.awake().ok().map(|awake| awake.household.recipient.clone()),
            hub: self.config().hub.to_string(),
            started_at: self.started_at(),
            uptime_ms: convert::millis(self.uptime()),
            unlock: match self.config().unlock {
                UnlockMode::Passphrase => api::status::UnlockMode::Passphrase,
                UnlockMode::Keyfile => api::status::UnlockMode::Keyfile,
                UnlockMode::SystemdCreds => api::status::UnlockMode::SystemdCreds,
                UnlockMode::Keyring => api::status::UnlockMode::Keyring,
            },
            seal,
            house,
        })
    }
}

impl Awake {
    pub(super) async fn house_status(&self) -> Answer<HouseStatus> {
        let mut status = self.mailbox.look(what_the_hub_knows).await?;
        status.doors.sort_by(|a, b| a.name.cmp(&b.name));
        status.cameras = self.camera_statuses();
        let enrolled = self.devices_enrolled().await?.len();
        status.devices.enrolled = u32::try_from(enrolled).unwrap_or(u32::MAX);
        let stats = self.exchange.stats();
        status.rejected.malformed += stats.malformed;
        status.rejected.not_granted = stats.refusals.values().sum();
        for one in &mut status.trespassers {
            // A flood leaves out events, and no count.
            let counted =
                stats.refusals.iter().find(|(name, _)| name.as_str() == one.device.as_str());
            one.count = counted.map_or(one.count, |(_, count)| one.count.max(*count));
        }
        status.rejected.connections = stats.failed_handshakes + stats.strangers + stats.turned_away;
        status.rejected.wrong_passwords = stats.wrong_passwords;
        status.clock.time_zone.clone_from(&self.zone_name);
        status.storage = self.storage_status().await?;
        status.witnessed = self.all_witnesses().await?.into_iter().next();
        status.broker = vec![self.exchange.address()];
        status.without_tls = self.exchange.listens_plain().map(|address| address.to_string());
        status.other_broker = self.exchange.elsewhere().map(other_broker::status);
        Ok(status)
    }

    pub(super) async fn storage_status(&self) -> Answer<StorageStatus> {
        let state = if self.disk_health.is_failing() {
            StorageState::Failing
        } else {
            StorageState::Writable
        };
        let head = self.store.checkpoint().await.map_err(failed("the log cannot be read"))?;
        let all = self.store.recordings().await;
        let all = all.map_err(failed("the recordings cannot be read"))?;
        let sizes = measure(&self.state).map_err(failed("the disk cannot be asked"))?;
        Ok(StorageStatus {
            state,
            database_bytes: sizes.database_bytes,
            recordings_bytes: all.iter().map(|recording| recording.bytes).sum(),
            free_bytes: sizes.free_bytes,
            log_leaves: head.size,
        })
    }
}

/// Reads what the actor knows; the rest is filled in by the caller.
fn what_the_hub_knows(sight: &Sight<'_>) -> HouseStatus {
    let Sight { hub, links, now, .. } = sight;
    let keypads = hub.keypads();
    let doors = hub.doors();
    HouseStatus {
        doors: doors.iter().map(|door| door_status(door, &keypads, links, now.mono)).collect(),
        cameras: Vec::new(),
        devices: DeviceCounts {
            enrolled: 0,
            connected: u32::try_from(links.connected_count()).unwrap_or(u32::MAX),
        },
        rejected: Rejected { malformed: links.malformed_count(), ..Rejected::default() },
        trespassers: hub.trespasses().iter().map(|one| trespasser(one, sight)).collect(),
        clock: ClockStatus {
            trust: convert::clock_trust(hub.clock_trust()),
            now: now.wall,
            time_zone: String::new(),
        },
        storage: StorageStatus {
            state: StorageState::Writable,
            database_bytes: 0,
            recordings_bytes: 0,
            free_bytes: 0,
            log_leaves: 0,
        },
        witnessed: None,
        broker: Vec::new(),
        without_tls: None,
        web: Vec::new(),
        other_broker: None,
    }
}

fn trespasser(view: &TrespassView, sight: &Sight<'_>) -> Trespasser {
    Trespasser {
        device: convert::device(&view.device),
        count: view.count,
        attempt: convert::attempt(view.attempt),
        victim: Shown(sight.directory).victim(&view.victim),
        age_ms: convert::millis(sight.now.mono.since(view.told_at)),
    }
}

/// Says how one door is.
pub(crate) fn door_status(
    view: &DoorView,
    keypads: &[KeypadView],
    links: &Links,
    now: HubTime,
) -> DoorStatus {
    let age_ms = |at: Option<HubTime>| at.map(|at| convert::millis(now.since(at)));
    let door = &view.door;
    DoorStatus {
        name: api::DoorName(door.name.to_string()),
        lock: LockStatus {
            device: convert::device(&door.lock),
            link: link(links, &door.lock),
            bolt: convert::bolt(view.bolt),
            age_ms: age_ms(view.bolt_at),
        },
        contact: door.contact.as_ref().map(|contact| ContactStatus {
            device: convert::device(contact),
            link: link(links, contact),
            contact: convert::contact(view.contact),
            age_ms: age_ms(view.contact_at),
        }),
        keypads: door.keypads.iter().map(|pad| keypad_status(pad, keypads, links, now)).collect(),
        entry: view.entry.as_ref().map(|entry| EntryProgress {
            id: api::EntryId(entry.record.id.0),
            stage: convert::stage(entry.record.stage),
            age_ms: convert::millis(now.since(entry.record.opened_at.mono)),
        }),
    }
}

fn keypad_status(
    keypad: &DeviceName,
    all: &[KeypadView],
    links: &Links,
    now: HubTime,
) -> KeypadStatus {
    let throttle = all.iter().find(|view| view.keypad == *keypad).map(|view| &view.throttle);
    let left = |until: HubTime| convert::millis(until.since(now));
    KeypadStatus {
        device: convert::device(keypad),
        link: link(links, keypad),
        locked_out_for_ms: throttle.map_or(0, |t| left(t.locked_until)),
        suspended_for_ms: throttle.map_or(0, |t| left(t.suspended_until)),
        wrong_tries: throttle.map_or(0, |t| u32::try_from(t.wrong_today(now)).unwrap_or(u32::MAX)),
    }
}

pub(super) fn link(links: &Links, device: &DeviceName) -> Link {
    match links.presence(device) {
        Presence::Online => Link::Online,
        Presence::Offline => Link::Offline,
        Presence::Unknown => Link::Unknown,
    }
}
