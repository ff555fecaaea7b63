//! The tasks of a hub that wakes.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use doorward_broker::{Broker, HubSender};
use doorward_core::batch::Snapshot;
use doorward_core::code::CodeMacKey;
use doorward_core::hub::Hub;
use doorward_core::io::Input;
use doorward_recorder::{HouseholdRecipient, RecorderEvent};
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::super::actor::{Actor, Sources};
use super::super::cameras::{self, CameraOrder, Cameras, ORDERS};
use super::super::clock::HubClock;
use super::super::enrolled::EnrolledDevice;
use super::super::exchange::Exchange;
use super::super::hearers::Hearers;
use super::super::herald::Herald;
use super::super::home::{Home, Switch};
use super::super::links::Links;
use super::super::renewal::{Desk, ERRANDS, Errand};
use super::super::writer::Writer;
use super::super::{expiry, house, notices, retained, retention, server};
use super::Awake;
use super::opened::dialects_of;
use crate::ca::HubNames;
use crate::settings::HOME_ASSISTANT;

/// What the tasks are begun with, and nobody needs besides.
pub(super) struct Beginnings {
    pub(super) snapshot: Snapshot,
    pub(super) clock: HubClock,
    pub(super) zone: TimeZone,
    pub(super) devices: Vec<EnrolledDevice>,
    pub(super) hearers: Hearers,
    pub(super) sources: Sources,
    pub(super) events: mpsc::Receiver<RecorderEvent>,
    pub(super) left_behind: Vec<Input>,
    pub(super) fatal: CancellationToken,
}

impl Awake {
    /// Starts the tasks, and tells the core what the last run left behind.
    pub(super) async fn set_off(
        &self,
        with: Beginnings,
        code_mac: CodeMacKey,
    ) -> anyhow::Result<()> {
        let Beginnings { snapshot, clock, zone, devices, hearers, sources, .. } = with;
        let sender = sources.link.sender.clone();
        let herald = Herald::new(hearers, &self.board, sender.clone());
        let kept = notices::Keeper::begin(&self.store, &self.board).await?;
        let (orders, to_film) = mpsc::channel(ORDERS);
        let (errands, to_run) = mpsc::channel(ERRANDS);
        let filming = self.cameras()?;
        let actor = Actor {
            hub: Hub::restore(snapshot, code_mac, zone.clone(), clock.now()),
            dialects: dialects_of(&devices),
            links: Links::default(),
            home: self.home_shown().await?,
            clock,
            directory: self.directory.clone(),
            sender: sender.clone(),
            writer: Writer::new(self.store.clone(), self.disk_health.clone(), with.fatal),
            cameras: orders,
            // Another broker does not say whose key a request came with, so that nobody is
            // given a certificate over it.
            errands: self.exchange.own().map(|_| errands),
            board: self.board.clone(),
            asked: BTreeMap::new(),
            last_request: 0,
            last_commands: BTreeMap::new(),
        };
        self.tasks.spawn("actor", actor.run(sources));
        self.film(filming, to_film, with.events);
        if let Exchange::Own(broker) = &self.exchange {
            self.serve_devices(broker, sender, to_run);
            house::open_plain_if_needed(broker, &devices, self.plain_listen, &self.home).await;
        }
        self.watch_over(herald, kept, zone);
        for input in with.left_behind {
            self.mailbox.tell(input).await?;
        }
        Ok(())
    }

    async fn home_shown(&self) -> anyhow::Result<Home> {
        let switch = Switch::read(self.store.setting(HOME_ASSISTANT).await?.as_deref());
        Ok(Home::new(switch, self.recorder.clone()))
    }

    fn cameras(&self) -> anyhow::Result<Cameras> {
        let household = self.household.recipient.parse().map_err(anyhow::Error::msg);
        let household: HouseholdRecipient = household.context("the household's recipient")?;
        Ok(Cameras {
            recorder: self.recorder.clone(),
            store: self.store.clone(),
            household,
            running: self.running.clone(),
            mailbox: self.mailbox.clone(),
        })
    }

    /// What films, and what becomes of it.
    fn film(
        &self,
        filming: Cameras,
        orders: mpsc::Receiver<CameraOrder>,
        recorded: mpsc::Receiver<RecorderEvent>,
    ) {
        let Self { mailbox, running, recorder_silenced, tasks, .. } = self;
        let listening =
            cameras::listen(recorded, mailbox.clone(), running.clone(), recorder_silenced.clone());
        let keeper = retention::Keeper { store: self.store.clone(), eraser: self.eraser.clone() };
        tasks.spawn("cameras", filming.run(orders));
        tasks.spawn("recorder", listening);
        tasks.spawn("retention", keeper.run(tasks.ending()));
        let looking = self.looks.clone().run(mailbox.clone(), tasks.ending());
        tasks.spawn("looks at cameras", looking);
    }

    /// What only the hub's own broker needs.
    fn serve_devices(
        &self,
        broker: &Arc<Broker>,
        sender: HubSender,
        to_run: mpsc::Receiver<Errand>,
    ) {
        let tasks = &self.tasks;
        let changes = broker.retained_changes();
        let scribe = retained::Scribe { store: self.store.clone(), changes };
        tasks.spawn("retained messages", scribe.run(tasks.ending()));
        let server = self.certificates.server();
        let shown = server::show(Arc::clone(broker), server, tasks.ending());
        tasks.spawn("the hub's certificate", shown);
        let desk = Desk::new(self.renewals.clone(), sender, to_run);
        tasks.spawn("renewals of certificates", desk.run(tasks.ending()));
    }

    /// Names and dates, and who is told what.
    fn watch_over(&self, herald: Herald, kept: notices::Keeper, zone: TimeZone) {
        let tasks = &self.tasks;
        let certificates = self.certificates.clone();
        let keeper = server::Keeper { certificates, names: HubNames::of_this_machine };
        tasks.spawn("the hub's names", keeper.run(tasks.ending()));
        tasks.spawn("notices for devices", herald.run(tasks.ending()));
        tasks.spawn("notices", kept.run(tasks.ending()));
        let (store, board) = (self.store.clone(), self.board.clone());
        let announcer = expiry::Announcer { store, board, zone };
        tasks.spawn("certificates that end", announcer.run(tasks.ending()));
    }
}
