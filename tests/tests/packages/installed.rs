//! A system with the packages at hand, and what a test asks of a hub that is installed there.

use doorward_tests::harness::Outcome;
use doorward_tests::packaging::{Package, Room, System, as_root};
use tempfile::TempDir;

/// The program that is installed.
pub(crate) const PROGRAM: &str = "/usr/bin/doorward";

pub(crate) const STATE: &str = "/var/lib/doorward";

/// A system, and two versions of the package as the system knows them.
pub(crate) struct Bench {
    pub(crate) system: System,
    pub(crate) first: String,
    pub(crate) second: String,
    _folder: TempDir,
}

impl Bench {
    pub(crate) async fn new(room: Room) -> anyhow::Result<Self> {
        as_root()?;
        let folder = tempfile::tempdir()?;
        let system = System::build(room).await?;
        let first = system.give(&Package::Hub.debian(folder.path(), 1).await?)?;
        let second = system.give(&Package::Hub.debian(folder.path(), 2).await?)?;
        Ok(Self { system, first, second, _folder: folder })
    }

    /// Installs the first version, with the ports that the machine under this one can spare.
    pub(crate) async fn install(&self) -> anyhow::Result<String> {
        let said = self.system.ok(&["dpkg", "--install", &self.first]).await?;
        self.choose_ports().await?;
        Ok(said)
    }

    /// The system chooses: the network is this machine's own. It is said where an owner says it.
    pub(crate) async fn choose_ports(&self) -> anyhow::Result<()> {
        let text = "DOORWARD_ARGUMENTS=--mqtt-listen 127.0.0.1:0 --plain-listen 127.0.0.1:0 \
                    --https-listen 127.0.0.1:0";
        let write = format!("echo '{text}' >>/etc/default/doorward");
        self.system.ok(&["sh", "-c", &write]).await.map(drop)
    }

    /// Makes a hub as its owner does, by root.
    pub(crate) async fn make_a_hub(&self) -> anyhow::Result<()> {
        let init = [PROGRAM, "init", "--unlock", "keyfile", "--recovery-out", "/root/sheet.txt"];
        self.system.ok(&init).await.map(drop)
    }

    /// Asks the hub how it is, by the unit's own socket. Bubblewrap's user namespace knows nobody but the
    /// hub's user, where systemd's knows root, too.
    pub(crate) async fn answers(&self) -> anyhow::Result<()> {
        let user = ["setpriv", "--reuid=doorward", "--regid=doorward", "--clear-groups"];
        let ask = [PROGRAM, "status", "--state", STATE];
        self.system.ok(&[user.as_slice(), &ask].concat()).await.map(drop)
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
