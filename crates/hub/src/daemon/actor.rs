//! The one task that owns the hub.
//!
//! Everything that happens comes here, one thing after another: what devices
//! say, what the disk reports, what cameras see, what the owner wants, and time.
//! Each becomes one input to the core, and what the core answers is done before
//! the next is taken. Nothing here decides anything.

mod effects;
mod home;
mod news;

use std::collections::BTreeMap;

use doorward_broker::{
    Age, BrokerEvent, Credential, FromDevice, HubLink, HubSender, Refusal, Retain,
};
use doorward_core::device::DeviceReport;
use doorward_core::entry;
use doorward_core::grants::door_asked;
use doorward_core::hub::Hub;
use doorward_core::ids::CommandId;
use doorward_core::io::{self, Input, OwnerRequest, Reply, RequestId};
use doorward_core::time::HubTime;
use doorward_core::topic::TopicName;
use doorward_core::trespass::{Attempt, SafeWords, Target, Trespass};
use doorward_devices::{Dialects, Retained, roles_of_door};
use rand::TryRngCore;
use rand::rngs::OsRng;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error, info, warn};

use super::cameras::CameraOrder;
use super::clock::HubClock;
use super::directory::Directory;
use super::home::Home;
use super::links::Links;
use super::mail::{Mail, Sight};
use super::renewal::Errand;
use super::writer::{Writer, Written};
use crate::board::Board;

/// What the actor is made of.
pub(super) struct Actor {
    pub(super) hub: Hub,
    pub(super) dialects: Dialects,
    pub(super) links: Links,
    pub(super) home: Home,
    pub(super) clock: HubClock,
    pub(super) directory: Directory,
    pub(super) sender: HubSender,
    pub(super) writer: Writer,
    pub(super) cameras: mpsc::Sender<CameraOrder>,
    pub(super) errands: Option<mpsc::Sender<Errand>>,
    pub(super) board: Board,
    pub(super) asked: BTreeMap<RequestId, oneshot::Sender<Result<Reply, io::Refusal>>>,
    pub(super) last_request: u64,
    /// The last command on each lock's topic, for a broker that says later that
    /// nobody took it.
    pub(super) last_commands: BTreeMap<TopicName, CommandId>,
}

/// Where things come from.
pub(super) struct Sources {
    pub(super) mail: mpsc::Receiver<Mail>,
    pub(super) link: HubLink,
}

/// What came.
enum Event {
    Written(Written),
    Message(FromDevice),
    Broker(BrokerEvent),
    Mail(Mail),
    Deadline,
}

impl Actor {
    /// Runs until it is told that nothing comes after; then what is still to be
    /// written is written.
    pub(super) async fn run(mut self, mut sources: Sources) {
        self.learn_roles();
        self.act().await;
        self.show_home();
        loop {
            let event = self.next(&mut sources).await;
            if matches!(event, Event::Mail(Mail::End)) {
                break;
            }
            self.take_in(event);
            self.act().await;
            self.show_home();
        }
        self.drain().await;
    }

    async fn next(&mut self, sources: &mut Sources) -> Event {
        let deadline = self.clock.instant(self.deadline());
        // The disk first: what waits for it is a person at a door. Devices last:
        // one that floods must not keep the owner or a deadline waiting, and
        // takes only the time that they leave.
        tokio::select! {
            biased;
            Some(written) = self.writer.word() => Event::Written(written),
            mail = sources.mail.recv() => Event::Mail(mail.unwrap_or(Mail::End)),
            () = tokio::time::sleep_until(deadline) => Event::Deadline,
            Some(event) = sources.link.events.recv() => Event::Broker(event),
            Some(message) = sources.link.messages.recv() => Event::Message(message),
        }
    }

    fn deadline(&self) -> HubTime {
        let hub = self.hub.poll_deadline().map(|(at, why)| {
            debug!(why, "next deadline");
            at
        });
        let far = self.clock.now().mono + std::time::Duration::from_secs(3600);
        hub.into_iter()
            .chain(self.dialects.poll_deadline())
            .chain(self.home.deadline())
            .min()
            .unwrap_or(far)
    }

    fn take_in(&mut self, event: Event) {
        match event {
            Event::Written(written) => self.written(written),
            Event::Message(message) => self.message(message),
            Event::Broker(event) => self.broker(event),
            Event::Mail(mail) => self.mail(mail),
            Event::Deadline => self.deadline_came(),
        }
    }

    fn input(&mut self, input: Input) {
        self.home.touch();
        self.hub.handle(input, self.clock.now(), &mut OsRng.unwrap_err());
    }

    fn deadline_came(&mut self) {
        for outgoing in self.dialects.poll(self.clock.now().mono) {
            self.publish(&outgoing);
        }
        self.input(Input::Deadline);
    }

    fn message(&mut self, message: FromDevice) {
        if let Some(door) = door_asked(&message.topic) {
            return self.home_asks(&message, door);
        }
        let retained = match message.retained {
            Retain::Yes => Retained::Yes,
            Retain::No => Retained::No,
        };
        let FromDevice { device, credential, topic, payload, age, .. } = &message;
        match age {
            Age::Live => {}
            Age::Kept => self.links.heard_old_news(device),
        }
        let now = self.clock.now();
        match self.dialects.read(device, topic.as_str(), payload, retained, now) {
            Ok(heard) => {
                if let (Some(request), Some(Credential::Key(key))) = (heard.certificate, credential)
                {
                    self.run_errand(Errand::Asked(device.clone(), *key, request));
                }
                heard.send.iter().for_each(|outgoing| {
                    self.publish(outgoing);
                });
                let reports = heard.reports.into_iter();
                for (device, report) in reports.filter(|(_, report)| is_believed(*age, report)) {
                    self.links.heard(&device, &report);
                    self.input(Input::Device(device, report));
                }
            }
            Err(malformed) => {
                debug!(%device, %malformed, "message not understood");
                self.links.malformed(malformed);
            }
        }
    }

    fn broker(&mut self, event: BrokerEvent) {
        self.home.touch();
        match event {
            BrokerEvent::Connected { device } => {
                debug!(%device, "device connected");
                self.links.connected(device);
            }
            BrokerEvent::Disconnected { device } => {
                debug!(%device, "device gone");
                self.links.disconnected(&device);
                for (device, report) in self.dialects.lost(&device) {
                    self.links.heard(&device, &report);
                    self.input(Input::Device(device, report));
                }
            }
            BrokerEvent::KeyShown { device, key } => self.run_errand(Errand::Shown(device, key)),
            BrokerEvent::Refused { device, what, topic } => {
                debug!(%device, ?what, "device tried what it may not");
                let target = topic.map_or(Target::Unnamed, |topic| self.target(&topic));
                let attempt = attempt(what);
                self.input(Input::Refused(Trespass { device, attempt, target }));
            }
            BrokerEvent::NotTaken { topic } => {
                if let Some(command) = self.last_commands.remove(&topic) {
                    warn!(%command, "the broker says that nobody took the command");
                    self.input(Input::Undelivered(command));
                }
            }
            BrokerEvent::Stranger => debug!("a certificate that is not enrolled"),
            BrokerEvent::WrongPassword { address, device } => {
                info!(%address, "a wrong password");
                if let Some(device) = device {
                    let (attempt, target) = (Attempt::GuessPassword, Target::Unnamed);
                    self.input(Input::Refused(Trespass { device, attempt, target }));
                }
            }
            BrokerEvent::RouterRestarted => error!("the router died and was started again"),
        }
    }

    fn run_errand(&self, errand: Errand) {
        let Some(errands) = &self.errands else { return };
        if errands.try_send(errand).is_err() {
            warn!("more is asked about certificates than can be answered");
        }
    }

    /// A topic is shown as the device that it means, if there is one: its text is
    /// the offender's.
    fn target(&self, topic: &str) -> Target {
        let addressee = self.dialects.addressee(topic);
        addressee.map_or_else(|| Target::Topic(SafeWords::of(topic)), Target::Device)
    }

    fn mail(&mut self, mail: Mail) {
        match mail {
            Mail::Input(input) => self.input(input),
            Mail::Wish(by, wish, answer) => self.wish(by, wish, answer),
            Mail::Look(look) => {
                let Self { hub, links, dialects, directory, clock, .. } = self;
                look(&Sight { hub, links, dialects, directory, now: clock.now() });
            }
            Mail::Enrolled(device, dialect) => {
                self.dialects.enrol(&device, &dialect);
                self.learn_roles();
            }
            Mail::Revoked(device) => {
                for (device, report) in self.dialects.revoke(&device) {
                    self.links.heard(&device, &report);
                    self.input(Input::Device(device, report));
                }
            }
            Mail::HomeAssistant(switch) => self.home_switched(switch),
            Mail::End => {}
        }
    }

    fn wish(
        &mut self,
        by: entry::Actor,
        wish: OwnerRequest,
        answer: oneshot::Sender<Result<Reply, io::Refusal>>,
    ) {
        self.last_request += 1;
        let request = RequestId(self.last_request);
        self.asked.insert(request, answer);
        self.input(Input::Owner(request, by, wish));
    }

    /// Tells the dialects what each device is at its door.
    fn learn_roles(&mut self) {
        let doors = self.hub.doors();
        let roles: Vec<_> = doors.iter().flat_map(|view| roles_of_door(&view.door)).collect();
        for outgoing in self.dialects.set_roles(roles) {
            self.publish(&outgoing);
        }
    }

    /// Waits for what is on its way to the disk.
    async fn drain(&mut self) {
        while let Some(written) = self.writer.word().await {
            self.written(written);
            self.act().await;
        }
    }
}

/// Whether a report counts. What another broker had kept may be of any age: it
/// says who is there, which that broker watches over, and never where a bolt is
/// or what was typed.
const fn is_believed(age: Age, report: &DeviceReport) -> bool {
    match (age, report) {
        (Age::Live, _) | (Age::Kept, DeviceReport::Online | DeviceReport::Offline) => true,
        (
            Age::Kept,
            DeviceReport::Bolt(_)
            | DeviceReport::Contact(_)
            | DeviceReport::Typed { .. }
            | DeviceReport::Bell,
        ) => false,
    }
}

/// Says what a refusal of the broker's was about.
const fn attempt(what: Refusal) -> Attempt {
    match what {
        Refusal::Publish => Attempt::Publish,
        Refusal::Will => Attempt::LeaveWill,
        Refusal::ResponseTopic => Attempt::AskForAnswers,
        Refusal::Subscribe | Refusal::SharedSubscription => Attempt::Subscribe,
        Refusal::BadTopic => Attempt::Misname,
        Refusal::TooManyTopics
        | Refusal::TooManySubscriptions
        | Refusal::RetainedFull
        | Refusal::PacketTooLarge
        | Refusal::TooManySessions => Attempt::Exceed,
        Refusal::Malformed => Attempt::Garble,
    }
}
