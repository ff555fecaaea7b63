//! Recordings that have been kept for long enough, or take too much room, go.
//! What goes is planned by the core; here it is done, once an hour.

use std::time::Duration;

use anyhow::Context;
use doorward_api::recording::{ChangeKeepRules, KeepRules};
use doorward_core::entry::Actor;
use doorward_core::event::ClockTrust;
use doorward_core::ids::RecordingId;
use doorward_core::retention::{Kept, Rules, plan};
use doorward_store::{SettingName, StoreHandle, WriteError};
use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::erasing::Eraser;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(3600);

const DAY_S: u64 = 24 * 3600;

/// The settings' names; the values are whole numbers.
const KEEP_DAYS: SettingName = SettingName("retention_days");
const KEEP_BYTES: SettingName = SettingName("retention_bytes_per_camera");

/// Removes what has been kept for long enough.
pub(super) struct Keeper {
    pub(super) store: StoreHandle,
    pub(super) eraser: Eraser,
}

impl Keeper {
    /// Looks once an hour until the hub ends.
    pub(super) async fn run(self, ending: CancellationToken) {
        let mut hours = interval(EVERY);
        hours.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while ending.run_until_cancelled(hours.tick()).await.is_some() {
            // A hub that stops answers nobody any more: that is no failure of the look.
            if let Err(error) = self.look().await
                && !ending.is_cancelled()
            {
                error!(error = format!("{error:#}"), "old recordings were not removed");
            }
        }
    }

    async fn look(&self) -> anyhow::Result<()> {
        let kept = self.kept().await?;
        let rules = rules(&self.store).await?;
        let clock = self.eraser.mailbox.look(|sight| (sight.now.wall, sight.hub.clock_trust()));
        let (now, trust) = clock.await?;
        for recording in due(&kept, rules, now, trust) {
            self.eraser.recording(Actor::Hub, recording).await?;
        }
        Ok(())
    }

    async fn kept(&self) -> anyhow::Result<Vec<Kept>> {
        let all = self.store.recordings().await?;
        let ended = all.into_iter().filter_map(|recording| {
            let ended_at = Timestamp::from_millisecond(recording.closed_at_ms?).ok()?;
            let (id, camera, bytes) = (recording.id, recording.camera, recording.bytes);
            Some(Kept { recording: id, camera, ended_at, bytes })
        });
        Ok(ended.collect())
    }
}

/// Returns what goes. Nothing grows old by a clock that nobody can believe; what
/// takes too much room goes all the same.
fn due(kept: &[Kept], rules: Rules, now: Timestamp, trust: ClockTrust) -> Vec<RecordingId> {
    let rules = match trust {
        ClockTrust::Trusted => rules,
        ClockTrust::Untrusted => Rules { keep_for: Duration::MAX, ..rules },
    };
    plan(kept, &rules, now)
}

async fn rules(store: &StoreHandle) -> anyhow::Result<Rules> {
    let mut rules = Rules::default();
    if let Some(days) = number(store, KEEP_DAYS).await? {
        rules.keep_for = Duration::from_secs(days.saturating_mul(DAY_S));
    }
    if let Some(bytes) = number(store, KEEP_BYTES).await? {
        rules.bytes_per_camera = bytes;
    }
    Ok(rules)
}

async fn number(store: &StoreHandle, name: SettingName) -> anyhow::Result<Option<u64>> {
    let Some(text) = store.setting(name).await? else { return Ok(None) };
    let number = text.parse().with_context(|| format!("setting {} is no whole number", name.0))?;
    Ok(Some(number))
}

/// Says what is kept, as its owner reads it.
pub(super) async fn keep_rules(store: &StoreHandle) -> anyhow::Result<KeepRules> {
    let Rules { keep_for, bytes_per_camera } = rules(store).await?;
    let days = u32::try_from(keep_for.as_secs() / DAY_S).unwrap_or(u32::MAX);
    Ok(KeepRules { days, bytes_per_camera })
}

/// Writes down what its owner wants kept.
pub(super) async fn keep(store: &StoreHandle, change: ChangeKeepRules) -> Result<(), WriteError> {
    if let Some(days) = change.days {
        store.set(KEEP_DAYS, days.to_string()).await?;
    }
    if let Some(bytes) = change.bytes_per_camera {
        store.set(KEEP_BYTES, bytes.to_string()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use doorward_core::ids::CameraName;
    use doorward_store::{Store, StoreKeys};
    use secrecy::SecretBox;

    use super::*;

    fn kept(number: u64, bytes: u64) -> Kept {
        Kept {
            recording: RecordingId(number),
            camera: CameraName::parse("porch").unwrap(),
            ended_at: "2026-11-22T12:00:00Z".parse().unwrap(),
            bytes,
        }
    }

    #[test]
    fn a_clock_set_far_ahead_makes_nothing_old() {
        let all = [kept(1, 1), kept(2, 1)];
        let in_2038: Timestamp = "2038-01-01T00:00:00Z".parse().unwrap();
        let due = |trust| due(&all, Rules::default(), in_2038, trust);
        assert_eq!(due(ClockTrust::Untrusted), []);
        assert_eq!(due(ClockTrust::Trusted), [RecordingId(1), RecordingId(2)]);
    }

    #[test]
    fn what_takes_too_much_room_goes_whatever_the_clock_says() {
        let all = [kept(1, 6), kept(2, 6)];
        let rules = Rules { bytes_per_camera: 10, ..Rules::default() };
        let now = all[0].ended_at;
        assert_eq!(due(&all, rules, now, ClockTrust::Untrusted), [RecordingId(1)]);
    }

    fn store() -> (tempfile::TempDir, StoreHandle) {
        let folder = tempfile::tempdir().unwrap();
        let keys = StoreKeys {
            database: SecretBox::new(Box::new([7; 32])),
            log_signing_seed: SecretBox::new(Box::new([8; 32])),
        };
        let store = Store::create(&folder.path().join("doorward.db"), keys).unwrap();
        (folder, StoreHandle::spawn(store).unwrap())
    }

    #[tokio::test]
    async fn what_is_wanted_is_what_is_kept() {
        let (_folder, store) = store();
        let rules = keep_rules(&store).await.unwrap();
        assert_eq!(rules, KeepRules { days: 30, bytes_per_camera: 20_000_000_000 });
        let change = ChangeKeepRules { days: Some(7), bytes_per_camera: None };
        keep(&store, change).await.unwrap();
        let rules = keep_rules(&store).await.unwrap();
        assert_eq!(rules, KeepRules { days: 7, bytes_per_camera: 20_000_000_000 });
    }

    #[tokio::test]
    async fn a_setting_that_is_no_number_is_an_error_and_removes_nothing() {
        let (_folder, store) = store();
        store.set(KEEP_DAYS, "a month".to_owned()).await.unwrap();
        let error = rules(&store).await.unwrap_err();
        assert_eq!(error.to_string(), "setting retention_days is no whole number");
    }
}
