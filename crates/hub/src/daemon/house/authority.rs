//! The hub's authority, and how another one follows it.

use doorward_api::authority::{
    Authorities, AuthorityView, Remaining, RemainingDevice, Renewal, RetireAuthority,
};
use doorward_api::doctor::Check;
use doorward_api::{Problem, ProblemKind};
use doorward_core::entry::Actor;
use doorward_core::grants::Dialect;
use doorward_core::io::{Note, OwnerRequest};
use jiff::Timestamp;
use tracing::{error, info};

use super::super::awake::Awake;
use super::super::convert;
use super::super::enrolled::EnrolledDevice;
use super::{check, failed};
use crate::ca::RolloverError;
use crate::http::Answer;

impl Awake {
    pub(super) async fn authorities(&self) -> Answer<Authorities> {
        let devices = self.devices_enrolled().await?;
        let (current, next) = self.certificates.authorities();
        let remaining = remaining(&devices, &current, next.as_ref());
        let rollover_due = self.certificates.rollover_due();
        Ok(Authorities { current, next, rollover_due, remaining })
    }

    /// Has another authority follow. From here on both are believed, and each device is
    /// given both to trust with its next certificate.
    pub(super) async fn begin_rollover(&self, by: Actor) -> Answer<Authorities> {
        let alone = self.renewals.enrolling.lock().await;
        let certificates = self.certificates.clone();
        let added = move || certificates.add_authority(Timestamp::now());
        let number = blocking(added).await?;
        self.believe()?;
        self.done(by, OwnerRequest::Note(Note::AuthorityAdded(number))).await?;
        drop(alone);
        info!(number, "another authority follows");
        self.renewals.look.notify_one();
        self.authorities().await
    }

    /// Has the authority be believed no longer that another one follows. The devices are
    /// revoked first: a crash in between leaves an authority too many, and no device that
    /// is enrolled and cannot connect.
    pub(super) async fn finish_rollover(
        &self,
        by: Actor,
        wish: RetireAuthority,
    ) -> Answer<Authorities> {
        // From here on nobody is enrolled or renewed, and no other change is begun or ended.
        let alone = self.renewals.enrolling.lock().await;
        let found = self.authorities().await?;
        if found.next.is_none() {
            return Err(refused(&RolloverError::NotUnderway));
        }
        match wish.remaining {
            Remaining::Revoke => {}
            Remaining::Wait if found.remaining.is_empty() => {}
            Remaining::Wait => return Err(not_yet(&found.remaining)),
        }
        for one in &found.remaining {
            self.revoke_alone(by.clone(), &one.device).await?;
        }
        let certificates = self.certificates.clone();
        let retired = move || certificates.retire_authority(Timestamp::now());
        let number = blocking(retired).await?;
        self.believe()?;
        self.done(by, OwnerRequest::Note(Note::AuthorityRetired(number))).await?;
        drop(alone);
        info!(number, "an authority is believed no longer");
        self.authorities().await
    }

    /// Has the broker believe the authorities that there are, if it is the hub's own.
    fn believe(&self) -> Answer<()> {
        let Some(broker) = self.exchange.own() else { return Ok(()) };
        let trusted = broker.trust(self.certificates.trusted());
        trusted.map_err(failed("the broker does not take the authorities"))
    }

    /// Says whether an authority has to follow, or to go.
    pub(super) async fn authority_check(&self, now: Timestamp) -> Answer<Check> {
        Ok(check(&self.authorities().await?, now))
    }
}

/// Runs what waits for the disk where nobody else has to.
async fn blocking(
    change: impl FnOnce() -> Result<u32, RolloverError> + Send + 'static,
) -> Answer<u32> {
    match tokio::task::spawn_blocking(change).await {
        Ok(done) => done.map_err(|error| refused(&error)),
        Err(died) => Err(failed("the authorities were not changed")(died)),
    }
}

fn refused(error: &RolloverError) -> Problem {
    match error {
        RolloverError::Underway | RolloverError::NotUnderway => {
            Problem::new(ProblemKind::Conflict, error.to_string())
        }
        RolloverError::Authority(_) | RolloverError::File(_) => {
            let error: &dyn std::error::Error = error;
            error!(error, "the authorities were not changed");
            let detail = "the authorities were not changed; the hub's log says why";
            Problem::new(ProblemKind::Internal, detail)
        }
    }
}

fn remaining(
    devices: &[EnrolledDevice],
    current: &AuthorityView,
    next: Option<&AuthorityView>,
) -> Vec<RemainingDevice> {
    let wanted = next.unwrap_or(current).number;
    let certified = devices.iter().filter_map(|device| Some((device, device.certificate()?)));
    let old = certified.filter(|(_, shown)| next.is_none() || shown.authority != wanted);
    old.map(|(device, _)| RemainingDevice {
        device: convert::device(&device.name),
        renewal: match (device.next(), &device.dialect) {
            (Some(waiting), _) if waiting.authority == wanted => Renewal::Issued,
            (_, Dialect::Native) => Renewal::Told,
            (_, Dialect::Zigbee2Mqtt { .. } | Dialect::HomeAssistant | Dialect::Carried { .. }) => {
                Renewal::ByHand
            }
        },
    })
    .collect()
}

fn not_yet(remaining: &[RemainingDevice]) -> Problem {
    let names: Vec<_> = remaining.iter().map(|one| one.device.as_str()).collect();
    let detail = format!(
        "only the current authority vouches for {}: renew them with `doorward device renew`, or \
         have them revoked with --revoke-remaining",
        names.join(", ")
    );
    Problem::new(ProblemKind::Conflict, detail)
}

fn check(found: &Authorities, now: Timestamp) -> Check {
    let Authorities { current, next, rollover_due, remaining } = found;
    let until = current.until.strftime("%Y-%m-%d");
    let ended = current.until <= now;
    match next {
        Some(next) if remaining.is_empty() => check::warn(
            "authority",
            format!("{} follows {}, and all devices know it", next.number, current.number),
            "end the change with `doorward ca finish`",
        ),
        Some(next) => check::warn(
            "authority",
            format!("{} follows {}, {} to come", next.number, current.number, remaining.len()),
            "`doorward ca show` names the devices that need another certificate",
        ),
        None if ended => check::fail(
            "authority",
            format!("has ended on {until}: no device is let in"),
            "begin with `doorward ca rollover`, then renew each device by hand",
        ),
        None if *rollover_due <= now => check::warn(
            "authority",
            format!("ends on {until}, and all certificates with it"),
            "have another one follow with `doorward ca rollover`",
        ),
        None => check::ok("authority", format!("lasts until {until}")),
    }
}
