//! A hub with its keys: everything that runs, and how it is started and put
//! down.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::Context;
use doorward_api::notice::Notice;
use doorward_broker::{Broker, BrokerConfig, HubLink, Limits, Registry};
use doorward_core::batch::Snapshot;
use doorward_core::hub::Hub;
use doorward_core::ids::{HouseholdId, RecordingId};
use doorward_core::io::Input;
use doorward_core::time::HubTime;
use doorward_devices::Dialects;
use doorward_recorder::{
    EyeProgram, Library, Recorder, RecorderConfig, RecorderEvent, SegmentSequence, sweep,
};
use doorward_store::{Household, SettingName, Store, StoreHandle, StoreKeys};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::actor::{Actor, Sources};
use super::cameras::{self, Cameras, ORDERS, Running};
use super::clock::{BootMark, HubClock};
use super::directory::{CodeName, Directory};
use super::enrolled::EnrolledDevice;
use super::links::Links;
use super::mail::{MAILBOX, Mail, Mailbox};
use super::personal::Personal;
use super::serve::ServeOptions;
use super::tasks::Tasks;
use super::writer::{DiskHealth, Writer};
use super::{expiry, house, retained, retention};
use crate::ca::{Authority, HubNames};
use crate::keys::{CaSealingKey, Keys};
use crate::state_dir::{Config, StateDir, UnlockMode};

/// The household of a home. A building has more; its screens come later.
pub(super) const HOME: HouseholdId = HouseholdId(1);

/// What the last run left of the machine's up time.
const BOOT_MARK: SettingName = SettingName("boot_mark");

/// A hub with its keys.
pub(crate) struct Awake {
    pub(super) state: StateDir,
    pub(super) mailbox: Mailbox,
    pub(super) store: StoreHandle,
    pub(super) broker: Broker,
    pub(super) registry: Registry,
    pub(super) authority: Authority,
    pub(super) directory: Directory,
    pub(super) recorder: Recorder,
    pub(super) library: Library,
    pub(super) running: Running,
    pub(super) disk_health: DiskHealth,
    pub(super) zone_name: String,
    pub(super) unlock_mode: UnlockMode,
    /// Cancelled once the recorder has said everything.
    recorder_silenced: CancellationToken,
    tasks: Tasks,
}

/// What the other parts need of the database.
struct Opened {
    store: StoreHandle,
    snapshot: Snapshot,
    clock: HubClock,
    directory: Directory,
}

impl Awake {
    /// Starts everything.
    ///
    /// # Errors
    /// Says which part did not start, and why.
    pub(super) async fn start(
        state: &StateDir,
        config: &Config,
        options: &ServeOptions,
        keys: Keys,
        notices: broadcast::Sender<Notice>,
        fatal: CancellationToken,
    ) -> anyhow::Result<Self> {
        let store_keys = keys.for_store();
        let Keys { code_mac, ca_sealing, .. } = keys;
        let Opened { store, snapshot, clock, directory } = open_store(state, store_keys).await?;
        know_household(&store, config).await?;
        let authority = Authority::open(state, &ca_sealing)?;
        let devices = enrolled_devices(&store).await?;
        let registry = registry_of(&devices)?;
        let (broker, link) =
            start_broker(state, options, &authority, &ca_sealing, &registry, &store).await?;
        let left_behind = sweep_recordings(state, &store).await?;
        let (recorder, events) = start_recorder(state, options)?;
        house::hang_cameras(&recorder, &store).await?;

        let zone = TimeZone::system();
        let zone_name = zone.iana_name().unwrap_or("UTC").to_owned();
        let tasks = Tasks::new(fatal);
        let (mailbox, mail) = mailbox();
        let (running, disk_health) = (Running::default(), DiskHealth::default());
        let (orders, camera_orders) = mpsc::channel(ORDERS);
        let announcer = expiry::Announcer {
            store: store.clone(),
            notices: notices.clone(),
            zone: zone.clone(),
        };
        let actor = Actor {
            hub: Hub::restore(snapshot, code_mac, zone, clock.now()),
            dialects: dialects_of(&devices),
            links: Links::default(),
            clock,
            directory: directory.clone(),
            sender: link.sender.clone(),
            writer: Writer::new(store.clone(), disk_health.clone()),
            cameras: orders,
            notices,
            asked: std::collections::BTreeMap::new(),
            last_request: 0,
        };
        let household = config.recipient.as_str().parse().context("the household's recipient")?;
        let filming = Cameras {
            recorder: recorder.clone(),
            store: store.clone(),
            household,
            running: running.clone(),
            mailbox: mailbox.clone(),
        };
        let silenced = CancellationToken::new();
        let listening = cameras::listen(events, mailbox.clone(), running.clone(), silenced.clone());
        tasks.spawn("actor", actor.run(Sources { mail, link }));
        tasks.spawn("cameras", filming.run(camera_orders));
        tasks.spawn("recorder", listening);
        let library = Library::new(state.recordings());
        let keeper = retention::Keeper {
            store: store.clone(),
            library: library.clone(),
            mailbox: mailbox.clone(),
        };
        tasks.spawn("retention", keeper.run(tasks.ending()));
        let scribe = retained::Scribe { store: store.clone(), changes: broker.retained_changes() };
        tasks.spawn("retained messages", scribe.run(tasks.ending()));
        tasks.spawn("certificates that end", announcer.run(tasks.ending()));
        for input in left_behind {
            mailbox.tell(input).await?;
        }
        Ok(Self {
            state: state.clone(),
            mailbox,
            store,
            broker,
            registry,
            authority,
            directory,
            recorder,
            library,
            running,
            disk_health,
            zone_name,
            unlock_mode: config.unlock,
            recorder_silenced: silenced,
            tasks,
        })
    }

    /// Puts everything down in order: visits, recordings, what is on its way to
    /// the disk, connections, the database.
    pub(super) async fn stop(self) {
        self.put_down().await;
        self.broker.stop().await;
    }

    /// The same, while somebody still holds on to it.
    pub(super) async fn put_down(&self) {
        self.tasks.may_end();
        // An actor that is gone has nothing to put down.
        let _ = self.mailbox.tell(Input::Stop).await;
        let _ = self.mailbox.look(|_| ()).await;
        self.recorder.stop().await;
        self.recorder_silenced.cancel();
        let _ = self.mailbox.send(Mail::End).await;
        self.tasks.ended().await;
        self.store.stop().await;
    }
}

fn mailbox() -> (Mailbox, mpsc::Receiver<Mail>) {
    let (sender, mail) = mpsc::channel(MAILBOX);
    (Mailbox(sender), mail)
}

async fn open_store(state: &StateDir, keys: StoreKeys) -> anyhow::Result<Opened> {
    let path = state.database();
    let store = tokio::task::spawn_blocking(move || Store::open(&path, keys)).await??;
    let store = StoreHandle::spawn(store).context("no thread for the database")?;
    let snapshot = store.snapshot().await?;
    let mark = store.setting(BOOT_MARK).await?;
    let mark: Option<BootMark> = mark.and_then(|text| serde_json::from_str(&text).ok());
    let last = snapshot.mark.map_or(HubTime::default(), |mark| mark.at.mono);
    let clock = HubClock::resume(last, mark.as_ref());
    if let Some(mark) = clock.mark() {
        store.set(BOOT_MARK, serde_json::to_string(&mark)?).await?;
    }
    let directory = Directory::default();
    snapshot.doors.iter().for_each(|door| directory.add_door(door));
    for code in store.codes().await? {
        let personal = Personal::read(code.personal.as_deref());
        directory.add_code(code.code.id, CodeName { kind: code.code.kind.name(), personal });
    }
    Ok(Opened { store, snapshot, clock, directory })
}

/// The household is named by `init`, before there is a hub to write it down.
async fn know_household(store: &StoreHandle, config: &Config) -> anyhow::Result<()> {
    if store.households().await?.iter().any(|household| household.id == HOME) {
        return Ok(());
    }
    let name = config.household.as_str().to_owned();
    let recipient = config.recipient.as_str().to_owned();
    store.add_household(Household { id: HOME, name, recipient }).await?;
    Ok(())
}

async fn enrolled_devices(store: &StoreHandle) -> anyhow::Result<Vec<EnrolledDevice>> {
    let rows = store.devices().await?;
    let devices: Vec<_> = rows.iter().map(EnrolledDevice::read).collect::<Result<_, _>>()?;
    Ok(devices.into_iter().filter(|device| device.revoked_at.is_none()).collect())
}

fn registry_of(devices: &[EnrolledDevice]) -> anyhow::Result<Registry> {
    let registry = Registry::new();
    for device in devices {
        let (fingerprint, enrolled) = device.for_broker()?;
        registry.enrol(fingerprint, enrolled);
    }
    Ok(registry)
}

fn dialects_of(devices: &[EnrolledDevice]) -> Dialects {
    let mut dialects = Dialects::new();
    devices.iter().for_each(|device| dialects.enrol(&device.name, &device.dialect));
    dialects
}

async fn start_broker(
    state: &StateDir,
    options: &ServeOptions,
    authority: &Authority,
    sealing: &CaSealingKey,
    registry: &Registry,
    store: &StoreHandle,
) -> anyhow::Result<(Broker, HubLink)> {
    let names = HubNames::of_this_machine();
    let server = authority.server_certificate(state, sealing, &names, Timestamp::now())?;
    let config = BrokerConfig {
        listen: options.mqtt_listen,
        server_chain: server.credential.chain(),
        server_key: server.credential.expose_key(),
        client_cas: vec![authority.certificate().clone()],
        retained: retained::read(store).await?,
        limits: Limits::default(),
    };
    let (broker, link) = Broker::start(config, registry.clone()).await?;
    info!(address = %broker.local_addr(), "devices connect here");
    Ok((broker, link))
}

fn start_recorder(
    state: &StateDir,
    options: &ServeOptions,
) -> anyhow::Result<(Recorder, mpsc::Receiver<RecorderEvent>)> {
    let program = match &options.eye_program {
        Some(program) => program.clone(),
        None => std::env::current_exe().context("this program has no name")?,
    };
    let eye = EyeProgram { program, arguments: vec!["eye".to_owned()] };
    Ok(Recorder::start(RecorderConfig { folder: state.recordings(), eye }))
}

/// Takes up segments that were sealed but not indexed when the last run ended.
async fn sweep_recordings(state: &StateDir, store: &StoreHandle) -> anyhow::Result<Vec<Input>> {
    let mut known: HashSet<(RecordingId, SegmentSequence)> = HashSet::new();
    let mut recordings = HashSet::new();
    for recording in store.recordings().await? {
        recordings.insert(recording.id);
        let segments = store.recording(recording.id).await?.map(|found| found.segments);
        let segments = segments.unwrap_or_default();
        known.extend(segments.iter().map(|one| (one.recording, SegmentSequence(one.sequence))));
    }
    let (folder, known) = (state.recordings(), Arc::new(known));
    let look = move || sweep(&folder, |id, sequence| known.contains(&(id, sequence)));
    let swept = tokio::task::spawn_blocking(look).await??;
    let (adopted, orphans): (Vec<_>, Vec<_>) =
        swept.unknown.into_iter().partition(|found| recordings.contains(&found.recording));
    for orphan in orphans {
        warn!(recording = %orphan.recording, "a segment without a key lies on the disk");
    }
    Ok(adopted.into_iter().map(|found| Input::SegmentSealed(cameras::adopt(&found))).collect())
}
