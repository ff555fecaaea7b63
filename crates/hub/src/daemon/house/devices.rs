//! Devices: enrolled, listed, revoked.

use doorward_api as api;
use doorward_api::device::{DeviceView, EnrolDevice, Enrolment};
use doorward_api::{Problem, ProblemKind};
use doorward_broker::Enrolled;
use doorward_core::grants::{DeviceKind, Dialect, TopicGrants};
use doorward_core::ids::DeviceName;
use doorward_core::io::{Note, OwnerRequest};
use doorward_store::{Device, NewDevice};
use jiff::Timestamp;

use super::super::awake::Awake;
use super::super::convert;
use super::super::enrolled::{EnrolledDevice, base_topic};
use super::super::mail::Mail;
use super::{failed, parse, status};
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

    /// Returns the names of devices with a certificate that is believed.
    pub(super) async fn devices_enrolled(&self) -> Answer<Vec<String>> {
        let devices = self.all_enrolled().await?;
        let valid = devices.into_iter().filter(|device| device.revoked_at.is_none());
        Ok(valid.map(|device| device.name.to_string()).collect())
    }

    async fn all_enrolled(&self) -> Answer<Vec<EnrolledDevice>> {
        let devices: Vec<Device> =
            self.store.devices().await.map_err(failed("the devices cannot be read"))?;
        let read = devices.iter().map(EnrolledDevice::read).collect::<Result<_, _>>();
        read.map_err(failed("a device in the database makes no sense"))
    }

    pub(super) async fn enrol(&self, wish: EnrolDevice) -> Answer<Enrolment> {
        let name: DeviceName = parse("device", wish.name.as_str())?;
        let kind = convert::device_kind_of(wish.kind);
        let dialect = dialect_of(wish.dialect);
        let grants = TopicGrants::for_device(kind, &dialect, &name)
            .map_err(|why| Problem::new(ProblemKind::Invalid, why.to_string()))?;
        self.check_free(&name, &dialect).await?;
        let issued = self.authority.issue_device(&name, Timestamp::now());
        let issued = issued.map_err(failed("the certificate could not be made"))?;
        let new =
            new_device(&name, kind, &dialect, *issued.fingerprint().as_bytes(), issued.expires());
        let added = self.store.add_device(new.clone()).await;
        added.map_err(failed("the device could not be written down"))?;
        self.done(OwnerRequest::Note(Note::DeviceEnrolled(name.clone()))).await?;
        self.mailbox.send(Mail::Enrolled(name.clone(), dialect)).await?;
        self.registry.enrol(issued.fingerprint(), Enrolled { device: name, grants });
        let device = EnrolledDevice::read(&Device { device: new, revoked_at: None })
            .map_err(failed("the device makes no sense"))?;
        Ok(Enrolment {
            device: device.view(api::status::Link::Offline),
            ca_pem: self.authority.pem().to_owned(),
            client_pem: issued.certificate_pem().to_owned(),
            client_key_pem: issued.expose_key_pem(),
            broker: vec![self.broker.local_addr().to_string()],
        })
    }

    /// A name or a bridge's base topic has one holder: two would speak for each
    /// other.
    async fn check_free(&self, name: &DeviceName, dialect: &Dialect) -> Answer<()> {
        let topic = base_topic(name, dialect);
        let devices = self.all_enrolled().await?;
        let valid = devices.iter().filter(|device| device.revoked_at.is_none());
        let mut clashes =
            valid.filter(|one| one.name == *name || base_topic(&one.name, &one.dialect) == topic);
        match clashes.next() {
            None => Ok(()),
            Some(one) => {
                let name = &one.name;
                let detail =
                    format!("{name} is enrolled already and speaks there; revoke it first");
                Err(Problem::new(ProblemKind::Conflict, detail))
            }
        }
    }

    /// The database first, then the live connections: whoever was revoked and
    /// comes back after a crash is not believed.
    pub(super) async fn revoke(&self, name: &api::DeviceName) -> Answer<()> {
        let name: DeviceName = parse("device", name.as_str())?;
        let devices = self.all_enrolled().await?;
        let valid = devices.iter().find(|one| one.name == name && one.revoked_at.is_none());
        let device = valid.ok_or_else(|| {
            let detail = format!("no device {name} is enrolled; `doorward device list` shows all");
            Problem::new(ProblemKind::NotFound, detail)
        })?;
        let revoked = self.store.revoke_device(name.to_string(), Timestamp::now()).await;
        revoked.map_err(failed("the revocation could not be written down"))?;
        self.registry.revoke(&device.fingerprint);
        self.mailbox.send(Mail::Revoked(name.clone())).await?;
        self.done(OwnerRequest::Note(Note::DeviceRevoked(name))).await
    }
}

fn dialect_of(dialect: api::device::Dialect) -> Dialect {
    match dialect {
        api::device::Dialect::Native => Dialect::Native,
        api::device::Dialect::Zigbee2mqtt => Dialect::zigbee2mqtt(),
    }
}

fn new_device(
    name: &DeviceName,
    kind: DeviceKind,
    dialect: &Dialect,
    spki_sha256: [u8; 32],
    certificate_expires: Timestamp,
) -> NewDevice {
    NewDevice {
        name: name.to_string(),
        kind: kind.to_string(),
        dialect: dialect.to_string(),
        base_topic: base_topic(name, dialect),
        spki_sha256,
        certificate_expires,
        enrolled_at: Timestamp::now(),
    }
}
