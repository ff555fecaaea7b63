//! A device as the database has it, in the core's words.

use doorward_api::device::DeviceView;
use doorward_api::status::Link;
use doorward_broker::{Enrolled, KeyFingerprint};
use doorward_core::grants::{
    BaseTopic, BaseTopicError, DeviceKind, Dialect, NoGrants, TopicGrants, UnknownWord,
};
use doorward_core::ids::{DeviceName, NameError};
use doorward_devices::Role;
use doorward_store::Device;
use jiff::Timestamp;

use super::convert;

/// A device that was enrolled.
pub(super) struct EnrolledDevice {
    pub(super) name: DeviceName,
    pub(super) kind: DeviceKind,
    pub(super) dialect: Dialect,
    pub(super) fingerprint: KeyFingerprint,
    enrolled_at: Timestamp,
    certificate_until: Timestamp,
    pub(super) revoked_at: Option<Timestamp>,
}

/// Why a device's row makes no sense: it was written by something else.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StrangeDevice {
    #[error("a device's name breaks a rule")]
    Name(#[from] NameError),
    #[error("a device's kind or dialect is unknown")]
    Word(#[from] UnknownWord),
    #[error("a bridge's base topic breaks a rule")]
    BaseTopic(#[from] BaseTopicError),
    #[error("a device's kind does not exist in its dialect")]
    Grants(#[from] NoGrants),
}

impl EnrolledDevice {
    pub(super) fn read(row: &Device) -> Result<Self, StrangeDevice> {
        let Device { device, revoked_at } = row;
        let dialect = match device.dialect.parse()? {
            Dialect::Zigbee2Mqtt { .. } => {
                Dialect::Zigbee2Mqtt { base: BaseTopic::parse(&device.base_topic)? }
            }
            Dialect::Native => Dialect::Native,
        };
        Ok(Self {
            name: DeviceName::parse(&device.name)?,
            kind: device.kind.parse()?,
            dialect,
            fingerprint: KeyFingerprint::from_bytes(device.spki_sha256),
            enrolled_at: device.enrolled_at,
            certificate_until: device.certificate_expires,
            revoked_at: *revoked_at,
        })
    }

    /// Looks up what it may publish and subscribe.
    pub(super) fn grants(&self) -> Result<TopicGrants, NoGrants> {
        TopicGrants::for_device(self.kind, &self.dialect, &self.name)
    }

    /// Returns what the broker must know of it.
    pub(super) fn for_broker(&self) -> Result<(KeyFingerprint, Enrolled), StrangeDevice> {
        let grants = self.grants()?;
        Ok((self.fingerprint, Enrolled { device: self.name.clone(), grants }))
    }

    /// Says whether it was enrolled as what a door needs there.
    pub(super) fn is(&self, role: Role) -> bool {
        match (role, self.kind) {
            (Role::Lock, DeviceKind::Lock)
            | (Role::Keypad, DeviceKind::Keypad)
            | (Role::Contact, DeviceKind::Contact) => true,
            (
                Role::Lock | Role::Keypad | Role::Contact,
                DeviceKind::Lock | DeviceKind::Keypad | DeviceKind::Contact | DeviceKind::Bridge,
            ) => false,
        }
    }

    /// Says when its certificate ends.
    pub(super) fn certificate_until(&self) -> Timestamp {
        self.certificate_until
    }

    /// Returns the topic below which it talks.
    pub(super) fn base_topic(&self) -> String {
        base_topic(&self.name, &self.dialect)
    }

    pub(super) fn view(&self, link: Link) -> DeviceView {
        DeviceView {
            name: convert::device(&self.name),
            kind: convert::device_kind(self.kind),
            dialect: convert::dialect(&self.dialect),
            link: if self.revoked_at.is_some() { Link::Offline } else { link },
            enrolled_at: self.enrolled_at,
            certificate_until: self.certificate_until,
            revoked_at: self.revoked_at,
        }
    }
}

/// Returns the topic under which a device talks, as the database keeps it.
pub(super) fn base_topic(name: &DeviceName, dialect: &Dialect) -> String {
    match dialect {
        Dialect::Native => format!("doorward/{name}"),
        Dialect::Zigbee2Mqtt { base } => base.as_str().to_owned(),
    }
}
