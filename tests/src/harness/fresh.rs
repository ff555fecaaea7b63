//! A hub without a household, and the phones that give it one.

use std::ffi::OsStr;
use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::daemon::{Daemon, free_address};
use super::program::Doorward;
use crate::phone::Phone;

/// The public half of an age identity whose other half nobody needs here.
pub const RECIPIENT: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

/// A hub without a household.
#[derive(Debug)]
pub struct Fresh {
    /// The running hub.
    pub daemon: Daemon,
    /// The command line.
    pub doorward: Doorward,
    /// What it lives in. Last, so that it goes after those who live there.
    pub folder: TempDir,
}

impl Fresh {
    /// Starts one on loopback.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let (folder, doorward) = Self::make().await?;
        let daemon = Daemon::start(&doorward, free_address()?).await?;
        Ok(Self { daemon, doorward, folder })
    }

    /// Starts one with words of one's own; devices are to be found at `mqtt`.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start_with<A: AsRef<OsStr>>(
        mqtt: SocketAddr,
        words: impl IntoIterator<Item = A>,
    ) -> anyhow::Result<Self> {
        let (folder, doorward) = Self::make().await?;
        let daemon = Daemon::start_with(&doorward, mqtt, words).await?;
        Ok(Self { daemon, doorward, folder })
    }

    async fn make() -> anyhow::Result<(TempDir, Doorward)> {
        let folder = tempfile::tempdir()?;
        let doorward = Doorward::new(&folder.path().join("state"))?;
        doorward.ok(["init", "--unlock", "keyfile", "--set-up-in-browser"]).await?;
        Ok((folder, doorward))
    }

    /// Cuts its life off and starts it again.
    ///
    /// # Errors
    /// If it does not come back.
    pub async fn restart(self) -> anyhow::Result<Self> {
        let Self { daemon, doorward, folder } = self;
        let mqtt = daemon.mqtt();
        daemon.kill().await?;
        let daemon = Daemon::start(&doorward, mqtt).await?;
        Ok(Self { daemon, doorward, folder })
    }

    /// Asks for a link, and returns its token and port.
    ///
    /// # Errors
    /// If there is none, or it gives its token away.
    pub async fn offer(&self, arguments: &[&str]) -> anyhow::Result<(String, u16)> {
        let command = ["pair"].into_iter().chain(arguments.iter().copied());
        let offer = self.doorward.json(command).await?;
        let link = offer["links"][0].as_str().context("no link")?;
        let (address, fragment) = link.split_once("/#").context("no fragment")?;
        let port = address.rsplit(':').next().context("no port")?.parse()?;
        let token = fragment.split_once('=').context("no token")?.1;
        let token = token.split('.').next().context("no token")?;
        ensure!(offer["token"] == token, "the link has another token");
        ensure!(!address.contains(token), "the token is in the fragment alone");
        Ok((token.to_owned(), port))
    }

    /// Makes a phone that nobody knows.
    ///
    /// # Errors
    /// If the authority cannot be read.
    pub fn phone(&self, port: u16) -> anyhow::Result<Phone> {
        Phone::new(&self.folder.path().join("state"), port)
    }

    /// Names the household with a first phone, which is logged in afterwards.
    ///
    /// # Errors
    /// If the hub refuses.
    pub async fn set_up(&self) -> anyhow::Result<Phone> {
        let (token, port) = self.offer(&[]).await?;
        let phone = self.phone(port)?;
        let wish = setup(&phone, &token)?;
        enter(phone, "/setup", &wish, "owner")
    }

    /// Pairs another phone for somebody else, who is logged in afterwards.
    ///
    /// # Errors
    /// If the hub refuses.
    pub async fn pair(&self, role: &str, name: &str) -> anyhow::Result<Phone> {
        let (token, port) = self.offer(&["--role", role]).await?;
        let phone = self.phone(port)?;
        let wish = pairing(&phone, &token, name)?;
        enter(phone, "/pair", &wish, role)
    }
}

fn enter(mut phone: Phone, path: &str, wish: &Value, role: &str) -> anyhow::Result<Phone> {
    let paired = phone.ask("POST", path, Some(wish))?.expect(200)?;
    ensure!(paired["role"] == role, "paired as {} instead of {role}", paired["role"]);
    phone.device = paired["device"].as_u64().context("no device")?;
    phone.log_in()?;
    Ok(phone)
}

/// What a first phone says to name a household.
///
/// # Errors
/// If its key cannot be written down.
pub fn setup(phone: &Phone, token: &str) -> anyhow::Result<Value> {
    Ok(json!({
        "token": token,
        "household": { "name": "Lindenallee 4", "recipient": RECIPIENT },
        "person": { "name": "Ana" },
        "device": { "name": "Ana's phone", "public_key": phone.public_key()? },
    }))
}

/// What another phone says to be paired.
///
/// # Errors
/// If its key cannot be written down.
pub fn pairing(phone: &Phone, token: &str, name: &str) -> anyhow::Result<Value> {
    Ok(json!({
        "token": token,
        "person": { "name": name },
        "device": { "name": "another phone", "public_key": phone.public_key()? },
    }))
}
