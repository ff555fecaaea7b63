//! Certificates of devices, followed by others before they end.
//!
//! A device of our own dialect asks over its own connection once two thirds of its
//! certificate's life are over; for others the owner takes a file to the device. Either
//! way the certificate that follows is for another key, and the one before stays good
//! until that key has been shown: an answer that got lost, or a file that nobody
//! installed, shuts no device out, and a key that was followed does not lie about as a
//! second way in.

mod desk;

use std::sync::Arc;

use doorward_broker::{KeyFingerprint, Registry};
use doorward_core::entry::Actor;
use doorward_core::ids::DeviceName;
use doorward_core::io::{Note, OwnerRequest};
use doorward_store::{KeyStanding, KnownKey, ReadError, StoreHandle, WriteError};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, Notify};

use super::certificates::{Certificates, Issued};
use super::enrolled::{Certified, EnrolledDevice, Proof, StrangeDevice};
use super::hearers::Hearers;
use super::mail::{Mailbox, Stopping};
use crate::ca::{DEVICE_DAYS, IssueError, SigningRequest};

pub(super) use desk::{Desk, ERRANDS, Errand};

/// A certificate may be followed by another when a third of its life is left.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(DEVICE_DAYS as i64 * 24 / 3);

/// Issues certificates that follow others; clones share what they work on.
#[derive(Clone)]
pub(super) struct Renewals {
    pub(super) store: StoreHandle,
    pub(super) registry: Registry,
    pub(super) certificates: Certificates,
    pub(super) mailbox: Mailbox,
    /// One enrolment or renewal at a time: two at once could both find a name or a key
    /// free.
    pub(super) enrolling: Arc<Mutex<()>>,
    /// Has the desk look at once which devices are to be told.
    pub(super) look: Arc<Notify>,
    /// Who is sent the notices.
    pub(super) hearers: Hearers,
}

/// Why a certificate was not followed by another.
#[derive(Debug, thiserror::Error)]
pub(super) enum RenewError {
    #[error("no such device has a certificate")]
    NoCertificate,
    #[error("the key is or was that of {}", .0.device)]
    KeyUsed(KnownKey),
    #[error("the certificate could not be made")]
    Issue(#[from] IssueError),
    #[error("the devices cannot be read")]
    Read(#[from] ReadError),
    #[error("a device in the database makes no sense")]
    Strange(#[from] StrangeDevice),
    #[error("the renewal could not be written down")]
    Write(#[from] WriteError),
    #[error("the renewal is not in the log")]
    NotLogged(#[source] doorward_core::io::Refusal),
    #[error(transparent)]
    Stopping(#[from] Stopping),
}

impl Renewals {
    /// Issues a certificate to follow the one that a device has: for the key that it has
    /// made, or for one that is made here.
    pub(super) async fn renew(
        &self,
        by: Actor,
        is_meant: impl Fn(&EnrolledDevice) -> bool,
        request: Option<&SigningRequest>,
    ) -> Result<Issued, RenewError> {
        let _alone = self.enrolling.lock().await;
        let device = self.device(is_meant).await?.ok_or(RenewError::NoCertificate)?;
        let name = &device.name;
        let Proof::Certificate { next, .. } = &device.proof else {
            return Err(RenewError::NoCertificate);
        };
        let issued = self.certificates.issue(name, request, Timestamp::now())?;
        self.check_unused(name, &issued.key).await?;
        self.store.let_key_wait(name.to_string(), issued.record()).await?;
        if let Some(forgotten) = next.as_ref().filter(|next| next.key != issued.key) {
            self.registry.revoke(forgotten.key);
        }
        self.note(by, Note::CertificateIssued(name.clone())).await?;
        let permits = self.mailbox.look(|sight| sight.hub.permits()).await?;
        self.registry.enrol(issued.key, device.for_registry(&permits, &self.hearers)?);
        Ok(issued)
    }

    /// Takes note that a device has connected with a key: if it is the one of the
    /// certificate that follows, the one before is void from here on.
    pub(super) async fn shown(&self, key: KeyFingerprint) -> Result<(), RenewError> {
        let _alone = self.enrolling.lock().await;
        let follows = |one: &EnrolledDevice| one.next().is_some_and(|next| next.key == key);
        let Some(device) = self.device(follows).await? else { return Ok(()) };
        self.store.follow_key(*key.as_bytes()).await?;
        if let Some(former) = device.certificate() {
            self.registry.revoke(former.key);
        }
        self.note(Actor::Hub, Note::CertificateReplaced(device.name)).await
    }

    /// Says whether it is time for another certificate: the one that there is has lived
    /// two thirds of its life, or its authority issues no more.
    pub(super) fn is_due(&self, certificate: &Certified, now: Timestamp) -> bool {
        let is_old = certificate.until.duration_since(now) < RENEW_BEFORE;
        is_old || certificate.authority != self.certificates.issuing()
    }

    /// Finds a device in service.
    pub(super) async fn device(
        &self,
        is_meant: impl Fn(&EnrolledDevice) -> bool,
    ) -> Result<Option<EnrolledDevice>, RenewError> {
        Ok(self.devices().await?.into_iter().find(is_meant))
    }

    /// Returns all devices in service.
    async fn devices(&self) -> Result<Vec<EnrolledDevice>, RenewError> {
        let rows = self.store.devices().await?;
        let mut devices: Vec<_> =
            rows.iter().map(EnrolledDevice::read).collect::<Result<_, _>>()?;
        devices.retain(|device| device.revoked_at.is_none());
        Ok(devices)
    }

    /// A key stands for one device and follows another once. The same request may come
    /// twice, though: its answer may have been lost.
    async fn check_unused(
        &self,
        name: &DeviceName,
        key: &KeyFingerprint,
    ) -> Result<(), RenewError> {
        match self.store.known_key(*key.as_bytes()).await? {
            None => Ok(()),
            Some(KnownKey { device, standing: KeyStanding::Waiting })
                if device == name.as_str() =>
            {
                Ok(())
            }
            Some(known) => Err(RenewError::KeyUsed(known)),
        }
    }

    async fn note(&self, by: Actor, note: Note) -> Result<(), RenewError> {
        let noted = self.mailbox.wish(by, OwnerRequest::Note(note)).await?;
        noted.map(drop).map_err(RenewError::NotLogged)
    }
}
