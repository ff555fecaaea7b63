//! What a hub that has just been made still lacks: named by `doctor`, so that whoever begins knows
//! how to go on.

use doorward_api::doctor::Check;
use doorward_api::status::DoorStatus;
use doorward_store::PairedDevice;

use super::super::awake::Awake;
use super::check::warn;
use super::failed;
use crate::http::Answer;

impl Awake {
    /// Whether there is anything to watch over, and anybody to tell.
    pub(super) async fn lacking(&self, doors: &[DoorStatus]) -> Answer<Vec<Check>> {
        let paired = self.store.paired_devices().await;
        let paired = paired.map_err(failed("the paired devices cannot be read"))?;
        Ok([no_door(doors), nobody_paired(&paired)].into_iter().flatten().collect())
    }
}

fn no_door(doors: &[DoorStatus]) -> Option<Check> {
    doors.is_empty().then(|| {
        warn(
            "doors",
            "there is none: the hub has nothing to open",
            "enrol a lock with `doorward device enrol`, then describe its door with `doorward door \
             add`",
        )
    })
}

fn nobody_paired(paired: &[PairedDevice]) -> Option<Check> {
    paired.iter().all(|device| device.revoked_at.is_some()).then(|| {
        warn(
            "phones",
            "none is paired: nobody away from this machine is told of visits, and none witnesses \
             the log",
            "`doorward pair` prints the link for a phone or a browser",
        )
    })
}
