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
    /// Besides these, the service that owns the socket's folder, if root made that folder for it.
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

/// Whether root gave the socket's folder to the service that runs the hub: the folder is that user's,
/// nobody else can put anything into it, and all folders above it are root's alone to change. The user is
/// one of a service: root has given every person a folder, too, at `/home`, and it makes nobody the keeper
/// of the system's doors.
fn is_placed_by_root(socket: &Path, hub: u32) -> bool {
    // Whoever leads a link elsewhere must own what it leads to, and that is what is looked at.
    let Some(folder) = socket.parent().and_then(|folder| folder.canonicalize().ok()) else {
        return false;
    };
    let found: Option<Vec<Folder>> = folder.ancestors().map(Folder::at).collect();
    found.is_some_and(|found| is_given(&found, hub))
}

/// Whether root gave the first of these folders to a service; each other is the one around it.
fn is_given(folders: &[Folder], hub: u32) -> bool {
    let Some((folder, around)) = folders.split_first() else { return false };
    is_of_a_service(hub)
        && folder.owner == hub
        && !folder.others_write
        && !around.is_empty()
        && around.iter().all(|one| one.owner == 0 && (!one.others_write || one.sticky))
}

/// Whether a user is no person's, as systemd and the distributions number them: fixed ones, and those
/// that are made for a service while it runs (`DynamicUser=`).
const fn is_of_a_service(uid: u32) -> bool {
    matches!(uid, 1..1000 | 61_184..=65_519)
}

/// Who may change a folder.
#[derive(Clone, Copy)]
struct Folder {
    owner: u32,
    /// Its group or everybody may.
    others_write: bool,
    /// They may not replace what is not theirs.
    sticky: bool,
}

impl Folder {
    fn at(path: &Path) -> Option<Self> {
        let found = std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_dir)?;
        let (others_write, sticky) = (found.mode() & 0o022 != 0, found.mode() & 0o1000 != 0);
        Some(Self { owner: found.uid(), others_write, sticky })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_hub_of_another_user_is_not_believed() {
        let (root, ada, ben) = (0, 1000, 1001);
        assert!(is_believed(ada, ada));
        assert!(is_believed(root, ada));
        assert!(is_believed(ada, root));
        assert!(!is_believed(ben, ada));
    }

    /// What root alone can make on a disk, anybody can ask about.
    #[test]
    fn a_shared_socket_is_believed_only_where_root_has_put_its_folder() {
        const HUB: u32 = 711;
        let [root, own] =
            [0, HUB].map(|owner| Folder { owner, others_write: false, sticky: false });
        assert!(is_given(&[own, root, root], HUB));
        assert!(!is_given(&[own, root, root], HUB + 1), "somebody else listens in its folder");
        let shared = Folder { others_write: true, ..own };
        assert!(!is_given(&[shared, root, root], HUB), "the group could exchange the socket");
        let open = Folder { others_write: true, ..root };
        assert!(!is_given(&[own, open, root], HUB), "anybody could exchange the folder");
        assert!(!is_given(&[own, root, open], HUB), "anybody could exchange the one around it");
        let sticky = Folder { sticky: true, ..open };
        assert!(is_given(&[own, root, sticky, root], HUB), "they could not, as in /tmp");
        assert!(!is_given(&[own, own, root], HUB), "it is not root's to give away");
        assert!(!is_given(&[own], HUB));
        assert!(!is_given(&[], HUB));
    }

    #[test]
    fn a_persons_home_is_given_by_root_and_makes_no_hub_of_the_system() {
        const BEN: u32 = 1000;
        let [root, home] =
            [0, BEN].map(|owner| Folder { owner, others_write: false, sticky: false });
        assert!(!is_given(&[home, root, root], BEN));
        assert!(!is_of_a_service(0), "root is believed by another rule");
        assert!([1, 999, 61_184, 65_519].into_iter().all(is_of_a_service));
        assert!([1000, 60_000, 65_534, 100_000].into_iter().all(|uid| !is_of_a_service(uid)));
    }

    #[test]
    fn a_folder_is_looked_at_as_it_lies_on_the_disk() {
        let home = tempfile::tempdir().unwrap();
        let me = rustix::process::geteuid().as_raw();
        for (mode, others_write, sticky) in [
            (0o755, false, false),
            (0o770, true, false),
            (0o757, true, false),
            (0o1777, true, true),
        ] {
            set_permissions(home.path(), Permissions::from_mode(mode)).unwrap();
            let found = Folder::at(home.path()).unwrap();
            assert_eq!((found.owner, found.others_write, found.sticky), (me, others_write, sticky));
        }
        assert!(Folder::at(&home.path().join("none")).is_none());
        assert!(!is_placed_by_root(&home.path().join("hub.sock"), me), "no service's");
    }
}
