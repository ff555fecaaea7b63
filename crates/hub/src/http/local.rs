//! The local sockets: the command line's and the desktop app's way in.
//!
//! One lies in the state folder and lets in the hub's own user and root, by the uid that the kernel
//! vouches for. Another may be shared with a group. Who is a member of it the kernel finds out when
//! somebody connects, by the file's mode, as for every socket of a daemon that a group may use; in here
//! it could not be asked again, because a service that runs in a user namespace sees everybody else as
//! nobody.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::connection::{self, Pace};
use super::principal::Principal;
use crate::state_dir::{Lock, LockError};

/// How many connections are served at a time; others wait their turn.
const MAX_CONNECTIONS: usize = 64;

/// How long to wait after the system refused a connection for want of something.
const BREATH: Duration = Duration::from_millis(100);

/// A socket at a path, that ends with this value.
#[derive(Debug)]
pub struct LocalSocket {
    listener: UnixListener,
    path: PathBuf,
    admits: Admits,
    // Let go after the file is removed, so that nobody else's is.
    _lock: Option<Lock>,
}

/// Whom a socket lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Admits {
    /// The hub's own user and root.
    OwnUser,
    /// Whoever the kernel has let connect.
    Group,
}

/// Why there is no local socket.
#[derive(Debug, thiserror::Error)]
pub enum LocalSocketError {
    /// Something that is no socket lies in its place.
    #[error("{path} is in the way and is no socket: move it elsewhere")]
    InTheWay {
        /// The path.
        path: PathBuf,
    },
    /// Others could put a socket of theirs in the place of the shared one, or everybody could use it.
    #[error(
        "the folder of {path} is not the hub's own: it must belong to the user who runs the hub, be \
         closed to others, and not be writable by its group (mode 0750)"
    )]
    OpenFolder {
        /// The path.
        path: PathBuf,
    },
    /// Another hub has it, or one that is about to end.
    #[error(
        "{path} is in use by {holder}: stop that hub first, or name another path with \
         --shared-socket"
    )]
    InUse {
        /// The path.
        path: PathBuf,
        /// Who has it, as far as the lock file says.
        holder: String,
    },
    /// The system refused.
    #[error("could not open the local socket {path}")]
    Io {
        /// The path.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl LocalSocket {
    /// Listens at `path`, for this user alone. The caller holds the state folder's
    /// lock, so a socket that lies there was left behind by a hub that was killed.
    ///
    /// # Errors
    /// If something else is in the way, or the system refuses.
    pub fn bind(path: &Path) -> Result<Self, LocalSocketError> {
        Self::listen(path, Admits::OwnUser, None)
    }

    /// Listens at `path`, for the members of the group that the path's folder belongs to as well. They
    /// are the hub's owners, like its own user. A lock beside it, which the group cannot touch, keeps two
    /// hubs apart that were given the same path; without a holder, a socket that lies there was left
    /// behind by a hub that was killed.
    ///
    /// # Errors
    /// If the folder is not closed to everybody else, another hub is there, something is in the way, or
    /// the system refuses.
    pub fn bind_shared(path: &Path) -> Result<Self, LocalSocketError> {
        const FOR_OTHERS: u32 = 0o027;
        let io_error = |source| LocalSocketError::Io { path: path.to_owned(), source };
        let path = &std::path::absolute(path).map_err(io_error)?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        let found = std::fs::symlink_metadata(folder).map_err(io_error)?;
        let me = rustix::process::geteuid().as_raw();
        if !found.is_dir() || found.uid() != me || found.mode() & FOR_OTHERS != 0 {
            return Err(LocalSocketError::OpenFolder { path: path.to_owned() });
        }
        let socket = Self::listen(path, Admits::Group, Some(lock_beside(path)?))?;
        // A service may be forbidden to give files away, and where its own group is meant, need not.
        if std::fs::symlink_metadata(path).map_err(io_error)?.gid() != found.gid() {
            std::os::unix::fs::chown(path, None, Some(found.gid())).map_err(io_error)?;
        }
        std::fs::set_permissions(path, Permissions::from_mode(0o660)).map_err(io_error)?;
        Ok(socket)
    }

    fn listen(path: &Path, admits: Admits, lock: Option<Lock>) -> Result<Self, LocalSocketError> {
        remove_leftover(path)?;
        let io_error = |source| LocalSocketError::Io { path: path.to_owned(), source };
        let listener = UnixListener::bind(path).map_err(io_error)?;
        let socket = Self { listener, path: path.to_owned(), admits, _lock: lock };
        // Until this line the folder, which is closed to others, keeps them out.
        std::fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(io_error)?;
        Ok(socket)
    }
}

impl Drop for LocalSocket {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            warn!(%error, "the local socket's file stays behind");
        }
    }
}

fn lock_beside(path: &Path) -> Result<Lock, LocalSocketError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    Lock::take(Path::new(&name)).map_err(|error| match error {
        LockError::Held { holder } => LocalSocketError::InUse { path: path.to_owned(), holder },
        LockError::Io(source) => LocalSocketError::Io { path: path.to_owned(), source },
    })
}

fn remove_leftover(path: &Path) -> Result<(), LocalSocketError> {
    let io_error = |source| LocalSocketError::Io { path: path.to_owned(), source };
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => std::fs::remove_file(path).map_err(io_error),
        Ok(_) => Err(LocalSocketError::InTheWay { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error(error)),
    }
}

/// Serves `router` on the local socket until `stop` is cancelled; returns when the
/// last connection has ended.
pub async fn serve_local(socket: LocalSocket, router: Router, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = TaskTracker::new();
    let admits = socket.admits;
    while let Some(stream) = stop.run_until_cancelled(accept(&socket.listener)).await {
        let Some(Ok(place)) = stop.run_until_cancelled(Arc::clone(&places).acquire_owned()).await
        else {
            break;
        };
        let (router, stop) = (router.clone(), stop.clone());
        connections.spawn(async move {
            let principal = recognise(&stream, admits);
            connection::serve(stream, principal, router, Pace::LOCAL, stop).await;
            drop(place);
        });
    }
    // Whoever connects from here on finds nobody, rather than silence.
    drop(socket);
    connections.close();
    connections.wait().await;
}

async fn accept(listener: &UnixListener) -> UnixStream {
    loop {
        match listener.accept().await {
            Ok((stream, _address)) => return stream,
            Err(error) => {
                warn!(%error, "could not accept a local connection");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

fn recognise(stream: &UnixStream, admits: Admits) -> Option<Principal> {
    match admits {
        Admits::OwnUser => {}
        Admits::Group => return Some(Principal::LocalOwner),
    }
    let peer = stream.peer_cred().inspect_err(|error| warn!(%error, "the peer has no uid"));
    let principal = Principal::of_peer(&peer.ok()?);
    if principal.is_none() {
        warn!("a foreign user knocked at the local socket");
    }
    principal
}
