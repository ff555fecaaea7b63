//! The log: what an event takes on the disk, and how fast it is verified.

use std::path::Path;

use anyhow::Context as _;
use doorward_api::log::Finding;

use super::figures::{Aim, Report};
use super::latency::Bench;
use crate::harness::Daemon;

const ENTRIES: u32 = 1_000;

/// A thousand entries, then the size of the database and the speed of `log verify`.
pub(crate) async fn log(report: &mut Report) -> anyhow::Result<()> {
    let bench = Bench::start().await?;
    let mut doors = Vec::new();
    let names: Vec<String> = (0..4).map(|n| format!("door-{n}")).collect();
    for name in &names {
        doors.push(bench.door(name, None).await?);
    }
    let code = bench.code(&names).await?;
    let Bench { owner, daemon, folder } = bench;
    let before = (bytes(owner.state())?, owner.verify_log().await?.leaves);
    let mut turn = 0;
    while turn < ENTRIES {
        // One door rests while the others work, so that none is asked too early.
        for door in &mut doors {
            door.type_code(&code).await?;
            door.rest().await?;
            turn += 1;
        }
    }
    let log = owner.verify_log().await?;
    anyhow::ensure!(log.finding == Finding::Whole, "the log is broken: {:?}", log.finding);
    let mqtt = daemon.mqtt();
    daemon.stop(&[]).await?;
    let after = bytes(owner.state())?;
    let (leaves, grown) = (log.leaves - before.1, after.saturating_sub(before.0));
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    {
        let per_event = grown as f64 / leaves as f64;
        let per_entry = grown as f64 / f64::from(turn);
        report.note("database per event", per_event, "bytes", Aim::AtMost(600.0));
        report.note("database per entry", per_entry, "bytes", Aim::None);
        let daemon = Daemon::start(&owner, mqtt).await?;
        let log = owner.verify_log().await?;
        let per_second = log.leaves as f64 / (log.took_ms.max(1) as f64 / 1_000.0);
        report.note("log verify", per_second, "leaves/s", Aim::AtLeast(200_000.0));
        daemon.stop(&[]).await?;
    }
    folder.close().context("removing the folder")
}

/// The database and what belongs to it.
fn bytes(state: &Path) -> anyhow::Result<u64> {
    let mut sum = 0;
    for file in std::fs::read_dir(state)? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with("doorward.db") {
            sum += file.metadata()?.len();
        }
    }
    Ok(sum)
}
