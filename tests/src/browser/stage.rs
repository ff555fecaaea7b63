//! The hub that nobody has set up yet, and the house that stands before it once somebody has.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::words::{Condition, Wish};
use crate::harness::{
    Addresses, Blueprint, Daemon, Doorward, Filming, Furnished, PATIENCE, Scene, free_address,
};
use crate::house::door::Pace;
use crate::house::order::Order;
use crate::house::{House, Verdict};

/// Pictures of a size that a phone would show, with a keyframe each second.
const CAMERA: [&str; 4] = ["--width=1280", "--height=720", "--fps=15", "--gop=15"];

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
    // Last, so that the folder goes after those who live in it.
    folder: TempDir,
}

impl Stage {
    /// Starts a hub that waits for somebody to set it up in a browser.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn set() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a folder for the hub")?;
        let owner = Doorward::new(&folder.path().join("state"))?;
        let init = ["init", "--unlock", "keyfile", "--set-up-in-browser", "--state"];
        owner.ok(init.map(OsStr::new).into_iter().chain([owner.state().as_os_str()])).await?;
        let (mqtt, https) = (free_address()?, free_address()?);
        let mut stage = Self { owner, mqtt, https, daemon: None, furnished: None, folder };
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
        }
        Ok(Value::Null)
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
        let here = self.house()?.journal().end();
        self.wake().await?;
        self.house()?.connected(here, PATIENCE).await?;
        Ok(())
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
