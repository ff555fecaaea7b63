//! A system with the packages at hand, and what a test asks of a hub that is installed there.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use doorward_tests::harness::Outcome;
use doorward_tests::packaging::{Package, Room, Service, System};
use tokio::sync::OnceCell;

/// The program that is installed.
pub(crate) const PROGRAM: &str = "/usr/bin/doorward";

pub(crate) const STATE: &str = "/var/lib/doorward";

type Versions = [PathBuf; 2];

/// Two versions of the package, which all tests of this program share.
pub(crate) async fn debian() -> anyhow::Result<&'static Versions> {
    static MADE: OnceCell<Versions> = OnceCell::const_new();
    let make = || async {
        let folder = emptied("deb")?;
        let first = Package::Hub.debian(&folder, 1).await?;
        anyhow::Ok([first, Package::Hub.debian(&folder, 2).await?])
    };
    MADE.get_or_try_init(make).await
}

/// The same for RPM.
pub(crate) async fn rpm() -> anyhow::Result<&'static Versions> {
    static MADE: OnceCell<Versions> = OnceCell::const_new();
    let make = || async {
        let folder = emptied("rpm")?;
        anyhow::Ok([an_rpm(&folder, 1).await?, an_rpm(&folder, 2).await?])
    };
    MADE.get_or_try_init(make).await
}

async fn an_rpm(folder: &Path, revision: u32) -> anyhow::Result<PathBuf> {
    let made = Package::Hub.make(folder, "rpm", revision).await?;
    let rpm = Some(OsStr::new("rpm"));
    made.into_iter().find(|path| path.extension() == rpm).context("no package")
}

/// A folder for packages that outlives a test, and not the next run.
fn emptied(name: &str) -> std::io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A system, and two versions of the package as the system knows them.
pub(crate) struct Bench {
    pub(crate) system: System,
    pub(crate) first: String,
    pub(crate) second: String,
}

impl Bench {
    pub(crate) async fn new(room: Room) -> anyhow::Result<Self> {
        let [first, second] = debian().await?;
        let system = System::build(room).await?;
        let (first, second) = (system.give(first)?, system.give(second)?);
        Ok(Self { system, first, second })
    }

    /// With the first version, and a hub that its owner has made and not started; says what the hub's
    /// key is like.
    pub(crate) async fn with_a_hub(room: Room) -> anyhow::Result<(Self, String)> {
        let bench = Self::new(room).await?;
        bench.install().await?;
        bench.make_a_hub().await?;
        let key = bench.key().await?;
        Ok((bench, key))
    }

    /// With the first version, and a hub that is enabled and runs.
    pub(crate) async fn at_work() -> anyhow::Result<Self> {
        let (bench, _) = Self::with_a_hub(Room::Ample).await?;
        bench.service().wish("enable").await?;
        bench.service().start().await?;
        Ok(bench)
    }

    pub(crate) const fn service(&self) -> Service<'_> {
        Service::of(&self.system)
    }

    /// Installs the first version.
    pub(crate) async fn install(&self) -> anyhow::Result<String> {
        self.system.ok(&["dpkg", "--install", &self.first]).await
    }

    /// Makes a hub as its owner does, by root.
    pub(crate) async fn make_a_hub(&self) -> anyhow::Result<()> {
        let init = [PROGRAM, "init", "--unlock", "keyfile", "--recovery-out", "/root/sheet.txt"];
        self.system.ok(&init).await.map(drop)
    }

    /// What makes this hub this hub.
    pub(crate) async fn key(&self) -> anyhow::Result<String> {
        self.digest("/var/lib/doorward/root.key").await
    }

    /// Asks the hub how it is, as its owner does.
    pub(crate) async fn answers(&self) -> anyhow::Result<()> {
        self.system.ok(&[PROGRAM, "status"]).await.map(drop)
    }

    /// Asks the hub how it is, as somebody who has logged in and names no place.
    pub(crate) async fn asked_by(&self, user: &str) -> anyhow::Result<Outcome> {
        self.system.run(&["runuser", "-l", user, "-c", "doorward status"]).await
    }

    pub(crate) async fn digest(&self, path: &str) -> anyhow::Result<String> {
        self.system.ok(&["sha256sum", path]).await
    }

    /// Whose something is, and who may do what with it.
    pub(crate) async fn owner(&self, path: &str) -> anyhow::Result<String> {
        let said = self.system.ok(&["stat", "--format=%U:%G %a", path]).await?;
        Ok(said.trim().to_owned())
    }

    /// What `dpkg` knows of the package.
    pub(crate) async fn version(&self) -> anyhow::Result<String> {
        let asked = ["dpkg-query", "--show", "--showformat=${Status} ${Version}", "doorward"];
        self.system.ok(&asked).await
    }

    /// Whatever there is by the project's name.
    pub(crate) async fn left(&self) -> anyhow::Result<String> {
        let find = ["find", "/etc", "/run", "/usr", "/var", "-xdev", "-name", "*doorward*"];
        self.system.ok(&find).await
    }
}
