//! Ways to a hub: a socket on this machine, or a road to another one.

use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::BoxFuture;
use hyper::HeaderMap;
use hyper::header::{HOST, HeaderValue};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;

use super::ClientError;

/// How a hub is called on its local socket.
pub(super) const HERE: &str = "doorward.local";

/// Bytes both ways.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// A connection to a hub, for one question or one conversation.
pub struct Connection {
    /// What was connected.
    pub wire: Box<dyn Wire>,
    /// What every request on it bears: by which name the hub is reached, and who asks.
    pub headers: HeaderMap,
}

/// A road to a hub on another machine. Whoever builds one sees to it that no other hub is at its end.
pub trait Road: fmt::Debug + Send + Sync {
    /// Connects.
    fn dial(&self) -> BoxFuture<'_, Result<Connection, ClientError>>;

    /// Takes to heart what the hub says beside its answers, such as the session that begins.
    fn heed(&self, headers: &HeaderMap);
}

/// How a hub is reached.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// By a socket on this machine.
    Socket { path: PathBuf, belief: Belief },
    /// By a road to another.
    Road(Arc<dyn Road>),
}

/// Who may listen at a socket. One may lie where others can put one, and whatever listens there is
/// told passphrases and believed about doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belief {
    /// This user and root. Root believes the hub that it names: a service's runs as a user of its own.
    Own,
    /// Besides these, the owner of the socket's folder, if that folder was made by root.
    FolderOfRoots,
}

impl Way {
    pub(super) async fn dial(&self) -> Result<Connection, ClientError> {
        match self {
            Self::Socket { path, belief } => {
                let wire = Box::new(knock(path, *belief).await?);
                let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(HERE))]);
                Ok(Connection { wire, headers })
            }
            Self::Road(road) => road.dial().await,
        }
    }

    pub(super) fn heed(&self, headers: &HeaderMap) {
        match self {
            Self::Socket { .. } => {}
            Self::Road(road) => road.heed(headers),
        }
    }

    pub(super) fn socket(&self) -> Option<(&Path, Belief)> {
        match self {
            Self::Socket { path, belief } => Some((path, *belief)),
            Self::Road(_) => None,
        }
    }
}

/// Connects to a socket, and looks who is behind it.
pub(super) async fn knock(socket: &Path, belief: Belief) -> Result<UnixStream, ClientError> {
    let stream = UnixStream::connect(socket).await.map_err(|source| {
        let socket = socket.to_owned();
        let nobody = [io::ErrorKind::NotFound, io::ErrorKind::ConnectionRefused];
        if nobody.contains(&source.kind()) {
            ClientError::NotRunning { socket }
        } else if source.kind() == io::ErrorKind::PermissionDenied {
            ClientError::NotAllowed { socket }
        } else {
            ClientError::Connect { socket, source }
        }
    })?;
    let peer = stream
        .peer_cred()
        .map_err(|source| ClientError::Connect { socket: socket.to_owned(), source })?;
    let believed = is_believed(peer.uid(), rustix::process::geteuid().as_raw())
        || (belief == Belief::FolderOfRoots && is_placed_by_root(socket, peer.uid()));
    if believed { Ok(stream) } else { Err(ClientError::NotAllowed { socket: socket.to_owned() }) }
}

/// Whether a hub that runs as one user is believed by another.
const fn is_believed(hub: u32, me: u32) -> bool {
    hub == me || hub == 0 || me == 0
}

/// Whether root gave the socket's folder to whoever runs the hub: the folder is that user's, nobody
/// else can put anything into it, and the folder around it is root's alone to change.
fn is_placed_by_root(socket: &Path, hub: u32) -> bool {
    const OTHERS_WRITE: u32 = 0o022;
    let closed = |folder: &Path, owner: u32| {
        std::fs::symlink_metadata(folder).is_ok_and(|found| {
            found.is_dir() && found.uid() == owner && found.mode() & OTHERS_WRITE == 0
        })
    };
    let folder = socket.parent();
    let around = folder.and_then(Path::parent);
    folder.is_some_and(|folder| closed(folder, hub)) && around.is_some_and(|it| closed(it, 0))
}

#[cfg(test)]
mod tests {
    use std::fs::{DirBuilder, Permissions, set_permissions};
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

    use super::*;

    #[test]
    fn a_hub_of_another_user_is_not_believed() {
        let (root, ada, ben) = (0, 1000, 1001);
        assert!(is_believed(ada, ada));
        assert!(is_believed(root, ada));
        assert!(is_believed(ada, root));
        assert!(!is_believed(ben, ada));
    }

    #[test]
    fn a_shared_socket_is_believed_only_where_root_has_put_its_folder() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        const HUB: u32 = 4711;
        let home = tempfile::tempdir().unwrap();
        let (run, folder) = (home.path().join("run"), home.path().join("run/doorward"));
        DirBuilder::new().mode(0o755).create(&run).unwrap();
        DirBuilder::new().mode(0o750).create(&folder).unwrap();
        std::os::unix::fs::chown(&folder, Some(HUB), Some(HUB)).unwrap();
        let socket = folder.join("hub.sock");
        assert!(is_placed_by_root(&socket, HUB));
        assert!(!is_placed_by_root(&socket, HUB + 1), "somebody else listens in the hub's folder");
        set_permissions(&folder, Permissions::from_mode(0o770)).unwrap();
        assert!(!is_placed_by_root(&socket, HUB), "the group could exchange the socket");
        set_permissions(&folder, Permissions::from_mode(0o750)).unwrap();
        set_permissions(&run, Permissions::from_mode(0o777)).unwrap();
        assert!(!is_placed_by_root(&socket, HUB), "anybody could exchange the folder");
        set_permissions(&run, Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::chown(&run, Some(HUB), None).unwrap();
        assert!(!is_placed_by_root(&socket, HUB), "it is not root's to give away");
    }
}
