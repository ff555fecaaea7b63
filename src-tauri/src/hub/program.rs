//! Where the hub's own program is.

use std::path::PathBuf;

/// Its name.
const NAME: &str = "doorward";

/// Finds the hub's program beside this one, as packages and builds lay them, or on the search path.
pub(crate) fn find() -> Option<PathBuf> {
    let own = std::env::current_exe().ok();
    let beside = own.as_deref().and_then(|own| own.parent()).map(|folder| folder.join(NAME));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    beside.into_iter().chain(on_path.map(|folder| folder.join(NAME))).find(|path| path.is_file())
}
