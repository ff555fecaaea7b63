//! Devices: enrolled, listed, renewed, revoked.

use doorward_api as api;
use doorward_api::device::{
    Connection, DeviceGrants, DeviceSettings, DeviceView, EnrolDevice, Enrolment, RenewDevice,
};
use doorward_api::{Problem, ProblemKind};
use doorward_broker::{Enrolled, KeyFingerprint};
use doorward_core::entry::Actor;
use doorward_core::grants::{BaseTopic, BaseTopicError, DeviceKind, Dialect, Program, TopicGrants};
use doorward_core::ids::DeviceName;
use doorward_core::io::{Note, OwnerRequest};
use doorward_store::{Credential, Device, KeyStanding, KnownKey, NewDevice};
use jiff::Timestamp;

use super::super::awake::Awake;
use super::super::certificates::Issued;
use super::super::convert;
use super::super::enrolled::{EnrolledDevice, base_topic};
use super::super::mail::Mail;
use super::super::reach::hosts;
use super::super::renewal::RenewError;
use super::{failed, parse, status};
use crate::ca::SigningRequest;
use crate::http::Answer;

impl Awake {
    pub(super) async fn all_devices(&self) -> Answer<Vec<DeviceView>> {
        let devices = self.all_enrolled().await?;
        let names: Vec<_> = devices.iter().map(|device| device.name.clone()).collect();
        let look = move |sight: &super::super::mail::Sight<'_>| {
            names.iter().map(|name| status::link(sight.links, name)).collect::<Vec<_>>()
        };
        let links = self.mailbox.look(look).await?;
        Ok(devices.iter().zip(links).map(|(device, link)| device.view(link)).collect())
    }

    /// Returns the devices that are let in.
    pub(super) async fn devices_enrolled(&self) -> Answer<Vec<EnrolledDevice>> {
        let mut devices = self.all_enrolled().await?;
        devices.retain(|device| device.revoked_at.is_none());
        Ok(devices)
    }

    async fn all_enrolled(&self) -> Answer<Vec<EnrolledDevice>> {
        let devices: Vec<Device> =
            self.store.devices().await.map_err(failed("the devices cannot be read"))?;
        let read = devices.iter().map(EnrolledDevice::read).collect::<Result<_, _>>();
        read.map_err(failed("a device in the database makes no sense"))
    }

    pub(super) async fn grants_of(&self, name: &api::DeviceName) -> Answer<DeviceGrants> {
        let device = self.valid(name).await?;
        let permits = self.mailbox.look(|sight| sight.hub.permits()).await?;
        let grants = device
            .grants(&permits, &self.renewals.hearers)
            .map_err(failed("the device makes no sense"))?;
        Ok(convert::device_grants(&device.name, device.kind, &device.dialect, &grants))
    }

    pub(super) async fn settings_of(&self, name: &api::DeviceName) -> Answer<DeviceSettings> {
        let device = self.valid(name).await?;
        let asked = device.name.clone();
        let link = self.mailbox.look(move |sight| status::link(sight.links, &asked)).await?;
        let connection = self.connection(&device);
        Ok(DeviceSettings { device: device.view(link), connection })
    }

    /// Where a device finds the hub, by the names that the hub's certificate bears.
    pub(super) fn connection(&self, device: &EnrolledDevice) -> Connection {
        let own = |address| hosts(&self.certificates.names(), address);
        let (hosts, port) = if device.lacks_tls() {
            let address = self.exchange.listens_plain().unwrap_or(self.plain_listen);
            (own(address.ip()), address.port())
        } else {
            self.exchange.hosts(own)
        };
        Connection { hosts, port, base_topic: device.base_topic() }
    }

    pub(super) async fn enrol(&self, by: Actor, wish: EnrolDevice) -> Answer<Enrolment> {
        let name: DeviceName = parse("device", wish.name.as_str())?;
        let kind = convert::device_kind_of(wish.kind);
        let dialect = dialect_of(wish.dialect, |program| program.base_for(&name))?;
        let grants = TopicGrants::for_device(kind, &dialect, &name)
            .map_err(|why| Problem::new(ProblemKind::Invalid, why.to_string()))?;
        let request = wish.csr_pem.as_deref().map(read_request).transpose()?;
        let _alone = self.renewals.enrolling.lock().await;
        self.check_free(&name, &dialect).await?;
        let issued = self.certificates.issue(&name, request.as_ref(), Timestamp::now());
        let issued = issued.map_err(failed("the certificate could not be made"))?;
        self.check_unused(&issued.key).await?;
        let credential = Credential::Certificate(issued.record());
        let new = new_device(&name, kind, &dialect, credential);
        let added = self.store.add_device(new.clone()).await;
        added.map_err(failed("the device could not be written down"))?;
        self.done(by, OwnerRequest::Note(Note::DeviceEnrolled(name.clone()))).await?;
        self.mailbox.send(Mail::Enrolled(name.clone(), dialect)).await?;
        self.registry.enrol(issued.key, Enrolled { device: name, grants });
        let device = EnrolledDevice::read(&Device { device: new, next: None, revoked_at: None })
            .map_err(failed("the device makes no sense"))?;
        Ok(self.enrolment(&device, api::device::Link::Offline, issued))
    }

    /// Issues a certificate that follows the one that a device has, which stays good until
    /// this one is shown.
    pub(super) async fn renew(
        &self,
        by: Actor,
        name: &api::DeviceName,
        wish: RenewDevice,
    ) -> Answer<Enrolment> {
        let request = wish.csr_pem.as_deref().map(read_request).transpose()?;
        let name = self.valid(name).await?.name;
        let is_meant = |one: &EnrolledDevice| one.name == name;
        let issued = self.renewals.renew(by, is_meant, request.as_ref()).await;
        let issued = issued.map_err(not_renewed)?;
        let device = self.renewals.device(|one| one.name == name).await.map_err(not_renewed)?;
        let device = device.ok_or_else(|| not_renewed(RenewError::NoCertificate))?;
        let link = self.mailbox.look(move |sight| status::link(sight.links, &name)).await?;
        Ok(self.enrolment(&device, link, issued))
    }

    /// Puts together what is handed out once.
    fn enrolment(
        &self,
        device: &EnrolledDevice,
        link: api::device::Link,
        issued: Issued,
    ) -> Enrolment {
        Enrolment {
            device: device.view(link),
            ca_pem: self.exchange.other_authorities().map_or(issued.ca_pem, str::to_owned),
            client_pem: issued.certificate_pem,
            client_key_pem: issued.key_pem,
            connection: self.connection(device),
        }
    }

    /// A key stands for one device, and one that was revoked never comes back: whoever
    /// stole it has it still.
    async fn check_unused(&self, key: &KeyFingerprint) -> Answer<()> {
        let known = self.store.known_key(*key.as_bytes()).await;
        match known.map_err(failed("the devices cannot be read"))? {
            None => Ok(()),
            Some(known) => Err(key_used(&known)),
        }
    }

    /// Finds a device that is let in.
    pub(super) async fn valid(&self, name: &api::DeviceName) -> Answer<EnrolledDevice> {
        let name: DeviceName = parse("device", name.as_str())?;
        if name.behind_bridge().is_some() {
            let bridge = name.holder();
            let detail =
                format!("{name} is behind a bridge and connects as {bridge}; ask for that");
            return Err(Problem::new(ProblemKind::Invalid, detail));
        }
        let mut devices = self.all_enrolled().await?.into_iter();
        let valid = devices.find(|one| one.name == name && one.revoked_at.is_none());
        valid.ok_or_else(|| {
            let detail = format!("no device {name} is enrolled; `doorward device list` shows all");
            Problem::new(ProblemKind::NotFound, detail)
        })
    }

    /// A name or a base topic has one holder, and none holds another's: two would
    /// speak for each other.
    pub(super) async fn check_free(&self, name: &DeviceName, dialect: &Dialect) -> Answer<()> {
        let devices = self.all_enrolled().await?;
        let valid = devices.iter().filter(|device| device.revoked_at.is_none());
        let mut clashes = valid.filter(|one| one.name == *name || overlap(&one.dialect, dialect));
        match clashes.next() {
            None => Ok(()),
            Some(one) => {
                let taken = &one.name;
                let detail = if taken == name {
                    format!("{name} is enrolled already; revoke it first, or choose another name")
                } else {
                    format!("{taken} has the topics that {name} would have; revoke it first")
                };
                Err(Problem::new(ProblemKind::Conflict, detail))
            }
        }
    }

    /// Revokes a device.
    pub(super) async fn revoke(&self, by: Actor, name: &api::DeviceName) -> Answer<()> {
        let _alone = self.renewals.enrolling.lock().await;
        self.revoke_alone(by, name).await
    }

    /// The same, while nobody is enrolled or renewed. The database first, then the live
    /// connections: whoever was revoked and comes back after a crash is not believed.
    pub(super) async fn revoke_alone(&self, by: Actor, name: &api::DeviceName) -> Answer<()> {
        let device = self.valid(name).await?;
        let name = device.name.clone();
        // First: another device of this name is to inherit nothing.
        self.hear_no_more(&name).await?;
        let revoked = self.store.revoke_device(name.to_string(), Timestamp::now()).await;
        revoked.map_err(failed("the revocation could not be written down"))?;
        device.credentials().for_each(|one| drop(self.registry.revoke(one)));
        self.mailbox.send(Mail::Revoked(name.clone())).await?;
        self.close_plain_if_unused().await;
        self.done(by, OwnerRequest::Note(Note::DeviceRevoked(name))).await
    }
}

fn read_request(csr_pem: &str) -> Answer<SigningRequest> {
    SigningRequest::parse(csr_pem)
        .map_err(|why| Problem::new(ProblemKind::Invalid, why.to_string()))
}

fn key_used(known: &KnownKey) -> Problem {
    let KnownKey { device, standing } = known;
    let state = match standing {
        KeyStanding::Shown => "is enrolled as",
        KeyStanding::Waiting => "was given a certificate as",
        KeyStanding::GivenUp => "was given up by",
        KeyStanding::Revoked => "was revoked as",
    };
    let detail = format!("this key {state} {device}; have the device make another");
    Problem::new(ProblemKind::Conflict, detail)
}

fn not_renewed(error: RenewError) -> Problem {
    match error {
        RenewError::KeyUsed(known) => key_used(&known),
        RenewError::NoCertificate => {
            let detail = "the device has no certificate: it has a password";
            Problem::new(ProblemKind::Conflict, detail)
        }
        RenewError::Stopping(stopping) => stopping.into(),
        error @ (RenewError::Issue(_)
        | RenewError::Read(_)
        | RenewError::Strange(_)
        | RenewError::Write(_)
        | RenewError::NotLogged(_)) => failed("the certificate was not renewed")(error),
    }
}

fn overlap(one: &Dialect, other: &Dialect) -> bool {
    one.base().zip(other.base()).is_some_and(|(one, other)| one.overlaps(other))
}

/// Reads a dialect; `base_of` says what a program's device puts everything under.
pub(super) fn dialect_of(
    dialect: api::device::Dialect,
    base_of: impl Fn(Program) -> Result<BaseTopic, BaseTopicError>,
) -> Answer<Dialect> {
    use api::device::Dialect as Wanted;
    let carried = |program: Program| {
        let base =
            base_of(program).map_err(|why| Problem::new(ProblemKind::Invalid, why.to_string()))?;
        Ok(Dialect::Carried { program, base })
    };
    match dialect {
        Wanted::Native => Ok(Dialect::Native),
        Wanted::Zigbee2mqtt => Ok(Dialect::zigbee2mqtt()),
        Wanted::HomeAssistant => Ok(Dialect::HomeAssistant),
        Wanted::Frigate => carried(Program::Frigate),
        Wanted::Tasmota => carried(Program::Tasmota),
        Wanted::Shelly => carried(Program::Shelly),
        Wanted::Esphome => carried(Program::Esphome),
        Wanted::ZwaveJsUi => carried(Program::ZwaveJsUi),
    }
}

pub(super) fn new_device(
    name: &DeviceName,
    kind: DeviceKind,
    dialect: &Dialect,
    credential: Credential,
) -> NewDevice {
    NewDevice {
        name: name.to_string(),
        kind: kind.to_string(),
        dialect: dialect.to_string(),
        base_topic: base_topic(name, dialect),
        credential,
        enrolled_at: Timestamp::now(),
    }
}
