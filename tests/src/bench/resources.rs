//! What the hub takes: time to start, memory, processor.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use doorward_api::entry::Stage;
use doorward_api::event::LogEvent;
use tokio::time::interval;

use super::figures::{Aim, Report, percentile_ms};
use super::latency::Bench;
use crate::harness::{
    Blueprint, Camera, Credentials, Daemon, Doorward, Filming, Scene, free_address,
};
use crate::house::door::Visitor;

const CAMERA: Credentials<'static> = Credentials { user: "hub", password: "bench-camera-2718" };

/// A 1080p camera at 30 pictures and 4 Mbit a second.
const FULL_HD: [&str; 4] = ["--width=1920", "--height=1080", "--fps=30", "--kbps=4000"];

/// From the start of the process to its word that it is ready, unlocked by a key file.
pub(crate) async fn start(report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let owner = Doorward::new(&folder.path().join("state"))?;
    owner.init(&folder.path().join("recovery.txt")).await?;
    let mut samples = Vec::new();
    for _ in 0..9 {
        let began = Instant::now();
        let daemon = Daemon::start(&owner, free_address()?).await?;
        samples.push(began.elapsed());
        daemon.stop(&[]).await?;
    }
    samples.sort_unstable();
    report.note("start → ready, median", percentile_ms(&samples, 0.5), "ms", Aim::AtMost(500.0));
    Ok(())
}

/// Resident memory, idle with a door's devices connected, and with one 1080p camera.
pub(crate) async fn memory(report: &mut Report) -> anyhow::Result<()> {
    let bench = Bench::start().await?;
    let _door = bench.door("front", None).await?;
    watched(&bench.daemon, Duration::from_secs(5)).await?;
    let idle = Processes::of(&bench.daemon)?;
    report.note("RSS idle, hub", idle.hub_mb()?, "MB", Aim::AtMost(25.0));
    bench.daemon.stop(&[]).await?;

    let bench = Bench::start().await?;
    let camera = Camera::start_with(CAMERA, &FULL_HD).await?;
    bench.owner.add_camera("porch", &camera.url("h264"), CAMERA).await?;
    let _door = bench.door("front", Some("porch")).await?;
    bench.owner.camera_is_live().await?;
    watched(&bench.daemon, Duration::from_secs(20)).await?;
    let filming = Processes::of(&bench.daemon)?;
    report.note("RSS with one 1080p camera, hub", filming.hub_mb()?, "MB", Aim::AtMost(40.0));
    report.note("RSS with one 1080p camera, eye", filming.eyes_mb()?, "MB", Aim::None);
    bench.daemon.stop(&[]).await
}

/// Processor time while an entry is filmed at 1080p30, 4 Mbit/s, sealed.
pub(crate) async fn recording(report: &mut Report) -> anyhow::Result<()> {
    let blueprint = Blueprint {
        filming: Filming::Required,
        camera_arguments: &FULL_HD,
        visitor: Visitor::Careless,
        ..Blueprint::default()
    };
    let scene = Scene::build(blueprint).await?;
    scene.owner.camera_is_live().await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    scene.type_code(&code.digits).await?;
    scene.stage(start, Stage::Open).await?;
    scene
        .logged(start, "a sealed segment", |event| {
            matches!(event, LogEvent::SegmentSealed { .. }).then_some(())
        })
        .await?;
    let before = Processes::of(&scene.daemon)?;
    let began = Instant::now();
    watched(&scene.daemon, Duration::from_secs(30)).await?;
    let wall = began.elapsed();
    let after = Processes::of(&scene.daemon)?;
    let share = |after: f64, before: f64| (after - before) / wall.as_secs_f64() * 100.0;
    let hub = share(after.hub_cpu_s()?, before.hub_cpu_s()?);
    let eyes = share(after.eyes_cpu_s()?, before.eyes_cpu_s()?);
    report.note("CPU recording 1080p30, hub", hub, "% of core", Aim::AtMost(0.8));
    report.note("CPU recording 1080p30, eye", eyes, "% of core", Aim::None);
    scene.end(&[]).await
}

/// Lets the hub run for a while, and notices if it does not.
async fn watched(daemon: &Daemon, span: Duration) -> anyhow::Result<()> {
    let mut pace = interval(span);
    pace.tick().await;
    pace.tick().await;
    daemon.pid().context("the hub has ended")?;
    Ok(())
}

/// Resident memory of a process.
pub(crate) fn resident_mb(pid: u32) -> anyhow::Result<f64> {
    Reading::of(&pid.to_string())?.resident_mb()
}

/// The hub's process and its children, the eyes.
struct Processes {
    hub: Reading,
    eyes: Vec<Reading>,
}

/// What `/proc` says of a process at one moment.
struct Reading {
    status: String,
    stat: String,
}

impl Processes {
    fn of(daemon: &Daemon) -> anyhow::Result<Self> {
        let hub = daemon.pid().context("the hub has ended")?;
        let mut eyes = Vec::new();
        for task in std::fs::read_dir(format!("/proc/{hub}/task"))? {
            let children = std::fs::read_to_string(task?.path().join("children"))?;
            for child in children.split_whitespace() {
                eyes.push(Reading::of(child)?);
            }
        }
        Ok(Self { hub: Reading::of(&hub.to_string())?, eyes })
    }

    fn hub_mb(&self) -> anyhow::Result<f64> {
        self.hub.resident_mb()
    }

    fn eyes_mb(&self) -> anyhow::Result<f64> {
        self.eyes.iter().map(Reading::resident_mb).sum()
    }

    fn hub_cpu_s(&self) -> anyhow::Result<f64> {
        self.hub.cpu_s()
    }

    fn eyes_cpu_s(&self) -> anyhow::Result<f64> {
        self.eyes.iter().map(Reading::cpu_s).sum()
    }
}

impl Reading {
    fn of(pid: &str) -> anyhow::Result<Self> {
        let read = |file| std::fs::read_to_string(format!("/proc/{pid}/{file}"));
        Ok(Self { status: read("status")?, stat: read("stat")? })
    }

    fn resident_mb(&self) -> anyhow::Result<f64> {
        let line = self.status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
        Ok(kib.parse::<f64>()? * 1024.0 / 1e6)
    }

    /// User and system time; fields 14 and 15, counted after the name, which may hold anything.
    fn cpu_s(&self) -> anyhow::Result<f64> {
        let (_, fields) = self.stat.rsplit_once(") ").context("no stat")?;
        let mut times = fields.split(' ').skip(11).take(2).map(str::parse::<f64>);
        let user = times.next().context("no user time")??;
        let system = times.next().context("no system time")??;
        #[expect(clippy::cast_precision_loss, reason = "a hundred or so")]
        let ticks_per_s = rustix::param::clock_ticks_per_second() as f64;
        Ok((user + system) / ticks_per_s)
    }
}
