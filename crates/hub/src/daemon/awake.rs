//! A hub with its keys: everything that runs, and how it is started and put
//! down.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use doorward_broker::{Broker, BrokerConfig, HubLink, Limits, Registry};
use doorward_core::batch::Snapshot;
use doorward_core::hub::Hub;
use doorward_core::ids::HouseholdId;
use doorward_core::io::Input;
use doorward_core::network::HomeNetworks;
use doorward_core::permit::DevicePermit;
use doorward_core::time::HubTime;
use doorward_devices::Dialects;
use doorward_recorder::{EyeProgram, Library, Recorder, RecorderConfig, RecorderEvent};
use doorward_store::{Household, SettingName, Store, StoreHandle, StoreKeys};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::actor::{Actor, Sources};
use super::cameras::{self, Cameras, ORDERS, Running};
use super::certificates::Certificates;
use super::clock::{BootMark, HubClock};
use super::directory::{CodeName, Directory};
use super::enrolled::EnrolledDevice;
use super::erasing::Eraser;
use super::exchange::Exchange;
use super::herald::{Hearers, Herald};
use super::home::{Home, Switch};
use super::house::{Backups, Unhung};
use super::links::Links;
use super::looks::{self, Looks, Moment};
use super::mail::{MAILBOX, Mail, Mailbox};
use super::personal::Personal;
use super::renewal::{Desk, ERRANDS, Renewals};
use super::serve::ServeOptions;
use super::tasks::Tasks;
use super::writer::{DiskHealth, Writer};
use super::{expiry, house, left_behind, notices, retained, retention, server};
use crate::board::Board;
use crate::ca::HubNames;
use crate::keys::Keys;
use crate::settings::HOME_ASSISTANT;
use crate::state_dir::{Config, StateDir, UnlockMode};

/// The household of a home. A building has more; its screens come later.
pub(super) const HOME: HouseholdId = HouseholdId(1);

/// What the last run left of the machine's up time.
const BOOT_MARK: SettingName = SettingName("boot_mark");

/// A hub with its keys.
pub(crate) struct Awake {
    pub(super) state: StateDir,
    pub(super) mailbox: Mailbox,
    pub(super) board: Board,
    pub(super) store: StoreHandle,
    pub(super) exchange: Exchange,
    pub(super) registry: Registry,
    pub(super) certificates: Certificates,
    pub(super) renewals: Renewals,
    /// Where devices without TLS connect, while there are any.
    pub(super) plain_listen: SocketAddr,
    pub(super) directory: Directory,
    pub(super) household: Household,
    pub(super) recorder: Recorder,
    pub(super) library: Library,
    pub(super) eraser: Eraser,
    pub(super) backups: Backups,
    pub(super) looks: Looks,
    pub(super) unhung: Unhung,
    pub(super) running: Running,
    pub(super) disk_health: DiskHealth,
    pub(super) home: HomeNetworks,
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
        board: Board,
        fatal: CancellationToken,
    ) -> anyhow::Result<Self> {
        let store_keys = keys.for_store();
        let Keys { root, code_mac, ca_sealing, .. } = keys;
        let Opened { store, snapshot, clock, directory } = open_store(state, store_keys).await?;
        let household = know_household(&store, config).await?;
        let names = HubNames::of_this_machine();
        let certificates = Certificates::open(state, ca_sealing, &names, Timestamp::now())?;
        let devices = enrolled_devices(&store).await?;
        let hearers = Hearers::read(&store).await?;
        let registry = registry_of(&devices, &snapshot.permits, &hearers)?;
        let (exchange, link) = match &options.other_broker {
            Some(files) => {
                let home = HomeNetworks::with(&options.home_networks);
                Exchange::other(files, &config.hub, home, registry.clone())?
            }
            None => start_broker(options, &certificates, &registry, &store).await?,
        };
        let home = HomeNetworks::with(&options.home_networks);
        house::sweep_backup(state).context("what a backup left in the state folder")?;
        let left_behind = left_behind::take_up(state.recordings(), &store).await?;
        let (recorder, events) = start_recorder(state, options);
        let unhung = house::hang_cameras(&recorder, &store, &home).await;

        let home_shown = Switch::read(store.setting(HOME_ASSISTANT).await?.as_deref());
        let zone = TimeZone::system();
        let zone_name = zone.iana_name().unwrap_or("UTC").to_owned();
        let tasks = Tasks::new(fatal.clone());
        let (mailbox, mail) = mailbox();
        let (running, disk_health) = (Running::default(), DiskHealth::default());
        let (orders, camera_orders) = mpsc::channel(ORDERS);
        let kept = notices::Keeper::begin(&store, &board).await?;
        let announcer =
            expiry::Announcer { store: store.clone(), board: board.clone(), zone: zone.clone() };
        let renewals = Renewals {
            store: store.clone(),
            registry: registry.clone(),
            certificates: certificates.clone(),
            mailbox: mailbox.clone(),
            enrolling: Arc::default(),
            look: Arc::default(),
            hearers: hearers.clone(),
        };
        let herald = Herald::new(hearers, &board, link.sender.clone());
        let (errands, to_run) = mpsc::channel(ERRANDS);
        let desk = Desk::new(renewals.clone(), link.sender.clone(), to_run);
        let actor = Actor {
            hub: Hub::restore(snapshot, code_mac, zone, clock.now()),
            dialects: dialects_of(&devices),
            links: Links::default(),
            home: Home::new(home_shown, recorder.clone()),
            clock,
            directory: directory.clone(),
            sender: link.sender.clone(),
            writer: Writer::new(store.clone(), disk_health.clone(), fatal),
            cameras: orders,
            // Another broker does not say whose key a request came with, so that nobody is
            // given a certificate over it.
            errands: exchange.own().map(|_| errands),
            board: board.clone(),
            asked: std::collections::BTreeMap::new(),
            last_request: 0,
            last_commands: std::collections::BTreeMap::new(),
        };
        let recipient = household.recipient.parse().map_err(anyhow::Error::msg);
        let recipient = recipient.context("the household's recipient")?;
        let filming = Cameras {
            recorder: recorder.clone(),
            store: store.clone(),
            household: recipient,
            running: running.clone(),
            mailbox: mailbox.clone(),
        };
        let silenced = CancellationToken::new();
        let listening = cameras::listen(events, mailbox.clone(), running.clone(), silenced.clone());
        tasks.spawn("actor", actor.run(Sources { mail, link }));
        tasks.spawn("cameras", filming.run(camera_orders));
        tasks.spawn("recorder", listening);
        let library = Library::new(state.recordings());
        let eraser = Eraser { mailbox: mailbox.clone(), library: library.clone() };
        let keeper = retention::Keeper { store: store.clone(), eraser: eraser.clone() };
        tasks.spawn("retention", keeper.run(tasks.ending()));
        if let Exchange::Own(broker) = &exchange {
            let changes = broker.retained_changes();
            let scribe = retained::Scribe { store: store.clone(), changes };
            tasks.spawn("retained messages", scribe.run(tasks.ending()));
            let shown = server::show(Arc::clone(broker), certificates.server(), tasks.ending());
            tasks.spawn("the hub's certificate", shown);
            tasks.spawn("renewals of certificates", desk.run(tasks.ending()));
            house::open_plain_if_needed(broker, &devices, options.plain_listen, &home).await;
        }
        let names = HubNames::of_this_machine;
        let keeper = server::Keeper { certificates: certificates.clone(), names };
        tasks.spawn("the hub's names", keeper.run(tasks.ending()));
        tasks.spawn("notices for devices", herald.run(tasks.ending()));
        tasks.spawn("notices", kept.run(tasks.ending()));
        tasks.spawn("certificates that end", announcer.run(tasks.ending()));
        let looks = Looks::default();
        tasks.spawn("looks at cameras", looks.clone().run(mailbox.clone(), tasks.ending()));
        for input in left_behind {
            mailbox.tell(input).await?;
        }
        Ok(Self {
            state: state.clone(),
            mailbox,
            board,
            store,
            exchange,
            registry,
            certificates,
            renewals,
            plain_listen: options.plain_listen,
            directory,
            household,
            recorder,
            library,
            eraser,
            backups: Backups::new(root),
            looks,
            unhung,
            running,
            disk_health,
            home,
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
        self.exchange.stop().await;
    }

    /// The same, while somebody still holds on to it.
    pub(super) async fn put_down(&self) {
        self.tasks.may_end();
        looks::write(self.looks.end(Moment::now()), &self.mailbox).await;
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
        directory.add_code(code.code.id, CodeName::of(&code.code.kind, personal, code.issued_by));
    }
    for person in store.people().await? {
        directory.name_person(person.id, &person.name);
    }
    for phone in store.paired_devices().await? {
        directory.name_phone(phone.id, &phone.device.name);
    }
    Ok(Opened { store, snapshot, clock, directory })
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

fn registry_of(
    devices: &[EnrolledDevice],
    permits: &[DevicePermit],
    hearers: &Hearers,
) -> anyhow::Result<Registry> {
    let registry = Registry::new();
    for device in devices {
        let enrolled = device.for_registry(permits, hearers)?;
        device.credentials().for_each(|one| registry.enrol(one, enrolled.clone()));
    }
    Ok(registry)
}

fn dialects_of(devices: &[EnrolledDevice]) -> Dialects {
    let mut dialects = Dialects::new();
    devices.iter().for_each(|device| dialects.enrol(&device.name, &device.dialect));
    dialects
}

async fn start_broker(
    options: &ServeOptions,
    certificates: &Certificates,
    registry: &Registry,
    store: &StoreHandle,
) -> anyhow::Result<(Exchange, HubLink)> {
    let server = Arc::clone(&certificates.server().borrow());
    let home = HomeNetworks::with(&options.home_networks);
    let address = options.mqtt_listen.ip();
    anyhow::ensure!(
        address.is_unspecified() || home.contains(address),
        "{address} is not in the home network: listen on an address that is, or list its network \
         with --home-network"
    );
    let config = BrokerConfig {
        home,
        listen: options.mqtt_listen,
        plain: None,
        server_chain: server.chain(),
        server_key: server.expose_key(),
        client_cas: certificates.trusted(),
        retained: retained::read(store).await?,
        limits: Limits::default(),
    };
    let (broker, link) = Broker::start(config, registry.clone()).await?;
    info!(address = %broker.local_addr(), "devices connect here");
    Ok((Exchange::Own(Arc::new(broker)), link))
}

fn start_recorder(
    state: &StateDir,
    options: &ServeOptions,
) -> (Recorder, mpsc::Receiver<RecorderEvent>) {
    // By this name the kernel starts the very program that runs, even if its file
    // has been replaced by an upgrade since.
    let this = || PathBuf::from("/proc/self/exe");
    let program = options.eye_program.clone().unwrap_or_else(this);
    let eye = EyeProgram { program, arguments: vec!["eye".to_owned()] };
    Recorder::start(RecorderConfig { folder: state.recordings(), eye })
}
