//! The hub that nobody has set up yet, and the house that stands before it once somebody has.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use doorward_api::camera::Sound;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::disk::SmallDisk;
use super::words::{Condition, Figure, Wish};
use crate::harness::{
    Addresses, Blueprint, Daemon, Doorward, Filming, Furnished, PATIENCE, Scene, free_address,
};
use crate::house::door::Pace;
use crate::house::order::Order;
use crate::house::{House, Seen, Verdict};
use crate::journal::Place;

/// Pictures of a size that a phone would show, with a keyframe each second.
const CAMERA: [&str; 4] = ["--width=1280", "--height=720", "--fps=15", "--gop=15"];

/// On what kind of disk the hub lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A folder like any other.
    OnAnyDisk,
    /// A small one of its own, if this machine lets us mount one.
    OnItsOwnDisk,
}

/// Who is on the stage.
#[derive(Debug)]
pub struct Stage {
    owner: Doorward,
    mqtt: SocketAddr,
    https: SocketAddr,
    /// None between its death and its return.
    daemon: Option<Daemon>,
    /// None before somebody has set the hub up.
    furnished: Option<Furnished>,
    /// What was told already of what moved.
    told: Place,
    figures: Vec<Figure>,
    // Last, so that the folder and the disk go after those who live in them.
    folder: TempDir,
    disk: Option<SmallDisk>,
}

impl Stage {
    /// Starts a hub that waits for somebody to set it up in a browser.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn set(standing: Standing) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a folder for the hub")?;
        let disk = match standing {
            Standing::OnAnyDisk => None,
            Standing::OnItsOwnDisk => SmallDisk::mount()?,
        };
        let home = disk.as_ref().map_or(folder.path(), SmallDisk::path);
        let owner = Doorward::new(&home.join("state"))?;
        let init = ["init", "--unlock", "keyfile", "--set-up-in-browser", "--state"];
        owner.ok(init.map(OsStr::new).into_iter().chain([owner.state().as_os_str()])).await?;
        let (mqtt, https) = (free_address()?, free_address()?);
        let (told, figures) = (Place::default(), Vec::new());
        let (daemon, furnished) = (None, None);
        let mut stage = Self { owner, mqtt, https, daemon, furnished, told, figures, folder, disk };
        stage.wake().await?;
        Ok(stage)
    }

    /// Where the hub's HTTPS listener is.
    pub(crate) const fn https(&self) -> SocketAddr {
        self.https
    }

    /// The link for the setup of the hub, as an owner would have it printed.
    pub(crate) async fn setup_link(&self) -> anyhow::Result<String> {
        let offer = self.owner.json(["pair"]).await?;
        let link = offer["links"][0].as_str().context("`doorward pair` printed no link")?;
        Ok(link.to_owned())
    }

    /// A folder that is thrown away.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Does what a script wishes for.
    pub(crate) async fn grant(&mut self, wish: Wish) -> anyhow::Result<Value> {
        match wish {
            Wish::Furnish => self.furnish().await?,
            Wish::Type { code } => return self.type_code(&code).await,
            Wish::Order { order } => {
                order.parse::<Order>()?.carry_out(self.house()?, Scene::KEYPADS[0]);
            }
            Wish::Doorward { words } => return self.doorward(&words).await,
            Wish::Camera { condition } => self.camera(condition).await?,
            Wish::Kill => self.kill().await?,
            Wish::Return => self.come_back().await?,
            Wish::AddClock { sound } => self.add_clock(sound).await?,
            Wish::Moved => return self.moved(),
            Wish::LosePart { recording } => self.lose_part(recording)?,
            Wish::FillDisk => {
                self.disk.as_ref().map(SmallDisk::fill).transpose()?;
                return Ok(self.disk.is_some().into());
            }
            Wish::FreeDisk => self.disk.as_ref().context("there is no such disk")?.free()?,
            Wish::Note(figure) => self.figures.push(figure),
        }
        Ok(Value::Null)
    }

    /// What the scripts measured.
    #[must_use]
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// Ends the hub and looks for errors in what it wrote.
    ///
    /// # Errors
    /// If there are some that are not among `expected`.
    pub async fn end(self, expected: &[&str]) -> anyhow::Result<()> {
        match self.daemon {
            Some(daemon) => daemon.stop(expected).await,
            None => Ok(()),
        }
    }

    async fn furnish(&mut self) -> anyhow::Result<()> {
        let blueprint = Blueprint {
            filming: Filming::Required,
            sound: Sound::Recorded,
            pace: Pace::LIFELIKE,
            camera_arguments: &CAMERA,
            ..Blueprint::default()
        };
        let hub = self.mqtt;
        let furnished = Furnished::before(&self.owner, hub, &blueprint, self.folder.path());
        self.furnished = Some(furnished.await?);
        Ok(())
    }

    async fn type_code(&self, code: &str) -> anyhow::Result<Value> {
        Ok(match self.house()?.type_and_hear(Scene::KEYPADS[0], code, PATIENCE).await? {
            Verdict::Accepted => "accepted".into(),
            Verdict::Refused => "refused".into(),
        })
    }

    async fn doorward(&self, words: &[String]) -> anyhow::Result<Value> {
        let outcome = self.owner.run(words).await?;
        Ok(json!({ "code": outcome.code, "stdout": outcome.stdout, "stderr": outcome.stderr }))
    }

    async fn camera(&mut self, condition: Condition) -> anyhow::Result<()> {
        let furnished = self.furnished.as_mut().context("the house is not furnished")?;
        furnished.camera.as_mut().context("there is no camera")?.become_(condition.into()).await
    }

    async fn kill(&mut self) -> anyhow::Result<()> {
        let daemon = self.daemon.take().context("the hub is dead already")?;
        daemon.kill().await.map(drop)
    }

    async fn come_back(&mut self) -> anyhow::Result<()> {
        if self.daemon.is_some() {
            bail!("the hub is alive");
        }
        let here = self.furnished.as_ref().map(|furnished| furnished.house.journal().end());
        self.wake().await?;
        if let Some(here) = here {
            self.house()?.connected(here, PATIENCE).await?;
        }
        Ok(())
    }

    async fn add_clock(&self, sound: Sound) -> anyhow::Result<()> {
        let furnished = self.furnished.as_ref().context("the house is not furnished")?;
        let camera = furnished.camera.as_ref().context("there is no camera")?;
        let (owner, login) = (&self.owner, Scene::CAMERA);
        match sound {
            Sound::Off => owner.add_camera("clock", &camera.url("clock"), login).await,
            Sound::Recorded => {
                owner.add_camera_with_sound("clock", &camera.url("clockaac"), login).await
            }
        }
    }

    /// Each step of a visit is told by one of the door's parts, at a moment that the house noted.
    fn moved(&mut self) -> anyhow::Result<Value> {
        let journal = self.house()?.journal();
        let (seen, here) = (journal.since(self.told), journal.end());
        self.told = here;
        let moved = seen.iter().filter_map(|sight| {
            let bolt = if let Seen::Bolt { bolt } = sight.what { Some(json!(bolt)) } else { None };
            let leaf = if let Seen::Leaf { leaf } = sight.what { Some(json!(leaf)) } else { None };
            Some(json!({ "part": bolt.or(leaf)?, "at": sight.at.as_millisecond() }))
        });
        Ok(moved.collect())
    }

    fn lose_part(&self, recording: u64) -> anyhow::Result<()> {
        let folder = self.owner.state().join("recordings").join(recording.to_string());
        let listed = std::fs::read_dir(&folder).context("looking at a recording")?;
        let mut files = listed.map(|file| Ok(file?.path())).collect::<std::io::Result<Vec<_>>>()?;
        files.sort();
        ensure!(files.len() > 2, "a recording of {} segments has no middle", files.len());
        let middle = files.get(files.len() / 2).context("no middle")?;
        std::fs::remove_file(middle).context("removing a segment")
    }

    async fn wake(&mut self) -> anyhow::Result<()> {
        let at = Addresses { mqtt: self.mqtt, plain: None, https: Some(self.https) };
        self.daemon = Some(Daemon::start_at(&self.owner, at).await?);
        Ok(())
    }

    fn house(&self) -> anyhow::Result<&House> {
        let furnished = self.furnished.as_ref().context("the house is not furnished")?;
        Ok(&furnished.house)
    }
}
