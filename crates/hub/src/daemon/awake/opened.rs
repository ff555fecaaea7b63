//! What the database knows when a hub wakes.

use anyhow::Context;
use doorward_broker::Registry;
use doorward_core::batch::Snapshot;
use doorward_core::time::HubTime;
use doorward_devices::Dialects;
use doorward_store::{Household, SettingName, Store, StoreHandle, StoreKeys};

use super::super::clock::{BootMark, HubClock};
use super::super::directory::{CodeName, Directory};
use super::super::enrolled::EnrolledDevice;
use super::super::hearers::Hearers;
use super::super::personal::Personal;
use super::{HOME, Waking};
use crate::state_dir::Config;

/// What the last run left of the machine's up time.
const BOOT_MARK: SettingName = SettingName("boot_mark");

/// What the other parts need of the database.
pub(super) struct Opened {
    pub(super) store: StoreHandle,
    pub(super) snapshot: Snapshot,
    pub(super) clock: HubClock,
    pub(super) directory: Directory,
    pub(super) household: Household,
    pub(super) devices: Vec<EnrolledDevice>,
    pub(super) hearers: Hearers,
}

impl Opened {
    pub(super) async fn open(waking: &Waking<'_>, keys: StoreKeys) -> anyhow::Result<Self> {
        let path = waking.state.database();
        let store = tokio::task::spawn_blocking(move || Store::open(&path, keys)).await??;
        let store = StoreHandle::spawn(store).context("no thread for the database")?;
        let snapshot = store.snapshot().await?;
        let clock = resume_clock(&store, &snapshot).await?;
        let directory = read_directory(&store, &snapshot).await?;
        let household = know_household(&store, waking.config).await?;
        let devices = enrolled_devices(&store).await?;
        let hearers = Hearers::read(&store).await?;
        Ok(Self { store, snapshot, clock, directory, household, devices, hearers })
    }

    /// Who may connect, and what each may say and hear.
    pub(super) fn registry(&self) -> anyhow::Result<Registry> {
        let registry = Registry::new();
        for device in &self.devices {
            let enrolled = device.for_registry(&self.snapshot.permits, &self.hearers)?;
            device.credentials().for_each(|one| registry.enrol(one, enrolled.clone()));
        }
        Ok(registry)
    }
}

/// How each device speaks.
pub(super) fn dialects_of(devices: &[EnrolledDevice]) -> Dialects {
    let mut dialects = Dialects::new();
    devices.iter().for_each(|device| dialects.enrol(&device.name, &device.dialect));
    dialects
}

async fn resume_clock(store: &StoreHandle, snapshot: &Snapshot) -> anyhow::Result<HubClock> {
    let mark = store.setting(BOOT_MARK).await?;
    let mark: Option<BootMark> = mark.and_then(|text| serde_json::from_str(&text).ok());
    let last = snapshot.mark.map_or(HubTime::default(), |mark| mark.at.mono);
    let clock = HubClock::resume(last, mark.as_ref());
    if let Some(mark) = clock.mark() {
        store.set(BOOT_MARK, serde_json::to_string(&mark)?).await?;
    }
    Ok(clock)
}

async fn read_directory(store: &StoreHandle, snapshot: &Snapshot) -> anyhow::Result<Directory> {
    let directory = Directory::default();
    snapshot.doors.iter().for_each(|door| directory.add_door(door));
    for code in store.codes().await? {
        let personal = Personal::read(code.personal.as_deref());
        directory.add_code(code.code.id, CodeName::of(&code.code.kind, personal, code.issued_by));
    }
    for person in store.people().await? {
        directory.name_person(person.id, &person.name);
    }
    for phone in store.paired_devices().await? {
        directory.name_phone(phone.id, &phone.device.name);
    }
    Ok(directory)
}

/// The household is named by `init`, before there is a hub to write it down, or by the
/// phone that set the hub up.
async fn know_household(store: &StoreHandle, config: &Config) -> anyhow::Result<Household> {
    let known = store.households().await?.into_iter().find(|household| household.id == HOME);
    if let Some(household) = known {
        return Ok(household);
    }
    let configured = config.household.as_ref().context("the hub has no household")?;
    let name = configured.name.as_str().to_owned();
    let recipient = configured.recipient.as_str().to_owned();
    let household = Household { id: HOME, name, recipient };
    store.add_household(household.clone()).await?;
    Ok(household)
}

async fn enrolled_devices(store: &StoreHandle) -> anyhow::Result<Vec<EnrolledDevice>> {
    let rows = store.devices().await?;
    let devices: Vec<_> = rows.iter().map(EnrolledDevice::read).collect::<Result<_, _>>()?;
    Ok(devices.into_iter().filter(|device| device.revoked_at.is_none()).collect())
}
