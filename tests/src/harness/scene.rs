//! A hub, a camera and a house that belong together, in a folder that is thrown away.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use doorward_api::camera::Sound;
use doorward_api::status::HouseStatus;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::camera::{Camera, Credentials};
use super::daemon::{Addresses, Daemon, free_address};
use super::listener::Listener;
use super::other_broker::{OtherBroker, Verbosity};
use super::owner::Fittings;
use super::patience::PATIENCE;
use super::program::Doorward;
use crate::house::door::{ContactFault, LockFault, Pace, Visitor};
use crate::house::{Enrolled, House, Plan};
use crate::journal::Place;

/// What the door wants of its camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filming {
    /// No picture, no unlock.
    Required,
    /// Filmed if the camera can.
    Preferred,
    /// No camera, and a policy that wants none.
    Off,
}

impl Filming {
    const fn word(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Preferred => "preferred",
            Self::Off => "off",
        }
    }
}

/// What answers where the camera should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lens {
    /// The camera.
    Camera,
    /// The camera, and the hub was told a wrong password.
    WrongPassword,
    /// Nothing at all.
    Nothing,
    /// Something that speaks, but not RTSP.
    Babble,
}

/// What to build. The default is a brisk house with everything in order and no camera.
#[derive(Debug, Clone)]
pub struct Blueprint {
    /// What the door wants of its camera.
    pub filming: Filming,
    /// What answers in its place.
    pub lens: Lens,
    /// Whether the owner lets it be heard.
    pub sound: Sound,
    /// How the camera films.
    pub camera_arguments: &'static [&'static str],
    /// How long things take in the house.
    pub pace: Pace,
    /// Who comes.
    pub visitor: Visitor,
    /// What is wrong with the lock.
    pub lock_fault: LockFault,
    /// What is wrong with the contact.
    pub contact_fault: ContactFault,
    /// Further words for `doorward door policy front`.
    pub policy: Vec<&'static str>,
    /// Where the hub listens for devices without TLS, while there are any.
    pub plain_listen: Option<SocketAddr>,
}

impl Default for Blueprint {
    fn default() -> Self {
        Self {
            filming: Filming::Off,
            lens: Lens::Camera,
            sound: Sound::Off,
            camera_arguments: &Camera::FRUGAL,
            pace: Pace::BRISK,
            visitor: Visitor::Polite,
            lock_fault: LockFault::None,
            contact_fault: ContactFault::None,
            policy: Vec::new(),
            plain_listen: None,
        }
    }
}

impl Blueprint {
    /// What the camera shows: noise, which no eye takes for a frozen picture.
    const fn mount(&self) -> &'static str {
        match self.sound {
            Sound::Off => "noise",
            Sound::Recorded => "noiseaac",
        }
    }
}

/// A hub with one door, `front`, and the house in front of it.
#[derive(Debug)]
pub struct Scene {
    /// The command line.
    pub owner: Doorward,
    /// The running hub.
    pub daemon: Daemon,
    /// What it tells.
    pub listener: Listener,
    /// The camera, if the blueprint has one.
    pub camera: Option<Camera>,
    /// The house.
    pub house: House,
    // Last, so that the folder goes after those who live in it.
    pub(super) folder: TempDir,
}

impl Scene {
    /// The camera's user.
    pub const CAMERA: Credentials<'static> =
        Credentials { user: "hub", password: "Quiet-Camera-7431" };

    /// The door's keypads.
    pub const KEYPADS: [&'static str; 2] = ["porch-keypad", "gate-keypad"];

    /// Builds everything and returns when all devices are connected.
    ///
    /// # Errors
    /// Whatever did not work, with its words.
    pub async fn build(blueprint: Blueprint) -> anyhow::Result<Self> {
        let (folder, owner) = clear_ground().await?;
        Self::build_upon(folder, owner, blueprint).await
    }

    /// The same upon a hub that has been made, in a folder that holds its state.
    ///
    /// # Errors
    /// Whatever did not work, with its words.
    pub async fn build_upon(
        folder: TempDir,
        owner: Doorward,
        blueprint: Blueprint,
    ) -> anyhow::Result<Self> {
        let at = Addresses { mqtt: free_address()?, plain: blueprint.plain_listen, https: None };
        let daemon = Daemon::start_at(&owner, at).await?;
        Self::build_around(folder, owner, daemon, blueprint).await
    }

    /// The same around a hub that runs.
    ///
    /// # Errors
    /// Whatever did not work, with its words.
    pub async fn build_around(
        folder: TempDir,
        owner: Doorward,
        daemon: Daemon,
        blueprint: Blueprint,
    ) -> anyhow::Result<Self> {
        let devices = Devices::enrol(&owner, folder.path()).await?;
        Self::furnish(blueprint, folder, owner, daemon, devices).await
    }

    /// The same with somebody else's broker, which is started once it has the grants
    /// that the hub prints for it. Until then the hub waits for it.
    ///
    /// # Errors
    /// Whatever did not work, with its words.
    pub async fn build_elsewhere(blueprint: Blueprint) -> anyhow::Result<(Self, OtherBroker)> {
        let (folder, owner) = clear_ground().await?;
        let mut broker = OtherBroker::lay_out(folder.path(), owner.state(), Verbosity::Packets)?;
        let daemon = broker.start_hub(&owner).await?;
        let devices = Devices::enrol(&owner, folder.path()).await?;
        broker.grant(&owner.ok(["device", "grants", "--mosquitto"]).await?)?;
        broker.start().await?;
        let scene = Self::furnish(blueprint, folder, owner, daemon, devices).await?;
        Ok((scene, broker))
    }

    async fn furnish(
        blueprint: Blueprint,
        folder: TempDir,
        owner: Doorward,
        daemon: Daemon,
        devices: Devices,
    ) -> anyhow::Result<Self> {
        let listener = Listener::start(owner.state()).await?;
        let hub = daemon.mqtt();
        let Furnished { camera, house } = Furnished::by(&owner, hub, &blueprint, devices).await?;
        Ok(Self { owner, daemon, listener, camera, house, folder })
    }

    /// The sheet with the household's identity.
    #[must_use]
    pub fn recovery_sheet(&self) -> PathBuf {
        self.folder.path().join("recovery.txt")
    }

    /// A folder for what a test writes.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Ends the hub in good order and keeps its folder to look at.
    ///
    /// # Errors
    /// If it wrote errors.
    pub async fn stop_and_keep(self) -> anyhow::Result<TempDir> {
        self.daemon.stop(&[]).await?;
        Ok(self.folder)
    }

    /// Cuts the hub's life off and starts it again; returns when all devices are back.
    ///
    /// # Errors
    /// If it does not come back.
    pub async fn crash_and_return(self) -> anyhow::Result<Self> {
        let Self { owner, daemon, listener, camera, house, folder } = self;
        let (mqtt, plain) = (daemon.mqtt(), daemon.plain());
        drop(listener);
        daemon.kill().await?;
        let here = house.journal().end();
        let daemon = Daemon::start_at(&owner, Addresses { mqtt, plain, https: None }).await?;
        let listener = Listener::start(owner.state()).await?;
        house.connected(here, PATIENCE).await?;
        Ok(Self { owner, daemon, listener, camera, house, folder })
    }

    /// Loses the hub's machine and starts the hub that a backup makes in another folder;
    /// returns when all devices are back.
    ///
    /// # Errors
    /// If it cannot be restored, or does not come back.
    pub async fn lose_and_restore(self, backup: &Path) -> anyhow::Result<Self> {
        let sheet = self.recovery_sheet();
        let Self { owner, daemon, listener, camera, house, folder } = self;
        let (mqtt, plain) = (daemon.mqtt(), daemon.plain());
        drop(listener);
        daemon.kill().await?;
        std::fs::rename(owner.state(), folder.path().join("lost"))?;
        let owner = Doorward::new(&folder.path().join("restored"))?;
        owner.restore(backup, &sheet).await?.success()?;
        let here = house.journal().end();
        let daemon = Daemon::start_at(&owner, Addresses { mqtt, plain, https: None }).await?;
        let listener = Listener::start(owner.state()).await?;
        house.connected(here, PATIENCE).await?;
        Ok(Self { owner, daemon, listener, camera, house, folder })
    }

    /// Asks for the house's status until it is as wished: not everything sends notices.
    ///
    /// # Errors
    /// If it does not become so.
    pub async fn status_becomes(
        &self,
        what: &str,
        wished: impl Fn(&HouseStatus) -> bool,
    ) -> anyhow::Result<()> {
        self.owner.status_becomes(what, wished).await
    }

    /// Ends the hub and looks for errors in what it wrote.
    ///
    /// # Errors
    /// If there are some that are not among `expected`.
    pub async fn end(self, expected: &[&str]) -> anyhow::Result<()> {
        self.daemon.stop(expected).await
    }
}

/// What stands before a hub.
#[derive(Debug)]
pub struct Furnished {
    /// The camera, if the blueprint has one.
    pub camera: Option<Camera>,
    /// The house.
    pub house: House,
}

impl Furnished {
    /// Enrols the devices at a running hub, with their certificates below `folder`, describes the
    /// door and moves in; returns when all devices are connected and the camera is live.
    ///
    /// # Errors
    /// Whatever did not work, with its words.
    pub async fn before(
        owner: &Doorward,
        hub: SocketAddr,
        blueprint: &Blueprint,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let devices = Devices::enrol(owner, folder).await?;
        Self::by(owner, hub, blueprint, devices).await
    }

    async fn by(
        owner: &Doorward,
        hub: SocketAddr,
        blueprint: &Blueprint,
        devices: Devices,
    ) -> anyhow::Result<Self> {
        let camera = film(owner, blueprint).await?;
        describe_door(owner, blueprint).await?;
        let house = move_in(hub, blueprint, devices).await?;
        if blueprint.filming != Filming::Off && blueprint.lens == Lens::Camera {
            owner.camera_is_live().await?;
        }
        Ok(Self { camera, house })
    }
}

/// The certificates of everything at the door.
struct Devices {
    lock: Enrolled,
    contact: Enrolled,
    keypads: Vec<Enrolled>,
}

impl Devices {
    async fn enrol(owner: &Doorward, folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.join("certificates");
        let lock = owner.enrol("front-lock", "lock", "native", &folder).await?;
        let contact = owner.enrol("front-contact", "contact", "native", &folder).await?;
        let mut keypads = Vec::new();
        for name in Scene::KEYPADS {
            keypads.push(owner.enrol(name, "keypad", "native", &folder).await?);
        }
        Ok(Self { lock, contact, keypads })
    }
}

async fn clear_ground() -> anyhow::Result<(TempDir, Doorward)> {
    let folder = tempfile::tempdir().context("a folder for the hub")?;
    let owner = Doorward::new(&folder.path().join("state"))?;
    owner.init(&folder.path().join("recovery.txt")).await?;
    Ok((folder, owner))
}

async fn film(owner: &Doorward, blueprint: &Blueprint) -> anyhow::Result<Option<Camera>> {
    if blueprint.filming == Filming::Off {
        return Ok(None);
    }
    let (camera, url, credentials) = match blueprint.lens {
        Lens::Camera => {
            let camera = Camera::start_with(Scene::CAMERA, blueprint.camera_arguments).await?;
            let url = camera.url(blueprint.mount());
            (Some(camera), url, Scene::CAMERA)
        }
        Lens::WrongPassword => {
            let camera = Camera::start_with(Scene::CAMERA, blueprint.camera_arguments).await?;
            let url = camera.url("noise");
            (Some(camera), url, Credentials { password: "not-the-password", ..Scene::CAMERA })
        }
        Lens::Nothing => (None, format!("rtsp://{}/noise", free_address()?), Scene::CAMERA),
        Lens::Babble => (None, format!("rtsp://{}/noise", babble().await?), Scene::CAMERA),
    };
    match blueprint.sound {
        Sound::Off => owner.add_camera("porch", &url, credentials).await?,
        Sound::Recorded => owner.add_camera_with_sound("porch", &url, credentials).await?,
    }
    Ok(camera)
}

/// Answers whoever connects with something that is no RTSP.
async fn babble() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // A caller that hangs up first has heard enough.
            drop(stream.write_all(b"220 mail.example ESMTP ready\r\n\0\xff\xfe\r\n").await);
        }
    });
    Ok(address)
}

async fn describe_door(owner: &Doorward, blueprint: &Blueprint) -> anyhow::Result<()> {
    let fittings = Fittings {
        lock: "front-lock",
        keypads: &Scene::KEYPADS,
        contact: Some("front-contact"),
        camera: (blueprint.filming != Filming::Off).then_some("porch"),
    };
    owner.add_door("front", fittings).await?;
    let policy = ["door", "policy", "front", "--recording", blueprint.filming.word()];
    owner.ok(policy.into_iter().chain(blueprint.policy.iter().copied())).await?;
    Ok(())
}

async fn move_in(
    hub: SocketAddr,
    blueprint: &Blueprint,
    devices: Devices,
) -> anyhow::Result<House> {
    let Devices { lock, contact, keypads } = devices;
    let house = House::start(
        hub,
        Plan {
            lock,
            contact: Some(contact),
            keypads,
            pace: blueprint.pace,
            lock_fault: blueprint.lock_fault,
            contact_fault: blueprint.contact_fault,
            visitor: blueprint.visitor,
        },
    )?;
    house.connected(Place::default(), PATIENCE).await?;
    Ok(house)
}
