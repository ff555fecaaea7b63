//! Where a hub is to be found on its own machine.

use std::path::{Path, PathBuf};

/// The state folder of a hub that the system runs.
pub const SYSTEM_STATE: &str = "/var/lib/doorward";

/// The socket that a hub of the system shares with the members of its group.
pub const SYSTEM_SOCKET: &str = "/run/doorward/hub.sock";

/// The local socket's name in the state folder.
pub const SOCKET: &str = "doorward.sock";

/// Returns the folder in which this user's hub keeps its state if nobody says otherwise.
#[must_use]
pub fn customary_state() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return PathBuf::from(SYSTEM_STATE);
    }
    // The XDG base directory specification has relative paths ignored.
    let own = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|own| own.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/state"));
    own.or_else(home).unwrap_or_default().join("doorward")
}

/// Returns the local socket of the hub whose state lies in `state`.
#[must_use]
pub fn socket_in(state: &Path) -> PathBuf {
    state.join(SOCKET)
}
