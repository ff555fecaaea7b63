//! The hub as a service of this user, which outlives the window: a unit of the user's systemd, or,
//! where there is none, an entry that starts it at login.
//!
//! Stopping it is for people who know what it means; nothing else in this program stops a hub.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::process::Command;
use tokio::time::timeout;
use tracing::{info, warn};

use super::quote;

/// The unit's name, and the entry's.
const NAME: &str = "doorward";

/// How long systemd may take for one wish.
const PATIENCE: Duration = Duration::from_secs(30);

/// What keeps the hub running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// The user's systemd.
    Systemd,
    /// Nobody but the login, which starts it.
    Login,
}

/// A hub to be kept running. Its paths are text: units and desktop entries are UTF-8, and systemd tells
/// command lines over its bus, which takes nothing else.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    program: String,
    state: String,
}

impl Service {
    /// A hub by its program and its state folder.
    ///
    /// # Errors
    /// If one of these cannot be named in a unit or an entry.
    pub(crate) fn new(program: PathBuf, state: PathBuf) -> Result<Self, ServiceError> {
        let text = |path: PathBuf| {
            let text = path.into_os_string().into_string();
            text.map_err(|path| ServiceError::NotText { path: path.into() })
        };
        Ok(Self { program: text(program)?, state: text(state)? })
    }

    /// The hub's program.
    pub(crate) fn program(&self) -> &Path {
        Path::new(&self.program)
    }

    /// The hub's state folder.
    pub(crate) fn state(&self) -> &Path {
        Path::new(&self.state)
    }
}

/// Why the hub could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    /// Neither a home nor a folder for settings is known.
    #[error("no home folder is known: set HOME")]
    NoHome,
    /// A service would be given another path.
    #[error(
        "{} is not UTF-8, so no service can be made that finds it: rename it, or start the hub with \
         `doorward serve`",
        path.display()
    )]
    NotText {
        /// The path.
        path: PathBuf,
    },
    /// A file could not be written.
    #[error("could not write {path}")]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program could not be started.
    #[error("could not start {program}")]
    Start {
        /// Which.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of somebody else's is in the place of ours.
    #[error(
        "{path} is not from this program, and stays as it is: start the hub with it, or move it \
         elsewhere and try again"
    )]
    NotOurFile {
        /// The file.
        path: PathBuf,
    },
    /// What keeps another hub of this user running is in the place of ours.
    #[error(
        "{path} keeps another hub running, which would end: start this one with `doorward serve`, or \
         move that file elsewhere and try again"
    )]
    OtherHub {
        /// The file.
        path: PathBuf,
    },
    /// systemd refused, or did not answer.
    #[error("systemd did not do it: {said}")]
    Systemd {
        /// What it said.
        said: String,
    },
    /// The hub runs for somebody else.
    #[error("this hub is another user's; whoever administers this computer can stop it")]
    NotOurs,
    /// Nobody knows which process it is.
    #[error("could not find the hub's process")]
    NoProcess,
    /// The system refused to signal it.
    #[error("could not tell the hub to stop")]
    Signal(#[source] io::Error),
}

impl Keeper {
    /// What there is on this computer.
    pub(crate) async fn of_this_computer() -> Self {
        match systemctl(&["show-environment"]).await {
            Ok(_environment) => Self::Systemd,
            Err(_none) => Self::Login,
        }
    }

    /// Has the hub started now and at each login.
    ///
    /// # Errors
    /// If a file cannot be written, or it does not start.
    pub(crate) async fn keep(self, service: &Service) -> Result<(), ServiceError> {
        match self {
            Self::Systemd => keep_with_systemd(service).await,
            Self::Login => keep_with_login(service),
        }
    }
}

/// Ends the hub's process in good order. It comes back with the computer, or, without systemd, at the
/// next login.
///
/// # Errors
/// If it is somebody else's, or cannot be reached.
pub(crate) async fn stop(peer: doorward_api::client::Peer) -> Result<(), ServiceError> {
    if peer.uid != rustix::process::geteuid().as_raw() {
        return Err(ServiceError::NotOurs);
    }
    let process = peer.process.and_then(Pid::from_raw).ok_or(ServiceError::NoProcess)?;
    stop_process(process, process_of_the_unit()).await
}

/// Ends a process, by its unit if it is the unit's.
async fn stop_process(
    process: Pid,
    of_the_unit: impl Future<Output = Option<Pid>>,
) -> Result<(), ServiceError> {
    // Its number may be another process's by the time that systemd has answered; this stays the hub's.
    let refused = |errno: rustix::io::Errno| ServiceError::Signal(errno.into());
    let hub = pidfd_open(process, PidfdFlags::empty()).map_err(refused)?;
    if of_the_unit.await == Some(process) {
        return systemctl(&["stop", UNIT]).await.map(drop);
    }
    pidfd_send_signal(&hub, Signal::TERM).map_err(refused)
}

const UNIT: &str = "doorward.service";

/// The unit may be another hub's than the one that this window shows.
async fn process_of_the_unit() -> Option<Pid> {
    let said = systemctl(&["show", "--property=MainPID", "--value", UNIT]).await.ok()?;
    said.trim().parse().ok().and_then(Pid::from_raw)
}

async fn keep_with_systemd(service: &Service) -> Result<(), ServiceError> {
    let file = settings()?.join("systemd/user").join(UNIT);
    write(&file, &unit(service))?;
    systemctl(&["daemon-reload"]).await?;
    systemctl(&["enable", UNIT]).await?;
    systemctl(&["restart", UNIT]).await?;
    linger().await;
    Ok(())
}

/// Without it systemd ends the hub when its user logs out.
async fn linger() {
    if let Err(error) = run(Command::new("loginctl").arg("enable-linger")).await {
        warn!(%error, "the hub will stop when its user logs out");
    }
}

fn keep_with_login(service: &Service) -> Result<(), ServiceError> {
    let file = settings()?.join("autostart").join(format!("{NAME}.desktop"));
    write(&file, &entry(service))?;
    start(service)
}

/// Starts the hub so that it outlives this program: in a process group of its own, with its words in
/// a file.
fn start(service: &Service) -> Result<(), ServiceError> {
    let at = |source| ServiceError::Write { path: log_of(service.state()), source };
    let log = fs::File::create(log_of(service.state())).map_err(at)?;
    let errors = log.try_clone().map_err(at)?;
    let child = Command::new(&service.program)
        .arg("serve")
        .arg("--state")
        .arg(&service.state)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .kill_on_drop(false)
        .spawn();
    let program = service.program().to_owned();
    let mut child = child.map_err(|source| ServiceError::Start { program, source })?;
    info!(process = child.id(), "the hub is started");
    // Its end is noticed by its silence; this only takes leave of it.
    tauri::async_runtime::spawn(async move { child.wait().await });
    Ok(())
}

/// Where a hub that this program started writes what systemd's journal would hold.
pub(crate) fn log_of(state: &Path) -> PathBuf {
    state.join("serve.log")
}

fn unit(service: &Service) -> String {
    let (program, state) = (quote::for_unit(&service.program), quote::for_unit(&service.state));
    format!(
        "{MARK} when it set this hub up.\n\
         [Unit]\n\
         Description=Doorward, keeper of your doors\n\
         # A hub that cannot start yet tries again for as long as it takes: until its user has logged in,\n\
         # whose keyring holds the key, until a port is free, until a disk has room.\n\
         StartLimitIntervalSec=0\n\
         \n\
         [Service]\n\
         Type=notify\n\
         ExecStart={program} serve --state {state}\n\
         Restart=on-failure\n\
         RestartSec=5\n\
         # The sign of life comes from the task that owns the rules.\n\
         WatchdogSec=30\n\
         # A large database may have to be carried over to a later schema.\n\
         TimeoutStartSec=10min\n\
         # Keys are in memory; nothing of it is written to a disk when the hub dies.\n\
         LimitCORE=0\n\
         NoNewPrivileges=yes\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n"
    )
}

fn entry(service: &Service) -> String {
    let (program, state) = (quote::for_entry(&service.program), quote::for_entry(&service.state));
    format!(
        "{MARK} when it set this hub up.\n\
         [Desktop Entry]\n\
         Type=Application\n\
         Name=Doorward (service)\n\
         Comment=Keeps your doors; without it no code opens\n\
         Exec={program} serve --state {state}\n\
         Terminal=false\n\
         NoDisplay=true\n"
    )
}

/// This user's folder for settings.
///
/// # Errors
/// If no home is known.
pub(crate) fn settings() -> Result<PathBuf, ServiceError> {
    let own = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".config"));
    own.filter(|path| path.is_absolute()).or_else(home).ok_or(ServiceError::NoHome)
}

/// How files begin that this program has written.
const MARK: &str = "# Written by the desktop app of Doorward";

/// Writes over what this program has written before for the same hub, and over nothing else.
fn write(path: &Path, text: &str) -> Result<(), ServiceError> {
    let at = |source| ServiceError::Write { path: path.to_owned(), source };
    match fs::read(path) {
        Ok(before) if !before.starts_with(MARK.as_bytes()) => {
            return Err(ServiceError::NotOurFile { path: path.to_owned() });
        }
        Ok(before) if state_in(&String::from_utf8_lossy(&before)) != state_in(text) => {
            return Err(ServiceError::OtherHub { path: path.to_owned() });
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(error)),
        Ok(_) | Err(_) => {}
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(at)?;
    }
    // A full disk leaves the one before whole.
    let making = path.with_extension("making");
    fs::write(&making, text).and_then(|()| fs::rename(&making, path)).map_err(at)
}

/// The state folder that a unit or an entry names, in quotes.
fn state_in(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.split_once(" serve --state ")).map(|(_program, state)| state)
}

/// An error with all its causes, in one sentence.
pub(crate) fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

/// Returns what it said.
async fn systemctl(words: &[&str]) -> Result<String, ServiceError> {
    run(Command::new("systemctl").arg("--user").args(words)).await
}

async fn run(command: &mut Command) -> Result<String, ServiceError> {
    let failed = |said: String| ServiceError::Systemd { said };
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(PATIENCE, output).await.map_err(|_| failed("no answer".to_owned()))?;
    let output = output.map_err(|error| failed(error.to_string()))?;
    let [said, complaint] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).trim().to_owned());
    if output.status.success() { Ok(said) } else { Err(failed(complaint)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service() -> Service {
        let (program, state) = ("/opt/door ward/doorward".into(), "/home/ada/100% hub".into());
        Service::new(program, state).unwrap()
    }

    #[test]
    fn no_service_is_made_of_a_path_that_it_would_not_find() {
        use std::ffi::OsString;
        use std::os::unix::ffi::OsStringExt;
        let strange = PathBuf::from(OsString::from_vec(b"/home/ada/\xffhub".to_vec()));
        let plain = PathBuf::from("/home/ada/hub");
        for (program, state) in [(&plain, &strange), (&strange, &plain)] {
            let refused = Service::new(program.clone(), state.clone()).unwrap_err();
            assert!(matches!(&refused, ServiceError::NotText { path } if *path == strange));
            assert!(refused.to_string().contains("`doorward serve`"), "{refused}");
        }
    }

    #[test]
    fn a_unit_starts_the_hub_whatever_its_path_is() {
        let unit = unit(&service());
        let line = "ExecStart=\"/opt/door ward/doorward\" serve --state \"/home/ada/100%% hub\"\n";
        assert!(unit.contains(line), "{unit}");
        assert!(unit.contains("Type=notify\n"));
    }

    /// With a key in the keyring the hub fails from the machine's start to its user's login.
    #[test]
    fn a_unit_goes_on_trying_and_is_watched() {
        let unit = unit(&service());
        let head = unit.split_once("[Service]\n").unwrap().0;
        assert!(head.contains("\nStartLimitIntervalSec=0\n"), "{unit}");
        assert!(unit.contains("\nWatchdogSec=30\n"), "{unit}");
    }

    #[test]
    fn a_login_starts_the_hub_whatever_its_path_is() {
        let entry = entry(&service());
        let line = "Exec=\"/opt/door ward/doorward\" serve --state \"/home/ada/100%% hub\"\n";
        assert!(entry.contains(line), "{entry}");
    }

    #[test]
    fn a_service_of_the_persons_own_is_not_written_over() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("systemd/user").join(UNIT);
        for _twice in 0..2 {
            write(&file, &unit(&service())).unwrap();
        }
        let own = "[Service]\nExecStart=/home/ada/bin/doorward serve\n";
        fs::write(&file, own).unwrap();
        let refused = write(&file, &unit(&service()));
        assert!(matches!(refused, Err(ServiceError::NotOurFile { .. })));
        assert_eq!(fs::read_to_string(&file).unwrap(), own);
        assert!(entry(&service()).starts_with(MARK));
    }

    #[test]
    fn a_hub_that_is_kept_running_does_not_end_for_another() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(UNIT);
        let other = Service { state: "/home/ada/other".to_owned(), ..service() };
        for text in [unit, entry] {
            write(&file, &text(&service())).unwrap();
            let refused = write(&file, &text(&other));
            assert!(matches!(refused, Err(ServiceError::OtherHub { .. })), "{refused:?}");
            assert_eq!(fs::read_to_string(&file).unwrap(), text(&service()));
            let moved = Service { program: "/usr/bin/doorward".to_owned(), ..service() };
            write(&file, &text(&moved)).unwrap();
        }
    }

    #[tokio::test]
    async fn a_hub_of_another_user_is_not_stopped() {
        let uid = rustix::process::geteuid().as_raw().wrapping_add(1);
        let peer = doorward_api::client::Peer { uid, process: Some(1) };
        assert!(matches!(stop(peer).await, Err(ServiceError::NotOurs)));
    }

    fn a_process() -> (tokio::process::Child, Pid) {
        let mut waits = Command::new("cat");
        waits.stdin(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true);
        let child = waits.spawn().unwrap();
        let process = Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap();
        (child, process)
    }

    #[tokio::test]
    async fn a_hub_that_no_unit_runs_is_ended_in_good_order() {
        use std::os::unix::process::ExitStatusExt;
        let (mut hub, process) = a_process();
        let (_other, of_the_unit) = a_process();
        stop_process(process, async { Some(of_the_unit) }).await.unwrap();
        let ended = timeout(PATIENCE, hub.wait()).await.unwrap().unwrap();
        assert_eq!(ended.signal(), Some(Signal::TERM.as_raw()));
    }

    #[tokio::test]
    async fn nobody_is_signalled_for_a_hub_that_ended_while_systemd_was_asked() {
        let (mut hub, process) = a_process();
        let ends = async {
            hub.kill().await.unwrap();
            None
        };
        let refused = stop_process(process, ends).await;
        assert!(matches!(refused, Err(ServiceError::Signal(_))), "{refused:?}");
    }
}
