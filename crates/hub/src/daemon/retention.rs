//! Recordings that have been kept for long enough, or take too much room, go.
//! What goes is planned by the core; here it is done, once an hour.

use std::time::Duration;

use doorward_core::ids::RecordingId;
use doorward_core::io::Input;
use doorward_core::retention::{Kept, Rules, plan};
use doorward_recorder::Library;
use doorward_store::{SettingName, StoreHandle};
use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::mail::Mailbox;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(3600);

/// The settings' names; the values are whole numbers.
const KEEP_DAYS: SettingName = SettingName("retention_days");
const KEEP_BYTES: SettingName = SettingName("retention_bytes_per_camera");

/// Removes what has been kept for long enough.
pub(super) struct Keeper {
    pub(super) store: StoreHandle,
    pub(super) library: Library,
    pub(super) mailbox: Mailbox,
}

impl Keeper {
    /// Looks once an hour until the hub ends.
    pub(super) async fn run(self, ending: CancellationToken) {
        let mut hours = interval(EVERY);
        hours.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while ending.run_until_cancelled(hours.tick()).await.is_some() {
            if let Err(error) = self.look().await {
                error!(error = format!("{error:#}"), "old recordings were not removed");
            }
        }
    }

    async fn look(&self) -> anyhow::Result<()> {
        let kept = self.kept().await?;
        let rules = self.rules().await?;
        for recording in plan(&kept, &rules, Timestamp::now()) {
            self.remove(recording).await?;
        }
        Ok(())
    }

    /// The key first: should the files outlive it, nobody opens them.
    async fn remove(&self, recording: RecordingId) -> anyhow::Result<()> {
        self.mailbox.tell(Input::RecordingErased(recording)).await?;
        self.mailbox.look(|_| ()).await?;
        self.library.prune(recording)?;
        info!(%recording, "recording removed, as retention says");
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

    async fn rules(&self) -> anyhow::Result<Rules> {
        let mut rules = Rules::default();
        if let Some(days) = self.number(KEEP_DAYS).await? {
            rules.keep_for = Duration::from_secs(days.saturating_mul(24 * 3600));
        }
        if let Some(bytes) = self.number(KEEP_BYTES).await? {
            rules.bytes_per_camera = bytes;
        }
        Ok(rules)
    }

    async fn number(&self, name: SettingName) -> anyhow::Result<Option<u64>> {
        Ok(self.store.setting(name).await?.and_then(|text| text.parse().ok()))
    }
}
