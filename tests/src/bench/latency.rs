//! From the typed code to the command to unlock, with the commit on the disk between them.

use std::time::Duration;

use anyhow::Context as _;
use doorward_api::entry::Stage;
use doorward_api::event::LogEvent;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::figures::{Aim, Report, percentile_ms};
use super::responder::Responder;
use crate::harness::{
    Camera, Credentials, Daemon, Doorward, Listener, PATIENCE, free_address, logged,
};
use crate::rogues::{Crowd, Flood};

/// Enough doors that each is locked again when its turn comes.
const DOORS: usize = 10;
const CAMERA: Credentials<'static> = Credentials { user: "hub", password: "bench-camera-6174" };

/// A hub for measuring, and a code that opens all its doors again and again.
pub(crate) struct Bench {
    pub(crate) owner: Doorward,
    pub(crate) daemon: Daemon,
    pub(crate) folder: TempDir,
}

impl Bench {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let owner = Doorward::new(&folder.path().join("state"))?;
        owner.init(&folder.path().join("recovery.txt")).await?;
        let daemon = Daemon::start(&owner, free_address()?).await?;
        Ok(Self { owner, daemon, folder })
    }

    pub(crate) async fn door(&self, name: &str, camera: Option<&str>) -> anyhow::Result<Responder> {
        let certificates = self.folder.path().join("certificates");
        let hub = self.daemon.mqtt();
        Responder::furnish(&self.owner, hub, &certificates, name, camera).await
    }

    /// A code without a limit of uses: the path is a one-time code's, and there is one to mint.
    pub(crate) async fn code(&self, doors: &[String]) -> anyhow::Result<String> {
        let mut command =
            vec!["guest", "add", "Bench", "--days", "daily", "--hours", "00:00-24:00"];
        command.extend(doors.iter().flat_map(|door| ["--door", door]));
        let issued = self.owner.json(command).await?;
        Ok(issued["digits"].as_str().context("no digits")?.to_owned())
    }
}

/// 500 events at 10/s and 1,000 at 50/s over ten doors.
pub(crate) async fn without_camera(report: &mut Report) -> anyhow::Result<()> {
    let bench = Bench::start().await?;
    let names: Vec<String> = (0..DOORS).map(|n| format!("door-{n}")).collect();
    let mut doors = Vec::new();
    for name in &names {
        doors.push(bench.door(name, None).await?);
    }
    let code = bench.code(&names).await?;
    for (count, per_second) in [(500, 10), (1_000, 50)] {
        let (samples, rested) = open_loop(doors, &code, count, per_second).await?;
        doors = rested;
        note(report, &format!("typed → unlock, {count} at {per_second}/s"), samples, [0.8, 5.0]);
    }
    bench.daemon.stop(&[]).await
}

/// Thirty entries, one after the other, each with the camera's word.
pub(crate) async fn with_camera(report: &mut Report) -> anyhow::Result<()> {
    let bench = Bench::start().await?;
    let listener = Listener::start(bench.owner.state()).await?;
    let camera =
        Camera::start_with(CAMERA, &["--width=1920", "--height=1080", "--kbps=4000"]).await?;
    bench.owner.add_camera("porch", &camera.url("h264"), CAMERA).await?;
    let mut door = bench.door("front", Some("porch")).await?;
    let code = bench.code(&["front".to_owned()]).await?;
    bench.owner.camera_is_live().await?;
    let mut samples = Vec::new();
    for _ in 0..30 {
        let here = listener.journal().end();
        samples.push(door.type_code(&code).await?);
        door.rest().await?;
        let secured = listener.journal().wait(here, PATIENCE, "a secured door", |notice| {
            let LogEvent::EntryMoved { stage: Stage::Secured, .. } = logged(notice)? else {
                return None;
            };
            Some(())
        });
        secured.await?;
    }
    note(report, "typed → unlock with the camera's word", samples, [60.0, f64::NAN]);
    bench.daemon.stop(&[]).await
}

/// 500 events at 10/s while a crowd does its worst.
pub(crate) async fn among_rogues(report: &mut Report) -> anyhow::Result<()> {
    let bench = Bench::start().await?;
    let names: Vec<String> = (0..DOORS).map(|n| format!("door-{n}")).collect();
    let mut doors = Vec::new();
    for name in &names {
        doors.push(bench.door(name, None).await?);
    }
    let code = bench.code(&names).await?;
    let mad = bench.owner.enrol("mad-lock", "lock", "native", bench.folder.path()).await?;
    let topic = "doorward/mad-lock/lock/state";
    let flood = Flood { device: &mad, topic, per_second: 10_000 };
    let crowd = Crowd::gather(bench.daemon.mqtt(), flood).await?;
    let (samples, _doors) = open_loop(doors, &code, 500, 10).await?;
    drop(crowd);
    note(report, "typed → unlock among rogues, 500 at 10/s", samples, [f64::NAN, 10.0]);
    bench.daemon.stop(&[]).await
}

/// Types at a steady pace, whatever comes back: a slow answer delays no later code.
async fn open_loop(
    doors: Vec<Responder>,
    code: &str,
    count: usize,
    per_second: u64,
) -> anyhow::Result<(Vec<Duration>, Vec<Responder>)> {
    let mut workers = Vec::new();
    for mut door in doors {
        let (begin, mut turns) = mpsc::unbounded_channel::<()>();
        let code = code.to_owned();
        let work = tokio::spawn(async move {
            let mut samples = Vec::new();
            while turns.recv().await.is_some() {
                samples.push(door.type_code(&code).await?);
                door.rest().await?;
            }
            anyhow::Ok((samples, door))
        });
        workers.push((begin, work));
    }
    let mut pace = interval(Duration::from_secs(1) / u32::try_from(per_second)?);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for n in 0..count {
        pace.tick().await;
        let (begin, _) = workers.get(n % DOORS).context("a door")?;
        begin.send(()).context("a door has given up")?;
    }
    let mut all = Vec::new();
    let mut rested = Vec::new();
    for (begin, work) in workers {
        drop(begin);
        let (samples, door) = work.await??;
        all.extend(samples);
        rested.push(door);
    }
    Ok((all, rested))
}

fn note(report: &mut Report, name: &str, mut samples: Vec<Duration>, [p50, p99]: [f64; 2]) {
    samples.sort_unstable();
    let aim = |aim: f64| if aim.is_nan() { Aim::None } else { Aim::AtMost(aim) };
    report.note(format!("{name}, p50"), percentile_ms(&samples, 0.5), "ms", aim(p50));
    report.note(format!("{name}, p99"), percentile_ms(&samples, 0.99), "ms", aim(p99));
    report.note(format!("{name}, longest"), percentile_ms(&samples, 1.0), "ms", Aim::None);
}
