//! A device as the database has it, in the core's words.

use doorward_api::device::{DeviceView, Link};
use doorward_broker::{self as broker, Enrolled, KeyFingerprint, PasswordDigest};
use doorward_core::grants::{
    DeviceKind, Dialect, DialectError, HOME, NoGrants, TopicGrants, UnknownWord,
};
use doorward_core::ids::{DeviceName, NameError};
use doorward_core::permit::DevicePermit;
use doorward_devices::Role;
use doorward_store::{Certificate, Credential, Device};
use jiff::Timestamp;

use super::convert;
use super::hearers::Hearers;

/// A device that was enrolled.
pub(super) struct EnrolledDevice {
    pub(super) name: DeviceName,
    pub(super) kind: DeviceKind,
    pub(super) dialect: Dialect,
    pub(super) proof: Proof,
    enrolled_at: Timestamp,
    pub(super) revoked_at: Option<Timestamp>,
}

/// What a device shows to be let in.
pub(super) enum Proof {
    /// A certificate.
    Certificate {
        /// The one that it showed last.
        shown: Certified,
        /// The one that it was issued to follow that one.
        next: Option<Certified>,
    },
    /// A password, of which only the digest is known.
    Password(PasswordDigest),
}

/// What is known of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Certified {
    pub(super) key: KeyFingerprint,
    pub(super) until: Timestamp,
    /// The number of the authority that issued it.
    pub(super) authority: u32,
}

/// Why a device's row makes no sense: it was written by something else.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StrangeDevice {
    #[error("a device's name breaks a rule")]
    Name(#[from] NameError),
    #[error("a device's kind is unknown")]
    Kind(#[from] UnknownWord),
    #[error("a device's dialect is unknown, or its base topic breaks a rule")]
    Dialect(#[from] DialectError),
    #[error("a device's kind does not exist in its dialect")]
    Grants(#[from] NoGrants),
}

impl EnrolledDevice {
    pub(super) fn read(row: &Device) -> Result<Self, StrangeDevice> {
        let Device { device, next, revoked_at } = row;
        let dialect = Dialect::parse(&device.dialect, &device.base_topic)?;
        Ok(Self {
            name: DeviceName::parse(&device.name)?,
            kind: device.kind.parse()?,
            dialect,
            proof: match &device.credential {
                Credential::Certificate(shown) => Proof::Certificate {
                    shown: Certified::read(shown),
                    next: next.as_ref().map(Certified::read),
                },
                Credential::Password { sha256 } => {
                    Proof::Password(PasswordDigest::from_bytes(*sha256))
                }
            },
            enrolled_at: device.enrolled_at,
            revoked_at: *revoked_at,
        })
    }

    /// Looks up what it may publish and subscribe, with what the owner ticked.
    pub(super) fn grants(
        &self,
        permits: &[DevicePermit],
        hearers: &Hearers,
    ) -> Result<TopicGrants, NoGrants> {
        let grants = TopicGrants::for_device(self.kind, &self.dialect, &self.name)?;
        let grants = match hearers.has(&self.name) {
            true => grants.with_notices(&self.name),
            false => grants,
        };
        let ticked = permits.iter().filter(|permit| permit.device == self.name);
        Ok(match self.kind {
            DeviceKind::HomeAssistant => grants.with_doors(ticked.map(|permit| permit.door)),
            DeviceKind::Lock
            | DeviceKind::Keypad
            | DeviceKind::Contact
            | DeviceKind::Bridge
            | DeviceKind::Camera
            | DeviceKind::Other
                if self.lacks_tls() =>
            {
                grants.without_certificates(&self.name)
            }
            DeviceKind::Lock
            | DeviceKind::Keypad
            | DeviceKind::Contact
            | DeviceKind::Bridge
            | DeviceKind::Camera
            | DeviceKind::Other => grants,
        })
    }

    /// Says whether it is let in with a password.
    pub(super) const fn lacks_tls(&self) -> bool {
        match self.proof {
            Proof::Password(_) => true,
            Proof::Certificate { .. } => false,
        }
    }

    /// Returns what the broker must know of it.
    pub(super) fn for_registry(
        &self,
        permits: &[DevicePermit],
        hearers: &Hearers,
    ) -> Result<Enrolled, StrangeDevice> {
        Ok(Enrolled { device: self.name.clone(), grants: self.grants(permits, hearers)? })
    }

    /// Returns the credentials by which the broker knows it.
    pub(super) fn credentials(&self) -> impl Iterator<Item = broker::Credential> {
        let (first, second) = match &self.proof {
            Proof::Certificate { shown, next } => {
                (shown.key.into(), next.as_ref().map(|next| next.key.into()))
            }
            Proof::Password(digest) => ((*digest).into(), None),
        };
        std::iter::once(first).chain(second)
    }

    /// Says whether it is known by a key.
    pub(super) fn has_key(&self, key: KeyFingerprint) -> bool {
        self.credentials().any(|one| one == key.into())
    }

    /// Returns the certificate that it showed last, if it has TLS.
    pub(super) fn certificate(&self) -> Option<&Certified> {
        match &self.proof {
            Proof::Certificate { shown, .. } => Some(shown),
            Proof::Password(_) => None,
        }
    }

    /// Returns the certificate that it was issued and has not shown yet.
    pub(super) fn next(&self) -> Option<&Certified> {
        match &self.proof {
            Proof::Certificate { next, .. } => next.as_ref(),
            Proof::Password(_) => None,
        }
    }

    /// Says whether it was enrolled as what a door needs there.
    pub(super) fn is(&self, role: Role) -> bool {
        match (role, self.kind) {
            (Role::Lock, DeviceKind::Lock)
            | (Role::Keypad, DeviceKind::Keypad)
            | (Role::Contact, DeviceKind::Contact) => true,
            (
                Role::Lock | Role::Keypad | Role::Contact,
                DeviceKind::Lock
                | DeviceKind::Keypad
                | DeviceKind::Contact
                | DeviceKind::Bridge
                | DeviceKind::HomeAssistant
                | DeviceKind::Camera
                | DeviceKind::Other,
            ) => false,
        }
    }

    /// Says when its certificate ends, if it has one.
    pub(super) fn certificate_until(&self) -> Option<Timestamp> {
        self.certificate().map(|certified| certified.until)
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
            certificate_until: self.certificate_until(),
            next_certificate_until: self.next().map(|certified| certified.until),
            revoked_at: self.revoked_at,
        }
    }
}

impl Certified {
    fn read(row: &Certificate) -> Self {
        Self {
            key: KeyFingerprint::from_bytes(row.spki_sha256),
            until: row.expires,
            authority: row.authority,
        }
    }
}

/// Returns the topic under which a device talks, as the database keeps it.
pub(super) fn base_topic(name: &DeviceName, dialect: &Dialect) -> String {
    match dialect {
        Dialect::Native => format!("doorward/{name}"),
        Dialect::HomeAssistant => HOME.to_owned(),
        Dialect::Zigbee2Mqtt { base } | Dialect::Carried { base, .. } => base.as_str().to_owned(),
    }
}
