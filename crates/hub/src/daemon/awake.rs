//! A hub with its keys: everything that runs, and how it is started and put
//! down.

mod filming;
mod meeting;
mod opened;
mod setting_off;

use std::net::SocketAddr;

use anyhow::Context;
use doorward_broker::Registry;
use doorward_core::ids::HouseholdId;
use doorward_core::io::Input;
use doorward_core::network::HomeNetworks;
use doorward_recorder::{Library, Recorder};
use doorward_store::{Household, StoreHandle};
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::actor::Sources;
use super::cameras::Running;
use super::certificates::Certificates;
use super::directory::Directory;
use super::erasing::Eraser;
use super::exchange::Exchange;
use super::house::{self, Backups, Unhung};
use super::looks::{self, Looks, Moment};
use super::mail::{MAILBOX, Mail, Mailbox};
use super::options::ServeOptions;
use super::renewal::Renewals;
use super::tasks::Tasks;
use super::writer::DiskHealth;
use crate::board::Board;
use crate::keys::{Keys, RootKey};
use crate::state_dir::{Config, StateDir, UnlockMode};

use filming::Filming;
use meeting::Meeting;
use opened::Opened;
use setting_off::Beginnings;

/// The household of a home. A building has more; its screens come later.
pub(super) const HOME: HouseholdId = HouseholdId(1);

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

/// What a hub wakes with.
pub(super) struct Waking<'a> {
    pub(super) state: &'a StateDir,
    pub(super) config: &'a Config,
    pub(super) options: &'a ServeOptions,
    pub(super) board: &'a Board,
    /// To be cancelled when the hub cannot go on.
    pub(super) fatal: &'a CancellationToken,
}

impl Awake {
    /// Starts everything.
    ///
    /// # Errors
    /// Says which part did not start, and why.
    pub(super) async fn start(waking: &Waking<'_>, keys: Keys) -> anyhow::Result<Self> {
        let store_keys = keys.for_store();
        let Keys { root, code_mac, ca_sealing, .. } = keys;
        let opened = Opened::open(waking, store_keys).await?;
        let meeting = Meeting::begin(waking, ca_sealing, &opened).await?;
        house::sweep_backup(waking.state).context("what a backup left in the state folder")?;
        let filming = Filming::begin(waking, &opened.store).await?;
        let (awake, beginnings) = Self::furnish(waking, root, opened, meeting, filming);
        awake.set_off(beginnings, code_mac).await?;
        Ok(awake)
    }

    /// Puts the parts where they belong: what others ask for, and what the tasks begin with.
    fn furnish(
        waking: &Waking<'_>,
        root: RootKey,
        opened: Opened,
        meeting: Meeting,
        filming: Filming,
    ) -> (Self, Beginnings) {
        let (mailbox, mail) = mailbox();
        let renewals = meeting.renewals(&opened, mailbox.clone());
        let Opened { store, snapshot, clock, directory, household, devices, hearers } = opened;
        let Meeting { certificates, registry, exchange, link } = meeting;
        let Filming { recorder, events, unhung, left_behind } = filming;
        let Waking { state, config, options, board, fatal } = *waking;
        let sources = Sources { mail, link };
        let zone = TimeZone::system();
        let library = Library::new(state.recordings());
        let awake = Self {
            state: state.clone(),
            board: board.clone(),
            store,
            exchange,
            registry,
            certificates,
            renewals,
            plain_listen: options.plain_listen,
            directory,
            household,
            recorder,
            eraser: Eraser { mailbox: mailbox.clone(), library: library.clone() },
            library,
            mailbox,
            backups: Backups::new(root),
            looks: Looks::default(),
            unhung,
            running: Running::default(),
            disk_health: DiskHealth::default(),
            home: HomeNetworks::with(&options.home_networks),
            zone_name: zone.iana_name().unwrap_or("UTC").to_owned(),
            unlock_mode: config.unlock,
            recorder_silenced: CancellationToken::new(),
            tasks: Tasks::new(fatal.clone()),
        };
        let fatal = fatal.clone();
        let beginnings = Beginnings {
            snapshot,
            clock,
            zone,
            devices,
            hearers,
            sources,
            events,
            left_behind,
            fatal,
        };
        (awake, beginnings)
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
