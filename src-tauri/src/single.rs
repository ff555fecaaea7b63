//! One window per login: a second start brings the first one's window to the front.
//!
//! A lock on a file says who is first, and ends with the process however it ends; a socket beside it
//! carries the wish. Neither needs a bus.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tracing::warn;

use crate::desk::Wish;

/// How long the first start's socket is waited for.
const OPENS_WITHIN: Duration = Duration::from_secs(2);

/// How often it is tried meanwhile.
const KNOCKS_EVERY: Duration = Duration::from_millis(20);

/// How long to wait after a second start could not be heard.
const BREATH: Duration = Duration::from_secs(1);

/// How often in a row that may happen: an hour.
const MOST_FAILURES: u32 = 3600;

/// Which start this is.
pub(crate) enum Start {
    /// The first: it holds this until it ends.
    First(First),
    /// Another one runs, and shows its window now.
    Second,
}

/// The right to be the one window.
pub(crate) struct First {
    _lock: File,
    listener: std::os::unix::net::UnixListener,
}

/// Finds out which start this is.
///
/// # Errors
/// If the system refuses a folder, a lock or a socket.
pub(crate) fn start() -> io::Result<Start> {
    start_in(&folder()?)
}

fn start_in(folder: &Path) -> io::Result<Start> {
    make(folder)?;
    let path = folder.join("desktop.lock");
    let lock =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    let socket = folder.join("desktop.sock");
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            wish_at(&socket)?;
            return Ok(Start::Second);
        }
        Err(errno) => return Err(errno.into()),
    }
    // Whoever held the lock before has gone and left its socket.
    match fs::remove_file(&socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = std::os::unix::net::UnixListener::bind(socket)?;
    listener.set_nonblocking(true)?;
    Ok(Start::First(First { _lock: lock, listener }))
}

/// Whoever connects wants the window; there is nothing else to say. A start that has the lock has its
/// socket a moment later.
fn wish_at(socket: &Path) -> io::Result<()> {
    let until = Instant::now() + OPENS_WITHIN;
    loop {
        match UnixStream::connect(socket) {
            Ok(_heard) => return Ok(()),
            Err(error) if Instant::now() >= until || !is_early(&error) => return Err(error),
            Err(_early) => std::thread::sleep(KNOCKS_EVERY),
        }
    }
}

fn is_early(error: &io::Error) -> bool {
    [io::ErrorKind::NotFound, io::ErrorKind::ConnectionRefused].contains(&error.kind())
}

impl First {
    /// Listens for other starts until the program ends.
    pub(crate) async fn listen(self, wishes: mpsc::Sender<Wish>) {
        let listener = match UnixListener::from_std(self.listener) {
            Ok(listener) => listener,
            Err(error) => {
                return warn!(%error, "a second start will not bring this window to the front");
            }
        };
        let listener = &listener;
        let accept = || async move { listener.accept().await.map(drop) };
        // Many starts at once want the same.
        each(accept, BREATH, || drop(wishes.try_send(Wish::Open))).await;
        warn!("second starts are not heard any more");
    }
}

/// Hears each second start, until too many in a row could not be heard. Where the system has no room for
/// another connection, it may have some again after a while.
async fn each<A: Future<Output = io::Result<()>>>(
    accept: impl Fn() -> A,
    breath: Duration,
    mut opens: impl FnMut(),
) {
    let mut failed = 0;
    while failed < MOST_FAILURES {
        match accept().await {
            Ok(()) => {
                failed = 0;
                opens();
            }
            Err(error) => {
                failed += 1;
                warn!(%error, failed, "a second start was not heard");
                sleep(breath).await;
            }
        }
    }
}

/// This login's own folder, or one that only this user can write to.
fn folder() -> io::Result<PathBuf> {
    let own = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    Ok(match own.filter(|path| path.is_absolute() && path.is_dir()) {
        Some(own) => own.join("doorward"),
        None => {
            let uid = rustix::process::geteuid().as_raw();
            std::env::temp_dir().join(format!("doorward-{uid}"))
        }
    })
}

fn make(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let found = fs::symlink_metadata(folder)?;
    let ours = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
    if ours && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "the folder belongs to somebody else"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[tokio::test]
    async fn a_second_start_opens_the_first_ones_window_and_ends() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("doorward");
        let Ok(Start::First(first)) = start_in(&folder) else { panic!("not the first") };
        let (wishes, mut wished) = mpsc::channel(4);
        let listening = tokio::spawn(first.listen(wishes));
        assert!(matches!(start_in(&folder), Ok(Start::Second)));
        let wish = tokio::time::timeout(Duration::from_secs(10), wished.recv()).await.unwrap();
        assert_eq!(wish, Some(Wish::Open));
        listening.abort();
        assert!(listening.await.is_err());
        assert!(matches!(start_in(&folder), Ok(Start::First(_))), "what was left behind is taken");
    }

    #[tokio::test]
    async fn a_start_that_could_not_be_heard_does_not_end_the_listening() {
        let (asked, opened) = (Cell::new(0), Cell::new(0));
        let accept = || async {
            asked.set(asked.get() + 1);
            match asked.get() {
                3 | 5 => Ok(()),
                _ => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
            }
        };
        each(accept, Duration::ZERO, || opened.set(opened.get() + 1)).await;
        assert_eq!(opened.get(), 2);
        assert_eq!(asked.get(), 5 + MOST_FAILURES, "it gives up some time");
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_not_used() {
        let home = tempfile::tempdir().unwrap();
        let open = home.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, PermissionsExt::from_mode(0o777)).unwrap();
        assert!(start_in(&open).is_err());
        let link = home.path().join("link");
        symlink(home.path(), &link).unwrap();
        assert!(start_in(&link).is_err());
    }
}
