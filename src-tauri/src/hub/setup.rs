//! Making a hub on this computer, and starting one that is there.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tauri::State;
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::attachment::Attachment;
use super::place::FINISHED;
use super::service::{self, Keeper, Service, in_words};
use super::{Hub, Place, program};
use crate::words::ANOTHER;

/// How long `doorward init` may take.
const INIT_TIME: Duration = Duration::from_secs(60);

/// How long a hub may take from its start to its first answer.
const START_TIME: Duration = Duration::from_secs(60);

/// How often it is looked for meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How the hub is to get its key when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unlock {
    /// From the desktop's keyring.
    Keyring,
    /// From a file beside the database.
    Keyfile,
}

impl Unlock {
    /// As `doorward init --unlock` has it.
    const fn word(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::Keyfile => "keyfile",
        }
    }
}

/// Makes a hub of this user on this computer and starts it as a service. What an interrupted setup has
/// done already is not done again.
///
/// # Errors
/// With a sentence for the person.
#[tauri::command]
pub(crate) async fn set_up(
    unlock: Unlock,
    host: String,
    hub: State<'_, Hub>,
) -> Result<(), String> {
    hub.place_of(&host).ok_or(ANOTHER)?;
    let state = hub.own();
    let program = program::find().map_err(|error| error.to_string())?;
    let service = Service::new(program, state).map_err(|error| error.to_string())?;
    if !service.state().join(FINISHED).exists() {
        init(service.program(), service.state(), unlock).await?;
        info!(unlock = unlock.word(), "a hub is made");
    }
    start(&hub, service).await
}

/// Starts the hub of this computer that the page with this host shows, and that does not run.
///
/// # Errors
/// With a sentence for the person.
#[tauri::command]
pub(crate) async fn start_hub(host: String, hub: State<'_, Hub>) -> Result<(), String> {
    let Place::Folder(state) = hub.place_of(&host).ok_or(ANOTHER)? else {
        return Err(
            "a hub of the system is started by whoever administers this computer".to_owned()
        );
    };
    let program = program::find().map_err(|error| error.to_string())?;
    let service = Service::new(program, state).map_err(|error| error.to_string())?;
    start(&hub, service).await
}

/// Stops the hub that the page with this host shows, until somebody starts it again or logs in anew.
///
/// # Errors
/// With a sentence for the person.
#[tauri::command]
pub(crate) async fn stop_hub(host: String, hub: State<'_, Hub>) -> Result<(), String> {
    let client = hub.client_of(&host).ok_or(ANOTHER)?;
    let peer = client.peer().await.map_err(|error| error.to_string())?;
    service::stop(peer).await.map_err(|error| in_words(&error))?;
    info!("the hub was told to stop");
    Ok(())
}

async fn init(program: &Path, state: &Path, unlock: Unlock) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(["init", "--unlock", unlock.word(), "--set-up-in-browser", "--state"]).arg(state);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(INIT_TIME, command.output()).await;
    let output = output.map_err(|_| "the hub could not be made in time")?;
    let output = output.map_err(|error| format!("could not start doorward: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(last_line(&String::from_utf8_lossy(&output.stderr))
        .unwrap_or_else(|| format!("`doorward init` ended with {}", output.status)))
}

async fn start(hub: &Hub, service: Service) -> Result<(), String> {
    let keeper = Keeper::of_this_computer().await;
    keeper.keep(&service).await.map_err(|error| in_words(&error))?;
    let until = Instant::now() + START_TIME;
    while Instant::now() < until {
        if matches!(hub.look().await, Attachment::Attached { .. }) {
            return Ok(());
        }
        if let Some(why) = ended(keeper, &service) {
            warn!("the hub ended instead of answering");
            return Err(why);
        }
        sleep(LOOK_EVERY).await;
    }
    Err(format!("the hub did not answer within {} s", START_TIME.as_secs()))
}

/// Why a hub that was started has ended, if its words say so.
fn ended(keeper: Keeper, service: &Service) -> Option<String> {
    match keeper {
        Keeper::Login => {
            let said = std::fs::read_to_string(service::log_of(service.state())).ok()?;
            said.lines().any(|line| line.starts_with(ERROR)).then(|| last_line(&said)).flatten()
        }
        // It tries again by itself; its journal has the reasons.
        Keeper::Systemd => None,
    }
}

/// How the hub's last words begin when it cannot go on.
const ERROR: &str = "error: ";

fn last_line(said: &str) -> Option<String> {
    let line = said.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.strip_prefix(ERROR).unwrap_or(line).to_owned())
}

#[cfg(test)]
mod tests {
    use doorward_tests::harness::Doorward;

    use super::*;

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_to_is_named_in_a_sentence() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        std::fs::write(&file, "").unwrap();
        let state = file.join("state");
        let doorward = Doorward::new(&state).unwrap();
        let why = init(doorward.program(), &state, Unlock::Keyfile).await.unwrap_err();
        assert!(why.contains("file/state") && !why.contains("panicked"), "{why}");
        let nowhere = init(&file.join("doorward"), &state, Unlock::Keyfile).await.unwrap_err();
        assert!(nowhere.starts_with("could not start doorward"), "{nowhere}");
    }
}
