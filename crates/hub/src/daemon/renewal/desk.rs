//! The task that answers devices which ask for another certificate, and tells them when
//! it is time to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward_broker::{HubSender, KeyFingerprint, Retain};
use doorward_core::entry::Actor;
use doorward_core::grants::Dialect;
use doorward_core::ids::DeviceName;
use doorward_devices::{
    CertificateRefused, CertificateRequest, IssuedCertificate, Outgoing, Unwritable,
    certificate_issued, certificate_refused, certificate_to_renew,
};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::super::certificates::Issued;
use super::super::enrolled::EnrolledDevice;
use super::{RenewError, Renewals};
use crate::ca::{RequestError, SigningRequest};

/// How many errands may wait. What does not fit is lost: a device that hears nothing
/// asks again, and shows its key again the next time that it connects.
pub(in super::super) const ERRANDS: usize = 32;

/// Requests of one device that are answered within an hour. Each costs a signature and
/// a write to the disk; honest devices need one in two years.
const ANSWERED_PER_HOUR: u32 = 8;

const HOUR: Duration = Duration::from_secs(3600);

/// How often it looks which devices are to be told.
const EVERY: Duration = Duration::from_secs(60);

/// Something for the desk to do.
pub(in super::super) enum Errand {
    /// A device asks for a certificate, over a connection that proved itself with this key.
    Asked(DeviceName, KeyFingerprint, CertificateRequest),
    /// A device that has two keys connected with this one.
    Shown(DeviceName, KeyFingerprint),
}

/// Answers devices that ask for another certificate.
pub(in super::super) struct Desk {
    renewals: Renewals,
    sender: HubSender,
    errands: mpsc::Receiver<Errand>,
    counts: BTreeMap<DeviceName, Count>,
    /// When the certificates end whose devices were told that it is time.
    told: BTreeMap<DeviceName, Timestamp>,
}

/// How often a device has asked since an hour began.
struct Count {
    since: Instant,
    asked: u32,
}

impl Desk {
    pub(in super::super) fn new(
        renewals: Renewals,
        sender: HubSender,
        errands: mpsc::Receiver<Errand>,
    ) -> Self {
        Self { renewals, sender, errands, counts: BTreeMap::new(), told: BTreeMap::new() }
    }

    /// Works until the hub ends.
    pub(in super::super) async fn run(mut self, ending: CancellationToken) {
        let look_now = Arc::clone(&self.renewals.look);
        let mut looks = interval(EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = ending.cancelled() => return,
                _ = looks.tick() => self.look(&ending).await,
                () = look_now.notified() => self.look(&ending).await,
                Some(errand) = self.errands.recv() => self.run_errand(errand, &ending).await,
            }
        }
    }

    async fn run_errand(&mut self, errand: Errand, ending: &CancellationToken) {
        match errand {
            Errand::Asked(device, key, request) => {
                if !self.may_ask(&device, Instant::now()) {
                    return debug!(%device, "asks for certificates too often");
                }
                self.answer(&device, key, request).await;
            }
            Errand::Shown(device, key) => {
                match self.renewals.shown(key).await {
                    Ok(()) => debug!(%device, "a device with two keys connected"),
                    Err(error) => failed(&error, ending),
                }
                self.look(ending).await;
            }
        }
    }

    async fn answer(&self, device: &DeviceName, key: KeyFingerprint, request: CertificateRequest) {
        let answer = match self.renewals.grant(device, key, request).await {
            Ok(issued) => {
                info!(%device, until = %issued.until, "a device renews its certificate");
                let Issued { certificate_pem, ca_pem, until, .. } = issued;
                certificate_issued(device, &IssuedCertificate { certificate_pem, ca_pem, until })
            }
            Err(why) => {
                info!(%device, ?why, "a device is given no other certificate");
                certificate_refused(device, why)
            }
        };
        self.send(answer, Retain::No);
    }

    /// Tells the devices whose time has come, and takes it back where that is over.
    async fn look(&mut self, ending: &CancellationToken) {
        let devices = match self.renewals.devices().await {
            Ok(devices) => devices,
            Err(error) => return failed(&error, ending),
        };
        let now = Timestamp::now();
        let due = devices.iter().filter(|device| device.dialect == Dialect::Native);
        let due: BTreeMap<_, _> = due
            .filter_map(|device| Some((device, device.certificate()?)))
            .filter(|(_, certificate)| self.renewals.is_due(certificate, now))
            .map(|(device, certificate)| (device.name.clone(), certificate.until))
            .collect();
        for (device, until) in &due {
            if self.told.get(device) != Some(until) {
                self.send(certificate_to_renew(device, Some(*until)), Retain::Yes);
            }
        }
        for device in self.told.keys().filter(|device| !due.contains_key(*device)) {
            self.send(certificate_to_renew(device, None), Retain::Yes);
        }
        self.told = due;
    }

    fn may_ask(&mut self, device: &DeviceName, now: Instant) -> bool {
        self.counts.retain(|_, count| now.saturating_duration_since(count.since) < HOUR);
        let count = self.counts.entry(device.clone()).or_insert(Count { since: now, asked: 0 });
        count.asked = count.asked.saturating_add(1);
        count.asked <= ANSWERED_PER_HOUR
    }

    fn send(&self, message: Result<Outgoing, Unwritable>, retain: Retain) {
        let Outgoing { topic, payload } = match message {
            Ok(message) => message,
            Err(error) => return warn!(%error, "a device's topic cannot be used"),
        };
        match self.sender.publish(&topic, payload, retain) {
            Ok(reach) if reach.is_nobody() && retain == Retain::No => {
                debug!("the device that asked has gone");
            }
            Ok(_) => {}
            Err(error) => warn!(%error, "a message about a certificate was not sent"),
        }
    }
}

impl Renewals {
    /// Issues a certificate to the device that asked, as far as its time has come. It is
    /// known by its key beside its name: whoever was revoked after asking must not be given
    /// what is for somebody of the same name.
    async fn grant(
        &self,
        device: &DeviceName,
        key: KeyFingerprint,
        request: CertificateRequest,
    ) -> Result<Issued, CertificateRefused> {
        let request = read_request(request.csr).await?;
        let asked = |one: &EnrolledDevice| one.name == *device && one.has_key(key);
        let found = self.device(asked).await.map_err(refused)?;
        let certificate = found.as_ref().and_then(EnrolledDevice::certificate);
        let certificate = certificate.ok_or(CertificateRefused::TryLater)?;
        if !self.is_due(certificate, Timestamp::now()) {
            return Err(CertificateRefused::TooEarly);
        }
        self.renew(Actor::Hub, asked, Some(&request)).await.map_err(refused)
    }
}

/// Reads what a device chose to send. Should a parser stumble over it, it does so in a task
/// of its own, and the desk, without which the hub is no hub, goes on.
async fn read_request(csr: String) -> Result<SigningRequest, CertificateRefused> {
    let read = tokio::task::spawn_blocking(move || SigningRequest::parse_any(&csr)).await;
    let read = read.map_err(|died| {
        warn!(%died, "the reader of a signing request died");
        CertificateRefused::NotARequest
    })?;
    read.map_err(refused_request)
}

fn refused_request(why: RequestError) -> CertificateRefused {
    match why {
        RequestError::TooLarge | RequestError::Format => CertificateRefused::NotARequest,
        RequestError::Signature => CertificateRefused::BadSignature,
        RequestError::Key => CertificateRefused::KeyKind,
    }
}

fn refused(error: RenewError) -> CertificateRefused {
    match error {
        RenewError::KeyUsed(_) => CertificateRefused::KeyUsed,
        error @ (RenewError::NoCertificate
        | RenewError::Issue(_)
        | RenewError::Read(_)
        | RenewError::Strange(_)
        | RenewError::Write(_)
        | RenewError::NotLogged(_)
        | RenewError::Stopping(_)) => {
            warn!(%error, "a certificate was not renewed");
            CertificateRefused::TryLater
        }
    }
}

/// A hub that stops answers nobody any more: that is no failure.
fn failed(error: &RenewError, ending: &CancellationToken) {
    if !ending.is_cancelled() {
        error!(error = error as &dyn std::error::Error, "renewals could not be looked after");
    }
}

#[cfg(test)]
mod tests;
