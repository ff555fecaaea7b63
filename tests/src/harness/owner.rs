//! What an owner does on the command line.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use doorward_api::code::CodeView;
use doorward_api::entry::EntryView;
use doorward_api::log::Verification;
use doorward_api::recording::RecordingView;
use doorward_api::status::{CameraHealth, CameraStatus, HouseStatus, Status};
use doorward_api::story::EntryStory;
use doorward_api::{CodeId, EntryId, RecordingId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, interval};

use super::camera::Credentials;
use super::patience::PATIENCE;
use super::program::{Doorward, Outcome};
use crate::house::Enrolled;

/// A code that the owner was shown.
#[derive(Deserialize)]
pub struct Issued {
    code: IssuedId,
    /// The eight digits.
    pub digits: String,
}

#[derive(Deserialize)]
struct IssuedId {
    id: CodeId,
}

impl Issued {
    /// The code's number.
    #[must_use]
    pub const fn id(&self) -> CodeId {
        self.code.id
    }
}

/// What stands at a door, by name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fittings<'a> {
    /// The lock.
    pub lock: &'a str,
    /// The keypads.
    pub keypads: &'a [&'a str],
    /// The contact.
    pub contact: Option<&'a str>,
    /// The camera.
    pub camera: Option<&'a str>,
}

impl Doorward {
    /// Makes a new hub that starts unattended.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn init(&self, recovery_sheet: &Path) -> anyhow::Result<()> {
        let sheet = recovery_sheet.as_os_str();
        let command = ["init", "--unlock", "keyfile", "--state"].map(OsStr::new).into_iter();
        let command =
            command.chain([self.state().as_os_str(), OsStr::new("--recovery-out"), sheet]);
        self.ok(command).await.map(drop)
    }

    /// Makes a hub that starts unattended of a backup and a recovery sheet.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub async fn restore(&self, backup: &Path, sheet: &Path) -> anyhow::Result<Outcome> {
        let command = ["restore", "--unlock", "keyfile", "--from"].map(OsStr::new).into_iter();
        self.run(command.chain([backup.as_os_str(), OsStr::new("--identity"), sheet.as_os_str()]))
            .await
    }

    /// Writes a backup.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn back_up(&self, file: &Path) -> anyhow::Result<()> {
        self.ok([Path::new("backup"), Path::new("--out"), file]).await.map(drop)
    }

    /// Enrols a device; its certificates go to a folder of its name under `folder`.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn enrol(
        &self,
        name: &str,
        kind: &str,
        dialect: &str,
        folder: &Path,
    ) -> anyhow::Result<Enrolled> {
        let folder = folder.join(name);
        let command = ["device", "enrol", name, "--kind", kind, "--dialect", dialect, "--out"];
        self.ok(command.map(OsStr::new).into_iter().chain([folder.as_os_str()])).await?;
        Ok(Enrolled { name: name.to_owned(), folder })
    }

    /// Adds a camera; the password goes through standard input.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn add_camera(
        &self,
        name: &str,
        url: &str,
        credentials: Credentials<'_>,
    ) -> anyhow::Result<()> {
        self.hang_camera(name, url, credentials, &[]).await
    }

    /// Adds a camera that may be heard.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn add_camera_with_sound(
        &self,
        name: &str,
        url: &str,
        credentials: Credentials<'_>,
    ) -> anyhow::Result<()> {
        self.hang_camera(name, url, credentials, &["--audio"]).await
    }

    async fn hang_camera(
        &self,
        name: &str,
        url: &str,
        credentials: Credentials<'_>,
        more: &[&str],
    ) -> anyhow::Result<()> {
        let command = ["camera", "add", name, "--url", url, "--username", credentials.user];
        let command = command.iter().chain(&["--password-stdin"]).chain(more);
        self.run_with_input(command, credentials.password).await?.success().map(drop)
    }

    /// Describes a door.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn add_door(&self, name: &str, fittings: Fittings<'_>) -> anyhow::Result<()> {
        let mut command = vec!["door", "add", name, "--lock", fittings.lock];
        command.extend(fittings.keypads.iter().flat_map(|keypad| ["--keypad", keypad]));
        command.extend(fittings.contact.iter().flat_map(|contact| ["--contact", contact]));
        command.extend(fittings.camera.iter().flat_map(|camera| ["--camera", camera]));
        self.ok(command).await.map(drop)
    }

    /// Expects a courier.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn expect_delivery(&self, door: &str) -> anyhow::Result<Issued> {
        let command = ["delivery", "expect", "--door", door, "--carrier", "Parcel Post"];
        self.read(&command).await
    }

    /// Lists the expected deliveries.
    ///
    /// # Errors
    /// If no hub answers.
    pub async fn deliveries(&self) -> anyhow::Result<Vec<CodeView>> {
        self.read(&["delivery", "list"]).await
    }

    /// Asks how the house is.
    ///
    /// # Errors
    /// If no hub answers.
    pub async fn status(&self) -> anyhow::Result<Status> {
        self.read(&["status"]).await
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
        let deadline = Instant::now() + PATIENCE;
        let mut pace = interval(Duration::from_millis(100));
        loop {
            pace.tick().await;
            let house = self.status().await?.house.context("the hub is sealed")?;
            if wished(&house) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("waited {PATIENCE:?} for {what}, in vain: {house:?}");
            }
        }
    }

    /// Waits until a camera shows live pictures.
    ///
    /// # Errors
    /// If none does.
    pub async fn camera_is_live(&self) -> anyhow::Result<()> {
        self.status_becomes("a live camera", |house| house.cameras.iter().any(is_live)).await
    }

    /// Waits until all cameras show live pictures.
    ///
    /// # Errors
    /// If one does not in time.
    pub async fn cameras_are_live(&self) -> anyhow::Result<()> {
        self.status_becomes("live cameras", |house| house.cameras.iter().all(is_live)).await
    }

    /// Lists the entries, newest first.
    ///
    /// # Errors
    /// If no hub answers.
    pub async fn entries(&self) -> anyhow::Result<Vec<EntryView>> {
        self.read(&["entry", "list"]).await
    }

    /// Tells an entry's story.
    ///
    /// # Errors
    /// If there is no such entry.
    pub async fn story(&self, entry: EntryId) -> anyhow::Result<EntryStory> {
        self.read(&["entry", "show", &entry.to_string()]).await
    }

    /// Derives the log anew. A broken log makes the command fail.
    ///
    /// # Errors
    /// If it is broken.
    pub async fn verify_log(&self) -> anyhow::Result<Verification> {
        self.read(&["log", "verify"]).await
    }

    /// Lists the recordings, newest first.
    ///
    /// # Errors
    /// If no hub answers.
    pub async fn recordings(&self) -> anyhow::Result<Vec<RecordingView>> {
        self.read(&["recording", "list"]).await
    }

    /// Opens a recording with the household's identity and writes it as one clip.
    ///
    /// # Errors
    /// If the identity does not open it.
    pub async fn export(
        &self,
        recording: RecordingId,
        identity: &Path,
        clip: &Path,
    ) -> anyhow::Result<()> {
        let id = recording.to_string();
        let command = ["recording", "export", &id, "--identity"].map(OsStr::new).into_iter();
        let files = [identity.as_os_str(), OsStr::new("--out"), clip.as_os_str()];
        self.ok(command.chain(files)).await.map(drop)
    }

    async fn read<T: DeserializeOwned>(&self, command: &[&str]) -> anyhow::Result<T> {
        let value = self.json(command.iter().copied()).await?;
        serde_json::from_value(value)
            .with_context(|| format!("`doorward {}` printed something else", command.join(" ")))
    }
}

fn is_live(camera: &CameraStatus) -> bool {
    matches!(camera.health, CameraHealth::Live { .. })
}
