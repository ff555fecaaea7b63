//! What the backup had in force and cannot know to be in force, put out of it.

use doorward_core::batch::{Batch, Change, Snapshot};
use doorward_core::code::Standing;
use doorward_core::ids::{DeviceName, PairedDeviceId};
use doorward_core::restored::{HomeAssistant, Restored};
use doorward_store::{Device, Questions, ReadError, Store};

use super::{RestoreError, RestoredFrom};
use crate::keys::Keys;
use crate::settings::{HOME_ASSISTANT, NOTICES_FROM, NOTICES_TO, RESTORED};
use crate::state_dir::{Recipient, StateDir};

/// How many numbers of notices are left out. Each start of a hub takes a million of them, and
/// browsers count exactly up to 2^53.
const NOTICES_LEFT_OUT: u64 = 1 << 36;

/// What became of what the backup held.
pub struct Settled {
    /// How many codes were taken back.
    pub codes_over: usize,
    /// How many codes are paused.
    pub codes_paused: usize,
    /// How many paired devices have to be paired again.
    pub phones: usize,
    /// How many permits of devices were taken back.
    pub permits: usize,
    /// How many devices are sent no notices any more.
    pub hearers: usize,
    /// Whether Home Assistant was shown the doors, and is not any more.
    pub home_assistant: HomeAssistant,
    /// The devices in service, as the backup knows them.
    pub devices: Vec<Device>,
}

/// What the backup had in force.
struct InForce {
    snapshot: Snapshot,
    paired: Vec<PairedDeviceId>,
    devices: Vec<Device>,
    hearers: Vec<DeviceName>,
    home_assistant: HomeAssistant,
    next_notice: u64,
}

/// Puts out of force what the backup cannot know to be in force.
pub(super) fn settle(
    folder: &StateDir,
    keys: &Keys,
    from: RestoredFrom,
    household: &Recipient,
) -> Result<Settled, RestoreError> {
    let mut store = Store::open(&folder.database(), keys.for_store())?;
    let questions = store.questions()?;
    questions.check_file()?;
    check_household(&questions, household)?;
    let before = InForce::read(&questions)?;
    let batch = before.restored(from).batch();
    store.commit(&batch)?;
    for device in &before.paired {
        store.end_pairing(*device, from.at)?;
    }
    store.leave_out_people()?;
    store.set(NOTICES_TO, "[]")?;
    store.set(HOME_ASSISTANT, "off")?;
    store.set(NOTICES_FROM, &before.next_notice.saturating_add(NOTICES_LEFT_OUT).to_string())?;
    store.set(RESTORED, &serde_json::to_string(&from).expect("two moments are plain JSON"))?;
    Ok(Settled::by(&batch, before))
}

/// A hub gives its recordings and backups to all that it knows, and one that made a backup
/// knows one.
fn check_household(questions: &Questions<'_>, household: &Recipient) -> Result<(), RestoreError> {
    let households = questions.households()?;
    if households.is_empty() || households.iter().any(|one| one.recipient != household.as_str()) {
        return Err(RestoreError::Foreign);
    }
    Ok(())
}

impl InForce {
    fn read(questions: &Questions<'_>) -> Result<Self, ReadError> {
        let paired = questions.paired_devices()?.into_iter();
        let mut devices = questions.devices()?;
        devices.retain(|device| device.revoked_at.is_none());
        let next_notice = questions.setting(NOTICES_FROM)?.and_then(|next| next.parse().ok());
        Ok(Self {
            snapshot: questions.snapshot()?,
            paired: paired
                .filter(|device| device.revoked_at.is_none())
                .map(|device| device.id)
                .collect(),
            devices,
            hearers: hearers(questions.setting(NOTICES_TO)?.as_deref()),
            home_assistant: match questions.setting(HOME_ASSISTANT)?.as_deref() {
                Some("on") => HomeAssistant::Shown,
                Some(_) | None => HomeAssistant::ShownNothing,
            },
            next_notice: next_notice.unwrap_or(1),
        })
    }

    fn restored(&self, from: RestoredFrom) -> Restored<'_> {
        Restored {
            snapshot: &self.snapshot,
            paired: &self.paired,
            hearers: &self.hearers,
            home_assistant: self.home_assistant,
            backup_of: from.backup_of,
            wall: from.at,
        }
    }
}

/// Whose name cannot be read is sent nothing either way.
fn hearers(kept: Option<&str>) -> Vec<DeviceName> {
    let names: Vec<String> =
        kept.and_then(|kept| serde_json::from_str(kept).ok()).unwrap_or_default();
    names.iter().filter_map(|name| DeviceName::parse(name).ok()).collect()
}

impl Settled {
    fn by(batch: &Batch, before: InForce) -> Self {
        let count =
            |fits: fn(&Change) -> bool| batch.changes.iter().filter(|one| fits(one)).count();
        Self {
            codes_over: count(|change| matches!(change, Change::CodeEnded(..))),
            codes_paused: count(|change| {
                matches!(change, Change::CodeStanding(_, Standing::Paused))
            }),
            permits: count(|change| matches!(change, Change::PermitTaken(..))),
            phones: before.paired.len(),
            hearers: before.hearers.len(),
            home_assistant: before.home_assistant,
            devices: before.devices,
        }
    }
}
