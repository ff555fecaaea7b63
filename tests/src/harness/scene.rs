//! A hub, a camera and a house that belong together, in a folder that is thrown away.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;

use super::camera::{Camera, Credentials};
use super::daemon::{Daemon, Ports};
use super::listener::Listener;
use super::owner::Fittings;
use super::program::Doorward;
use crate::house::door::{ContactFault, LockFault, Pace, Visitor};
use crate::house::{Enrolled, House, Plan, Seen};
use crate::journal::Place;

/// Longer than anything takes on a busy machine, shorter than a person's patience.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Whether the door's camera is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filming {
    /// A live camera, which the door requires.
    Required,
    /// No camera, and a policy that wants none.
    Off,
}

/// What to build. The default is a brisk house with everything in order and no camera.
#[derive(Debug, Clone)]
pub struct Blueprint {
    /// The camera.
    pub filming: Filming,
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
}

impl Default for Blueprint {
    fn default() -> Self {
        Self {
            filming: Filming::Off,
            pace: Pace::BRISK,
            visitor: Visitor::Polite,
            lock_fault: LockFault::None,
            contact_fault: ContactFault::None,
            policy: Vec::new(),
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
    folder: TempDir,
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
        let folder = tempfile::tempdir().context("a folder for the hub")?;
        let owner = Doorward::new(&folder.path().join("state"))?;
        owner.init(&folder.path().join("recovery.txt")).await?;
        let daemon = Daemon::start(&owner, Ports::free()?).await?;
        let listener = Listener::start(owner.state()).await?;
        let certificates = folder.path().join("certificates");
        let lock = owner.enrol("front-lock", "lock", "native", &certificates).await?;
        let contact = owner.enrol("front-contact", "contact", "native", &certificates).await?;
        let mut keypads = Vec::new();
        for name in Self::KEYPADS {
            keypads.push(owner.enrol(name, "keypad", "native", &certificates).await?);
        }
        let camera = film(&owner, blueprint.filming).await?;
        describe_door(&owner, &blueprint).await?;
        let house = move_in(&daemon, blueprint, lock, contact, keypads).await?;
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

    /// Ends the hub and looks for errors in what it wrote.
    ///
    /// # Errors
    /// If there are some that are not among `expected`.
    pub async fn end(self, expected: &[&str]) -> anyhow::Result<()> {
        self.daemon.stop(expected).await
    }
}

async fn film(owner: &Doorward, filming: Filming) -> anyhow::Result<Option<Camera>> {
    match filming {
        Filming::Off => Ok(None),
        Filming::Required => {
            let camera = Camera::start(Scene::CAMERA).await?;
            owner.add_camera("porch", &camera.url("noise"), Scene::CAMERA).await?;
            Ok(Some(camera))
        }
    }
}

async fn describe_door(owner: &Doorward, blueprint: &Blueprint) -> anyhow::Result<()> {
    let camera = match blueprint.filming {
        Filming::Required => Some("porch"),
        Filming::Off => None,
    };
    let recording = match blueprint.filming {
        Filming::Required => "required",
        Filming::Off => "off",
    };
    let fittings = Fittings {
        lock: "front-lock",
        keypads: &Scene::KEYPADS,
        contact: Some("front-contact"),
        camera,
    };
    owner.add_door("front", fittings).await?;
    let policy = ["door", "policy", "front", "--recording", recording];
    owner.ok(policy.into_iter().chain(blueprint.policy.iter().copied())).await?;
    Ok(())
}

async fn move_in(
    daemon: &Daemon,
    blueprint: Blueprint,
    lock: Enrolled,
    contact: Enrolled,
    keypads: Vec<Enrolled>,
) -> anyhow::Result<House> {
    let devices: Vec<String> =
        [&lock, &contact].into_iter().chain(&keypads).map(|device| device.name.clone()).collect();
    let house = House::start(
        daemon.ports().mqtt,
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
    for name in devices {
        let up = Seen::Up { device: name.clone() };
        house
            .journal()
            .wait(Place::default(), PATIENCE, &format!("{name} connected"), |sight| {
                (sight.what == up).then_some(())
            })
            .await?;
    }
    Ok(house)
}
