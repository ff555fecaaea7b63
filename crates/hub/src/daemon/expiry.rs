//! Certificates that end soon: whoever listens is told, once a day for each device.
//!
//! Which day a device was last told of is written down, so that a restart repeats
//! nothing. `doctor` says it at any time.

use std::collections::BTreeMap;
use std::time::Duration;

use doorward_api::notice::{News, Notice};
use doorward_core::ids::DeviceName;
use doorward_store::{SettingName, StoreHandle};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::convert;
use super::enrolled::EnrolledDevice;
use crate::board::Board;

/// A certificate that ends within this time is announced.
pub(super) const ENDS_SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How often it looks: soon after somebody began to listen, and after midnight.
const EVERY: Duration = Duration::from_secs(10);

/// The days on which devices were last told of: JSON, by name.
const TOLD: SettingName = SettingName("certificate_ends_told");

type Told = BTreeMap<DeviceName, Date>;

/// Tells of certificates that end soon.
pub(super) struct Announcer {
    pub(super) store: StoreHandle,
    pub(super) board: Board,
    pub(super) zone: TimeZone,
}

/// A device, and when its certificate ends.
type Ending = (DeviceName, Timestamp);

impl Announcer {
    /// Looks every ten seconds until the hub ends.
    pub(super) async fn run(self, ending: CancellationToken) {
        let mut looks = interval(EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while ending.run_until_cancelled(looks.tick()).await.is_some() {
            // A hub that stops answers nobody any more: that is no failure of the look.
            if let Err(error) = self.look(Timestamp::now()).await
                && !ending.is_cancelled()
            {
                error!(error = format!("{error:#}"), "certificates could not be looked at");
            }
        }
    }

    async fn phones_are_paired(&self) -> anyhow::Result<bool> {
        let phones = self.store.paired_devices().await?;
        Ok(phones.iter().any(|phone| phone.revoked_at.is_none()))
    }

    async fn look(&self, now: Timestamp) -> anyhow::Result<()> {
        // What nobody hears and no phone is kept for counts as not said.
        if !self.board.is_heard() && !self.phones_are_paired().await? {
            return Ok(());
        }
        let rows = self.store.devices().await?;
        let devices: Vec<_> = rows.iter().map(EnrolledDevice::read).collect::<Result<_, _>>()?;
        let endings = devices.into_iter().filter(|one| one.revoked_at.is_none());
        let endings: Vec<Ending> =
            endings.filter_map(|one| Some((one.name.clone(), one.certificate_until()?))).collect();
        let before = self.store.setting(TOLD).await?;
        let mut told: Told =
            before.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let due = due(&endings, &mut told, now, &self.zone);
        if due.is_empty() {
            return Ok(());
        }
        // Written first: whoever crashes in between says it tomorrow.
        self.store.set(TOLD, serde_json::to_string(&told)?).await?;
        for (device, until) in due {
            warn!(%device, %until, "a certificate ends soon");
            let news = News::CertificateEnds { device: convert::device(&device), until };
            self.board.post(Notice { at: now, news });
        }
        Ok(())
    }
}

/// Finds the devices of which nobody was told today, and takes note of them; what is
/// known of devices that need no telling any more is forgotten.
fn due(endings: &[Ending], told: &mut Told, now: Timestamp, zone: &TimeZone) -> Vec<Ending> {
    let today = now.to_zoned(zone.clone()).date();
    let soon = endings.iter().filter(|(_, until)| until.duration_since(now) < ENDS_SOON);
    let soon: BTreeMap<_, _> = soon.cloned().collect();
    told.retain(|device, _| soon.contains_key(device));
    let is_due = |(device, _): &Ending| told.get(device) != Some(&today);
    let due: Vec<_> = soon.into_iter().filter(is_due).collect();
    told.extend(due.iter().map(|(device, _)| (device.clone(), today)));
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn ending(name: &str, until: &str) -> Ending {
        (DeviceName::parse(name).unwrap(), at(until))
    }

    fn names(due: &[Ending]) -> Vec<&str> {
        due.iter().map(|(device, _)| device.as_str()).collect()
    }

    #[test]
    fn a_device_is_told_of_from_thirty_days_before_the_end_once_a_day() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let endings = [
            ending("ends-soon", "2026-12-22T12:00:00Z"),
            ending("ends-later", "2027-06-01T12:00:00Z"),
            ending("has-ended", "2026-01-01T12:00:00Z"),
        ];
        let mut told = Told::new();
        let mut look = |now: &str| names(&due(&endings, &mut told, at(now), &zone)).join(" ");
        assert_eq!(look("2026-11-22T11:59:59Z"), "has-ended");
        assert_eq!(look("2026-11-22T12:00:01Z"), "ends-soon");
        assert_eq!(look("2026-11-22T22:59:59Z"), "");
        assert_eq!(look("2026-11-22T23:00:00Z"), "ends-soon has-ended", "midnight in Berlin");
        assert_eq!(look("2026-11-23T22:00:00Z"), "");
    }

    #[test]
    fn a_device_that_was_enrolled_again_is_forgotten() {
        let zone = TimeZone::UTC;
        let mut told = Told::new();
        let now = at("2026-11-22T12:00:00Z");
        due(&[ending("lock", "2026-11-30T12:00:00Z")], &mut told, now, &zone);
        assert_eq!(told.len(), 1);
        due(&[ending("lock", "2029-02-01T12:00:00Z")], &mut told, now, &zone);
        assert!(told.is_empty());
    }
}
