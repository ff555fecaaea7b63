//! The hub, the camera, the house, and what the owner does with them.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use doorward_api::RecordingId;
use doorward_api::log::Finding;
use tempfile::TempDir;

use super::Afterwards;
use super::narrator::Narrator;
use crate::harness::{
    Camera, Credentials, Daemon, Doorward, Fittings, Listener, PATIENCE, free_address,
};
use crate::house::door::{ContactFault, LockFault, Pace, Visitor};
use crate::house::{Enrolled, House, Plan};
use crate::journal::Place;

const CAMERA: Credentials<'static> = Credentials { user: "hub", password: "demo-camera-5520" };
const KEYPAD: &str = "porch-keypad";

/// Everything that runs.
#[derive(Debug)]
pub(crate) struct Setting {
    owner: Doorward,
    daemon: Daemon,
    listener: Listener,
    camera: Camera,
    house: House,
    papers: PathBuf,
    // Last, so that the folder goes after those who live in it.
    temporary: Option<TempDir>,
}

impl Setting {
    /// Makes a hub and furnishes its house, telling each step.
    pub(crate) async fn build(narrator: &Narrator, state: Option<PathBuf>) -> anyhow::Result<Self> {
        narrator.headline("the setting");
        let (temporary, folder) = folder(state)?;
        let papers = folder.join("papers");
        std::fs::create_dir_all(&papers).context("a folder for papers")?;
        let owner = Doorward::new(&folder.join("state"))?;
        let daemon = start_hub(&owner, &papers, narrator).await?;
        let listener = Listener::start(owner.state()).await?;
        let camera = start_camera(&owner, narrator).await?;
        let house = furnish(&owner, &daemon, &papers, narrator).await?;
        Ok(Self { owner, daemon, listener, camera, house, papers, temporary })
    }

    pub(crate) const fn house(&self) -> &House {
        &self.house
    }

    pub(crate) const fn listener(&self) -> &Listener {
        &self.listener
    }

    pub(crate) const fn keypad(&self) -> &'static str {
        KEYPAD
    }

    /// Expects a courier and shows the code.
    pub(crate) async fn issue(&self, narrator: &Narrator) -> anyhow::Result<String> {
        let issued = self.owner.expect_delivery("front").await?;
        let (first, second) = issued.digits.split_at_checked(4).context("a short code")?;
        narrator
            .tell("owner", &format!("expects a parcel; the courier's code is {first} {second}"));
        Ok(issued.digits)
    }

    pub(crate) fn type_code(&self, code: &str) {
        self.house.type_code(KEYPAD, code);
    }

    /// Offers the owner's app to a phone or a browser, and shows the way in.
    pub(crate) async fn offer_app(&self, narrator: &Narrator) -> anyhow::Result<()> {
        narrator.headline("the owner's app");
        let offer = self.owner.ok(["pair"]).await?;
        offer.lines().for_each(|line| narrator.note(line));
        narrator.note("The browser warns of the certificate, which this hub made itself: go on.");
        Ok(())
    }

    /// Opens a recording with the recovery sheet, as only the household can.
    pub(crate) async fn export(
        &self,
        recording: RecordingId,
        narrator: &Narrator,
    ) -> anyhow::Result<PathBuf> {
        let clip = self.papers.join(format!("clip-{recording}.mp4"));
        self.owner.export(recording, &self.papers.join("recovery.txt"), &clip).await?;
        let bytes = std::fs::metadata(&clip).context("the clip")?.len();
        narrator
            .tell("owner", &format!("opens the clip with the recovery sheet: {} kB", bytes / 1000));
        Ok(clip)
    }

    /// Derives the log anew.
    pub(crate) async fn verify(&self, narrator: &Narrator) -> anyhow::Result<()> {
        let log = self.owner.verify_log().await?;
        ensure!(log.finding == Finding::Whole, "the log is broken: {:?}", log.finding);
        let root = log.root_hash.get(..16).unwrap_or(&log.root_hash);
        narrator.tell(
            "owner",
            &format!("verifies the log: {} leaves, root {root}…, whole", log.leaves),
        );
        Ok(())
    }

    /// Says where to look; of what goes at once, there is nothing to say.
    pub(crate) fn where_things_lie(&self, narrator: &Narrator, clip: &Path, then: Afterwards) {
        if then == Afterwards::Leave && self.temporary.is_some() {
            return;
        }
        narrator.headline("where things lie");
        let line =
            |name: &str, path: &Path| narrator.note(&format!("{name:<16}{}", path.display()));
        line("state", self.owner.state());
        line("recovery sheet", &self.papers.join("recovery.txt"));
        line("clip", clip);
        narrator.note(&format!("{:<16}ffplay -autoexit {}", "watch it", clip.display()));
        narrator.note(&format!(
            "{:<16}export DOORWARD_STATE={}",
            "ask the hub",
            self.owner.state().display()
        ));
        narrator.note(&format!("{:<16}{} entry list", "", self.owner.program().display()));
        if self.temporary.is_some() {
            narrator.note("All of it goes when the demonstration ends.");
        }
    }

    /// Ends the hub in good order and the rest after it.
    pub(crate) async fn tear_down(self, narrator: &Narrator) -> anyhow::Result<()> {
        self.daemon.stop(&[]).await?;
        narrator.tell("hub", "has ended in good order");
        drop(self.house);
        self.camera.unplug().await?;
        narrator.note(&match &self.temporary {
            Some(_) => "Nothing is left of it; --state DIR keeps everything.".to_owned(),
            None => {
                let (program, state) = (self.owner.program(), self.owner.state());
                format!("start it again: {} serve --state {}", program.display(), state.display())
            }
        });
        Ok(())
    }
}

/// The folder of all that the demonstration makes: the one that was named, which must be empty, or one
/// that goes with it.
fn folder(named: Option<PathBuf>) -> anyhow::Result<(Option<TempDir>, PathBuf)> {
    let Some(folder) = named else {
        let temporary = tempfile::Builder::new().prefix("doorward-").tempdir()?;
        let folder = temporary.path().to_owned();
        return Ok((Some(temporary), folder));
    };
    std::fs::create_dir_all(&folder).context("the folder of --state")?;
    let found = std::fs::read_dir(&folder).context("the folder of --state")?.next();
    ensure!(found.is_none(), "{} is not empty: name another folder", folder.display());
    Ok((None, std::path::absolute(folder)?))
}

async fn start_hub(owner: &Doorward, papers: &Path, narrator: &Narrator) -> anyhow::Result<Daemon> {
    owner.init(&papers.join("recovery.txt")).await?;
    narrator.tell("owner", &format!("makes a hub in {}", owner.state().display()));
    narrator.note(
        "its key lies in a file, so that it starts unattended; a real one asks for a passphrase",
    );
    let began = Instant::now();
    let daemon = Daemon::start(owner, free_address()?).await?;
    narrator.tell("hub", &format!("is ready after {} ms", began.elapsed().as_millis()));
    narrator.note(&format!(
        "devices connect to {} (MQTT over TLS, client certificates)",
        daemon.mqtt()
    ));
    Ok(daemon)
}

async fn start_camera(owner: &Doorward, narrator: &Narrator) -> anyhow::Result<Camera> {
    let camera =
        Camera::start_with(CAMERA, &["--width=1280", "--height=720", "--fps=15", "--gop=30"])
            .await?;
    let url = camera.url("noise");
    owner.add_camera("porch", &url, CAMERA).await?;
    narrator.tell("camera", &format!("porch serves {url} (RTSP, digest authentication)"));
    Ok(camera)
}

async fn furnish(
    owner: &Doorward,
    daemon: &Daemon,
    papers: &Path,
    narrator: &Narrator,
) -> anyhow::Result<House> {
    let certificates = papers.join("certificates");
    let enrol = async |name, kind| -> anyhow::Result<Enrolled> {
        let enrolled = owner.enrol(name, kind, "native", &certificates).await?;
        narrator.tell("owner", &format!("enrols {name}, a {kind}; it speaks on doorward/{name}/…"));
        Ok(enrolled)
    };
    let plan = Plan {
        lock: enrol("front-lock", "lock").await?,
        contact: Some(enrol("front-contact", "contact").await?),
        keypads: vec![enrol(KEYPAD, "keypad").await?],
        pace: Pace::LIFELIKE,
        lock_fault: LockFault::None,
        contact_fault: ContactFault::None,
        visitor: Visitor::Polite,
    };
    let fittings = Fittings {
        lock: "front-lock",
        keypads: &[KEYPAD],
        contact: Some("front-contact"),
        camera: Some("porch"),
    };
    owner.add_door("front", fittings).await?;
    narrator.tell("owner", "describes the door front: lock, keypad, contact, camera required");
    let house = House::start(daemon.mqtt(), plan)?;
    house.connected(Place::default(), PATIENCE).await?;
    narrator.tell("house", "lock, keypad and contact are connected with their certificates");
    owner.camera_is_live().await?;
    narrator.tell("hub", "sees porch live; keeps its last 5 s in memory, and stores nothing");
    Ok(house)
}
