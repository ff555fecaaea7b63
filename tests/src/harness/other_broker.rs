//! Debian's Mosquitto as the broker that a house has already.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use tokio::process::{Child, Command};

use super::child;
use super::daemon::{Daemon, free_address};
use super::patience::PATIENCE;
use super::program::Doorward;
use crate::house::Enrolled;
use crate::journal::{Journal, Place};

/// Mosquitto, with an authority of its own, that lets in whoever that authority or the hub's
/// vouches for, and grants what its access control list says.
#[derive(Debug)]
pub struct OtherBroker {
    address: SocketAddr,
    folder: PathBuf,
    running: Option<Running>,
}

/// What Mosquitto writes to its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Every packet, for tests that read along.
    Packets,
    /// That it has started, for measuring.
    Notices,
}

impl Verbosity {
    const fn word(self) -> &'static str {
        match self {
            Self::Packets => "all",
            Self::Notices => "information",
        }
    }
}

#[derive(Debug)]
struct Running {
    child: Child,
    log: Journal<String>,
}

impl OtherBroker {
    /// Makes its certificates and its configuration, and those of the hub there (`doorward`) and
    /// of a client that has no business with the door (`stranger`).
    ///
    /// # Errors
    /// If they cannot be made.
    pub fn lay_out(folder: &Path, state: &Path, verbosity: Verbosity) -> anyhow::Result<Self> {
        let folder = folder.join("mosquitto");
        std::fs::create_dir(&folder)?;
        let address = free_address()?;
        let authority = Authority::new()?;
        let own = authority.pem();
        authority.issue(&folder.join("server"), "localhost", Purpose::Server)?;
        for client in ["doorward", "stranger"] {
            authority.issue(&folder.join(client), client, Purpose::Client)?;
        }
        let hubs =
            std::fs::read_to_string(state.join("ca/ca.pem")).context("the hub's authority")?;
        std::fs::write(folder.join("clients.pem"), format!("{own}{hubs}"))?;
        std::fs::write(folder.join("mosquitto.conf"), configuration(address, &folder, verbosity))?;
        std::fs::write(folder.join("acl"), "")?;
        Ok(Self { address, folder, running: None })
    }

    /// Its process number.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.running.as_ref()?.child.id()
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client of its own authority, by name.
    #[must_use]
    pub fn client(&self, name: &str) -> Enrolled {
        Enrolled { name: name.to_owned(), folder: self.folder.join(name) }
    }

    /// Gives it an access control list, which it reads when it starts.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn grant(&self, list: &str) -> anyhow::Result<()> {
        Ok(std::fs::write(self.folder.join("acl"), list)?)
    }

    /// Starts a hub as its client.
    ///
    /// # Errors
    /// If the hub does not become ready.
    pub async fn start_hub(&self, owner: &Doorward) -> anyhow::Result<Daemon> {
        let own = self.client("doorward").folder;
        let words = [
            OsString::from("--broker"),
            format!("mqtts://{}", self.address).into(),
            "--broker-ca".into(),
            own.join("ca.pem").into(),
            "--broker-cert".into(),
            own.join("client.pem").into(),
            "--broker-key".into(),
            own.join("client.key").into(),
            "--https-listen".into(),
            "127.0.0.1:0".into(),
        ];
        Daemon::start_with(owner, self.address, words).await
    }

    /// Starts it, and returns when it listens. What it had retained is gone.
    ///
    /// # Errors
    /// If it is not installed (`cargo xtask setup` does that) or does not listen.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        // Debian puts it where the PATH of a user does not look.
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin";
        let mut command = Command::new("mosquitto");
        child::quiet(&mut command).env("PATH", path).stderr(Stdio::piped());
        command.arg("-c").arg(self.folder.join("mosquitto.conf"));
        let mut child =
            child::spawn(&mut command).context("`cargo xtask setup` installs what is missing")?;
        let log = child::keep(child.stderr.take());
        log.wait(Place::default(), PATIENCE, "mosquitto's start", |line| {
            (line.contains("mosquitto version") && line.ends_with("running")).then_some(())
        })
        .await
        .with_context(|| log.all().join("\n"))?;
        self.running = Some(Running { child, log });
        Ok(())
    }

    /// What it wrote since it was started.
    #[must_use]
    pub fn log(&self) -> Option<&Journal<String>> {
        self.running.as_ref().map(|running| &running.log)
    }

    /// Stops it.
    ///
    /// # Errors
    /// If it does not end.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        if let Some(mut running) = self.running.take() {
            child::terminate(&mut running.child, Duration::from_secs(30)).await?;
        }
        Ok(())
    }
}

/// `user root` keeps it from becoming another user, who could not read the folder, where the tests
/// run as root; everywhere else it is passed over.
fn configuration(address: SocketAddr, folder: &Path, verbosity: Verbosity) -> String {
    let folder = folder.display();
    format!(
        "user root\n\
         persistence false\n\
         log_dest stderr\n\
         log_type {}\n\
         listener {} {}\n\
         cafile {folder}/clients.pem\n\
         certfile {folder}/server/client.pem\n\
         keyfile {folder}/server/client.key\n\
         require_certificate true\n\
         use_identity_as_username true\n\
         acl_file {folder}/acl\n",
        verbosity.word(),
        address.port(),
        address.ip(),
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Server,
    Client,
}

/// The authority of the house's other broker.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> anyhow::Result<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "the other broker's authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// Writes `ca.pem`, `client.pem` and `client.key`, as for a device of the hub's.
    fn issue(&self, folder: &Path, name: &str, purpose: Purpose) -> anyhow::Result<()> {
        let names = match purpose {
            Purpose::Server => vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
            Purpose::Client => Vec::new(),
        };
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![match purpose {
            Purpose::Server => ExtendedKeyUsagePurpose::ServerAuth,
            Purpose::Client => ExtendedKeyUsagePurpose::ClientAuth,
        }];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        std::fs::create_dir(folder)?;
        std::fs::write(folder.join("ca.pem"), self.pem())?;
        std::fs::write(folder.join("client.pem"), certificate.pem())?;
        std::fs::write(folder.join("client.key"), key.serialize_pem())?;
        Ok(())
    }
}
