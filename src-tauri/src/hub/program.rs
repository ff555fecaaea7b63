//! Where the hub's own program is.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tracing::warn;

/// Its name.
const NAME: &str = "doorward";

/// Writing by everybody.
const OPEN: u32 = 0o002;

/// Only its owner replaces what lies in such a folder, whoever may write to it.
const STICKY: u32 = 0o1000;

/// Finds the hub's program beside this one, as packages and builds lay them, or on the search path.
/// It is started at each login, so one that others may exchange is passed over.
pub(crate) fn find() -> Option<PathBuf> {
    let own = std::env::current_exe().ok();
    let beside = own.as_deref().and_then(|own| own.parent()).map(|folder| folder.join(NAME));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let mut there = beside
        .into_iter()
        .chain(on_path.map(|folder| folder.join(NAME)))
        .filter(|path| path.is_file());
    there.find(|path| {
        let ours = is_ours_alone(path);
        if !ours {
            warn!(path = %path.display(), "a program is passed over that other users may exchange");
        }
        ours
    })
}

/// Whether nobody but this user and root can change a program or put another in its place.
fn is_ours_alone(program: &Path) -> bool {
    let me = rustix::process::geteuid().as_raw();
    let closed = |path: &Path, open_to_others: fn(u32) -> bool| {
        fs::metadata(path).is_ok_and(|found| {
            let ours = me == 0 || found.uid() == me || found.uid() == 0;
            ours && !open_to_others(found.mode())
        })
    };
    let Ok(real) = program.canonicalize() else { return false };
    closed(&real, |mode| mode & OPEN != 0)
        && real
            .parent()
            .is_some_and(|folder| closed(folder, |mode| mode & OPEN != 0 && mode & STICKY == 0))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_program_that_others_may_exchange_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join(NAME);
        fs::write(&program, "").unwrap();
        let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
        for (of_folder, of_program, fit) in [
            (0o755, 0o755, true),
            (0o1777, 0o755, true),
            (0o777, 0o755, false),
            (0o755, 0o757, false),
        ] {
            mode(folder.path(), of_folder).unwrap();
            mode(&program, of_program).unwrap();
            assert_eq!(is_ours_alone(&program), fit, "{of_folder:o} {of_program:o}");
        }
        assert!(!is_ours_alone(&folder.path().join("none")));
    }
}
